"""Refreshes the lock of the servers: resolves what each is made of, and notes every checksum."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from app.stack.artifacts import AT_ONCE, LOCK, Artifact, digest_of, require

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HEAD = "# Made by `oms services lock`: what each server is made of. No host stands here: the resolver knows where.\n"


def lock(endpoints: Mapping[str, tuple[str, ...]]) -> str:
    """The text of the lock; every artifact is fetched anew, so the checksums are those of what is published."""
    require("jgo", "which resolves the servers")
    with TemporaryDirectory(prefix="oms-lock-") as scratch, ThreadPoolExecutor(AT_ONCE) as pool:
        sections = []
        for server, coordinates in endpoints.items():
            found = pool.map(lambda each: _line(each, Path(scratch)), _resolved(coordinates))
            sections.append(f"\n[{server}]\n" + "\n".join(found) + "\n")
    return HEAD + "".join(sections)


def write(endpoints: Mapping[str, tuple[str, ...]]) -> Path:
    """Write the lock in its place."""
    LOCK.write_text(lock(endpoints))
    return LOCK


def _resolved(coordinates: tuple[str, ...]) -> Iterator[str]:
    """Jars with everything below them; an archive stands alone."""
    import jgo

    if any(coordinate.count(":") > 2 for coordinate in coordinates):  # noqa: PLR2004 - group:artifact:version names a jar
        yield from coordinates
        return
    for each in jgo.resolve("+".join(coordinates)):
        parts = [each.groupId, each.artifactId, each.version]
        if each.packaging != "jar" or each.classifier:
            parts.append(each.packaging)
        yield ":".join([*parts, each.classifier] if each.classifier else parts)


def _line(coordinate: str, scratch: Path) -> str:
    return f"{coordinate} sha256:{digest_of(Artifact(coordinate, '').resolved(scratch))}"
