"""The Helm chart, held against the real helm and kubeconform, and against the commands and settings of the code."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from ruamel.yaml import YAML
from typer.main import get_command

from app.cli import app
from app.commands.terminal import Refused
from app.commands.worker import DRAIN_SECONDS, World, _made, names
from app.limits import Limits
from app.settings import Settings, variables
from tests.go_tools import ran, tool

ROOT = Path(__file__).parents[2]
CHART = ROOT / "k8s"
VALUES = ("values.yaml", "values-staging.yaml", "values-production.yaml")
KUBERNETES = "1.37.0"
SECRETS = {"DATABASE_URL", "CURSOR_SECRET", "REDIS_URL", "SENTRY_DSN", "SLACK_WEBHOOK_URL"}


@cache
def rendered(values: str, *more: str) -> str:
    return ran("helm", "template", "oms", CHART, "--namespace", "oms", "--values", CHART / values, *more)


@cache
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
        (("--set", "urlsInSecret={NEO4J_URL}"), {"housekeep", "full-sync", "reconcile"}),
    ],
)
def test_what_compares_and_builds_views_runs_only_where_there_are_any(given: tuple[str, ...], jobs: set[str]):
    made = {each["metadata"]["name"].removeprefix("oms-") for each in manifests("values.yaml", *given) if each["kind"] == "CronJob"}
    assert made == jobs


def refused(*given: str) -> str:
    """What helm says of these values, which it does not take."""
    done = subprocess.run([tool("helm"), "template", "oms", str(CHART), *given], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    return done.stderr


@pytest.mark.parametrize(
    ("given", "workers"),
    [
        ((), set()),
        (("--set", "settings.KAFKA_BROKER=kafka:9092"), {"relay"}),
        (("--set", "urlsInSecret={OPENSEARCH_URL,NEO4J_URL}"), {"indexing-service", "graph-sync-service"}),
        (("--set", "settings.NEO4J_URL="), set()),
    ],
)
def test_a_worker_is_made_only_where_it_can_do_its_work(given: tuple[str, ...], workers: set[str]):
    made = {name.removeprefix("oms-"): spec for name, spec in deployments("values.yaml", *given).items()}
    assert set(made) == {"api", *workers}
    assert {spec["replicas"] for spec in made.values()} == {2}
    budgets = {
        each["metadata"]["name"].removeprefix("oms-") for each in manifests("values.yaml", *given) if each["kind"] == "PodDisruptionBudget"
    }
    assert budgets == set(made)


@pytest.mark.parametrize(
    ("worker", "address"), [("relay", "KAFKA_BROKER"), ("indexing-service", "OPENSEARCH_URL"), ("graph-sync-service", "NEO4J_URL")]
)
def test_who_asks_for_a_worker_without_its_address_is_told_what_is_missing(worker: str, address: str):
    assert f"workers.{worker} needs {address}: put it into settings" in refused("--set", f"workers.{worker}.replicas=1")


def test_every_worker_and_what_it_refuses_to_start_without_stand_in_the_chart():
    workers = YAML(typ="safe").load((CHART / "values.yaml").read_text())["workers"]
    assert set(workers) == set(names())
    for name, worker in workers.items():
        settings = Settings(database_url="postgresql://nobody@127.0.0.1:1/nothing")
        with pytest.raises(Refused, match=f"^{worker['needs']} is missing"):
            asyncio.run(_made(World(settings, None, None), name))  # type: ignore[arg-type] - it refuses before it asks for either


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("worker.replica=3", "'replica'"),
        ("sinksInSecret={NEO4J_URL}", "'sinksInSecret'"),
        ("urlsInSecret={DATABASE_URL}", "/urlsInSecret/0"),
        ("settings.DATABASE_URL=postgresql://oms:secret@db/oms", "'DATABASE_URL'"),
        ("settings.log-level=debug", "'log-level'"),
        ("environment=development", "/environment"),
        ("api.replicas=0", "/api/replicas"),
    ],
)
def test_a_value_that_means_nothing_or_stands_where_it_must_not_is_refused_by_name(given: str, named: str):
    assert named in refused("--set", given)


MONITORED = ("--set", "monitoring.enabled=true", "--set", "monitoring.labels.release=prometheus")


def test_every_alert_asks_for_metrics_and_labels_that_the_code_tells():
    known = {
        name: collector._labelnames
        for collector, told in REGISTRY._collector_to_names.items()
        for name in told
        if isinstance(collector, MetricWrapperBase)
    }
    [rules] = [each for each in manifests("values-production.yaml", *MONITORED) if each["kind"] == "PrometheusRule"]
    alerts = [rule for group in rules["spec"]["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in alerts}) == len(alerts) >= 10
    for rule in alerts:
        asked = re.findall(r"([a-z_]+)\{([^}]*)\}", rule["expr"])
        assert asked, rule["expr"]
        for metric, matchers in asked:
            labels = known[metric]
            assert set(re.findall(r"(\w+)=", matchers)) <= {*labels, "namespace"}, rule["expr"]
            assert 'namespace="oms"' in matchers, "an installation beside it has alerts of its own"
            by = re.search(r"by \(([^)]*)\)", rule["expr"])
            assert set(by[1].split(", ") if by else ()) <= {*labels, *({"le"} if metric.endswith("_bucket") else ())}, rule["expr"]
            said = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
            assert said <= set(by[1].split(", ") if by else ()), rule["alert"]
        assert rule["expr"].count("(") == rule["expr"].count(")"), rule["expr"]


def test_prometheus_is_led_to_a_port_of_every_pod_that_serves_metrics():
    [monitor] = [each for each in manifests("values-production.yaml", *MONITORED) if each["kind"] == "PodMonitor"]
    ports = {each["port"] for each in monitor["spec"]["podMetricsEndpoints"]}
    [among] = monitor["spec"]["selector"]["matchExpressions"]
    for name, spec in deployments("values-production.yaml", *MONITORED).items():
        assert selects(monitor["spec"]["selector"]["matchLabels"], spec), name
        assert spec["template"]["metadata"]["labels"][among["key"]] in among["values"], name
        assert {port["name"] for port in spec["template"]["spec"]["containers"][0]["ports"]} & ports, name
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


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


def deployments(values: str, *more: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each["spec"] for each in manifests(values, *more) if each["kind"] == "Deployment"}


def selects(selector: dict[str, str], spec: dict[str, Any]) -> bool:
    return selector.items() <= spec["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("values", VALUES)
def test_whoever_is_told_to_end_has_the_time_for_what_it_has_begun(values: str):
    needed = {"api": Limits().shutdown_seconds, "worker": DRAIN_SECONDS}
    for name, spec in deployments(values).items():
        [container] = spec["template"]["spec"]["containers"]
        before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert spec["template"]["spec"]["terminationGracePeriodSeconds"] >= before + needed[container["args"][0]] + 5, name


@pytest.mark.parametrize("values", VALUES)
def test_a_pod_that_hangs_is_ended_and_only_one_that_can_answer_is_asked(values: str):
    for name, spec in deployments(values).items():
        [container] = spec["template"]["spec"]["containers"]
        paths = {probe: container[probe]["httpGet"]["path"] for probe in container if probe.endswith("Probe")}
        whole = {"startupProbe": "/healthz", "livenessProbe": "/healthz"}
        assert paths == (whole | {"readinessProbe": "/readyz"} if container["args"] == ["api"] else whole), name
        [port] = container["ports"]
        assert all(container[probe]["httpGet"]["port"] == port["name"] for probe in paths), name
        assert container["startupProbe"]["periodSeconds"] * container["startupProbe"]["failureThreshold"] >= 60, name


@pytest.mark.parametrize("values", VALUES)
def test_a_node_that_is_emptied_takes_one_pod_of_each_part_at_a_time(values: str):
    budgets = [each["spec"] for each in manifests(values) if each["kind"] == "PodDisruptionBudget"]
    for name, spec in deployments(values).items():
        [budget] = [each for each in budgets if selects(each["selector"]["matchLabels"], spec)]
        assert budget["maxUnavailable"] == 1, name


@pytest.mark.parametrize("values", VALUES)
def test_metrics_can_be_read_where_the_pods_say_that_they_are(values: str):
    policies = [each["spec"] for each in manifests(values) if each["kind"] == "NetworkPolicy"]
    for name, spec in deployments(values).items():
        [container] = spec["template"]["spec"]["containers"]
        [port] = container["ports"]
        assert spec["template"]["metadata"]["annotations"]["prometheus.io/port"] == str(port["containerPort"])
        open_ports = {
            each["port"]
            for policy in policies
            if selects(policy["podSelector"]["matchLabels"], spec)
            for rule in policy.get("ingress", ())
            for each in rule["ports"]
        }
        assert port["name"] in open_ports, name


@pytest.mark.parametrize("values", VALUES[1:])
def test_the_settings_and_a_secret_are_all_that_a_process_needs(values: str):
    secret = {"DATABASE_URL": "postgresql://oms:secret@db.data.svc/oms", "CURSOR_SECRET": "0123456789abcdef" * 4}
    for name, pod in pods(values):
        for container in pod["containers"]:
            given = {each["name"].lower(): each["value"] for each in container["env"]} | {
                key.lower(): value for key, value in secret.items()
            }
            assert not Settings.model_validate(given).development, name


def test_the_migration_runs_before_the_code_that_needs_it():
    [job] = [each for each in manifests("values-production.yaml") if each["kind"] == "Job"]
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["migrate"]


def test_an_ingress_without_a_host_is_refused():
    assert "api.ingress.host says where the API is" in refused("--set", "api.ingress.enabled=true")
