"""The servers of one folder: two small ones stand for all, which differ only in what they tell of themselves."""

import gc
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from jgo.maven._core import DEFAULT_REMOTE_REPOS
from typer.testing import CliRunner

from app.cli import app
from app.stack.artifacts import LOCK, Artifact, StackFailed, fetch, locked
from app.stack.stack import SERVERS, Stack
from tests.waiting import GUARD

SMALL = ["postgres", "redis"]


class Silent:
    """Nobody looks on."""

    def __init__(self):
        self.answered = []

    def begin(self, files):
        raise AssertionError("neither is fetched")

    def done(self):
        raise AssertionError("neither is fetched")

    def ready(self, server, seconds):
        self.answered.append(server.name)


class Counted(Silent):
    """Counts the downloads."""

    files = fetched = 0

    def begin(self, files):
        self.files += files

    def done(self):
        self.fetched += 1


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and does not tell of it."""

    def log_message(self, *_):
        pass


@pytest.fixture
def stack():
    with TemporaryDirectory(prefix="oms-test-") as folder:  # pytest's own is closed to the account that root drops to
        Path(folder).chmod(0o755)
        made = Stack(Path(folder) / "services", Path(folder) / "cache")
        yield made
        made.stop(SERVERS)


def test_what_was_started_answers_where_its_settings_say(stack):
    found = stack.start(SMALL, witness := Silent(), free_ports=True)
    assert sorted(witness.answered) == SMALL
    assert sorted(found) == ["DATABASE_URL", "REDIS_URL"]
    assert stack.env_file.read_text() == f"DATABASE_URL={found['DATABASE_URL']}\nREDIS_URL={found['REDIS_URL']}\n"
    assert stack.env_file.stat().st_mode & 0o777 == 0o600
    migrated = subprocess.run(
        [sys.executable, "-m", "app.cli", "migrate"], env=os.environ | found, capture_output=True, text=True, check=False, timeout=120
    )
    assert (migrated.returncode, migrated.stderr) == (0, "")
    assert [state.answers for state in stack.states()] == [True, True]


def test_the_database_wants_its_password_from_the_network(stack):
    stack.start(["postgres"], Silent(), free_ports=True)
    [rules] = stack.place(SERVERS["postgres"]).folder.rglob("pg_hba.conf")
    hosts = [line.split()[-1] for line in rules.read_text().splitlines() if line.startswith("host")]
    assert set(hosts) == {"scram-sha-256"}


def test_a_second_start_changes_nothing_and_a_killed_one_is_started_where_it_was(stack):
    first = stack.start(SMALL, Silent(), free_ports=True)
    pids = [state.pid for state in stack.states()]
    assert stack.start(SMALL, Silent(), free_ports=True) == first
    assert [state.pid for state in stack.states()] == pids
    for state in stack.states():
        state.process.kill()
    assert stack.settings() == {}
    assert stack.start(SMALL, Silent(), free_ports=True) == first


def test_what_is_stopped_is_gone_and_the_rest_runs(stack):
    stack.start(SMALL, Silent(), free_ports=True)
    assert [server.name for server in stack.stop(["redis"])] == ["redis"]
    assert [state.answers for state in stack.states()] == [True, False]
    assert [server.name for server in stack.stop(SERVERS)] == ["postgres"]
    assert stack.stop(SERVERS) == []
    assert stack.env_file.read_text() == ""


def test_free_ports_are_none_that_the_kernel_gives_to_others_meanwhile(stack):
    stack.start(["redis"], Silent(), free_ports=True)
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    assert stack.place(SERVERS["redis"]).port not in range(first, last + 1)


@contextmanager
def ended(process):
    """However the block ends, the process ends with it: whoever waits for it would wait long."""
    try:
        yield
    finally:
        process.kill()


def test_what_a_killed_starter_had_started_is_ended_by_the_command_and_nothing_else_is(monkeypatch):
    with TemporaryDirectory(prefix="oms-test-") as folder, subprocess.Popen(["/bin/sleep", "600"]) as other, ended(other):
        Path(folder).chmod(0o755)
        monkeypatch.setenv("OMS_DATA_DIR", folder)
        services = Stack(Path(folder) / "services", Path(folder) / "cache")
        starter = subprocess.Popen([sys.executable, "-m", "app.cli", "services", "start", *SMALL, "--free-ports"])
        until = time.monotonic() + GUARD
        while services.process(SERVERS["redis"]).pid is None:
            assert time.monotonic() < until
            time.sleep(0.001)
        starter.kill()
        assert starter.wait() == -signal.SIGKILL
        assert services.process(SERVERS["redis"]).alive
        assert CliRunner().invoke(app, ["services", "stop"]).exit_code == 0
        assert [name for name in SMALL if services.process(SERVERS[name]).alive] == []
        assert other.poll() is None


def test_a_usual_port_that_is_taken_is_refused_by_a_sentence(stack, monkeypatch):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        monkeypatch.setattr(type(SERVERS["redis"]), "ports", {"client": port})
        with pytest.raises(StackFailed, match=rf"^Port {port} is taken and Redis needs it: end what holds it, or choose --free-ports\.$"):
            stack.start(["redis"], Silent())
    assert stack.states() == []


def test_a_server_that_needs_more_ports_than_when_it_was_started_last_gets_them(stack):
    stack.start(["redis"], Silent(), free_ports=True)
    stack.stop(["redis"])
    kept = stack.place(SERVERS["redis"]).folder.parent / "ports.json"
    kept.write_text(json.dumps({"redis": {"other": 1}}))

    stack.start(["redis"], Silent(), free_ports=True)

    assert set(stack.place(SERVERS["redis"]).ports) == {"client"}


def test_a_server_that_cannot_start_is_told_with_its_last_words(stack, monkeypatch):
    stack.start(["redis"], Silent(), free_ports=True)
    stack.stop(["redis"])
    redis = SERVERS["redis"]
    launch = redis.prepared(stack.place(redis))
    launch.command.append("--no-such-option")
    monkeypatch.setattr(type(redis), "prepared", lambda _, place: launch)
    with pytest.raises(StackFailed, match=r"^Redis ended as soon as it was started: .+; its log is .+server\.log\.$"):
        stack.start(["redis"], Silent(), free_ports=True)


def test_the_lock_names_what_each_server_is_made_of_with_checksums_and_no_host():
    text = LOCK.read_text()
    assert "://" not in text
    found = locked(text)
    assert sorted(found) == sorted(name for name, server in SERVERS.items() if server.made_of)
    for name, artifacts in found.items():
        assert set(SERVERS[name].made_of) <= {artifact.coordinate for artifact in artifacts}
        assert [artifact for artifact in artifacts if not re.fullmatch(r"[0-9a-f]{64}", artifact.sha256)] == []


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A Maven repository on loopback, which the resolver asks in place of the public one."""
    root = tmp_path / "repository"
    root.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=root)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setitem(DEFAULT_REMOTE_REPOS, "central", f"http://127.0.0.1:{server.server_port}")
        yield root
        server.shutdown()


