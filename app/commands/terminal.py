"""How commands talk: results on standard output, everything else on standard error."""

from __future__ import annotations

from rich.console import Console

out = Console(highlight=False)
notes = Console(stderr=True, highlight=False)


class Refused(Exception):
    """The command cannot do it; the message is one sentence for the person at the terminal."""
