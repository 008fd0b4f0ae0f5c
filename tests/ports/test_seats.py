"""Wherever seats are kept: the table and Redis say the same of who sits where."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from app.adapters.redis_hints import RedisHints
from app.adapters.redis_pool import RedisPool
from app.adapters.redis_presence import TOPIC, RedisPresence
from app.domain.actor import Actor, Role
from app.domain.errors import InvalidState
from app.domain.presence import MOST_SEATS, PRESENT_SECONDS, Seat, people
from app.persistence.presence import PresenceTable
from app.ports.shared import Away
from app.services.change_sets import ChangeSets
from tests.given import EDITOR, VIEWER

RID = "ri.ontology.main.type-group.one"


def in_redis(pool, **given):
    return RedisPresence(pool, **{"scope": f"test-{uuid4()}", "secret": "a secret of this test", "channel": f"test-{uuid4()}", **given})


@pytest.fixture(params=["table", "redis"])
def place(request, database):
    return PresenceTable(database) if request.param == "table" else in_redis(request.getfixturevalue("pool"))


@pytest_asyncio.fixture
async def change_set(database):
    return (await ChangeSets(database).open(EDITOR, "main", title="Together")).rid


def seat(actor, change_set):
    return Seat(str(uuid4()), change_set, actor.id, actor.name, datetime.now(UTC))


async def seated(place, change_set):
    found = await place.seats([change_set])
    return {each.session: each for each in found[change_set].seats} if change_set in found else {}


async def present(place, change_set):
    return [(each.id, each.name, each.rid, each.path) for each in people((await seated(place, change_set)).values())]


async def forget(place, database):
    """As a crash does."""
    if isinstance(place, PresenceTable):
        await database.pool.execute("DELETE FROM presence")
    else:
        await place._pool.ask("test", lambda client: client.eval("for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end", 0, f"{place._prefix}*"))  # fmt: skip


async def test_a_seat_is_there_for_a_minute(place, change_set):
    edith = await place.arrive(seat(EDITOR, change_set))
    found = await seated(place, change_set)
    assert list(found) == [edith.session]
    assert replace(found[edith.session], rest=PRESENT_SECONDS, alone=False) == edith
    assert PRESENT_SECONDS - 30 < found[edith.session].rest <= PRESENT_SECONDS
    assert await seated(place, "ri.ontology.main.changeset.another") == {}


async def test_what_somebody_looks_at_is_theirs_in_every_window(place, change_set):
    assert await place.look_at(EDITOR, change_set, RID, "displayName") is None
    first, second = await place.arrive(seat(EDITOR, change_set)), await place.arrive(seat(EDITOR, change_set))
    await place.arrive(seat(VIEWER, change_set))
    at = await place.look_at(EDITOR, change_set, RID, "displayName")
    assert at is not None
    assert at > first.looked_at
    assert {(each.rid, each.path) for session, each in (await seated(place, change_set)).items() if session in {first.session, second.session}} == {(RID, "displayName")}  # fmt: skip
    assert await present(place, change_set) == [("edith", "Edith Editor", RID, "displayName"), ("vera", "Vera Viewer", None, None)]
    assert await place.look_at(EDITOR, change_set, None, None) > at
    assert (await present(place, change_set))[0] == ("edith", "Edith Editor", None, None)


async def test_who_was_there_a_moment_ago_was_never_away(place, change_set):
    first = await place.arrive(seat(EDITOR, change_set))
    await place.look_at(EDITOR, change_set, RID, None)
    await place.leave([first], grace=30)
    assert (await seated(place, change_set))[first.session].rest <= 30
    again = await place.arrive(seat(EDITOR, change_set))
    assert (again.since, again.rid) == (first.since, RID)


async def test_who_left_is_gone_and_comes_as_somebody_new(place, change_set):
    first = await place.arrive(seat(EDITOR, change_set))
    await place.look_at(EDITOR, change_set, RID, None)
    vera = await place.arrive(seat(VIEWER, change_set))
    await place.leave([first], grace=0)
    assert list(await seated(place, change_set)) == [vera.session]
    assert await place.look_at(EDITOR, change_set, RID, "path") is None
    again = await place.arrive(seat(EDITOR, change_set))
    assert again.since > first.since
    assert (again.rid, again.path) == (None, None)
    assert await present(place, change_set) == [("vera", "Vera Viewer", None, None), ("edith", "Edith Editor", None, None)]


async def test_leaving_never_prolongs_a_seat_and_keeping_does(place, change_set):
    edith = await place.arrive(seat(EDITOR, change_set))
    await place.leave([edith], grace=10)
    await place.leave([edith], grace=1_000)
    assert (await seated(place, change_set))[edith.session].rest <= 10
    await place.keep([edith])
    assert (await seated(place, change_set))[edith.session].rest > 10


async def test_what_was_forgotten_is_there_again_when_it_is_kept(place, change_set, database):
    edith, vera = await place.arrive(seat(EDITOR, change_set)), await place.arrive(seat(VIEWER, change_set))
    at = await place.look_at(EDITOR, change_set, RID, "path")
    before = await seated(place, change_set)
    await forget(place, database)
    assert await seated(place, change_set) == {}
    await place.keep([replace(edith, rid=RID, path="path", looked_at=at), vera])
    after = await seated(place, change_set)
    assert {session: replace(each, rest=0) for session, each in after.items()} == {session: replace(each, rest=0) for session, each in before.items()}  # fmt: skip


async def test_an_older_word_never_takes_the_place_of_a_newer_one(place, change_set):
    edith = await place.arrive(seat(EDITOR, change_set))
    at = await place.look_at(EDITOR, change_set, RID, "newer")
    await place.keep([replace(edith, rid=RID, path="older", looked_at=at - timedelta(microseconds=1))])
    assert (await present(place, change_set))[0][3] == "newer"
    await place.keep([replace(edith, rid=RID, path="newest", looked_at=at + timedelta(microseconds=1))])
    assert (await present(place, change_set))[0][3] == "newest"


async def test_names_may_be_anything(place, change_set):
    actors = [Actor(each, each[::-1], frozenset({Role.VIEWER})) for each in ("a:b c", "é\u202e한글", '"\\', "e", "x" * 500, "%s\n")]
    for each in actors:
        await place.arrive(seat(each, change_set))
        assert await place.look_at(each, change_set, RID, each.id) is not None
    assert await present(place, change_set) == [(each.id, each.name, RID, each.id) for each in actors]


async def test_seats_are_bounded_and_whoever_is_refused_is_not_there(place, change_set):
    now = datetime.now(UTC)
    await place.keep([Seat(str(uuid4()), change_set, f"a{number}", "", now) for number in range(MOST_SEATS)])
    with pytest.raises(InvalidState):
        await place.arrive(seat(EDITOR, change_set))
    found = await seated(place, change_set)
    assert len(found) == MOST_SEATS
    await place.leave([next(iter(found.values()))], grace=0)
    await place.arrive(seat(EDITOR, change_set))
    assert len(await seated(place, change_set)) == MOST_SEATS


async def test_of_many_who_come_look_and_go_at_once_nobody_is_lost(place, change_set):
    actors = [Actor(f"a{number}", "", frozenset({Role.VIEWER})) for number in range(12)]

    async def come(actor):
        first, second = await asyncio.gather(*(place.arrive(seat(actor, change_set)) for _ in range(2)))
        await asyncio.gather(place.look_at(actor, change_set, RID, actor.id), place.leave([first], grace=0), place.keep([second]))
        return second.session

    staying = await asyncio.gather(*map(come, actors))
    assert (await seated(place, change_set)).keys() == set(staying)
    assert sorted(await present(place, change_set)) == sorted((each.id, "", RID, each.id) for each in actors)


async def test_installations_do_not_see_each_other_and_what_nobody_here_wrote_is_not_there(pool):
    one = in_redis(pool)
    edith = await one.arrive(seat(EDITOR, "cs"))
    await one.look_at(EDITOR, "cs", RID, "path")
    assert await seated(in_redis(pool), "cs") == {}
    assert await seated(in_redis(pool, scope=one._prefix.split(":")[1], secret="another"), "cs") == {}
    key = one._key("cs")
    fields = await pool.ask("test", lambda client: client.hgetall(key))
    [name] = [each for each in fields if each.startswith(b"s:")]
    [look] = [each for each in fields if each.startswith(b"l:")]
    junk = {
        b"s:" + b"0" * 32 + b":moved": fields[name], b"s:x": b"", b"x": b"\xff", b"s:" + b"1" * 32 + b":y": b"9999999999999 1 short",
        b"s:" + b"2" * 32 + b":z": b"NaN x y", look: fields[look][:-1] + b"?", b"l:" + b"3" * 32: b"",
    }  # fmt: skip
    await pool.ask("test", lambda client: client.hset(key, mapping=junk))
    assert {session: (each.rid, each.path) for session, each in (await seated(one, "cs")).items()} == {edith.session: (None, None)}
    await one.arrive(seat(VIEWER, "cs"))
    assert await one.look_at(EDITOR, "cs", RID, "again") is not None
    assert await present(one, "cs") == [("edith", "Edith Editor", RID, "again"), ("vera", "Vera Viewer", None, None)]


async def test_an_era_lasts_for_as_long_as_nothing_is_forgotten(pool, database):
    place = in_redis(pool)
    edith = await place.arrive(seat(EDITOR, "cs"))
    era = (await place.seats(["cs"]))["cs"].era
    assert era
    await place.leave([edith], grace=0)
    assert (await place.seats(["cs"]))["cs"] == ((), era)
    await forget(place, database)
    assert (await place.seats(["cs"]))["cs"] == ((), None)
    await place.keep([edith])
    assert (await place.seats(["cs"]))["cs"].era not in {era, None}


async def test_every_change_is_told_to_who_listens_and_keeping_is_none(pool):
    place, told, began = in_redis(pool), asyncio.Queue(), asyncio.Event()
    hints = RedisHints(pool, place._channel)
    hints.follow(TOPIC, told.put_nowait, began.set)
    async with hints.opened(), asyncio.timeout(30):
        await began.wait()
        edith = await place.arrive(seat(EDITOR, "arrived"))
        assert await told.get() == "arrived"
        await place.keep([edith])
        await pool.ask("test", lambda client: client.publish(hints.channel, b"\xff nonsense"))
        await place.look_at(EDITOR, "arrived", RID, None)
        assert await told.get() == "arrived"
        await place.keep([replace(edith, change_set="kept")])
        assert await told.get() == "kept"
        await place.leave([edith], grace=1)
        assert await told.get() == "arrived"
    assert told.empty()


async def test_whoever_listens_knows_when_hints_may_have_been_missed(own_redis):
    pool, missed, told = RedisPool(own_redis.url), asyncio.Queue(), asyncio.Queue()
    hints = RedisHints(pool, "hints", silence=0.2)
    hints.follow("topic", told.put_nowait, lambda: missed.put_nowait("missed"))
    async with hints.opened(), asyncio.timeout(60):
        await missed.get()
        own_redis.kill()
        own_redis.start()
        await missed.get()
        own_redis.hang()
        await asyncio.sleep(1)
        own_redis.go_on()
        while told.empty():
            own_redis.say("PUBLISH hints 'topic key'")
            await asyncio.sleep(0.05)
        assert await told.get() == "key"
    await pool.close()


async def test_a_redis_that_is_gone_or_hangs_is_away(own_redis):
    pool = RedisPool(own_redis.url)
    place = in_redis(pool)
    edith = await place.arrive(seat(EDITOR, "cs"))
    own_redis.hang()
    for asked in (place.seats(["cs"]), place.keep([edith]), place.look_at(EDITOR, "cs", None, None), place.leave([edith], grace=1), place.arrive(edith)):  # fmt: skip
        with pytest.raises(Away):
            await asked
    own_redis.go_on()
    own_redis.kill()
    with pytest.raises(Away):
        await place.seats(["cs"])
    await pool.close()
