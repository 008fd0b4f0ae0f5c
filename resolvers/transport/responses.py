"""Answers that need not be made again: of revision-pure operations, by what was asked, by whom, and as of which revisions.

An ontology at a revision never changes, so an answer that was read from one snapshot and carries that snapshot's
revisions is right for as long as these are the newest ones. Nothing is ever invalidated: an answer of other revisions
is simply not the one that is wanted. Errors are never kept.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.actor import Actor
    from app.ports.cache import Cache
    from resolvers.transport.answer import Answer, GraphQLRequest

HEADS = 1_024  # heads of kept answers whose meaning is remembered: many answers have the same
LARGEST_REQUEST = 64 * 1024  # bytes; what is asked in more words is hardly asked twice


class Heads(Protocol):
    """What a process knows of the newest revisions; `standing` is None where it may have missed one."""

    def standing(self, api_name: str) -> str | None:
        """Epoch and revision of an ontology, such as `1.42`."""
        ...


class Kept(NamedTuple):
    """An answer without errors: the JSON of its data, its cost, and what it was read from."""

    revisions: Mapping[str, str]
    cost: int
    data: memoryview
    tag: str


class Responses:
    """The answers of one process, or of several that share a cache."""

    def __init__(self, cache: Cache, heads: Heads) -> None:
        self._cache = cache
        self._heads = heads

    def key(self, actor: Actor, text: str, request: GraphQLRequest) -> bytes | None:
        """What the answer depends on beside the revisions: the operation, its variables, and what the caller may see."""
        if request.size > LARGEST_REQUEST:
            return None
        known = request.keys.get(actor.roles)
        if known is not None and known[0] is text:
            return known[1]
        roles = sorted(role.value for role in actor.roles)
        asked = [request.operation_name, request.variables, roles]
        made = blake2b(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS) + b"\n" + text.encode(), digest_size=24).digest()
        request.keys[actor.roles] = text, made
        return made

    async def find(self, key: bytes, seen: Mapping[str, tuple[int, int]]) -> Kept | None:
        """The answer as of the newest revisions; None where there is none, or the caller has seen newer ones than are known here."""
        found = await self._cache.get(key)
        if found is None:
            return None
        end = found.index(b"\n")
        revisions, cost, read = _head(found[:end])
        if not self.stand(revisions):
            return None
        if any(not _covers(revisions.get(name) or self._heads.standing(name), wanted) for name, wanted in seen.items()):
            return None
        return Kept(revisions, cost, memoryview(found)[end + 1 :], _tag(key, read))

    def stand(self, revisions: Mapping[str, str]) -> bool:
        """Whether these are the newest revisions, and this process knows it."""
        return all(self._heads.standing(name) == revision for name, revision in revisions.items())

    async def keep(self, key: bytes, answer: Answer) -> None:
        """Keep an answer that is whole and was read from ontologies."""
        if answer.errors or answer.raw is None or not answer.revisions:
            return
        answer.tag = _tag(key, _read(answer.revisions))
        await self._cache.put(key, orjson.dumps([dict(answer.revisions), answer.cost]) + b"\n" + answer.raw)


def _covers(known: str | None, wanted: tuple[int, int]) -> bool:
    """Whether an answer may be given to who has seen this much."""
    if known is None:
        return False
    epoch, _, revision = known.partition(".")
    return int(epoch) == wanted[0] and int(revision) >= wanted[1]


@lru_cache(HEADS)
def _head(text: bytes) -> tuple[Mapping[str, str], int, str]:
    """What a kept answer begins with: the revisions that it was read from, and its cost."""
    revisions, cost = orjson.loads(text)
    return MappingProxyType(revisions), cost, _read(revisions)


def _read(revisions: Mapping[str, str]) -> str:
    return ",".join(f"{name}={revision}" for name, revision in sorted(revisions.items()))


def _tag(key: bytes, read: str) -> str:
    """Weak, since an answer also carries its request's id."""
    return f'W/"{read};{key.hex()}"'
