"""Who is looking at a change set: seen by everybody, in every process, and over when the connection is; with Redis and without."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from app.domain.actor import Actor, Role
from app.domain.errors import InvalidState
from app.domain.presence import MOST_SEATS, Attendant, Seat
from app.persistence.database import Database
from app.persistence.presence import PresenceTable
from app.services.attendance import Attendance
from app.services.change_sets import ChangeSets
from app.services.seating import Seating
from tests.given import EDITOR, VIEWER
from tests.streams import Answered, Served, streaming
from tests.waiting import GUARD, until

FOLLOW = "subscription ($changeSet: ID!) { presence(changeSet: $changeSet) { present { id name rid path } count joined left } }"
ANNOUNCE = "mutation ($changeSet: ID!, $rid: ID, $path: String) { announcePresence(input: {changeSet: $changeSet, rid: $rid, path: $path}) { clientMutationId } }"
RID = "ri.ontology.main.type-group.one"


async def a_change_set(database: Database) -> str:
    return (await ChangeSets(database).open(EDITOR, "main", title="Together")).rid


@pytest.fixture(params=["without Redis", "with Redis"])
def shared(request: pytest.FixtureRequest) -> str | None:
    return None if request.param == "without Redis" else str(request.getfixturevalue("redis"))


def a_seat(actor: Actor, change_set: str) -> Seat:
    return Seat(str(uuid4()), change_set, actor.id, actor.name, datetime.now(UTC))


async def told(answer: Answered) -> tuple[list[str], list[str], list[str]]:
    event = await answer.event(30)
    assert event is not None
    found = event.body["data"]["presence"]
    assert found["count"] == len(found["present"])
    return [each["id"] for each in found["present"]], found["joined"], found["left"]


def sitting(served: Served, change_set: str, actor: str) -> Attendant:
    [found] = [each for each in served.seating.watch.stream(change_set)._state if each.id == actor]
    return found


async def announced(served: Served, by: str, **variables: Any) -> Any:
    return await (await served.ask(ANNOUNCE, by=by, accept="application/json", **variables)).body()


async def test_whoever_follows_is_present_until_the_connection_ends(database, database_url, shared):
    change_set = await a_change_set(database)
    async with streaming(database, database_url, redis=shared, grace=0.1) as served:
        edith = await served.ask(FOLLOW, by="edith", changeSet=change_set)
        assert await told(edith) == (["edith"], ["edith"], [])
        vera = await served.ask(FOLLOW, by="vera", changeSet=change_set)
        assert (await told(vera))[0] == ["edith", "vera"]
        assert await told(edith) == (["edith", "vera"], ["vera"], [])

        vera.cut()

        assert await told(edith) == (["edith"], [], ["vera"])


async def test_the_processes_see_each_others_people(database, database_url, shared):
    change_set = await a_change_set(database)
    async with streaming(database, database_url, redis=shared) as one, streaming(database, database_url, redis=shared, grace=0.1) as other:
        edith = await one.ask(FOLLOW, by="edith", changeSet=change_set)
        await told(edith)
        vera = await other.ask(FOLLOW, by="vera", changeSet=change_set)
        assert (await told(vera))[0] == (await told(edith))[0] == ["edith", "vera"]
        vera.cut()
        assert await told(edith) == (["edith"], [], ["vera"])


async def test_who_comes_back_within_the_grace_was_never_away(database, database_url, shared):
    change_set = await a_change_set(database)
    async with streaming(database, database_url, redis=shared, grace=60) as served:
        edith = await served.ask(FOLLOW, by="edith", changeSet=change_set)
        vera = await served.ask(FOLLOW, by="vera", changeSet=change_set)
        while (await told(edith))[0] != ["edith", "vera"]:
            pass
        since = sitting(served, change_set, "vera").since
        vera.cut()
        again = await served.ask(FOLLOW, by="vera", changeSet=change_set)
        assert (await told(again))[0] == ["edith", "vera"]
        await announced(served, "edith", changeSet=change_set, rid=RID)

        assert await told(edith) == (["edith", "vera"], [], [])  # the next thing that edith hears is her own word
        assert sitting(served, change_set, "vera").since == since


async def test_what_somebody_looks_at_is_shown(database, database_url, shared):
    change_set = await a_change_set(database)
    async with streaming(database, database_url, redis=shared) as served:
        assert (await announced(served, "edith", changeSet=change_set))["errors"][0]["extensions"]["code"] == "INVALID_STATE"
        edith = await served.ask(FOLLOW, by="edith", changeSet=change_set)
        await told(edith)

        assert "errors" not in await announced(served, "edith", changeSet=change_set, rid=RID, path="displayName")

        event = await edith.event()
        assert event.body["data"]["presence"]["present"] == [{"id": "edith", "name": "Edith Editor", "rid": RID, "path": "displayName"}]
        for wrong, code in (
            ({"rid": "nothing"}, "NOT_FOUND"),
            ({"path": "x" * 1_001}, "BAD_USER_INPUT"),
            ({"path": "\u202e"}, "BAD_USER_INPUT"),
        ):
            assert (await announced(served, "edith", changeSet=change_set, **wrong))["errors"][0]["extensions"]["code"] == code


async def test_several_windows_of_one_person_are_one_person(database, database_url, shared):
    change_set = await a_change_set(database)
    async with streaming(database, database_url, redis=shared, grace=0.1) as served:
        first = await served.ask(FOLLOW, by="edith", changeSet=change_set)
        await told(first)
        second = await served.ask(FOLLOW, by="edith", changeSet=change_set)
        assert (await told(second))[0] == ["edith"]
        second.cut()
        vera = await served.ask(FOLLOW, by="vera", changeSet=change_set)
        assert await told(first) == (["edith", "vera"], ["vera"], [])
        vera.cut()


async def test_nothing_is_followed_that_is_not_there(database, database_url, shared):
    async with streaming(database, database_url, redis=shared) as served:
        for rid in ("ri.ontology.main.changeset.none", "x"):
            answer = await served.ask(FOLLOW, changeSet=rid)
            event = await answer.event()
            assert event.body["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert await database.pool.fetchval("SELECT count(*) FROM presence") == 0


async def test_a_process_that_is_gone_leaves_nobody_behind(database: Database) -> None:
    change_set, seats = await a_change_set(database), PresenceTable(database)
    attendance = Attendance(Seating(seats), every=0.05)
    async with attendance.opened():
        await attendance.arrive(EDITOR, change_set)
        before = await database.pool.fetchval("SELECT until FROM presence")
        async with asyncio.timeout(60):
            while await database.pool.fetchval("SELECT until FROM presence") == before:  # noqa: ASYNC110 - the database is what tells
                await asyncio.sleep(0.02)
    left = await database.pool.fetchval("SELECT until - clock_timestamp() FROM presence")
    assert left.total_seconds() <= 10
    await seats.arrive(a_seat(VIEWER, change_set))
    await database.pool.execute("UPDATE presence SET until = clock_timestamp() - interval '2 minutes' WHERE actor = 'edith'")
    await seats.keep(())
    assert await database.pool.fetchval("SELECT string_agg(actor, ' ') FROM presence") == "vera"


async def test_seats_are_kept_again_after_the_database_refused_to(database: Database) -> None:
    tries = 0

    class Table(PresenceTable):
        async def keep(self, seats: Collection[Seat], *, copies: bool = False) -> None:
            nonlocal tries
            tries += 1
            await super().keep(seats, copies=copies)

    change_set, pool = await a_change_set(database), database.pool
    attendance = Attendance(Seating(Table(database)), every=0.05)
    async with attendance.opened():
        await attendance.arrive(EDITOR, change_set)
        await pool.execute("ALTER TABLE presence RENAME TO presence_away")
        began = tries
        await until(lambda: tries > began + 1)  # so that one of them has failed
        await pool.execute("ALTER TABLE presence_away RENAME TO presence")
        before = await pool.fetchval("SELECT until FROM presence")
        async with asyncio.timeout(GUARD):
            while await pool.fetchval("SELECT until FROM presence") == before:  # noqa: ASYNC110 - the database is what tells
                await asyncio.sleep(0.02)


async def test_the_seats_at_a_change_set_are_bounded(database: Database) -> None:
    change_set, seats = await a_change_set(database), PresenceTable(database)
    await database.pool.execute(
        "INSERT INTO presence (session, change_set, actor, until) SELECT gen_random_uuid(), $1, 'a' || n, now() + interval '1 minute' FROM generate_series(1, $2) AS n",
        change_set, MOST_SEATS,
    )  # fmt: skip
    with pytest.raises(InvalidState):
        await seats.arrive(a_seat(Actor("late", "", frozenset({Role.VIEWER})), change_set))
    assert await database.pool.fetchval("SELECT count(*) FROM presence") == MOST_SEATS
