"""How commands talk: results on standard output, everything else on standard error."""

from __future__ import annotations

from typing import Any

import orjson
from rich.console import Console

out = Console(highlight=False)
notes = Console(stderr=True, highlight=False)


class Refused(Exception):
    """The command cannot do it; the message is one sentence for the person at the terminal."""


def print_json(answer: Any) -> None:
    """One JSON value, and nothing else on standard output."""
    out.print(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode(), soft_wrap=True, markup=False)
