"""Presence in Redis: a hash a change set, which lapses by the clock of Redis; every change of it is published.

Its fields are `e`, its era, chosen by whoever was there first; `s:PERSON:SESSION`, a seat as `END SINCE SEALED`; and `l:PERSON`, what
somebody looks at as `AT SEALED`. Ends are in milliseconds and other moments in microseconds of Unix time. All of it is one
key, so that it is forgotten as a whole or not at all. It outlives its last seat by a minute: without an era all was forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson

from app.adapters.redis_pool import SEAL, Seals
from app.domain.presence import MOST_SEATS, NEVER, PRESENT_SECONDS, Seat, no_seat_left
from app.ports.presence import Seated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from redis.asyncio import Redis

    from app.adapters.redis_pool import RedisPool
    from app.domain.actor import Actor

TOPIC = "presence"
PAGE = 50  # change sets read at once
_BEGIN = """
local key, channel, hint, time = KEYS[1], ARGV[1], ARGV[2], redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stamp = string.format('%d%06d', time[1], time[2])
local function number(text) return string.format('%d', text) end
local function ending(value) return tonumber(string.match(value, '^(%d+) ') or '0') end
"""
# seconds, most, era, person, session, sealed
_ARRIVE = (
    _BEGIN
    + """
local ends, most, person = now + ARGV[3] * 1000, tonumber(ARGV[4]), ARGV[6]
local taken, since, people, looks, all = 0, stamp, {}, {}, redis.call('HGETALL', key)
for at = 1, #all, 2 do
    local sort, who = string.match(all[at], '^(.):(%x+)')
    if sort == 'l' then
        looks[who] = all[at + 1]
    elseif sort == 's' and ending(all[at + 1]) > now then
        taken, people[who] = taken + 1, true
        local first = string.match(all[at + 1], '^%d+ (%d+) ')
        if who == person and first and tonumber(first) < tonumber(since) then since = first end
    elseif sort == 's' then
        redis.call('HDEL', key, all[at])
    end
end
if taken >= most then return {} end
for who in pairs(looks) do
    if not people[who] then redis.call('HDEL', key, 'l:' .. who) end
end
redis.call('HSETNX', key, 'e', ARGV[5])
redis.call('HSET', key, 's:' .. person .. ':' .. ARGV[7], number(ends) .. ' ' .. since .. ' ' .. ARGV[8])
redis.call('PEXPIRE', key, ARGV[3] * 2000)
redis.call('PUBLISH', channel, hint)
return {since, people[person] and looks[person] or ''}
"""
)
# seconds, era, then for each: person, session, sealed, since, moment of the look, look sealed
_KEEP = (
    _BEGIN
    + """
local ends, told = number(now + ARGV[3] * 1000), false
redis.call('HSETNX', key, 'e', ARGV[4])
for at = 5, #ARGV, 6 do
    local seat, look = 's:' .. ARGV[at] .. ':' .. ARGV[at + 1], 'l:' .. ARGV[at]
    local value, known = ends .. ' ' .. ARGV[at + 3] .. ' ' .. ARGV[at + 2], redis.call('HGET', key, look)
    told = redis.call('HSET', key, seat, value) == 1 or told
    if tonumber(ARGV[at + 4]) > tonumber(string.match(known or '', '^(%d+) ') or '0') then
        redis.call('HSET', key, look, ARGV[at + 4] .. ' ' .. ARGV[at + 5])
        told = true
    end
end
redis.call('PEXPIRE', key, ARGV[3] * 2000)
if told then redis.call('PUBLISH', channel, hint) end
return 1
"""
)
# milliseconds of grace, then the names of seats
_LEAVE = (
    _BEGIN
    + """
for at = 4, #ARGV do
    local value = redis.call('HGET', key, ARGV[at])
    if value then
        local ends, rest = string.match(value, '^(%d+)( .*)$')
        if ends then redis.call('HSET', key, ARGV[at], number(math.min(tonumber(ends), now + ARGV[3])) .. rest) end
    end
end
redis.call('PUBLISH', channel, hint)
return 1
"""
)
# person, look sealed
_LOOK = (
    _BEGIN
    + """
