"""Points in an ontology's history as they are typed."""

from __future__ import annotations

import re
from datetime import datetime

from app.commands.terminal import Refused
from app.domain.moment import moment

_REVISION = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


def point(text: str | None) -> int | datetime | None:
    """A revision, or a moment with its offset."""
    if text is None:
        return None
    if _REVISION.fullmatch(text):
        return int(text)
    found = moment(text)
    if found is None:
        raise Refused(f"{text[:100]!r} is neither a revision such as 12 nor a moment such as 2026-11-24T08:30:00Z.")
    return found
