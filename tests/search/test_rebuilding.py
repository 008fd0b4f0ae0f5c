"""An index is built anew beside the one that is searched, and searched when it is what it must be."""

from __future__ import annotations

import asyncio

import pytest

from app.adapters.opensearch import alias_of
from app.domain.kind import Kind
from app.persistence import sinks
from app.persistence.sinks import OPENSEARCH
from app.ports.search_index import SinkDown
from app.services.editing import Editing
from app.services.indexing import Indexing
from tests import given
from tests.given import EDITOR
from tests.search.test_indexing import Refusing
from tests.search.test_reconciling import holding, live, quiet, saying, written


@pytest.fixture
def editing(database):
    return Editing(database)


async def test_what_is_written_while_an_index_is_built_anew_is_in_it(database, index, editing, main):
    made = await written(editing)
    view = Indexing(database, index)
    await view.reach(main)
    stop = asyncio.Event()

    async def write():
        number = 1
        while not stop.is_set():
            await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, made.refs["T1"], number, description=str(number))])
            await editing.apply(EDITOR, "main", given.object_type(f"New{number}"))
            number += 1

    async def follow():
        while not stop.is_set():
            await Indexing(database, index).reach(main)

    async def build():
        try:
            for _ in range(3):
                await view.rebuild(main, quiet)
        finally:
            stop.set()

    await asyncio.gather(write(), follow(), follow(), build())
    await view.reach(main)

    assert live(await holding(view, main)) == live(await saying(view, main))
    async with database.reading() as snapshot:
        mark = await sinks.watermark(snapshot, OPENSEARCH, main)
    assert mark.reached == mark.head
    assert mark.built == 3


async def test_a_build_that_fails_leaves_what_is_searched_and_nothing_else(database, index, editing, main):
    await written(editing)
    view = Indexing(database, index)
    await view.reach(main)
    before, names = await holding(view, main), set(await index._client.indices.get(index=f"{alias_of(main)}*"))

    async def fail(_):
        raise OSError("the power went")

    with pytest.raises(OSError, match="power"):
        await view.rebuild(main, fail)

    assert await holding(view, main) == before
    assert set(await index._client.indices.get(index=f"{alias_of(main)}*")) == names


class Losing:
    """The real index, but a new one that is built loses a document."""

    def __init__(self, index, rid):
        self._index, self._rid = index, rid

    def __getattr__(self, name):
        return getattr(self._index, name)

    async def put(self, ontology, documents, *, into=None):
        kept = [each for each in documents if into is None or each.rid != self._rid]
        return await self._index.put(ontology, kept, into=into)


async def test_a_new_index_that_is_not_what_it_must_be_is_not_searched(database, index, editing, main):
    made = await written(editing)
    await Indexing(database, index).reach(main)
    before, searched = await holding(Indexing(database, index), main), await index.searched(main)

    with pytest.raises(SinkDown, match=f"differs from PostgreSQL in 1 entities, {made.refs['T1']} among them"):
        await Indexing(database, Losing(index, made.refs["T1"])).rebuild(main, quiet)

    assert await holding(Indexing(database, index), main) == before
    assert await index.searched(main) == searched


async def test_what_a_new_index_takes_is_made_good_when_it_is_searched_and_not_before(database, index, editing, main):
    made = await written(editing)
    view, rid = Indexing(database, index), made.refs["T1"]

    async def refused():
        async with database.reading() as snapshot:
            return await sinks.refused(snapshot, OPENSEARCH, [rid])

    await Indexing(database, Refusing(index, rid)).reach(main)
    assert await refused() == {rid}
    with pytest.raises(SinkDown, match="differs from PostgreSQL"):
        await Indexing(database, Losing(index, made.refs["T2"])).rebuild(main, quiet)
    assert await refused() == {rid}
    await view.rebuild(main, quiet)
    assert await refused() == set()
    assert live(await holding(view, main)) == live(await saying(view, main))


class Killed(BaseException):
    """As the end of a process."""


class Dying:
    """The real index, whose process dies when a new one is searched and nobody has been told; and who writes meanwhile waits for that."""

    def __init__(self, index, swapped):
        self._index, self._swapped = index, swapped

    def __getattr__(self, name):
        return getattr(self._index, name)

    async def swap(self, ontology, built):
        await self._swapped(ontology, built)
        raise Killed


async def test_who_wrote_into_the_old_index_while_a_build_died_after_the_swap_writes_it_again(database, index, editing, main):
    made = await written(editing)
    view = Indexing(database, index)
    await view.reach(main)
    workers, before = [], await anywhere(index, main, made.refs["T1"])

    async def swapped(ontology, built):
        await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, made.refs["T1"], 1, displayName="Later")])
        old = Indexing(database, index)
        workers.append(asyncio.create_task(old.reach(ontology)))
        while await anywhere(index, ontology, made.refs["T1"]) == before:  # noqa: ASYNC110 - another task does it
            await asyncio.sleep(0.05)  # until the worker has written into the old index, and waits to say so
        await index.swap(ontology, built)

    with pytest.raises(Killed):
        await Indexing(database, Dying(index, swapped)).rebuild(main, quiet)
    await asyncio.gather(*workers)

    assert live(await holding(view, main)) == live(await saying(view, main))
    async with database.reading() as snapshot:
        mark = await sinks.watermark(snapshot, OPENSEARCH, main)
    assert mark.reached == mark.head


async def anywhere(index, ontology, rid):
    """The version of a document in what is searched now."""
    return next(iter([each.version async for each in index.stored(ontology, rids=[rid])]))
