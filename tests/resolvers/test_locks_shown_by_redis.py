"""Who holds what is shown by copies that processes share; the database is the truth, and shown where there is no copy."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack, asynccontextmanager
from math import inf

import pytest

from app.bootstrap import held, shared_by_processes
from app.domain.errors import OmsError
from app.ending import ended
from app.persistence.tail import Tail
from app.services.editing import Editing
from app.services.live import Live
from app.services.locks import Locks
from app.settings import Settings
from tests import given
from tests.given import EDITOR, REVIEWER

SECONDS = 60


class Unasked:
    """A database that nobody may ask."""

    async def fetch(self, sql, *arguments):
        raise AssertionError(sql)


class Process:
    """What one process shows of one ontology, and how it takes locks."""

    def __init__(self, database, holding, tail, ontology):
        self.holding = holding
        self.locks = Locks(database, holding)
        self.live = Live(tail, database, resume_events=10, holding=holding)
        self.ontology = ontology

    async def follow(self):
        self.stream = (await self.live.locks("main")).stream

    @property
    def shown(self):
        return {rid: lease.token for rid, lease in self.stream._state.items()}

    async def asks_nobody(self):
        """Whether it would answer without the database."""
        try:
            await self.holding._read(Unasked(), [self.ontology])
        except AssertionError:
            return False
        return True


@asynccontextmanager
async def process(database, url, redis):
    async with AsyncExitStack() as stack:
        common = await stack.enter_async_context(shared_by_processes(Settings(redis_url=redis), database))
        tail = await stack.enter_async_context(Tail.opened(url, database))
        holding = await stack.enter_async_context(held(database, common, tail))
        made = Process(database, holding, tail, await tail.ontology("main"))
        await made.follow()
        yield made


async def until(true):
    async with asyncio.timeout(SECONDS):
        while not await true():  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.02)


async def shows(process, wanted):
    async def true():
        return process.shown == wanted

    await until(true)


async def groups(database, *names):
    made = await Editing(database).apply(EDITOR, "main", [given.type_group(name, ref=name) for name in names])
    return [made.refs[name] for name in names]


async def test_once_shared_they_are_shown_without_asking_the_database(database, database_url, own_redis):
    [one] = await groups(database, "one")
    async with process(database, database_url, own_redis.url) as here, process(database, database_url, own_redis.url) as there:
        await until(here.asks_nobody)
        await until(there.asks_nobody)
        taken = await here.locks.acquire(EDITOR, one)
        await shows(there, {one: taken.token})
        await here.locks.release(EDITOR, one, taken.token)
        await shows(there, {})


async def test_a_lock_that_a_process_without_redis_takes_is_shown_as_well(database, database_url, own_redis):
    [one] = await groups(database, "one")
    async with process(database, database_url, own_redis.url) as here, process(database, database_url, None) as without:
        await until(here.asks_nobody)
        taken = await without.locks.acquire(EDITOR, one)
        await shows(here, {one: taken.token})
        await without.locks.release(EDITOR, one, taken.token)
        await shows(here, {})


@pytest.mark.parametrize("url", [None, "redis://127.0.0.1:1/0"])
async def test_who_cannot_share_a_copy_makes_the_others_ask_the_database(database, database_url, own_redis, url):
    [one] = await groups(database, "one")
    async with process(database, database_url, own_redis.url) as here:
        await until(here.asks_nobody)
        await ended(*(task for task in asyncio.all_tasks() if task.get_name() == "locks"))  # nobody looks, by time or by hint
        here.holding._good_until[here.holding._key(here.ontology)] = inf
        async with process(database, database_url, url) as there:
            taken = await there.locks.acquire(EDITOR, one)
            await shows(here, {one: taken.token})
            again = await there.locks.renew(EDITOR, one, taken.token)
            await there.locks.release(EDITOR, one, again.token)
            await shows(here, {})
        assert await here.asks_nobody()


@pytest.mark.parametrize("fault", ["hang", "kill"])
async def test_while_redis_is_away_the_database_is_asked(database, database_url, own_redis, fault):
    one, two = await groups(database, "one", "two")
    async with process(database, database_url, own_redis.url) as here, process(database, database_url, own_redis.url) as there:
        first = await here.locks.acquire(EDITOR, one)
        await until(there.asks_nobody)
        getattr(own_redis, fault)()
        second = await here.locks.acquire(EDITOR, two)
        await shows(there, {one: first.token, two: second.token})
        own_redis.go_on() if fault == "hang" else own_redis.start()
        await until(there.asks_nobody)
        await here.locks.release(EDITOR, one, first.token)
        await shows(there, {two: second.token})


async def test_a_wiped_redis_ends_no_lock_in_anybodys_eyes(database, database_url, own_redis):
    [one] = await groups(database, "one")
    async with process(database, database_url, own_redis.url) as here, process(database, database_url, own_redis.url) as there:
        taken = await here.locks.acquire(EDITOR, one)
        await shows(there, {one: taken.token})
        seen = there.stream.cursor
        own_redis.wipe()
        await until(lambda: asyncio.to_thread(lambda: b"leases" in own_redis.say("KEYS *")))
        again = await here.locks.acquire(EDITOR, one)
        await shows(there, {one: again.token})
        assert all(one in sight.after for sight in await there.stream.after(seen))


@pytest.mark.parametrize("seed", [1, 2])
async def test_however_many_take_and_give_at_once_every_process_ends_with_the_truth(database, database_url, own_redis, seed):
    rids, chance = await groups(database, "one", "two", "three"), random.Random(seed)
    async with process(database, database_url, own_redis.url) as here, process(database, database_url, own_redis.url) as there:

        async def work(which, actor):
            for _ in range(10):
                rid = chance.choice(rids)
                try:
                    taken = await which.locks.acquire(actor, rid)
                    if chance.random() < 0.6:
                        await which.locks.release(actor, rid, taken.token)
                except OmsError:  # somebody else has it, or took it
                    await asyncio.sleep(0)

        await asyncio.gather(work(here, EDITOR), work(there, REVIEWER), work(here, REVIEWER), work(there, EDITOR))
        rows = await database.pool.fetch("SELECT rid, token FROM lease WHERE until > clock_timestamp()")
        truth = {row["rid"]: row["token"] for row in rows}
        await shows(here, truth)
        await shows(there, truth)


async def test_a_copy_decides_nothing(database, database_url, own_redis):
    [one] = await groups(database, "one")
    async with process(database, database_url, own_redis.url) as here:
        taken = await here.locks.acquire(EDITOR, one)
        await shows(here, {one: taken.token})
        await database.pool.execute("UPDATE lease SET until = clock_timestamp(), token = nextval('lease_token')")
        newer = await here.locks.acquire(REVIEWER, one)  # though the copies have Edith's still
        assert newer.token > taken.token
        await shows(here, {one: newer.token})
