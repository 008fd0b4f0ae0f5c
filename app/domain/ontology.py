"""Ontologies: containers of entities, administered outside change sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.domain import common
from app.domain.rules import Violation
from app.domain.text import DESCRIPTION, DISPLAY_NAME, KEBAB, nfc


@dataclass(frozen=True, slots=True)
class OntologySettings:
    """What an Ontology Admin decides for one ontology."""

    require_review: bool = False  # only a change set that somebody else approved may merge


@dataclass(frozen=True, slots=True)
class Ontology:
    """The container; `head_revision` is the newest merge and `head_at` its time."""

    rid: str
    api_name: str
    display_name: str
    description: str
    settings: OntologySettings
    version: int
    head_revision: int
    head_at: datetime
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    archived_at: datetime | None = None


def violations(api_name: str, display_name: str, description: str) -> Iterator[Violation]:
    """What is wrong with the texts of an ontology."""
    yield from common.api_name(api_name, "apiName", KEBAB, "a kebab-case name of up to 100 characters")
    yield from common.text(nfc(display_name), "displayName", longest=DISPLAY_NAME, shortest=1)
    yield from common.text(nfc(description), "description", longest=DESCRIPTION)
