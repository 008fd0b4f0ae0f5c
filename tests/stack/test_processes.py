"""A server's process is known by the lock that it holds, whoever started it and however that one ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.stack.processes import Launch, Process

SLEEPS = Launch(["/bin/sleep", "600"])


@pytest.fixture
def process(tmp_path):
    started = Process(tmp_path)
    yield started
    started.kill()


def exists(pid):
    """Whether the process runs: one that ended and is not reaped does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_it_lives_from_its_start_to_its_end(process):
    assert not process.alive
    assert process.pid is None
    process.start(SLEEPS)
    assert process.alive
    assert exists(pid := process.pid)
    process.end()
    assert not process.alive
    assert not exists(pid)


def test_another_eye_sees_the_same_process(process, tmp_path):
    process.start(SLEEPS)
    assert Process(tmp_path).pid == process.pid
    Process(tmp_path).end()
    assert not process.alive


def test_one_that_runs_is_not_started_again(process):
    process.start(SLEEPS)
    first = process.pid
    with pytest.raises(RuntimeError, match="runs already"):
        process.start(SLEEPS)
    assert process.pid == first


def test_it_outlives_a_starter_that_is_killed_and_is_ended_by_another(process, tmp_path):
    script = f"from app.stack.processes import *; from pathlib import Path; import os, signal; Process(Path({str(tmp_path)!r})).start(Launch(['/bin/sleep', '600'])); os.kill(os.getpid(), signal.SIGKILL)"
    ended = subprocess.run([sys.executable, "-c", script], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert exists(pid := process.pid)
    process.end()
    assert not exists(pid)


def test_a_number_that_another_program_bears_by_now_is_not_ended(process, tmp_path):
    process.start(SLEEPS)
    process.kill()
    other = subprocess.Popen(["/bin/sleep", "600"], start_new_session=True)
    (tmp_path / "server.pid").write_text(f"{other.pid}\n{other.pid}\n")
    process.end()
    process.kill()
    assert other.poll() is None
    other.kill()
    other.wait()


def test_children_that_their_parent_left_are_ended_with_it(process, tmp_path):
    process.start(Launch(["/bin/sh", "-c", "sleep 600 & echo $! > $0; exec sleep 600", str(tmp_path / "child")]))
    until = time.monotonic() + 30
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        assert time.monotonic() < until
        time.sleep(0.01)
    child = int((tmp_path / "child").read_text())
    os.kill(process.pid, signal.SIGKILL)
    assert process.alive
    process.kill()
    assert not exists(child)
    assert not process.alive


def test_it_is_asked_by_the_signal_that_lets_it_end_in_order(process, tmp_path):
    said = tmp_path / "said"
    trap = f"trap 'echo asked > {said}; exit 0' USR1; echo ready > {said}; while true; do sleep 0.05; done"
    process.start(Launch(["/bin/sh", "-c", trap], ends_by=signal.SIGUSR1))
    while not said.exists():
        time.sleep(0.01)
    process.end()
    assert said.read_text() == "asked\n"


def test_its_words_go_to_its_log_and_it_sees_nothing_of_our_environment(process, monkeypatch):
    monkeypatch.setenv("SECRET", "told")
    process.start(Launch(["/bin/sh", "-c", 'echo "out $SECRET$OWN"; echo err >&2'], {"OWN": "own"}))
    until = time.monotonic() + 30
    while process.alive:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert process.log.read_text() == "out own\nerr\n"
