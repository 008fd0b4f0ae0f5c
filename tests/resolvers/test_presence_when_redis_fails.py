"""Whatever becomes of Redis, nobody who is there goes missing to anybody, and nobody waits for it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from app.services.change_sets import ChangeSets
from tests.chaos.proxy import Link
from tests.given import EDITOR
from tests.resolvers.test_presence import ANNOUNCE, FOLLOW, RID
from tests.streams import Answered, streaming

SECONDS = 60


@dataclass
class Heard:
    """Everything that one of the two was told."""

    answer: Answered
    events: list[dict] = field(default_factory=list)

    async def listen(self):
        while (event := await self.answer.event(10 * SECONDS)) is not None:
            self.events.append(event.body["data"]["presence"])

    @property
    def now(self):
        return [(each["id"], each["path"]) for each in self.events[-1]["present"]] if self.events else []

    @property
    def left(self):
        return [each for event in self.events for each in event["left"]]


async def until(true):
    async with asyncio.timeout(SECONDS):
        while not true():  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.02)


@asynccontextmanager
async def two(database, database_url, one_redis, other_redis, **how):
    """Edith by one process, Ada by another; both told of both."""
    change_set = (await ChangeSets(database).open(EDITOR, "main", title="Together")).rid
    async with AsyncExitStack() as stack:
        served = [await stack.enter_async_context(streaming(database, database_url, redis=url, **how)) for url in (one_redis, other_redis)]
        group = await stack.enter_async_context(asyncio.TaskGroup())
        heard = []
        for each, who in zip(served, ("edith", "ada"), strict=True):
            heard.append(Heard(await each.ask(FOLLOW, by=who, changeSet=change_set)))
            group.create_task(heard[-1].listen())
            await until(lambda: heard[-1].now)  # so that they come one after the other
        await both(heard, [("edith", None), ("ada", None)])
        yield served, heard, change_set
        for each in heard:
            each.answer.cut()


async def both(heard, wanted):
    await until(lambda: [each.now for each in heard] == [wanted, wanted])


async def says(served, who, change_set, path):
    answer = await (await served.ask(ANNOUNCE, by=who, accept="application/json", changeSet=change_set, rid=RID, path=path)).body()
    assert "errors" not in answer, answer


def in_redis(served):
    return [each.seating.reaches and not each.seating._tabled for each in served] == [True, True]


async def test_in_peace_nothing_is_written_to_the_database(database, database_url, own_redis):
    async with two(database, database_url, own_redis.url, own_redis.url) as (served, heard, change_set):
        await says(served[0], "edith", change_set, "a")
        await both(heard, [("edith", "a"), ("ada", None)])
        assert in_redis(served)
        assert await database.pool.fetchval("SELECT count(*) FROM presence") == 0


@pytest.mark.parametrize("fault", ["hang", "kill"])
async def test_while_redis_is_away_everybody_sees_everybody_by_the_table(database, database_url, own_redis, fault):
    async with two(database, database_url, own_redis.url, own_redis.url) as (served, heard, change_set):
        getattr(own_redis, fault)()
        await says(served[1], "ada", change_set, "while it is away")
        await both(heard, [("edith", None), ("ada", "while it is away")])
        await until(lambda: all(len(each.seating._tabled) == 1 for each in served))
        assert await database.pool.fetchval("SELECT count(DISTINCT actor) FROM presence WHERE until > now()") == 2
        late = Heard(await served[0].ask(FOLLOW, by="vera", changeSet=change_set))
        event = await late.answer.event()
        assert [each["id"] for each in event.body["data"]["presence"]["present"]] == ["edith", "ada", "vera"]

        own_redis.go_on() if fault == "hang" else own_redis.start()

        await until(lambda: in_redis(served))
        await says(served[0], "edith", change_set, "back")
        await until(lambda: [(each.now[0], each.now[1][0], each.now[2][0]) for each in heard] == [(("edith", "back"), "ada", "vera")] * 2)
        assert [each.left for each in heard] == [[], []]
        late.answer.cut()


async def test_what_a_wiped_redis_forgot_is_told_again_and_nobody_was_away(database, database_url, own_redis):
    async with two(database, database_url, own_redis.url, own_redis.url) as (served, heard, change_set):
        await says(served[0], "edith", change_set, "before")
        await both(heard, [("edith", "before"), ("ada", None)])
        for path in ("one", "two", "three"):
            own_redis.wipe()
            await until(lambda: b"oms:" in own_redis.say("KEYS *"))
            await says(served[1], "ada", change_set, path)
            await both(heard, [("edith", "before"), ("ada", path)])
        assert [each.left for each in heard] == [[], []]
        assert await database.pool.fetchval("SELECT count(*) FROM presence") == 0


async def test_a_process_that_alone_is_cut_off_sees_the_others_and_is_seen(database, database_url, own_redis):
    link = Link("redis", own_redis.port)
    await link.listen()
    try:
        async with two(database, database_url, own_redis.url, f"redis://127.0.0.1:{link.port}/0", grace=0.1) as (served, heard, change_set):
            link.refuses = True
            await link.cut()
            await until(lambda: all(each.seating._tabled for each in served))
            await says(served[0], "edith", change_set, "a")
            await says(served[1], "ada", change_set, "b")
            await both(heard, [("edith", "a"), ("ada", "b")])
            vera = await served[0].ask(FOLLOW, by="vera", changeSet=change_set)
            await both(heard, [("edith", "a"), ("ada", "b"), ("vera", None)])
            vera.cut()
            await both(heard, [("edith", "a"), ("ada", "b")])
            link.heal()
            await until(lambda: in_redis(served))
            assert [each.left for each in heard] == [["vera"], ["vera"]]
    finally:
        link.heal()
        await link.close()


async def test_a_process_without_redis_and_one_with_it_see_each_other(database, database_url, own_redis):
    async with two(database, database_url, own_redis.url, None) as (served, heard, change_set):
        await says(served[0], "edith", change_set, "a")
        await says(served[1], "ada", change_set, "b")
        await both(heard, [("edith", "a"), ("ada", "b")])
        assert [each.left for each in heard] == [[], []]


async def test_whoever_comes_while_redis_hangs_sits_in_the_table(database, database_url, own_redis):
    own_redis.hang()
    async with two(database, database_url, own_redis.url, own_redis.url) as (served, heard, _):
        assert await database.pool.fetchval("SELECT count(*) FROM presence WHERE until > now()") == 2
        own_redis.go_on()
        await until(lambda: in_redis(served))
        assert [each.left for each in heard] == [[], []]
