"""The stack for those with Docker is the same one: no engine runs here, so what can be said without one is."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from app.stack.keycloak import REALM
from app.stack.stack import SERVERS

ROOT = Path(__file__).parents[2]
SERVICES = YAML(typ="safe").load((ROOT / "compose.yaml").read_text())["services"]


def test_it_has_the_same_servers():
    assert sorted(SERVICES) == sorted(SERVERS)


@pytest.mark.parametrize("name", SERVICES)
def test_each_is_checked_and_listens_on_loopback_where_ours_does(name):
    assert SERVICES[name]["healthcheck"]["test"]
    port = SERVERS[name].ports["client"]
    assert SERVICES[name]["ports"] == [f"127.0.0.1:{port}:{port}"]


@pytest.mark.parametrize("name", ["kafka", "opensearch", "neo4j", "keycloak"])
def test_each_has_the_version_that_ours_is_locked_to(name):
    image = SERVICES[name].get("image") or re.search(r"FROM (\S+)", SERVICES[name]["build"]["dockerfile_inline"])[1]
    version = image.rpartition(":")[2].removesuffix("-community")
    assert any(re.search(rf":{re.escape(version)}(\.0)?(:|$)", coordinate) for coordinate in SERVERS[name].made_of)


def test_keycloak_has_our_realm():
    [mounted] = SERVICES["keycloak"]["volumes"]
    assert (ROOT / mounted.partition(":")[0]).resolve() == REALM
