"""The headers of a request as texts by lower-case name. A client sends the same ones again and again: they are read once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import Scope

REMEMBERED = 256
_PLACE = "headers"  # in the state of a request, where all who look at them find them


class Headers(dict[str, str]):
    """Texts by name; `beside` is for what is known of a client that sends exactly these, and is forgotten with them."""

    __slots__ = ("beside",)

    def __init__(self) -> None:
        super().__init__()
        self.beside: dict[bytes, Any] = {}


def headers_of(scope: Scope) -> Headers:
    """One that comes twice is joined, so that no second value is overlooked."""
    state = scope.setdefault("state", {})
    found = state.get(_PLACE)
    if found is None:
        found = state[_PLACE] = _read(tuple(scope["headers"]))
    return found  # type: ignore[no-any-return]


@lru_cache(REMEMBERED)
def _read(sent: tuple[tuple[bytes, bytes], ...]) -> Headers:
    headers = Headers()
    for name, value in sent:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
