"""The index holds what PostgreSQL says, however often and by however many it is told so."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.opensearch import OpenSearchIndex, alias_of
from app.adapters.opensearch_mapping import settings
from app.domain.document import Document, version
from app.domain.kind import Kind
from app.persistence import sinks
from app.persistence.documents import documents, touched
from app.persistence.sinks import OPENSEARCH, Incidents
from app.ports.alerts import AlertFailed
from app.ports.search_index import SinkDown
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.indexing import Indexing
from tests import given
from tests.given import EDITOR
from workers.indexing import Indexer


@dataclass
class Told:
    """Alerts that are kept."""

    texts: list[str] = field(default_factory=list)
    fails: bool = False

    async def send(self, text: str) -> None:
        if self.fails:
            raise AlertFailed("nobody there")
        self.texts.append(text)


@pytest.fixture
def indexing(database, index):
    return Indexing(database, index)


@pytest.fixture
def editing(database):
    return Editing(database)


def indexer(database, index, told=None, **options):
    return Indexer(Indexing(database, index), Incidents(database, OPENSEARCH), told or Told(), pause=0.01, **options)


async def held(index, ontology):
    return {each.rid: each async for each in index.stored(ontology)}


async def wanted(database, ontology):
    """Every document as PostgreSQL says that it must be."""
    async with database.reading() as snapshot:
        rids = await touched(snapshot, ontology, 0, 10**9)
        return {each.rid: each for each in await documents(snapshot, 1, rids)}


def shown(documents):
    return {rid: (each.version, None if each.body is None else dict(each.body)) for rid, each in documents.items()}


async def mark(database, ontology):
    async with database.reading() as snapshot:
        return await sinks.watermark(snapshot, OPENSEARCH, ontology)


async def test_the_index_is_brought_to_the_newest_revision_and_says_so(database, index, indexing, editing, main):
    made = await editing.apply(EDITOR, "main", [*given.object_type("Person"), *given.object_type("Ship")])
    await editing.apply(EDITOR, "main", [given.link_type(made.refs["Person"], made.refs["Ship"], "sails")])

    reached = await indexing.reach(main)

    assert (reached.revision, reached.written, reached.refused) == (2, 5, ())
    assert shown(await held(index, main)) == shown(await wanted(database, main))
    assert await mark(database, main) == (1, 2, 2, 0)
    assert (await indexing.reach(main)).written == 0


async def test_what_a_document_is_made_of_moves_its_version(database, index, indexing, editing, main):
    made = await editing.apply(EDITOR, "main", [*given.object_type("Person"), *given.object_type("Ship")])
    await indexing.reach(main)
    await editing.apply(EDITOR, "main", [given.update(Kind.PROPERTY, made.refs["Person.id"], 1, displayName="Passport")])

    reached = await indexing.reach(main)

    found = await held(index, main)
    assert reached.written == 2
    assert found[made.refs["Person"]].version == version(1, 2)
    assert found[made.refs["Ship"]].version == version(1, 1)
    assert "Passport" in found[made.refs["Person"]].body["neighbours"]
    assert shown(found) == shown(await wanted(database, main))


async def test_a_deletion_leaves_a_tombstone_that_a_late_write_does_not_undo(database, index, indexing, editing, main):
    made = await editing.apply(EDITOR, "main", given.object_type("Ship"))
    async with database.reading() as snapshot:
        [late] = await documents(snapshot, 1, [made.refs["Ship"]])
    gone = await editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, made.refs["Ship"], 1, cascade=True)])
    await indexing.reach(main)

    assert await index.put(main, [late]) == []
    assert {rid: each.body for rid, each in (await held(index, main)).items()} == dict.fromkeys(made.refs.values())

    await ChangeSets(database).rollback(EDITOR, gone.change_set.rid)
    await indexing.reach(main)
    assert shown(await held(index, main)) == shown(await wanted(database, main))


async def test_two_at_once_and_signals_in_any_order_do_no_harm(database, index, editing, main):
    ships = [await editing.apply(EDITOR, "main", given.object_type(f"Ship{number}")) for number in range(4)]
    first, second = indexer(database, index), indexer(database, index)

    async def rename():
        for number, each in enumerate(ships):
            await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, each.refs[f"Ship{number}"], 1, displayName="Barge")])

    await asyncio.gather(rename(), first(main, 4), second(main, 1), first(main, 2), second(main, 4))
    await asyncio.gather(first(main), second(main))

    assert shown(await held(index, main)) == shown(await wanted(database, main))
    assert (await mark(database, main)).reached == 8


async def test_after_a_restore_everything_is_written_anew_under_the_next_epoch(database, index, indexing, editing, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship"))
    await indexing.reach(main)
    await database.pool.execute("UPDATE installation SET epoch = 2")

    assert (await indexing.reach(main)).written == 2
    assert {each.version for each in (await held(index, main)).values()} == {version(2, 1)}


class Refusing:
    """The real index, but one document is spoilt on its way."""

    def __init__(self, index, rid):
        self._index, self.rid = index, rid

    def __getattr__(self, name):
        return getattr(self._index, name)

    async def put(self, ontology, documents, **options):
        spoilt = [Document(each.rid, each.version, {**each.body, "unheard": 1}) if each.rid == self.rid else each for each in documents]
        return await self._index.put(ontology, spoilt, **options)


async def test_a_refused_document_is_put_aside_with_its_reason_and_the_rest_goes_on(database, index, editing, main):
    made = await editing.apply(EDITOR, "main", given.object_type("Ship"))
    ship, told = made.refs["Ship"], Told()

    await indexer(database, Refusing(index, ship), told)(main)

    assert set(await held(index, main)) == {made.refs["Ship.id"]}
    assert (await mark(database, main)).reached == 1
    async with database.reading() as snapshot:
        [letter] = await sinks.dead_letters(snapshot, ontology=main)
    assert (letter.rid, letter.attempts, letter.revision) == (ship, 1, 1)
    assert "unheard" in letter.reason
    assert len(told.texts) == 1
    assert "refused 1 documents" in told.texts[0]

    await Indexing(database, index).rewrite(main, [ship])

    assert set(await held(index, main)) == set(made.refs.values())
    async with database.reading() as snapshot:
        assert await sinks.dead_letters(snapshot) == []


async def test_an_outage_is_tried_three_times_told_once_and_heals_by_itself(database, index, editing, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        away = OpenSearchIndex(f"http://127.0.0.1:{taken.getsockname()[1]}", seconds=1)
    told = Told()

    for _ in range(3):
        with pytest.raises(SinkDown):
            await indexer(database, away, told)(main)

    [text] = told.texts
    assert "fails since" in text
    async with database.reading() as snapshot:
        [row] = await sinks.overview(snapshot, [OPENSEARCH])
        assert (row["sink"], row["attempts"], row["behind"]) == ("opensearch", 9, 1)

    with pytest.raises(SinkDown):
        await indexer(database, away, told, told_again=0)(main)
    assert len(told.texts) == 2
    await away.close()

    assert await indexer(database, index, told)(main) == 1
    assert "works again" in told.texts[2]
    assert await indexer(database, index, told)(main) == 1
    assert len(told.texts) == 3


@pytest.mark.parametrize("shut", ["blocked", "closed"])
async def test_an_index_that_takes_no_writes_just_now_refuses_no_document(database, index, editing, main, shut):
    ship = await editing.apply(EDITOR, "main", given.object_type("Ship"))
    told, indices = Told(), index._client.indices
    working = indexer(database, index, told)
    await working(main)
    port = await editing.apply(EDITOR, "main", given.object_type("Port"))

    if shut == "blocked":
        await indices.put_settings(index=alias_of(main), body={"index.blocks.write": True})
    else:
        await indices.close(index=alias_of(main))
    with pytest.raises(SinkDown):
        await working(main)
    async with database.reading() as snapshot:
        assert await sinks.dead_letters(snapshot) == []
    assert "fails since" in told.texts[0]

    if shut == "blocked":
        await indices.put_settings(index=alias_of(main), body={"index.blocks.write": None})
    else:
        await indices.open(index=alias_of(main), params={"wait_for_active_shards": "1"})
    assert await working(main) == 2
    assert set(await held(index, main)) == {*ship.refs.values(), *port.refs.values()}
    assert "works again" in told.texts[1]


async def test_an_incident_ends_when_the_engine_answers_although_nothing_was_written_since(database, index, editing, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship"))
    told = Told()
    working = indexer(database, index, told)
    await working(main)
    await Incidents(database, OPENSEARCH).begin("it was away", 3, 300)

    assert await working(main, 1) == 1  # a signal of what is there already asks the engine nothing
    assert told.texts == []
    assert await working(main) == 1

    [text] = told.texts
    assert "works again" in text


async def test_who_looks_notices_that_an_index_is_gone_although_nothing_was_merged(database, index, indexing, editing, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship"))
    await indexing.reach(main)
    await index._client.indices.delete(index=f"{alias_of(main)}*")

    assert (await indexing.reach(main, 1)).written == 0
    assert (await indexing.reach(main)).written == 2
    assert shown(await held(index, main)) == shown(await wanted(database, main))


async def test_nobody_who_can_be_told_stops_nothing(database, index, editing, main):
    made = await editing.apply(EDITOR, "main", given.object_type("Ship"))

    assert await indexer(database, Refusing(index, made.refs["Ship"]), Told(fails=True))(main) == 1


async def test_a_new_index_is_filled_beside_the_live_one_and_swapped(database, index, indexing, editing, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship"))
    await indexing.reach(main)
    async with database.reading() as snapshot:
        made = await documents(snapshot, 1, await touched(snapshot, main, 0, 1))
    built = await index.build(main)

    assert await index.put(main, made, into=built) == []
    assert shown({each.rid: each async for each in index.stored(main, name=built)}) == shown(await held(index, main))
    older = await index.swap(main, built)
    for name in older:
        await index.drop(name)

    assert len(older) == 1
    assert shown(await held(index, main)) == shown(await wanted(database, main))


async def test_an_index_of_an_earlier_release_gets_the_fields_that_it_lacks(opensearch, database, index, indexing, editing, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship"))
    name = alias_of(main)
    older = {"dynamic": "strict", "properties": {"rid": {"type": "keyword"}}}
    await index._client.indices.create(index=f"{name}-v1", body={"settings": settings(0), "mappings": older, "aliases": {name: {}}})

    assert (await indexing.reach(main)).refused == ()
    assert shown(await held(index, main)) == shown(await wanted(database, main))


async def test_tombstones_are_forgotten_when_their_time_is_over(index, indexing, editing, main):
    made = await editing.apply(EDITOR, "main", [given.type_group("one", ref="one"), given.type_group("two", ref="two")])
    await editing.apply(EDITOR, "main", [given.deletion(Kind.TYPE_GROUP, made.refs["one"], 1)])
    await indexing.reach(main)

    month = datetime.now(UTC) - timedelta(days=30)
    await index.forget(month)
    assert set(await held(index, main)) == {made.refs["one"], made.refs["two"]}
    old = {"rid": made.refs["one"], "deletedAt": int(month.timestamp() * 1_000) - 1}
    await index._client.index(index=alias_of(main), id=made.refs["one"], body=old, params={"refresh": "true"})
    await index.forget(month)
    assert set(await held(index, main)) == {made.refs["two"]}


async def test_indices_that_are_dropped_meanwhile_hinder_no_forgetting(index, indexing, editing, main):
    made = await editing.apply(EDITOR, "main", [given.type_group("one", ref="one")])
    await editing.apply(EDITOR, "main", [given.deletion(Kind.TYPE_GROUP, made.refs["one"], 1)])
    await indexing.reach(main)
    stop = asyncio.Event()

    async def built_and_dropped() -> None:
        while not stop.is_set():
            other = await index.build("other")
            old = [line for rid in map(str, range(50)) for line in ({"index": {"_id": rid}}, {"rid": rid, "deletedAt": 1})]
            await index._client.bulk(body=old, index=other, params={"refresh": "true"})
            await index.swap("other", other)
            await index.drop(other)

    dropping = asyncio.create_task(built_and_dropped())
    try:
        for _ in range(8):
            await index.forget(datetime.now(UTC) - timedelta(days=30))
    finally:
        stop.set()
        await dropping

    assert set(await held(index, main)) == {made.refs["one"]}
