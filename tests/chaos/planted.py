"""`python -m tests.chaos.planted BUG …` is `oms …` with one known bug in it, so that the harness can show that it catches it.

A bug is a change of a few words in the code that is there; where these words are not there any more, it says so and ends.
What compares views now and then is switched off, since it would put right what the bug has spoilt.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

BUGS: dict[str, Callable[[], None]] = {}
_UNDONE: list[Callable[[], None]] = []  # what puts the code back as it was, the latest last


def bug(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Enter it in the list."""

    def entered(plant: Callable[[], None]) -> Callable[[], None]:
        BUGS[name] = plant
        return plant

    return entered


@contextmanager
def planted(name: str) -> Iterator[None]:
    """With the bug in this process until the block ends; without any where there is no name."""
    try:
        if name:
            BUGS[name]()
        yield
    finally:
        while _UNDONE:
            _UNDONE.pop()()


def instead(owner: Any, name: str, value: Any) -> None:
    """In place of what is there, as long as the bug is planted."""
    _UNDONE.append(partial(setattr, owner, name, vars(owner)[name]))
    setattr(owner, name, value)


def rewritten(module: str, path: str, old: str, new: str) -> None:
    """A function of a module with other words in its source."""
    where = importlib.import_module(module)
    *owners, name = path.split(".")
    owner: Any = where
    for each in owners:
        owner = getattr(owner, each)
    source = textwrap.dedent(inspect.getsource(getattr(owner, name)))
    if old not in source:
        raise SystemExit(f"{module}.{path} does not say {old!r} any more: plant the bug anew.")
    made: dict[str, Any] = {}
    exec("from __future__ import annotations\n" + source.replace(old, new), where.__dict__, made)
    instead(owner, name, made[name])


def replaced(module: str, constant: str, old: str, new: str) -> None:
    """A constant of a module with other words in it."""
    where = importlib.import_module(module)
    text = getattr(where, constant)
    if old not in text:
        raise SystemExit(f"{module}.{constant} does not say {old!r} any more: plant the bug anew.")
    instead(where, constant, text.replace(old, new))


@bug("relay-by-cursor")
def _() -> None:
    """It remembers the last number, and never sees a row that commits late with an earlier one."""
    replaced("app.persistence.outbox", "_PENDING", "published_at IS NULL", "id > $2")
    rewritten(
        "app.persistence.outbox", "Outbox.pending",
        "return [_pending(row) for row in await self._connection.fetch(_PENDING, limit)]",
        "rows = await self._connection.fetch(_PENDING, limit, self.__dict__.get('last', 0)); "
        "self.last = rows[-1]['id'] if rows else self.__dict__.get('last', 0); return [_pending(row) for row in rows]",
    )  # fmt: skip


@bug("relay-marks-before-it-sends")
def _() -> None:
    rewritten(
        "workers.relay", "Relay.step",
        "await self._publish(outbox, [message_of(each) for each in pending])\n",
        "await outbox.published([each.position for each in pending]); await asyncio.sleep(0.5); "
        "await self._publish(outbox, [message_of(each) for each in pending])\n",
    )  # fmt: skip


@bug("relay-makes-new-ids")
def _() -> None:
    rewritten(
        "workers.relay", "message_of", "orjson.dumps(event.wire())", "orjson.dumps(event.wire() | {'id': __import__('uuid').uuid4().hex})"
    )


@bug("entity-version-as-document-version")
def _() -> None:
    indexing = importlib.import_module("app.services.indexing")
    documents = indexing.documents

    async def wrong(reader: Any, epoch: int, rids: Any) -> Any:
        versions = {row["rid"]: row["version"] for row in await reader.fetch("SELECT rid, version FROM entity WHERE rid = ANY ($1)", rids)}
        made = await documents(reader, epoch, rids)
        return [type(each)(each.rid, versions[each.rid], each.body) for each in made]

    instead(indexing, "documents", wrong)


@bug("hard-deletes")
def _() -> None:
    """A document that is removed is forgotten after a minute, and a late write brings it back."""
    adapter = importlib.import_module("app.adapters.opensearch")
    put = adapter.OpenSearchIndex.put

    async def wrong(self: Any, ontology: str, documents: Any, *, into: str | None = None) -> Any:
        for each in documents:
            if each.body is None:
                await self._client.delete(index=into or adapter.alias_of(ontology), id=each.rid, ignore=[404])
        return await put(self, ontology, [each for each in documents if each.body is not None], into=into)

    instead(adapter.OpenSearchIndex, "put", wrong)


@bug("watermark-before-the-write")
def _() -> None:
    rewritten(
        "app.services.indexing", "Indexing.reach",
        "refused += await self._write(ontology, rids)",
        "async with self._database.writing() as early:\n            await sinks.advance(early, self.sink, ontology, mark)\n"
        "        refused += await self._write(ontology, rids)",
    )  # fmt: skip


@bug("an-outage-counts-as-done")
def _() -> None:
    rewritten(
        "app.services.indexing", "Indexing.reach",
        "refused += await self._write(ontology, rids)",
        "with suppress(SinkDown):\n            refused += await self._write(ontology, rids)",
    )  # fmt: skip


@bug("neighbours-are-forgotten")
def _() -> None:
    """Who holds a name of another is not written again when that name changes."""
    instead(importlib.import_module("app.services.indexing"), "touched", importlib.import_module("app.persistence.vertices").changed)


@bug("old-links-stay")
def _() -> None:
    replaced("app.adapters.neo4j", "_NODES", "DELETE r", "SET r.old = true")


