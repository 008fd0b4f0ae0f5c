"""Copies of leases in Redis: a hash an ontology, in which an older token never takes the place of a newer one.

A field is an entity with `TOKEN UNTIL END SEALED`: the order of the copy, and when it ends by the clock of Redis, in milliseconds. The
field `all` is the moment at which somebody copied everything.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from app.adapters.redis_pool import Seals
from app.domain.lease import REMEMBERED_SECONDS, Copy, Lease
from app.ports.leases import Copied

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from redis.asyncio import Redis

    from app.adapters.redis_pool import RedisPool

TOPIC = "locks"
TURN_MILLISECONDS = 1_500
ALL = b"all"
PARTS = 4
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# channel, hint, remembered milliseconds, complete, then for each: entity, token, until, rest, sealed
_PUT = """
local key, time, told = KEYS[1], redis.call('TIME'), false
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for at = 5, #ARGV, 5 do
    local token, till = string.match(redis.call('HGET', key, ARGV[at]) or '', '^(%d+) (%d+) ')
    token, till = tonumber(token or '0'), tonumber(till or '0')
    local newer, later = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    if newer > token or (newer == token and later > till) then
        local ends = string.format('%d', math.max(0, now + ARGV[at + 3]))
        redis.call('HSET', key, ARGV[at], ARGV[at + 1] .. ' ' .. ARGV[at + 2] .. ' ' .. ends .. ' ' .. ARGV[at + 4])
        told = true
    end
end
if ARGV[4] == '1' then
    local all = redis.call('HGETALL', key)
    for at = 1, #all, 2 do
        local ends = string.match(all[at + 1], '^%d+ %d+ (%d+) ')
        if not ends or tonumber(ends) < now - ARGV[3] then redis.call('HDEL', key, all[at]) end
    end
    redis.call('HSET', key, 'all', string.format('%d', now))
end
redis.call('PEXPIRE', key, ARGV[3])
if told then redis.call('PUBLISH', ARGV[1], ARGV[2]) end
return 1
"""


class RedisLeases:
    """Of all processes of an installation; `scope` names it, and `channel` is where changes are published."""

    def __init__(self, pool: RedisPool, *, scope: str, secret: str, channel: str) -> None:
        self._pool = pool
        self._prefix = f"oms:{scope}:leases:1:"
        self._seals = Seals(secret)
        self._channel = channel

    async def put(self, key: str, copies: Collection[Copy], *, complete: bool = False) -> None:
        """Keep the copies that are newer than what is there, and tell the others if any is."""
        name = self._prefix + key
        told: list[Any] = [self._channel, f"{TOPIC} {key}", REMEMBERED_SECONDS * 1000, int(complete)]
        for copy in copies:
            lease, until = copy.lease, _micros(copy.lease.until)
            said = orjson.dumps([lease.token, until, lease.ontology, lease.holder, lease.holder_name, _micros(lease.acquired_at)])
            told += [lease.rid, lease.token, until, round(copy.rest * 1000), self._seals.sealed(f"{name} {lease.rid}".encode(), said)]
        await self._pool.ask(TOPIC, lambda client: client.register_script(_PUT)(keys=[name], args=told))

    async def read(self, keys: Collection[str]) -> dict[str, Copied]:
        """What is kept of each; what nobody here wrote is taken away, so that it is in nobody's way."""
        wanted = list(keys)

        async def asked(client: Redis) -> list[Any]:
            pipeline = client.pipeline(transaction=False)
            pipeline.time()
            for each in wanted:
                pipeline.hgetall(self._prefix + each)
            answers: list[Any] = await pipeline.execute()
            return answers

        (seconds, micros), *hashes = await self._pool.ask(TOPIC, asked)
        now = seconds * 1000 + micros // 1000
        found = {}
        for key, fields in zip(wanted, hashes, strict=True):
            found[key], junk = self._copied(self._prefix + key, fields, now)
            if junk:
                await self._pool.ask(TOPIC, lambda client, name=self._prefix + key, junk=junk: client.hdel(name, *junk))  # type: ignore[misc] # a lambda's defaults
        return found

    async def turn(self, key: str) -> bool:
        """Whether nobody else took the turn in the last second and a half."""
        name = f"{self._prefix}{key}:turn"
        return bool(await self._pool.ask(TOPIC, lambda client: client.set(name, b"", nx=True, px=TURN_MILLISECONDS)))

    def _copied(self, name: str, fields: Mapping[bytes, bytes], now: int) -> tuple[Copied, list[bytes]]:
        copies, junk, at = [], [], fields.get(ALL, b"")
        for rid, value in fields.items():
            if rid != ALL:
                copy = self._copy(name, rid, value, now)
                (junk.append(rid) if copy is None else copies.append(copy))
        return Copied(tuple(copies), (now - int(at)) / 1000 if at.isdigit() else None), junk

    def _copy(self, name: str, rid: bytes, value: bytes, now: int) -> Copy | None:
        parts = value.split(b" ", PARTS - 1)
        if len(parts) < PARTS or not all(part.isdigit() for part in parts[:3]):
            return None
        said = self._seals.opened(name.encode() + b" " + rid, parts[3])
        if said is None:
            return None
        token, until, ontology, holder, holder_name, acquired = orjson.loads(said)
        if [token, until] != [int(part) for part in parts[:2]]:
            return None
        rest = (int(parts[2]) - now) / 1000
        return Copy(Lease(rid.decode(), ontology, holder, holder_name, token, _moment(acquired), _moment(until), held=True), rest)


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)
