"""How far long work is: told by the work where it counts anyway, read by whoever follows it, from another thread too.

Where nobody follows, telling costs next to nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")


class Reading(NamedTuple):
    """What a gauge says at one moment; `total` is 0 where it is not known."""

    phase: str
    done: int
    total: int
    detail: str  # what is counted


@dataclass(slots=True)
class _Phase:
    """One object for all of it, so that a reader never sees the count of one phase under the name of another."""

    name: str
    total: int
    detail: str
    probe: Callable[[], int] | None
    count: int = 0


class Gauge:
    """Follows one piece of work through its phases."""

    def __init__(self) -> None:
        self._phase = _Phase("", 0, "", None)

    def begin(self, phase: str, total: int, detail: str, probe: Callable[[], int] | None = None) -> None:
        """Enter a phase; `probe` says how far it is, else what is counted does."""
        self._phase = _Phase(phase, total, detail, probe)

    def add(self, count: int) -> None:
        """So much more is done."""
        self._phase.count += count

    def read(self) -> Reading:
        """How far the work is now."""
        phase = self._phase
        done = phase.count if phase.probe is None else phase.probe()
        return Reading(phase.name, min(done, phase.total) if phase.total else done, phase.total, phase.detail)


_followed: ContextVar[Gauge | None] = ContextVar("followed", default=None)


@contextmanager
def followed(gauge: Gauge) -> Iterator[None]:
    """Whatever is done in the block, also in threads that it waits for, tells the gauge."""
    token = _followed.set(gauge)
    try:
        yield
    finally:
        _followed.reset(token)


def begin(phase: str, total: int, detail: str, probe: Callable[[], int] | None = None) -> None:
    """Tell whoever follows that a phase begins."""
    if (gauge := _followed.get()) is not None:
        gauge.begin(phase, total, detail, probe)


def add(count: int) -> None:
    """Tell whoever follows that so much more is done."""
    if (gauge := _followed.get()) is not None:
        gauge.add(count)


def counted(items: Iterable[T]) -> Iterable[T]:
    """The items, each told when it is done."""
    gauge = _followed.get()
    return items if gauge is None else _counted(items, gauge)


def _counted(items: Iterable[T], gauge: Gauge) -> Iterator[T]:
    for item in items:
        yield item
        gauge.add(1)
