"""Whoever comes back with a cursor misses nothing, sees nothing twice, and sees it in order."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack

import asyncpg
import pytest
from websockets.exceptions import ConnectionClosed

from app.domain.errors import CursorExpired
from app.persistence import stream as streams
from app.persistence.database import Database
from app.persistence.log import Log
from app.persistence.tail import Tail
from app.services.editing import Editing
from tests import given
from tests.sockets import CHANGED, serving
from tests.waiting import GUARD, until

MERGES = 120


async def _followed(served, until: int, seed: int) -> list[int]:
    """The revisions of a client whose connection is cut again and again, until it has seen the last."""
    chance = random.Random(seed)
    seen: list[int] = []
    cursor = "1.0"
    while not seen or seen[-1] < until:
        try:
            async with served.connected() as client:
                await client.subscribe(after=cursor)
                for _ in range(chance.randint(0, 12)):
                    event = await client.hear()
                    assert event["type"] == "next", event
                    seen.append(event["payload"]["data"]["changed"]["revision"])
                    cursor = event["payload"]["data"]["changed"]["cursor"]
                    if seen[-1] >= until:
                        break
                client.connection.transport.abort()
        except ConnectionClosed:
            pass
        await asyncio.sleep(chance.random() * 0.05)
    return seen


async def _cut_tail(database, chance: random.Random) -> None:
    """Lose the tail's connection now and then, as a failing network does."""
    while True:
        await asyncio.sleep(0.2 + chance.random() * 0.3)
        await database.pool.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'oms tail' AND datname = current_database()"
        )


@pytest.mark.parametrize("seed", [1, 2])
async def test_connections_that_are_cut_at_random_lose_and_repeat_nothing(database, database_url, seed, monkeypatch):
    monkeypatch.setattr(streams, "RING", 16)  # most of what was missed is read from the log
    monkeypatch.setattr(streams, "PAGE", 8)
    async with serving(database, database_url) as served:

        async def write() -> None:
            for _ in range(MERGES):
                await served.merge()
                await asyncio.sleep(0.01)

        cutting = asyncio.create_task(_cut_tail(database, random.Random(seed)))
        try:
            async with asyncio.timeout(240):
                _, *followed = await asyncio.gather(write(), *(_followed(served, MERGES, seed * 100 + n) for n in range(8)))
        finally:
            cutting.cancel()
    for seen in followed:
        assert seen == list(range(1, MERGES + 1))


async def test_two_processes_see_what_the_other_commits(database_url, database):
    async with Database.opened(database_url) as other, Tail.opened(database_url, other, poll_seconds=3_600) as tail:
        ontology = await tail.ontology("main")
        async with serving(database, database_url) as served, served.connected() as client:
            await client.subscribe()
            merged = await Editing(other).apply(given.EDITOR, "main", [given.shared_property()])
            assert merged.revision == 1
            assert await client.events(1) == [{"revision": 1, "cursor": "1.1"}]

            await served.merge()
            assert await tail.reached(ontology, 2, within=GUARD)  # by NOTIFY: its poll is an hour away


async def test_the_slow_poll_finds_what_no_notify_told_of(database, database_url):
    async with Tail.opened(database_url, database, poll_seconds=0.1) as tail:
        ontology = await tail.ontology("main")
        stream = await tail.stream(Log.MERGES, ontology)
        await _without_notify(database_url, ontology)
        await asyncio.wait_for(stream.beyond(stream.cursor), GUARD)
        assert tail.head(ontology) == 1


async def _without_notify(url: str, ontology: str) -> None:
    async with Database.opened(url) as elsewhere, elsewhere.writing() as work:
        await work.execute(
            """
            INSERT INTO change_set (rid, ontology, title, status, review, origin, base_revision, author, merged_revision)
            VALUES ('ri.x', $1, '', 'MERGED', 'DRAFT', 'DIRECT', 0, 'edith', 1)
            """,
            ontology,
        )
        await work.execute(
            "INSERT INTO revision (ontology, revision, change_set, actor, at, counts) VALUES ($1, 1, 'ri.x', 'edith', now(), '{}')",
            ontology,
        )
        await work.execute("UPDATE ontology SET head_revision = 1")


async def test_a_reader_waits_for_a_revision_and_no_longer_than_it_may(database, database_url):
    async with Tail.opened(database_url, database) as tail:
        ontology = await tail.ontology("main")
        assert not await tail.reached(ontology, 1, within=0.1)
        waiting = asyncio.create_task(tail.reached(ontology, 1, within=GUARD))
        await Editing(database).apply(given.EDITOR, "main", [given.shared_property()])
        assert await waiting
        assert tail.head(ontology) == 1


async def test_a_client_too_far_behind_is_told_to_read_again(database, database_url):
    async with serving(database, database_url, resume_events=3) as served, served.connected() as client:
        await served.merge(5)
        await client.subscribe(id="far", after="1.1")
        assert (await client.hear())["payload"][0]["extensions"]["code"] == "CURSOR_EXPIRED"
        await client.subscribe(id="near", after="1.2")
        assert [event["revision"] for event in await client.events(3)] == [3, 4, 5]


async def test_a_restored_database_expires_the_cursors_of_live_subscribers(database, database_url):
    async with serving(database, database_url) as served, served.connected() as client:
        await served.merge(2)
        await client.subscribe(id="live")
        await client.subscribe(id="resumed", after="1.1")
        assert (await client.hear())["payload"]["data"]["changed"]["revision"] == 2

        await database.pool.execute("UPDATE installation SET epoch = 2")
        served.tail.wake()

        ended = [await client.hear(), await client.hear()]
        assert {each["id"]: each["payload"][0]["extensions"]["code"] for each in ended} == {
            "live": "CURSOR_EXPIRED",
            "resumed": "CURSOR_EXPIRED",
        }
        await client.subscribe(id="again", after="2.2")
        await client.say(type="ping")
        await client.hear()
        await served.merge()
        assert await client.events(1) == [{"revision": 3, "cursor": "2.3"}]


