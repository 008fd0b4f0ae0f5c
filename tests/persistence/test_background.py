"""Large work goes to a thread, and the collector leaves it alone."""

from __future__ import annotations

import gc
import threading

import pytest

from app.persistence.background import MUCH, off_loop, set_aside, take_back, uncollected


@pytest.mark.parametrize(("size", "apart"), [(MUCH - 1, False), (MUCH, True)])
async def test_only_much_work_is_done_in_a_thread(size: int, apart: bool) -> None:
    where = await off_loop(threading.get_ident, size)
    assert (where != threading.get_ident()) == apart


def test_what_is_made_amid_large_work_is_not_looked_at_by_the_next_collection() -> None:
    with uncollected(MUCH):
        assert not gc.isenabled()
        with uncollected(MUCH):
            made = [{} for _ in range(1_000)]
        assert not gc.isenabled()
        made += [{"in": each} for each in made]

    assert gc.isenabled()
    young = {id(each) for generation in (0, 1) for each in gc.get_objects(generation)}
    assert not any(id(each) in young for each in made)
    assert gc.get_freeze_count() == 0


def test_what_was_set_aside_at_the_start_stays_aside_after_large_work() -> None:
    set_aside()
    before = gc.get_freeze_count()
    try:
        with uncollected(MUCH):
            made = [{} for _ in range(1_000)]
            made += [{"in": each} for each in made]
        assert gc.get_freeze_count() >= before
        assert {id(each) for each in made}.isdisjoint(id(each) for each in gc.get_objects())
    finally:
        take_back()
    with uncollected(MUCH):
        made = [{} for _ in range(1_000)]
    assert gc.get_freeze_count() == 0


def test_small_work_is_collected_as_ever() -> None:
    with uncollected(MUCH - 1):
        assert gc.isenabled()


def test_the_collector_comes_back_after_a_failure() -> None:
    with pytest.raises(ValueError, match="amid"), uncollected(MUCH):
        raise ValueError("amid")
    assert gc.isenabled()
