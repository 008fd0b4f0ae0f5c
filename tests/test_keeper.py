"""What a test session has started ends with it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.stack.stack import SERVERS
from tests.keeper import ROOT
from tests.real_servers import Onlooker, stack_of
from tests.waiting import until

SESSION = "import sys, time; from pathlib import Path; from tests.keeper import Keeper; print(Keeper(sys.argv[1], Path(sys.argv[2])).said, flush=True); time.sleep(600)"


@pytest.fixture
def killed():
    """A session that is killed as soon as its keeper has spoken; what that said."""

    def session(what: str, folder: Path, meanwhile=lambda: None) -> str:
        command = [sys.executable, "-c", SESSION, what, str(folder)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
            said = process.stdout.readline().strip()
            meanwhile()
            os.killpg(process.pid, signal.SIGKILL)
        return said

    return session


async def test_the_database_of_a_killed_session_ends_and_leaves_nothing(killed):
    folder = Path(tempfile.mkdtemp(prefix="oms-tests-"))

    said = killed("database", folder)

    assert said.startswith("postgresql://")
    socket = Path(said.partition("?host=")[2].replace("%2F", "/"))
    await until(lambda: not folder.exists() and not socket.exists())


async def test_the_servers_of_a_killed_session_end_and_leave_nothing(killed):
    folder = Path(tempfile.mkdtemp(prefix="oms-tests-services-"))
    stack = stack_of(folder)
    running = []

    def start():
        stack.start(["redis"], Onlooker(), free_ports=True)
        running.append(stack.process(SERVERS["redis"]).alive)

    killed("servers", folder, start)

    assert running == [True]
    await until(lambda: not stack.process(SERVERS["redis"]).alive and not folder.exists())
