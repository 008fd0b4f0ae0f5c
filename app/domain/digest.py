"""Digests by which two copies of an ontology are compared without being held in memory: a sum a bucket, of 32 bits an entity."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple
from zlib import crc32

import orjson

BUCKETS = 1_024
BITS = 2**32


class Copy(NamedTuple):
    """One entity as a copy holds it; a tombstone has no digest."""

    rid: str
    version: int
    digest: int | None

    @property
    def live(self) -> tuple[int, int] | None:
        """What has to be equal in two copies: a tombstone and nothing are the same."""
        return None if self.digest is None else (self.version, self.digest)


class Trouble(StrEnum):
    """In which way a view differs from PostgreSQL."""

    MISSING = "MISSING"
    EXTRA = "EXTRA"
    STALE = "STALE"
    AHEAD = "AHEAD"
    ALTERED = "ALTERED"


class Difference(NamedTuple):
    """An entity that a view has otherwise than PostgreSQL says."""

    rid: str
    trouble: Trouble


@dataclass(slots=True)
class Sums:
    """How many live entities each bucket has, and the sum of their digests."""

    counts: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    digests: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def add(self, copy: Copy) -> None:
        """Take one entity in."""
        if copy.digest is not None:
            bucket = bucket_of(copy.rid)
            self.counts[bucket] += 1
            self.digests[bucket] = (self.digests[bucket] + copy.digest) % BITS

    def differing(self, other: Sums) -> frozenset[int]:
        """The buckets in which two copies are not the same."""
        return frozenset(
            bucket
            for bucket in range(BUCKETS)
            if (self.counts[bucket], self.digests[bucket]) != (other.counts[bucket], other.digests[bucket])
        )

    @property
    def count(self) -> int:
        """Of all buckets."""
        return sum(self.counts)

    @property
    def digest(self) -> str:
        """Of all buckets, in hexadecimal."""
        return f"{sum(self.digests) % BITS:08x}"


def bucket_of(rid: str) -> int:
    """In which bucket an entity is."""
    return crc32(rid.encode()) % BUCKETS


def copy_of(rid: str, version: int, body: Any) -> Copy:
    """An entity as it lies there; the same for the same JSON, however its keys are sorted. Without a body it is a tombstone."""
    if body is None:
        return Copy(rid, version, None)
    return Copy(rid, version, crc32(orjson.dumps([rid, version, body], option=orjson.OPT_SORT_KEYS)))


def trouble(wanted: Copy | None, held: Copy | None) -> Trouble | None:
    """In which way what is held differs from what is wanted; None where it does not."""
    mine, theirs = (wanted.live if wanted else None), (held.live if held else None)
    if mine == theirs:
        return None
    if mine is None:
        return Trouble.EXTRA
    if theirs is None:
        return Trouble.MISSING
    if theirs[0] == mine[0]:
        return Trouble.ALTERED
    return Trouble.STALE if theirs[0] < mine[0] else Trouble.AHEAD