def published(repository, content):
    """The artifact as it was locked, while the repository serves the content."""
    artifact = Artifact("org.example:thing:1.0", sha256(b"as it was locked").hexdigest())
    artifact.path(repository).parent.mkdir(parents=True)
    artifact.path(repository).write_bytes(content)
    return artifact


def test_a_file_is_fetched_into_the_cache_once(repository, tmp_path):
    artifact = published(repository, b"as it was locked")
    fetch([artifact, artifact], tmp_path / "cache", seen := Counted())
    assert artifact.path(tmp_path / "cache").read_bytes() == b"as it was locked"
    fetch([artifact], tmp_path / "cache", seen)
    assert (seen.files, seen.fetched) == (1, 1)


def test_a_file_whose_checksum_differs_never_enters_the_cache(repository, tmp_path):
    artifact = published(repository, b"tampered")
    with pytest.raises(
        StackFailed, match=r"^org\.example:thing:1\.0 has the checksum [0-9a-f]{64} and [0-9a-f]{64} is locked: it is not used\.$"
    ):
        fetch([artifact], tmp_path / "cache", Counted())
    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()] == ["fetching.lock"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the resolver leaves a refusal's connection open
def test_a_file_that_nobody_serves_is_told_by_a_sentence(repository, tmp_path):
    with pytest.raises(StackFailed, match=r"^org\.example:gone:1\.0 cannot be fetched \(.+\): is there a network\?$"):
        fetch([Artifact("org.example:gone:1.0", "0" * 64)], tmp_path / "cache", Counted())
    gc.collect()


def test_the_cache_is_laid_out_as_maven_does_it(tmp_path):
    assert Artifact("org.a:b:1:tar.gz:linux", "").path(tmp_path) == tmp_path / "org/a/b/1/b-1-linux.tar.gz"


def test_the_command_names_the_servers_that_there_are():
    answer = CliRunner().invoke(app, ["services", "start", "mongodb"])
    assert str(answer.exception) == f"mongodb is none of the servers: {', '.join(SERVERS)}."


def test_the_command_shows_and_ends_what_runs(monkeypatch):
    with TemporaryDirectory(prefix="oms-test-") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("OMS_DATA_DIR", folder)
        started = CliRunner().invoke(app, ["services", "start", "redis", "--free-ports", "--json"])
        assert list(json.loads(started.stdout)) == ["REDIS_URL"]
        [shown] = json.loads(CliRunner().invoke(app, ["services", "status", "--json"]).stdout)
        assert (shown["name"], shown["answers"]) == ("redis", True)
        assert CliRunner().invoke(app, ["services", "stop"]).exit_code == 0
        assert json.loads(CliRunner().invoke(app, ["services", "status", "--json"]).stdout)[0]["pid"] is None
