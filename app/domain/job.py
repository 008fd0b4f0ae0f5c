"""Jobs: work that takes longer than a request may, told by its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

LEASE_SECONDS = 60  # without a sign of life, after which the process of a job has ended: another one does it, or it counts as failed
BEAT_SECONDS = 5


class JobKind(StrEnum):
    """What is done."""

    IMPORT = "IMPORT"
    FULL_SYNC = "FULL_SYNC"


class JobState(StrEnum):
    """How far it is; the last two are for good."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it is now. `result` is of its kind; `failure` is a code, a sentence, and what else the error knows."""

    rid: str
    kind: JobKind
    title: str
    ontology: str  # by its apiName
    state: JobState
    phase: str
    done: int  # of `total`, in the unit of the phase
    total: int
    detail: str
    author: str
    author_name: str
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    result: dict[str, Any] | None = None
    failure: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in {JobState.SUCCEEDED, JobState.FAILED}
