"""The real tools that `make charts` builds from their sources, where Go is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def tool(name: str) -> str:
    """Where it is; without it a pipeline fails and a person is told what to do."""
    own = ROOT / ".make" / "go" / name
    found = str(own) if own.exists() else shutil.which(name)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not here: `make charts` builds it where Go is installed")
    return found


def ran(name: str, *arguments: object) -> str:
    """What it says, which must be that all is well."""
    done = subprocess.run([tool(name), *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
