"""The Helm chart, held against the real helm and kubeconform, and against the commands and settings of the code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from app.cli import app
from app.settings import variables

ROOT = Path(__file__).parents[2]
CHART = ROOT / "k8s"
VALUES = ("values.yaml", "values-staging.yaml", "values-production.yaml")
KUBERNETES = "1.37.0"
SECRETS = {"DATABASE_URL", "CURSOR_SECRET", "REDIS_URL", "SENTRY_DSN", "SLACK_WEBHOOK_URL"}


def tool(name: str) -> str:
    own = ROOT / ".make" / "go" / name
    found = str(own) if own.exists() else shutil.which(name)
    if found is None:
        message = f"{name} is not here: `make charts` builds it where Go is installed"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def ran(name: str, *arguments: object) -> str:
    done = subprocess.run([tool(name), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rendered(values: str, *more: str) -> str:
    return ran("helm", "template", "oms", CHART, "--namespace", "oms", "--values", CHART / values, *more)


def manifests(values: str, *more: str) -> list[dict[str, Any]]:
    return [each for each in YAML(typ="safe").load_all(rendered(values, *more)) if each]


def pods(values: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in manifests(values):
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", {}).get("spec", spec).get("template")
        if template:
            yield f"{each['kind']} {each['metadata']['name']}", template["spec"]


def without_identity(schema: Any) -> Any:
    """The schema with references into itself: kubeconform reads each file alone."""
    if isinstance(schema, dict):
        return {
            key: value.rpartition("_definitions.json")[2] if key == "$ref" and isinstance(value, str) else without_identity(value)
            for key, value in schema.items()
            if key not in {"$schema", "$id"}
        }
    return [without_identity(each) for each in schema] if isinstance(schema, list) else schema


def named(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rpartition("/")[2]
        for each in schema.values():
            yield from named(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from named(each)


@pytest.fixture(scope="session")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The strict schemas of Kubernetes that a wheel ships, each with the definitions that it needs."""
    source = files("kubernetes_validate") / "kubernetes-json-schema" / f"v{KUBERNETES}-local-strict"
    definitions = without_identity(json.loads((source / "_definitions.json").read_text()))["$defs"]
    directory = tmp_path_factory.mktemp("schemas")
    kinds = ("service-v1", "serviceaccount-v1", "deployment-apps-v1", "job-batch-v1", "cronjob-batch-v1", "ingress-networking-v1",
             "networkpolicy-networking-v1", "poddisruptionbudget-policy-v1", "horizontalpodautoscaler-autoscaling-v2")  # fmt: skip
    for kind in kinds:
        schema = without_identity(json.loads((source / f"{kind}.json").read_text()))
        needed: dict[str, Any] = {}
        waiting = list(named(schema))
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed[name] = definitions[name]
                waiting += named(definitions[name])
        (directory / f"{kind}.json").write_text(json.dumps(schema | {"$defs": needed}))
    return directory


@pytest.mark.parametrize("values", VALUES)
def test_helm_finds_nothing_to_complain_of(values: str):
    ran("helm", "lint", "--strict", CHART, "--values", CHART / values)


@pytest.mark.parametrize("values", VALUES)
def test_kubernetes_would_take_it(values: str, schemas: Path, tmp_path: Path):
    (tmp_path / "out.yaml").write_text(rendered(values))
    location = f"{schemas}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"

    told = ran("kubeconform", "-strict", "-summary", "-output", "json", "-schema-location", location, tmp_path / "out.yaml")

    summary = json.loads(told)["summary"]
    assert (summary["invalid"], summary["errors"], summary["skipped"]) == (0, 0, 0)
    assert summary["valid"] == len(manifests(values))


@pytest.mark.parametrize(
    ("given", "jobs"),
    [
        ((), {"housekeep"}),
        (("--set", "settings.OPENSEARCH_URL=http://opensearch:9200"), {"housekeep", "full-sync", "reconcile"}),
        (("--set", "settings.NEO4J_URL=bolt://neo4j:7687"), {"housekeep", "full-sync", "reconcile"}),
        (("--set", "sinksInSecret={NEO4J_URL}"), {"housekeep", "full-sync", "reconcile"}),
    ],
)
def test_what_compares_and_builds_views_runs_only_where_there_are_any(given: tuple[str, ...], jobs: set[str]):
    made = {each["metadata"]["name"].removeprefix("oms-") for each in manifests("values.yaml", *given) if each["kind"] == "CronJob"}
    assert made == jobs


def test_a_field_that_kubernetes_does_not_know_is_found(schemas: Path, tmp_path: Path):
    (tmp_path / "out.yaml").write_text(rendered("values.yaml").replace("automountServiceAccountToken", "automountToken"))
    location = f"{schemas}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"
    done = subprocess.run(
        [tool("kubeconform"), "-strict", "-schema-location", location, str(tmp_path / "out.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "automountToken" in done.stdout


@pytest.mark.parametrize("values", VALUES)
def test_every_pod_runs_a_command_that_exists(values: str):
    for name, pod in pods(values):
        for container in pod["containers"]:
            command = get_command(app)
            words = list(container["args"])
            while words and hasattr(command, "commands"):
                word = words.pop(0)
                assert word in command.commands, f"{name}: oms {' '.join(container['args'])}"
                command = command.commands[word]


@pytest.mark.parametrize("values", VALUES)
def test_every_setting_exists_and_no_secret_stands_in_a_file(values: str):
    known = {name for name, _, _ in variables()}
    for name, pod in pods(values):
        for container in pod["containers"]:
            given = {each["name"] for each in container["env"]}
            assert given <= known, name
            assert not given & SECRETS, name


@pytest.mark.parametrize("values", VALUES)
def test_no_pod_may_more_than_it_needs(values: str):
    for name, pod in pods(values):
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["automountServiceAccountToken"] is False, name
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["allowPrivilegeEscalation"] is False, name
            assert rights["readOnlyRootFilesystem"] is True, name
            assert rights["capabilities"] == {"drop": ["ALL"]}, name
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), name
            assert "memory" in container["resources"]["limits"], name


def test_the_migration_runs_before_the_code_that_needs_it():
    [job] = [each for each in manifests("values-production.yaml") if each["kind"] == "Job"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["migrate"]


def test_an_ingress_without_a_host_is_refused():
    done = subprocess.run(
        [tool("helm"), "template", "oms", str(CHART), "--set", "api.ingress.enabled=true"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "api.ingress.host says where the API is" in done.stderr
