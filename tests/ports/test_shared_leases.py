"""Copies of leases in Redis: late or missing they may be, but never older than what was there."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import uuid4

import pytest

from app.adapters.redis_hints import RedisHints
from app.adapters.redis_leases import TOPIC, RedisLeases
from app.domain.lease import REMEMBERED_SECONDS, Copies, Copy, Lease

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def shared(pool, **given):
    return RedisLeases(pool, **{"scope": f"test-{uuid4()}", "secret": "a secret of this test", "channel": f"test-{uuid4()}", **given})


def copy(token, *, rid="rid", until=60, rest=60.0, holder="edith"):
    return Copy(Lease(rid, "main", holder, "Edith é\u202e", token, NOON, NOON + timedelta(seconds=until), held=True), rest)


async def held(leases, key="1:main"):
    found = (await leases.read([key]))[key]
    known = Copies()
    known.add(found.copies, 0)
    return {rid: lease.token for rid, lease in known.held(0).items()}


async def test_a_copy_is_given_back_as_it_was_put_and_ends_with_the_lease(pool):
    leases, put = shared(pool), copy(3, rest=30)
    await leases.put("1:main", [put, copy(4, rid="other", rest=0)])
    [found] = [each for each in (await leases.read(["1:main"]))["1:main"].copies if each.lease.rid == "rid"]
    assert found.lease == put.lease
    assert 0 < found.rest <= 30
    assert await held(leases) == {"rid": 3}
    assert await held(leases, "2:main") == {}
    assert 0 < await pool.ask("test", lambda client: client.ttl(f"{leases._prefix}1:main")) <= REMEMBERED_SECONDS


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_newest_token_stays_whatever_comes_last(pool, order):
    leases = shared(pool)
    acquired, renewed, released = copy(5), copy(5, until=90), copy(6, until=10, rest=0)
    for number in order:
        await leases.put("1:main", [(acquired, renewed, released)[number]])
    assert await held(leases) == {}
    await leases.put("1:main", [copy(7)])
    for older in (acquired, renewed, released):
        await leases.put("1:main", [older], complete=True)
    assert await held(leases) == {"rid": 7}


async def test_of_many_writers_at_once_the_newest_token_wins_in_every_process(pool):
    leases, chance = shared(pool), random.Random(7)
    copies = [copy(token, rid=f"rid{token % 3}", until=token) for token in range(1, 31)]
    chance.shuffle(copies)
    await asyncio.gather(*(leases.put("1:main", [each], complete=chance.random() < 0.2) for each in copies))
    assert await held(leases) == {"rid0": 30, "rid1": 28, "rid2": 29}


async def test_what_nobody_here_wrote_is_not_there_and_in_nobodys_way(pool):
    leases = shared(pool)
    await leases.put("1:main", [copy(3), copy(4, rid="moved")])
    key = f"{leases._prefix}1:main"
    fields = await pool.ask("test", lambda client: client.hgetall(key))
    forged = {
        b"rid": fields[b"rid"].replace(b"3 ", b"99999 ", 1), b"moved": fields[b"rid"], b"x": b"\xff", b"y": b"1 2 3", b"z": b"1 2 3 unsealed", b"all": b"soon",
    }  # fmt: skip
    await pool.ask("test", lambda client: client.hset(key, mapping=forged))
    assert (await leases.read(["1:main"]))["1:main"] == ((), None)
    await leases.put("1:main", [copy(3)])
    assert await held(leases) == {"rid": 3}
    assert await held(shared(pool, scope=leases._prefix.split(":")[1], secret="another")) == {}


async def test_one_of_all_processes_copies_everything_and_the_others_know_how_old_that_is(pool):
    leases = shared(pool)
    assert (await leases.read(["1:main"]))["1:main"].age is None
    assert sorted(await asyncio.gather(*(leases.turn("1:main") for _ in range(8)))) == [False] * 7 + [True]
    await leases.put("1:main", [], complete=True)
    assert (await leases.read(["1:main"]))["1:main"].age < 60
    assert await leases.turn("1:other")


async def test_what_is_new_is_told_and_what_is_not_is_not(pool):
    leases, told, began = shared(pool), asyncio.Queue(), asyncio.Event()
    hints = RedisHints(pool, leases._channel)
    hints.follow(TOPIC, told.put_nowait, began.set)
    async with hints.opened(), asyncio.timeout(30):
        await began.wait()
        await leases.put("1:main", [copy(3)])
        assert await told.get() == "1:main"
        await leases.put("1:main", [copy(3), copy(2)], complete=True)
        await leases.put("1:last", [copy(1)])
        assert await told.get() == "1:last"


def test_copies_make_the_same_state_in_any_order_and_ended_ones_are_remembered_for_a_while():
    said = [copy(1, rest=10), copy(1, until=80, rest=30), copy(2, rid="b", rest=5), copy(3, until=20, rest=0)]
    for order in permutations(said):
        known = Copies()
        for each in order:
            known.add([each], 0)
        assert {rid: lease.token for rid, lease in known.held(4).items()} == {"b": 2}
        assert known.held(5) == {}
    known.add([replace(said[0], rest=1_000)], REMEMBERED_SECONDS - 1)
    assert known.held(REMEMBERED_SECONDS - 1) == {}
