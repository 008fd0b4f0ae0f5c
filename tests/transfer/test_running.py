"""How commands run what they do."""

from __future__ import annotations

import pytest

from app.commands.running import done


class Large:
    """What would take much memory as a text; knows how often it was made one."""

    texts = 0

    def __repr__(self) -> str:
        self.texts += 1
        return "large"


def test_no_text_is_made_of_what_a_command_comes_to():
    answer = Large()

    async def work() -> Large:
        return answer

    assert done(work()) is answer
    assert answer.texts == 0


def test_what_goes_wrong_reaches_the_command():
    async def work() -> None:
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        done(work())
