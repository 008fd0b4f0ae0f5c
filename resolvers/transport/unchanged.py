"""What was answered 304 to a request, and is answered again to the very same one: for some seconds, while its revisions stand.

A client that looks whether anything is new sends the same bytes each time. Who asks, what for, and whether the tag is the
newest was found out the first time, and of that only the revisions and the time can change.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.web.headers import Headers

SECONDS = 5.0  # after which the token and all else is looked at again
QUESTIONS = 32  # of one set of headers that are remembered

Sent = list[tuple[bytes, bytes]]


class _Told(NamedTuple):
    by: Unchanged  # since headers are remembered for the whole process
    until: float  # of the process's clock
    revisions: Mapping[str, str]
    headers: Sent


class Unchanged:
    """Beside the headers of a request, which are the same object for as long as a client sends the same."""

    def __init__(self, stands: Callable[[Mapping[str, str]], bool]) -> None:
        """`stands` tells whether these are the newest revisions."""
        self._stands = stands

    def found(self, query: bytes, headers: Headers) -> Sent | None:
        """The headers of the 304 that this GET was answered with, where it is still right."""
        told = headers.beside.get(query)
        if isinstance(told, _Told) and told.by is self and time.monotonic() < told.until and self._stands(told.revisions):
            return told.headers
        return None

    def note(self, query: bytes, headers: Headers, revisions: Mapping[str, str], sent: Sent, *, expires_at: float | None) -> None:
        """Remember that this GET was answered so; `expires_at` is when the caller's token ends, in seconds since 1970."""
        rest = SECONDS if expires_at is None else min(SECONDS, expires_at - time.time())
        if len(headers.beside) >= QUESTIONS:
            headers.beside.clear()
        headers.beside[query] = _Told(self, time.monotonic() + rest, revisions, sent)
