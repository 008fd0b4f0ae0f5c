"""Whatever cache it is: it gives back what was put or nothing, and never fails."""

from __future__ import annotations

import asyncio
import socket
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from app.adapters.memory_cache import MemoryCache
from app.adapters.redis import LARGEST, RedisCache, Tiers
from app.adapters.redis_pool import POOL, RedisPool
from app.domain.breaker import Breaker, Circuit
from tests.waiting import GUARD


@pytest.fixture
def shared(pool):
    return RedisCache(pool, scope=f"test-{uuid4()}", secret="a secret of this test")


@pytest.fixture(params=["memory", "redis", "tiers"])
def cache(request, shared):
    return {"memory": MemoryCache(1_000_000), "redis": shared, "tiers": Tiers(MemoryCache(1_000_000), shared, of="test")}[request.param]


async def stored(redis, cache, key):
    async with Redis.from_url(redis) as client:
        return await client.get(cache._prefix + key)


async def test_it_gives_back_what_was_put_last(cache):
    assert await cache.get(b"key") is None
    for value in (b"one", b"", b"\x00\xff" * 5_000):
        await cache.put(b"key", value)
        assert await cache.get(b"key") == value
    assert await cache.get(b"another") is None


async def test_of_many_each_is_given_back_under_its_own_key(cache):
    await cache.put(b"before", b"0")
    await cache.put_many({b"one": b"1", b"other": b"2", b"too large": bytes(LARGEST + 1)})
    if isinstance(cache, Tiers):
        await cache.sent()
    assert await cache.get_many([b"other", b"nothing", b"one", b"before", b"too large"]) == [b"2", None, b"1", b"0", None]
    assert await cache.get_many([]) == []
    await cache.put_many({})


async def test_of_many_what_another_process_put_is_found_beside_what_is_here(redis, shared):
    one, other = (Tiers(MemoryCache(1_000_000), shared, of="test") for _ in range(2))
    await one.put_many({b"theirs": b"1", b"nobody's": b"2"})
    await one.sent()
    await other.put(b"ours", b"3")
    assert await other.get_many([b"ours", b"theirs", b"unknown"]) == [b"3", b"1", None]
    async with Redis.from_url(redis) as client:
        assert 0 < await client.ttl(shared._prefix + b"theirs") <= 300
        await client.delete(shared._prefix + b"theirs")
    assert await other.get_many([b"theirs"]) == [b"1"]  # kept here since


async def test_a_value_that_is_far_too_large_is_not_kept(cache):
    await cache.put(b"key", bytes(LARGEST + 1))
    if isinstance(cache, Tiers):
        await cache.sent()
    assert await cache.get(b"key") is None


async def test_processes_share_what_they_put_and_it_ends_after_five_minutes(redis, shared):
    one, other = Tiers(MemoryCache(1_000_000), shared, of="test"), Tiers(MemoryCache(1_000_000), shared, of="test")
    await one.put(b"key", b"value")
    await one.sent()
    assert await other.get(b"key") == b"value"
    async with Redis.from_url(redis) as client:
        assert 0 < await client.ttl(shared._prefix + b"key") <= 300


async def test_installations_and_releases_do_not_see_each_other(redis, shared):
    other = RedisCache(shared._pool, scope=f"test-{uuid4()}", secret="a secret of this test")
    await shared.put(b"key", b"value")
    assert await other.get(b"key") is None


@pytest.mark.parametrize(
    "spoil", [lambda value: value[:-1], lambda value: value[:-1] + b"?", lambda _: b"", lambda _: b"x" * 9, lambda value: value + b" "]
)
async def test_what_was_cut_off_or_written_by_somebody_else_is_not_there(redis, shared, spoil):
    await shared.put(b"key", b"value")
    async with Redis.from_url(redis) as client:
        await client.set(shared._prefix + b"key", spoil(await stored(redis, shared, b"key")))
    assert await shared.get(b"key") is None


async def test_a_value_that_was_moved_under_another_key_is_not_there(redis, shared):
    await shared.put(b"key", b"value")
    async with Redis.from_url(redis) as client:
        await client.copy(shared._prefix + b"key", shared._prefix + b"other")
    assert await shared.get(b"other") is None


async def test_without_a_server_nothing_is_known_and_soon_nobody_asks():
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    breaker = Breaker(failures=3)
    pool = RedisPool(f"redis://127.0.0.1:{port}/0", breaker=breaker)
    away = RedisCache(pool, scope="away", secret="s")
    for _ in range(4):
        assert await away.get(b"key") is None
        await away.put(b"key", b"value")
        assert await away.get_many([b"key", b"other"]) == [None, None]
        await away.put_many({b"key": b"value"})
    assert breaker.state is Circuit.OPEN
    await pool.close()


async def test_a_server_that_hangs_is_waited_for_a_moment_only_and_is_used_again_when_it_goes_on(own_redis):
    clock = [0.0]
    breaker = Breaker(failures=3, seconds=5, clock=lambda: clock[0])
    pool = RedisPool(own_redis.url, breaker=breaker, patience=1)
    cache = RedisCache(pool, scope=f"test-{uuid4()}", secret="s")
    await cache.put(b"key", b"value")
    own_redis.hang()
    try:
        async with asyncio.timeout(GUARD):  # without patience it would hang for ever
            found = await asyncio.gather(*(cache.get(b"key") for _ in range(4 * POOL)))
        assert found == [None] * 4 * POOL
        assert breaker.state is Circuit.OPEN
    finally:
        own_redis.go_on()
    assert await cache.get(b"key") is None
    clock[0] = 6
    assert await cache.get(b"key") == b"value"
    assert breaker.state is Circuit.CLOSED
    await pool.close()


async def test_more_lookups_than_connections_wait_for_their_turn_or_go_without(shared):
    await shared.put(b"key", b"value")
    found = await asyncio.gather(*(shared.get(b"key") for _ in range(10 * POOL)))
    assert set(found) <= {b"value", None}
    assert b"value" in found
