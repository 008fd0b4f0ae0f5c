"""Presence: who is looking at a change set, and at what of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PRESENT_SECONDS = 60  # that a seat lasts when its process is gone without a word
KEPT_EVERY_SECONDS = 20
GRACE_SECONDS = 10  # that somebody is still there whose connection was lost
MOST_SEATS = 1_000  # of one change set
SHOWN = 100  # people of one change set


@dataclass(frozen=True, slots=True)
class Attendant:
    """One person who is looking, however many windows they have open."""

    id: str
    name: str
    rid: str | None  # the entity that they look at
    path: str | None  # … and the field of it
    since: datetime


Present = tuple[Attendant, ...]
"""Everybody who is looking at one change set, whoever came first before the others."""
