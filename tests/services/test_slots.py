"""A bound on what a process does at once."""

from __future__ import annotations

import pytest

from app.domain.errors import Unavailable
from app.services.slots import Slots


def test_a_place_is_free_again_however_the_work_ended():
    slots = Slots(2, "No more of it now.", retry_after=7)
    with slots.one():
        with slots.one(), pytest.raises(Unavailable, match=r"No more of it now\.") as refused, slots.one():
            raise AssertionError
        assert refused.value.retry_after == 7
        with pytest.raises(ZeroDivisionError), slots.one():
            raise ZeroDivisionError
        with slots.one():
            pass