local all, start = redis.call('HGETALL', key), 's:' .. ARGV[3] .. ':'
for at = 1, #all, 2 do
    if string.sub(all[at], 1, #start) == start and ending(all[at + 1]) > now then
        redis.call('HSET', key, 'l:' .. ARGV[3], stamp .. ' ' .. ARGV[4])
        redis.call('PUBLISH', channel, hint)
        return stamp
    end
end
return ''
"""
)


class RedisPresence:
    """The seats of all processes of an installation; `scope` names it, and `channel` is where changes are published."""

    def __init__(self, pool: RedisPool, *, scope: str, secret: str, channel: str) -> None:
        self._pool = pool
        self._prefix = f"oms:{scope}:presence:1:"
        self._seals = Seals(secret)
        self._channel = channel

    async def arrive(self, seat: Seat) -> Seat:
        """Take a seat; InvalidState where there is no seat left."""
        key, person = self._key(seat.change_set), _person(seat.actor)
        sealed = self._sealed(key, f"s:{person}:{seat.session}", [seat.actor, seat.name])
        answer = await self._run(_ARRIVE, seat.change_set, PRESENT_SECONDS, MOST_SEATS, uuid4().hex, person, seat.session, sealed)
        if not answer:
            raise no_seat_left()
        since, look = answer
        return Seat(seat.session, seat.change_set, seat.actor, seat.name, _moment(since), *self._look(key, person, look))

    async def keep(self, seats: Collection[Seat]) -> None:
        """Let these seats last for a minute from now; those that were forgotten are there again."""
        for change_set, those in _by_change_set(seats).items():
            key = self._key(change_set)
            told: list[Any] = []
            for seat in those:
                person = _person(seat.actor)
                told += [
                    person, seat.session, self._sealed(key, f"s:{person}:{seat.session}", [seat.actor, seat.name]), _micros(seat.since),
                    _micros(seat.looked_at), self._sealed(key, f"l:{person}", [seat.rid, seat.path]),
                ]  # fmt: skip
            await self._run(_KEEP, change_set, PRESENT_SECONDS, uuid4().hex, *told)

    async def leave(self, seats: Collection[Seat], *, grace: float) -> None:
        """Give these seats up, in so many seconds."""
        for change_set, those in _by_change_set(seats).items():
            await self._run(_LEAVE, change_set, round(grace * 1000), *(f"s:{_person(seat.actor)}:{seat.session}" for seat in those))

    async def look_at(self, actor: Actor, change_set: str, rid: str | None, path: str | None) -> datetime | None:
        """Show what somebody who has a seat looks at, and say when that was; None where they have no seat."""
        person = _person(actor.id)
        at = await self._run(_LOOK, change_set, person, self._sealed(self._key(change_set), f"l:{person}", [rid, path]))
        return _moment(at) if at else None

    async def seats(self, change_sets: Collection[str]) -> dict[str, Seated]:
        """The seats that have not lapsed, and the era, of each."""
        wanted, found = list(change_sets), dict[str, Seated]()
        for begin in range(0, len(wanted), PAGE):
            page = wanted[begin : begin + PAGE]

            async def read(client: Redis, page: list[str] = page) -> list[Any]:
                pipeline = client.pipeline(transaction=False)
                pipeline.time()
                for each in page:
                    pipeline.hgetall(self._key(each))
                answers: list[Any] = await pipeline.execute()
                return answers

            (seconds, micros), *hashes = await self._pool.ask(TOPIC, read)
            now = seconds * 1000 + micros // 1000
            found |= {each: self._seated(each, fields, now) for each, fields in zip(page, hashes, strict=True)}
        return found

    async def _run(self, script: str, change_set: str, *arguments: Any) -> Any:
        told = (self._channel, f"{TOPIC} {change_set}", *arguments)
        return await self._pool.ask(TOPIC, lambda client: client.register_script(script)(keys=[self._key(change_set)], args=told))

    def _key(self, change_set: str) -> str:
        return self._prefix + change_set

    def _seated(self, change_set: str, fields: Mapping[bytes, bytes], now: int) -> Seated:
        key, era, found = self._key(change_set), fields.get(b"e"), []
        for name, value in fields.items():
            sort, _, rest = name.decode(errors="replace").partition(":")
            person, _, session = rest.partition(":")
            ends, _, told = value.partition(b" ")
            since, _, sealed = told.partition(b" ")
            if sort != "s" or not (ends.isdigit() and since.isdigit()) or int(ends) <= now:
                continue
            said = self._opened(key, f"s:{person}:{session}", sealed)
            if said is not None:
                look = self._look(key, person, fields.get(f"l:{person}".encode(), b""))
                found.append(Seat(session, change_set, said[0], said[1], _moment(since), *look, rest=(int(ends) - now) / 1000))
        return Seated(tuple(found), era.decode(errors="replace") if era else None)

    def _look(self, key: str, person: str, value: bytes) -> tuple[datetime, str | None, str | None]:
        at, _, sealed = value.partition(b" ")
        said = self._opened(key, f"l:{person}", sealed) if at.isdigit() else None
        return (NEVER, None, None) if said is None else (_moment(at), said[0], said[1])

    def _sealed(self, key: str, field: str, value: list[str | None]) -> bytes:
        return self._seals.sealed(f"{key} {field}".encode(), orjson.dumps(value))

    def _opened(self, key: str, field: str, sealed: bytes) -> Any:
        value = self._seals.opened(f"{key} {field}".encode(), sealed) if len(sealed) > SEAL else None
        return None if value is None else orjson.loads(value)


def _by_change_set(seats: Iterable[Seat]) -> dict[str, list[Seat]]:
    found: dict[str, list[Seat]] = defaultdict(list)
    for seat in seats:
        found[seat.change_set].append(seat)
    return found


def _person(actor: str) -> str:
    return blake2b(actor.encode(), digest_size=16).hexdigest()


def _micros(moment: datetime) -> int:
    return (moment - NEVER) // timedelta(microseconds=1)


def _moment(micros: bytes | str) -> datetime:
    return NEVER + timedelta(microseconds=int(micros))
