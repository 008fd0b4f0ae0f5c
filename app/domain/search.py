"""What is asked of a search, whoever answers it, and what a document that is found is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from app.domain.definition import Edge
from app.domain.errors import BadInput, StringTooLong
from app.domain.kind import Kind
from app.domain.text import refused_character
from app.domain.words import STOP_WORDS, found, plain

TEXT = 200  # characters of a query
TERMS = 12  # words of a query
BUCKETS = 50  # values of one facet
_POSSESSIVE = re.compile(r"(?<=[^\W\d_])['\u2019]s\b", re.IGNORECASE)  # who asks for "station's" means the station


class Tie(NamedTuple):
    """How an entity is tied to another whose names it is found by as well."""

    kind: Kind  # of what is found
    edge: Edge
    outward: bool  # whether the reference stands in what is found, or in the other
    worth: float = 0.35  # of what the other's name is worth
    beyond: Edge | None = None  # by which the other is tied to what counts as well, step after step: as a filter does, not by name


MADE_OF = (
    Tie(Kind.OBJECT_TYPE, Edge.OWNER, outward=False),  # its properties
    Tie(Kind.OBJECT_TYPE, Edge.SIDE, outward=False),  # its links
    Tie(Kind.OBJECT_TYPE, Edge.IMPLEMENTS, outward=True, beyond=Edge.EXTENDS),  # who implements an interface implements what it extends
    Tie(Kind.OBJECT_TYPE, Edge.GROUP, outward=True),
    Tie(Kind.PROPERTY, Edge.OWNER, outward=True, worth=0.5),  # its object type: who names both means the property
    Tie(Kind.LINK_TYPE, Edge.SIDE, outward=True),  # its ends
    Tie(Kind.INTERFACE, Edge.EXTENDS, outward=True),
    Tie(Kind.INTERFACE, Edge.SHARED_PROPERTY, outward=True),
)
"""What a document is made of besides its own definition: the names of these neighbours, and what lies beyond them.

The one table of it: PostgreSQL follows it when it is asked, the index when it is written, so a document's version is the newest
revision that touched the entity, one of these neighbours, or the reference between them; and only a sink that has come so far has it.
"""


class Facet(Enum):
    """By what the hits of a search are counted."""

    KIND = "kind"
    STATUS = "status"
    BASE_TYPE = "base_type"
    CREATED_BY = "created_by"
    TYPE_GROUP = "type_group"
    INTERFACE = "interface"
    CARDINALITY = "cardinality"


class Count(NamedTuple):
    """One value of a facet, and how many hits have it."""

    facet: Facet
    value: str
    hits: int


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a query; a code name is also the sequence of its parts."""

    whole: str
    parts: tuple[str, ...] = ()


def terms(text: str, name: str = "query") -> tuple[Term, ...]:
    """The different words of a query, without those that say nothing; BadInput, with the argument's name, where they cannot be asked."""
    if len(text) > TEXT:
        raise StringTooLong(f"{name} has at most {TEXT} characters, not {len(text)}.", path=name)
    if (refused := refused_character(text)) is not None:
        raise BadInput(f"{name} holds the character {refused}, which no text may hold.", path=name)
    every = tuple(dict.fromkeys(Term(each.whole, each.parts) for each in found(_POSSESSIVE.sub("", text)) if each.whole))
    telling = tuple(each for each in every if each.whole not in STOP_WORDS) or every
    if not telling and text.strip():
        raise BadInput(f"{name} holds no letter and no digit.", path=name)
    if len(telling) > TERMS:
        raise BadInput(f"{name} has at most {TERMS} words, not {len(telling)}.", path=name)
    return telling


def joined(text: str) -> str:
    """The query as one code name, without case: `Line section` and `lineSection` are the same."""
    return "".join(plain(each.whole) for each in found(text))


class Mark(NamedTuple):
    """A part of a text that matched, in UTF-16 code units, half open."""

    start: int
    end: int


class Highlight(NamedTuple):
    """A text of a hit, shortened around what matched."""

    path: str
    text: str
    marks: tuple[Mark, ...]
