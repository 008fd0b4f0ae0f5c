"""Cursors: where a walk over pages stands, signed, so that only what we made is ever read.

A cursor holds the epoch, the revision that the walk sees, a digest of the list it belongs to (which list, below what,
filtered and sorted how) and the sort key of one row.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from app.domain.errors import CursorExpired, InvalidCursor

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 6_000  # characters
SIGNATURE = 16  # bytes
SCOPE = 9  # bytes


class Place(NamedTuple):
    """What a cursor says: the revision of the walk, and the key of a row."""

    revision: int
    key: tuple[Any, ...]


class Cursors:
    """Makes and reads the cursors of one installation."""

    def __init__(self, secret: str) -> None:
        self._secret = blake2b(secret.encode(), person=b"oms cursor").digest()

    def made(self, scope: str, epoch: int, revision: int, key: Sequence[Any]) -> str:
        """The cursor of a row."""
        values = [[value.isoformat()] if isinstance(value, datetime) else value for value in key]
        body = orjson.dumps([epoch, revision, scope, values])
        return urlsafe_b64encode(self._signature(body) + body).rstrip(b"=").decode()

    def read(self, text: str, scope: str, epoch: int) -> Place:
        """What a cursor of this list says; InvalidCursor for any other text, CursorExpired for one of another epoch."""
        body = self._body(text)
        found_epoch, revision, found_scope, values = orjson.loads(body)
        if found_scope != scope:
            raise InvalidCursor
        if found_epoch != epoch:
            raise CursorExpired
        return Place(revision, tuple(datetime.fromisoformat(value[0]) if isinstance(value, list) else value for value in values))

    def _body(self, text: str) -> bytes:
        if not text.isascii() or not 0 < len(text) <= LONGEST:
            raise InvalidCursor
        try:
            whole = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except Error:
            raise InvalidCursor from None
        signature, body = whole[:SIGNATURE], whole[SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(body)) or urlsafe_b64encode(whole).rstrip(b"=").decode() != text:
            raise InvalidCursor
        return body

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._secret, body, "sha256")[:SIGNATURE]


def scope(*parts: object) -> str:
    """A digest of what makes a list the one that it is."""
    return blake2b(repr(parts).encode(), digest_size=SCOPE).hexdigest()
