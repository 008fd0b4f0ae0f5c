"""The image, as far as it can be judged without an engine: what it copies is there, and what it runs starts and is well."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from app.cli import app
from app.settings import variables
from tests.chaos.parts import free_port
from tests.waiting import GUARD

ROOT = Path(__file__).parent.parent
LINES = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text()).splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def said(instruction):
    """What follows the instruction, each time."""
    return [line.partition(" ")[2].strip() for line in LINES if line.startswith(f"{instruction} ")]


def copied():
    return [source for each in said("COPY") if not each.startswith("--from") for source in each.split()[:-1]]


def surroundings():
    [line] = said("ENV")
    return dict(each.split("=", 1) for each in shlex.split(line) if not each.startswith("PATH="))


def test_what_it_copies_is_there_and_reaches_the_engine():
    ignored, *kept = (ROOT / ".dockerignore").read_text().split()
    assert ignored == "**"
    assert {each.removeprefix("!") for each in kept if each.startswith("!")} == set(copied())
    assert [each for each in copied() if not (ROOT / each).exists()] == []


def test_it_holds_every_package_that_is_installed_and_nothing_else():
    packages = {each.rstrip("*") for each in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert {each for each in copied() if (ROOT / each).is_dir()} == packages


def test_it_is_locked_and_has_nothing_of_the_optional_groups():
    [dependencies] = [each for each in said("RUN") if "--requirements pyproject.toml" in each]
    assert {"--verify-hashes", "--constraints"} <= set(dependencies.split())
    assert not {"--extra", "--all-extras", "--group"} & set(dependencies.split())
    assert "[" not in dependencies


def test_its_command_and_its_settings_exist_and_its_user_is_that_of_the_chart():
    assert json.loads(said("ENTRYPOINT")[0]) == list(PROJECT["project"]["scripts"])
    assert json.loads(said("CMD")[0])[0] in get_command(app).commands
    own = {name for name in surroundings() if not name.startswith("PYTHON")}
    assert own <= {name for name, _, _ in variables()}
    assert surroundings()["OMS_ENV"] == "production"
    [user] = said("USER")
    assert f"runAsUser: {user}\n" in (ROOT / "k8s/templates/_pod.tpl").read_text()


@pytest.fixture
def started(database_url, tmp_path):
    """What the image runs, in its surroundings, on a port of ours; and whether its check finds it well."""
    told = surroundings() | {
        "PATH": os.environ["PATH"], "PORT": str(free_port()), "HOST": "127.0.0.1", "DATABASE_URL": database_url, "CURSOR_SECRET": "5eCret" * 8,
        "KEYCLOAK_ISSUER": "https://id.example.org/realms/oms", "OIDC_AUDIENCE": "oms",
    }  # fmt: skip
    entry = Path(sys.executable).parent / json.loads(said("ENTRYPOINT")[0])[0]
    check = json.loads(said("HEALTHCHECK")[0].partition("CMD ")[2])
    assert check[0] == "python"

    def healthy() -> bool:
        return subprocess.run([sys.executable, *check[1:]], env=told, cwd=tmp_path, capture_output=True, check=False).returncode == 0

    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([entry, *json.loads(said("CMD")[0])], env=told, cwd=tmp_path, stdout=log, stderr=log)
    yield process, healthy
    process.kill()
    process.wait()


def test_what_it_runs_starts_is_found_well_and_ends_when_it_is_told(started, tmp_path):
    process, healthy = started
    assert not healthy()
    until = time.monotonic() + GUARD
    while not healthy():
        assert process.poll() is None, (tmp_path / "log").read_text()
        assert time.monotonic() < until, (tmp_path / "log").read_text()
    process.terminate()
    assert process.wait(GUARD) == 0, (tmp_path / "log").read_text()
    assert not healthy()