async def test_an_ontology_of_another_process_is_found(database, database_url):
    async with Tail.opened(database_url, database, poll_seconds=3_600) as tail:
        await database.pool.execute(
            "INSERT INTO ontology (rid, api_name, display_name, created_by, updated_by) VALUES ('ri.second', 'Second', '', 'a', 'a')"
        )
        assert await tail.ontology("second") == "ri.second"
        assert tail.name("ri.second") == "Second"


async def test_pages_of_the_past_are_read_once_for_all_who_ask(database, database_url, monkeypatch):
    monkeypatch.setattr(streams, "PAGE", 4)
    for _ in range(10):
        await Editing(database).apply(given.EDITOR, "main", [given.shared_property()])
    async with Tail.opened(database_url, database) as tail:
        stream = await tail.stream(Log.MERGES, await tail.ontology("main"))
        cursors = [stream.cursor.__class__(1, position) for position in range(10)]
        pages = await asyncio.gather(*(stream.after(cursor) for cursor in cursors for _ in range(20)))
        assert len(stream._pages) == 3
        assert [entry.position for entry in pages[0]] == [1, 2, 3, 4]
        assert [entry.position for entry in pages[-1]] == [10]
        with pytest.raises(CursorExpired):
            await stream.after(cursors[0].__class__(1, 11))


async def test_a_tail_leaves_no_task_and_no_connection(database, database_url):
    before = asyncio.all_tasks()
    async with Tail.opened(database_url, database) as tail:
        await tail.caught_up()
    assert asyncio.all_tasks() == before
    connection = await asyncpg.connect(database_url)
    left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'oms tail' AND datname = current_database()"
    async with asyncio.timeout(GUARD):
        while await connection.fetchval(left):  # noqa: ASYNC110 - PostgreSQL ends it in its own time
            await asyncio.sleep(0.02)
    await connection.close()
    assert database.listeners == []


async def test_those_who_ask_in_the_same_words_are_answered_by_one_execution(database, database_url):
    slow = "subscription ($after: String) { changed(after: $after) { revision slow } }"
    async with serving(database, database_url) as served, served.connected() as one, served.connected("edith") as other:
        await served.merge(3)
        await one.subscribe(slow, id="a")
        await one.subscribe(slow, id="b", after="1.3")
        await one.subscribe(slow.replace("$after: String", "$from: String").replace("$after", "$from"), id="c", **{"from": "1.3"})
        await one.subscribe(slow, id="d", after="1.0")
        assert [event["revision"] for event in await one.events(3)] == [1, 2, 3]
        await other.subscribe(slow, id="e")  # an editor may see more: a group of its own
        await other.say(type="ping")
        await other.hear()
        assert served.services.executed == 3

        await served.merge()

        assert sorted([(await one.hear())["id"] for _ in range(4)]) == ["a", "b", "c", "d"]
        assert (await other.hear())["id"] == "e"
        assert served.services.executed == 3 + 3  # one for each group: the words differ in "c"
        assert len(served.endpoint.groups) == 3


async def test_a_literal_cursor_does_not_split_a_group(database, database_url):
    async with serving(database, database_url) as served, served.connected() as client:
        await served.merge(2)
        for position in range(3):
            await client.subscribe(f'subscription {{ changed(after: "1.{position}") {{ revision }} }}', id=str(position))
        assert sorted([(await client.hear())["payload"]["data"]["changed"]["revision"] for _ in range(3)]) == [1, 2, 2]
        assert len(served.endpoint.groups) == 1


async def test_a_client_that_does_not_keep_up_loses_nothing(database, database_url):
    big = "subscription { changed(pad: 200000) { revision padding } }"
    async with serving(database, database_url) as served, served.connected("edith") as slow, served.connected() as quick:
        slow.connection.transport.pause_reading()
        await slow.subscribe(big)
        await quick.subscribe(CHANGED)
        await quick.say(type="ping")
        await quick.hear()
        await served.merge(60)
        assert [event["revision"] for event in await quick.events(60)] == list(range(1, 61))
        slow.connection.transport.resume_reading()
        assert [event["revision"] for event in await slow.events(60)] == list(range(1, 61))


async def test_a_client_that_does_not_drain_is_cut_off_and_hinders_nobody(database, database_url):
    big = "subscription { changed(pad: 200000) { revision padding } }"
    async with serving(database, database_url, websocket_send_seconds=2) as served, served.connected() as quick:  # noqa: SIM117
        async with served.connected("edith") as stuck:
            stuck.connection.transport.pause_reading()
            await stuck.subscribe(big)
            await quick.subscribe(CHANGED)
            await served.merge(60)
            assert [event["revision"] for event in await quick.events(60)][-1] == 60
            await until(lambda: not served.endpoint.sockets["edith"])
            stuck.connection.transport.resume_reading()
            assert await stuck.closed() in (1013, 1006)  # the code arrives only where the buffers between have room


@pytest.mark.slow
async def test_a_merge_of_10000_operations_is_one_event_and_disconnects_nobody(database, database_url):
    operations = [given.shared_property() for _ in range(10_000)]
    async with serving(database, database_url) as served, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(served.connected("vera" if n % 2 else "edith")) for n in range(20)]
        for client in clients:
            await client.subscribe()

        await Editing(database).apply(given.EDITOR, "main", operations)

        for client in clients:
            assert await client.events(1) == [{"revision": 1, "cursor": "1.1"}]
        await served.merge()
        for client in clients:
            assert await client.events(1) == [{"revision": 2, "cursor": "1.2"}]
