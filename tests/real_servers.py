"""The real servers for the tests that name one as a fixture: only those, once a session, started while other tests run.

`OMS_TEST_SERVICES` may name a folder in which servers are kept between sessions; without it they live in one of this
checkout and end with the session, also with one that is killed. Where they cannot be had, the tests that need them are
skipped with a warning that nobody overlooks; with `CI` set they fail.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.settings import read
from app.stack.artifacts import StackFailed
from app.stack.stack import SERVERS, START_SECONDS, Stack
from tests.chaos.broker import PROXIED
from tests.keeper import Keeper

ROOT = Path(__file__).parent.parent
KEPT = ROOT / ".oms" / "services-for-tests"
MISSING = "The real servers cannot be had"
GIVEN = frozenset(SERVERS) - {"postgres"}  # every test has one of its own, and a fixture of that name is another


class Onlooker:
    """Nobody looks at a bar while tests run."""

    def begin(self, files):
        pass

    def done(self):
        pass

    def ready(self, server, seconds):
        pass


def pytest_configure(config: pytest.Config) -> None:
    """The first process chooses the folder; workers find it by the environment."""
    if hasattr(config, "workerinput") or os.environ.get("OMS_TEST_SERVICES"):
        return
    KEPT.mkdir(parents=True, exist_ok=True)
    lock = os.open(KEPT.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder = KEPT
    except BlockingIOError:
        folder = Path(tempfile.mkdtemp(prefix="oms-tests-services-"))  # another session of this checkout runs
    keeper = Keeper("servers", folder, holding=(lock,))
    os.environ["OMS_TEST_SERVICES"] = str(folder)
    config.add_cleanup(lambda: _left(keeper, lock))


def _left(keeper: Keeper, lock: int) -> None:
    os.environ.pop("OMS_TEST_SERVICES", None)
    keeper.end()
    os.close(lock)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a server comes last, so that the server starts meanwhile."""
    items.sort(key=lambda item: bool(needed(item)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to start what will be needed, beside the tests that need nothing."""
    first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0" and not session.config.getoption("collectonly")
    names = sorted({name for item in session.items for name in needed(item)})
    if first and names and len(session.items) > 1:
        command = [sys.executable, "-m", "tests.real_servers", os.environ["OMS_TEST_SERVICES"], *names]
        starting = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        session.config.add_cleanup(lambda: _over(starting))


def _over(starting: subprocess.Popen[bytes]) -> None:
    """A start that nobody waits for any more; whoever ends the servers ends what it has started."""
    try:
        starting.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        starting.kill()
        starting.wait()


def needed(item: pytest.Item) -> set[str]:
    """The servers whose fixtures the test names, directly or through others."""
    return GIVEN & set(getattr(item, "fixturenames", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not proven."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if MISSING in str(report.longrepr)]
    if skipped:
        terminalreporter.write_sep("!", f"{MISSING}: {len(skipped)} tests proved nothing", red=True, bold=True)
        terminalreporter.write_line(str(skipped[0].longrepr[-1]), red=True)


@pytest.fixture(scope="session")
def real_stack() -> Stack:
    """The stack of the session; a test that stops or wipes a server of it starts it again."""
    return stack_of(Path(os.environ["OMS_TEST_SERVICES"]))


@pytest.fixture(scope="session")
def kafka(real_stack):
    """The address of a real broker."""
    return started(real_stack, "kafka")["KAFKA_BROKER"]


@pytest.fixture(scope="session")
def opensearch(real_stack):
    """The address of a real OpenSearch."""
    return started(real_stack, "opensearch")["OPENSEARCH_URL"]


@pytest.fixture(scope="session")
def neo4j(real_stack):
    """The address of a real Neo4j."""
    return started(real_stack, "neo4j")["NEO4J_URL"]


@pytest.fixture(scope="session")
def redis(real_stack):
    """The address of a real Redis."""
    return started(real_stack, "redis")["REDIS_URL"]


@pytest.fixture(scope="session")
def keycloak(real_stack):
    """The issuer of a real Keycloak with our realm."""
    return started(real_stack, "keycloak")["KEYCLOAK_ISSUER"]


def started(stack: Stack, name: str) -> dict[str, str]:
    """The settings that lead to the server, started by now."""
    try:
        return stack.start([name], Onlooker(), free_ports=True)
    except StackFailed as failed:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{MISSING}: {failed}")


def stack_of(folder: Path) -> Stack:
    """The servers of a folder."""
    return Stack(folder, read().oms_cache_dir.expanduser(), PROXIED)


if __name__ == "__main__":
    stack_of(Path(sys.argv[1])).start(sys.argv[2:], Onlooker(), free_ports=True)
