"""What a process knows of who is there, from several places that each may forget, lag behind or be away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.presence import NEVER, Seat, people
from app.domain.room import Room

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def seat(actor, number=0, *, since=0, looked=None, **given):
    at = NOON + timedelta(seconds=since)
    return Seat(f"{actor}-{number}", "cs", actor, actor.title(), at, NEVER if looked is None else NOON + timedelta(seconds=looked), **given)


def names(room, now):
    return [each.id for each in room.people(now)]


def test_people_are_counted_once_with_their_first_moment_and_their_last_word():
    windows = [seat("a", 1, since=5, looked=9, path="newest"), seat("a", 2, since=3, looked=4, path="old"), seat("b", since=4)]
    for order in (windows, windows[::-1]):
        assert [(each.id, each.path, (each.since - NOON).seconds) for each in people(order)] == [("a", "newest", 3), ("b", None, 4)]


def test_whoever_is_seen_anywhere_is_there_until_that_seat_lapses():
    room = Room()
    room.take(seat("mine"), 0)
    room.shared([seat("shared", rest=10), seat("both", rest=10)], "era", 0)
    room.table([seat("table", rest=20), seat("both", rest=30)], 0)
    assert names(room, 9) == ["both", "mine", "shared", "table"]
    assert names(room, 10) == ["both", "mine", "table"]
    assert names(room, 25) == ["both", "mine"]
    assert names(room, 1_000) == ["mine"]
    room.give_up("mine-0", 1_010)
    assert names(room, 1_009) == ["mine"]
    assert room.empty(1_010)


def test_whoever_left_what_is_shared_is_gone_unless_it_was_wiped():
    room = Room()
    room.shared([seat("a", rest=60), seat("b", rest=60)], "one", 0)
    room.shared([seat("b", rest=60)], "one", 2)
    assert names(room, 2) == ["b"]
    room.shared([], None, 4)
    assert names(room, 4) == ["b"]
    room.shared([seat("c", rest=60)], "two", 6)
    assert names(room, 6) == ["b", "c"]
    room.shared([seat("c", rest=60), seat("b", rest=60)], "two", 8)
    room.shared([seat("c", rest=60)], "two", 10)
    assert names(room, 10) == ["c"]


def test_who_does_not_come_back_after_a_wipe_is_gone_when_their_seat_would_have_been():
    room = Room()
    room.shared([seat("b", rest=60)], "one", 0)
    for now in range(1, 70):
        room.shared([], "two", now)
        assert names(room, now) == (["b"] if now < 60 else [])


def test_what_was_forgotten_of_this_process_is_known():
    room = Room()
    mine, other = room.take(seat("mine", 1), 0), room.take(seat("mine", 2), 0)
    assert room.shared([other], "era", 0)
    assert room.forgotten() == [mine]
    assert not room.shared([mine, other], "era", 1)
    assert room.forgotten() == []


@pytest.mark.parametrize("place", ["shared", "table"])
def test_a_word_said_by_way_of_another_process_is_kept_with_the_seat_here(place):
    room = Room()
    room.take(seat("mine"), 0)
    said = replace(seat("mine", looked=7), rid="r", path="p")
    room.shared([said], "era", 0) if place == "shared" else room.table([said], 0)
    assert (room.mine["mine-0"].path, room.mine["mine-0"].looked_at) == ("p", NOON + timedelta(seconds=7))
    assert room.look("mine", None, "later", NOON + timedelta(seconds=8))
    room.shared([said], "era", 1)
    assert room.mine["mine-0"].path == "later"
    assert not room.look("somebody else", None, None, NOON)


def test_who_comes_again_while_their_place_is_away_has_been_there_all_along():
    room = Room()
    room.shared([seat("a", 1, since=1, looked=5, path="p", rest=10)], "era", 0)
    again = room.take(seat("a", 2, since=9), 5)
    assert ((again.since - NOON).seconds, again.path, again.looked_at) == (1, "p", NOON + timedelta(seconds=5))
    room.give_up(again.session, 10)
    late = room.take(seat("a", 3, since=30), 11)
    assert ((late.since - NOON).seconds, late.path) == (30, None)


def test_only_seats_of_others_that_are_alone_in_the_table_are_strangers():
    room = Room()
    room.take(seat("mine"), 0)
    room.table([replace(seat("mine", rest=10), alone=True), seat("copy", rest=10)], 0)
    assert not room.strangers(0)
    room.table([seat("other", rest=10, alone=True)], 0)
    assert room.strangers(9)
    assert not room.strangers(10)
    room.give_up("mine-0", 20)
    room.table([replace(seat("mine", rest=10), alone=True)], 0)
    assert not room.strangers(5)
