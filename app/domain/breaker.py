"""A circuit breaker: what has failed a few times in a row is left alone for a while, then tried once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TypeVar

T = TypeVar("T")


class Circuit(Enum):
    """Whether calls go through."""

    CLOSED = "closed"  # all of them
    OPEN = "open"  # none
    HALF_OPEN = "half open"  # one, which decides


class CircuitOpen(Exception):
    """The call was not tried: it would have failed and kept its caller waiting."""


class Breaker:
    """One for each system, shared by all calls of a process."""

    def __init__(self, *, failures: int = 3, seconds: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = failures
        self._seconds = seconds
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._trying = False
        self.closed: list[Callable[[], None]] = []  # called when it closes again after it was open

    @property
    def state(self) -> Circuit:
        """As the next call will find it."""
        if self._opened_at is None:
            return Circuit.CLOSED
        return Circuit.OPEN if self._clock() - self._opened_at < self._seconds else Circuit.HALF_OPEN

    async def run(self, call: Callable[[], Awaitable[T]], *failures: type[Exception]) -> T:
        """The call's answer; CircuitOpen without a try, and whatever the call raises, of which only `failures` count."""
        state = self.state
        if state is Circuit.OPEN or (state is Circuit.HALF_OPEN and self._trying):
            raise CircuitOpen
        trial = state is Circuit.HALF_OPEN
        self._trying = self._trying or trial
        try:
            answer = await call()
        except failures:
            self._failed(trial)
            raise
        except Exception:
            self._worked()  # it answered, though not as one would like
            raise
        else:
            self._worked()
            return answer
        finally:
            if trial:
                self._trying = False

    def _failed(self, trial: bool) -> None:  # noqa: FBT001 - the caller's one word
        self._failures += 1
        if trial or self._failures >= self._most:
            self._opened_at = self._clock()

    def _worked(self) -> None:
        was_open, self._opened_at, self._failures = self._opened_at is not None, None, 0
        if was_open:
            for told in self.closed:
                told()