@bug("the-last-of-a-batch-is-left-out")
def _() -> None:
    rewritten(
        "app.services.graphing", "Graphing._write", "await self._store.begin(ontology, target)\n",
        "await self._store.begin(ontology, target); rids = rids[:-1] if len(rids) > 1 else rids\n",
    )  # fmt: skip


@bug("torn-snapshot")
def _() -> None:
    """Each statement of a query sees another state."""
    rewritten("app.persistence.database", "Snapshot._opened", "REPEATABLE READ READ ONLY", "READ COMMITTED READ ONLY")


@bug("resume-skips-one")
def _() -> None:
    rewritten(
        "app.services.live", "Live._following",
        "cursor = None if after is None else Cursor.parse(after)",
        "cursor = None if after is None else Cursor.parse(after); "
        "cursor = cursor and Cursor(cursor.epoch, cursor.position + (cursor.position > 2))",
    )  # fmt: skip


@bug("resume-repeats-one")
def _() -> None:
    rewritten(
        "app.services.live", "Live._following",
        "cursor = None if after is None else Cursor.parse(after)",
        "cursor = None if after is None else Cursor.parse(after); cursor = cursor and Cursor(cursor.epoch, max(cursor.position - 1, 0))",
    )  # fmt: skip


@bug("answers-are-not-kept-for-their-keys")
def _() -> None:
    """A mutation whose answer was lost is done again, or refused though it was done."""

    async def nothing(*_: Any) -> None:
        """Keep nothing."""

    instead(importlib.import_module("app.persistence.idempotency"), "keep", nothing)


@bug("deletions-are-not-audited")
def _() -> None:
    replaced("app.persistence.store", "_AUDIT", "$13::jsonb[])", "$13::jsonb[]) AS row (a, b, c, d, action) WHERE action <> 'deleted'")


@bug("versions-are-not-compared")
def _() -> None:
    """The last writer wins, and the first one is never told."""
    rewritten(
        "app.domain.planning", "_draft",
        "expected = operation.expected_version if operation.expected_version is not None else head.version",
        "expected = head.version",
    )  # fmt: skip


@bug("relay-in-any-order")
def _() -> None:
    replaced("app.persistence.outbox", "_PENDING", "ORDER BY o.id", "ORDER BY random()")


@bug("what-was-not-signalled-is-not-read")
def _() -> None:
    """It trusts that it heard of every revision."""
    rewritten(
        "app.services.indexing", "Indexing.reach",
        "touched(snapshot, ontology, mark.reached, mark.head)",
        "touched(snapshot, ontology, mark.reached if revision is None else max(mark.reached, revision - 1), mark.head)",
    )  # fmt: skip


@bug("poison-stops-the-partition")
def _() -> None:
    rewritten("app.adapters.kafka_feed", "_signal", "return None", "raise")


@bug("a-refused-document-is-not-noted")
def _() -> None:
    rewritten("app.services.indexing", "Indexing._write", "{each.rid: each.reason for each in new}", "{}")


@bug("a-refused-document-stops-the-rest")
def _() -> None:
    rewritten(
        "app.services.indexing", "Indexing._write",
        "refused += new\n", "refused += new\n        if new and into is None:\n            raise SinkDown('a document was refused')\n",
    )  # fmt: skip


@bug("a-shut-index-refuses-documents")
def _() -> None:
    """What is wrong with the index for a while is taken for a fault of each document."""
    adapter = importlib.import_module("app.adapters.opensearch")
    assert adapter.SHUT
    instead(adapter, "SHUT", frozenset())


@bug("a-refused-vertex-is-not-noted")
def _() -> None:
    rewritten("app.services.graphing", "Graphing._put", "{each.rid: each.reason for each in new}", "{}")


@bug("a-refused-vertex-stops-the-rest")
def _() -> None:
    rewritten(
        "app.services.graphing", "Graphing._put", "return new", "if new:\n        raise SinkDown('a vertex was refused')\n    return new"
    )


@bug("what-is-altered-is-not-named")
def _() -> None:
    """Whoever compares looks at the versions only."""
    rewritten("app.domain.digest", "copy_of", "[rid, version, body]", "[rid, version]")
    copy_of = importlib.import_module("app.domain.digest").copy_of
    for view in ("app.services.indexing", "app.services.graphing"):
        instead(importlib.import_module(view), "copy_of", copy_of)


@bug("a-vertex-without-a-number-stays")
def _() -> None:
    """Nothing is ever newer than a version that is a text."""
    replaced("app.adapters.neo4j", "_NODES", "toIntegerOrNull(e.version)", "e.version")


@bug("a-wiped-index-goes-unnoticed")
def _() -> None:
    rewritten("app.services.indexing", "Indexing.reach", "and mark.reached >= 0:", "and mark.reached < -1:")


@bug("a-wiped-graph-goes-unnoticed")
def _() -> None:
    rewritten(
        "app.services.graphing", "Graphing.reach",
        "mark.reached >= 0 and await self._store.reached(ontology) >= version(mark.epoch, mark.reached)", "mark.reached >= 0",
    )  # fmt: skip


@bug("commits-are-not-waited-for")
def _() -> None:
    """What the database has acknowledged is not on its disk yet."""
    rewritten("app.persistence.database", "Database.opened", '"jit": "off",', '"jit": "off", "synchronous_commit": "off",')


def main() -> None:
    """Plant it and run the command."""
    name = sys.argv.pop(1)
    BUGS[name]()

    async def idle(_: Any) -> None:
        await asyncio.Event().wait()

    importlib.import_module("workers.reconciling").Comparing.run = idle
    from app.cli import main as oms

    oms()


if __name__ == "__main__":
    main()
