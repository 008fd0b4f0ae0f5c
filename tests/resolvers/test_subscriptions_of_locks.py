"""Those who follow edit locks learn of every change, whichever process made it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from app.bootstrap import held, shared_by_processes
from app.persistence.tail import Tail
from app.persistence.watch import BEGINNING, RING, Watched
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from app.settings import Settings
from app.web.cursors import Cursors
from resolvers.context import Services, Shared
from resolvers.schema import schema
from tests import given
from tests.given import ADMIN, EDITOR, REVIEWER
from tests.sockets import serving

FOLLOW = "subscription { locksChanged { complete changes { rid lock { holder entity { apiName } } } } }"


@pytest.fixture(params=["without Redis", "with Redis"])
def shared(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "without Redis" else str(request.getfixturevalue("redis"))


@pytest_asyncio.fixture
async def elsewhere(database, database_url, shared):
    """Edit locks as another process has them."""
    async with AsyncExitStack() as stack:
        common = await stack.enter_async_context(shared_by_processes(Settings(redis_url=shared), database))
        tail = await stack.enter_async_context(Tail.opened(database_url, database))
        yield partial(Locks, database, await stack.enter_async_context(held(database, common, tail)))


@pytest_asyncio.fixture
async def served(database, database_url, shared):
    def world(live, limits):
        services = Services(Editing(database), ChangeSets(database), Ontologies(database), Locks(database), live=live)
        return schema(), Shared(database, services, Cursors("a secret of the tests only"), limits).open_context

    async with serving(database, database_url, world=world, redis=shared) as running:
        yield running


async def told(client) -> Any:
    message = await client.hear(20)
    assert "errors" not in message["payload"], message
    event = message["payload"]["data"]["locksChanged"]
    return event["complete"], {each["rid"]: each["lock"] and each["lock"]["holder"] for each in event["changes"]}


async def groups(served, *names: str) -> list[str]:
    made = await served.editing.apply(EDITOR, "main", [given.type_group(name, ref=name) for name in names])
    return [made.refs[name] for name in names]


async def test_the_first_event_is_all_of_it_and_the_others_what_changes(served, elsewhere):
    one, two = await groups(served, "one", "two")
    locks = elsewhere()
    held = await locks.acquire(EDITOR, one)
    async with served.connected() as client:
        await client.subscribe(FOLLOW)
        assert await told(client) == (True, {one: "edith"})

        await locks.acquire(REVIEWER, two)
        assert await told(client) == (False, {two: "rosa"})
        await locks.renew(EDITOR, one, held.token)
        assert await told(client) == (False, {one: "edith"})
        await locks.release(EDITOR, one, held.token)
        assert await told(client) == (False, {one: None})
        await locks.break_open(ADMIN, two)
        assert await told(client) == (False, {two: None})


async def test_a_lock_that_lapses_is_told_though_nobody_does_anything(served, elsewhere):
    [one] = await groups(served, "one")
    async with served.connected() as client:
        await client.subscribe(FOLLOW)
        assert await told(client) == (True, {})
        await elsewhere(seconds=0.5).acquire(EDITOR, one)
        assert await told(client) == (False, {one: "edith"})
        assert await told(client) == (False, {one: None})


async def test_those_who_come_later_begin_with_all_of_it_and_share_the_rest(served, elsewhere):
    one, two = await groups(served, "one", "two")
    async with served.connected() as early, served.connected() as late:
        await early.subscribe(FOLLOW)
        assert await told(early) == (True, {})
        await elsewhere().acquire(EDITOR, one)
        assert await told(early) == (False, {one: "edith"})
        await late.subscribe(FOLLOW)
        assert await told(late) == (True, {one: "edith"})
        assert len(served.endpoint.groups) == 1

        await elsewhere().acquire(EDITOR, two)
        assert await told(early) == await told(late) == (False, {two: "edith"})


async def test_who_fell_far_behind_is_told_all_of_it():
    state: Watched[dict[str, int]] = Watched({})
    state.show({"a": 0})
    [first] = await state.after(BEGINNING)
    assert (first.whole, first.after) == (True, {"a": 0})
    for number in range(1, RING + 2):
        state.show({"a": number})

    [all_of_it] = await state.after(first.cursor)

    assert (all_of_it.whole, all_of_it.before, all_of_it.after) == (True, {}, {"a": RING + 1})
    assert all_of_it.cursor == state.cursor
    assert await state.after(state.cursor) == []


async def test_what_was_seen_and_what_follows_make_the_state():
    state: Watched[dict[str, int]] = Watched({})
    seen: list[dict[str, int]] = []

    async def follow() -> None:
        cursor = BEGINNING
        while not seen or seen[-1] != {"n": 99}:
            for sight in await state.after(cursor):
                assert sight.whole or sight.before == seen[-1]
                seen.append(sight.after)
                cursor = sight.cursor
            if seen[-1] != {"n": 99}:
                await state.beyond(cursor)

    following = asyncio.create_task(follow())
    for number in range(100):
        state.show({"n": number})
        if number % 7 == 0:
            await asyncio.sleep(0)
    await following
