"""The entities that a query finds, as rows that can be filtered, sorted and paged like every other list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.kind import Kind
from app.domain.search import MADE_OF, joined
from app.domain.searched import Prominence
from app.domain.words import sort_key
from app.persistence.reads.entities import FILTERS, KEYS
from app.persistence.reads.pages import Column, Source
from app.persistence.reads.selection import Order
from app.persistence.reads.statement import Statement, entities, entity_columns, live

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.persistence.reads.selection import At
    from app.persistence.search.asking import Asked

NAMES = Prominence.NAME.value + Prominence.OTHER_NAME.value
WHOLE_NAME, START_OF_NAME, COVERED = 1_500, 300, 400
# Between equals people look for what stands on its own rather than for its parts.
_PRIOR = {Kind.OBJECT_TYPE: 60, Kind.INTERFACE: 50, Kind.LINK_TYPE: 30, Kind.ACTION_TYPE: 30, Kind.PROPERTY: 0}
_KINDS = " ".join(f"WHEN '{kind.value}' THEN {worth}" for kind, worth in _PRIOR.items())
_RELEVANCE = f"""
    (s.score + CASE e.kind {_KINDS} ELSE 20 END + CASE WHEN e.name_key = s.name OR e.display_key = s.display THEN {WHOLE_NAME}
        WHEN s.name <> '' AND starts_with(e.name_key, s.name) THEN {START_OF_NAME} ELSE 0 END)::bigint
"""


def source(query: str, words: Sequence[Asked], *, among: Sequence[str] | None = None) -> Source:
    """What the words find below an ontology, only `among` these entities where some are given; without words everything."""

    def below(at: At | None, statement: Statement) -> tuple[str, str, str]:
        if at is None:
            message = "a search is of a revision"
            raise ValueError(message)
        table, alive = entities("e", at, statement)
        columns = entity_columns("e", head=at.current)
        tied = f"e.ontology = parent.rid AND {alive}"
        if among is not None:
            tied += f" AND e.rid = ANY ({statement.put(list(among), 'text[]')})"
        if not words:
            return f"{columns}, 0::bigint AS score", table, tied
        return f"{columns}, {_RELEVANCE} AS score", f"({_found(query, words, at, statement)}) AS s JOIN {table} ON e.rid = s.rid", tied

    name = f"search {query!r} {len(among) if among is not None else ''}"
    rid = Column("e.rid", "text")
    relevance = {Order.RELEVANCE: (Column(_RELEVANCE, "bigint"), rid)} if words else {}
    return Source(name, below, {**KEYS, **relevance}, FILTERS)


def _found(query: str, words: Sequence[Asked], at: At, statement: Statement) -> str:
    """A subquery of rid, score, and the query as names are compared with it."""
    parts = []
    for number, word in enumerate(words):
        parts += [f"own_{number} AS MATERIALIZED ({_own(word, at, statement)})", f"all_{number} AS ({_lifted(number, at, statement)})"]
    tables = " ".join([f"all_0{''.join(f' JOIN all_{number} USING (rid)' for number in range(1, len(words)))}"])
    scores = " + ".join(f"all_{number}.score" for number in range(len(words)))
    covered = " + ".join(f"all_{number}.covered" for number in range(len(words)))
    name, display = statement.put(joined(query), "text"), statement.put(sort_key(query.strip()), "text")
    return f"""
        WITH {", ".join(parts)}
        SELECT rid, ({scores}) / {len(words)} + ({covered}) AS score, {name} AS name, {display} AS display FROM {tables}
    """


def _own(word: Asked, at: At, statement: Statement) -> str:
    """The entities with the word among their own: what it is worth there, and whether one of their names has it."""
    cases = " ".join(f"WHEN s.words @@ {statement.put(query, 'text')}::tsquery THEN {score}" for query, score in word.worth())
    anything, named = (statement.put(word.anything(weights), "text") for weights in ("", NAMES))
    return f"""
        SELECT s.rid, CASE {cases} ELSE 0 END AS score, s.words @@ {named}::tsquery AS named,
            CASE WHEN s.words @@ {statement.put(word.whole(Prominence.NAME.value), "text")}::tsquery THEN {COVERED} / s.name_words
            ELSE 0 END AS covered
        FROM entity_search s
        WHERE s.ontology = {statement.put(at.ontology, "text")} AND {live("s", at, statement)} AND s.words @@ {anything}::tsquery
    """


def _lifted(number: int, at: At, statement: Statement) -> str:
    """These entities, and those that are made of ones whose name has the word."""
    inward, outward = (_tied(f"own_{number}", outward=way, there=live("r", at, statement)) for way in (False, True))
    return f"""
        SELECT rid, max(score) AS score, max(covered) AS covered FROM (
            SELECT rid, score, covered FROM own_{number} UNION ALL {inward} UNION ALL {outward}
        ) AS every GROUP BY rid
    """


def _tied(own: str, *, outward: bool, there: str) -> str:
    """What is made of these entities.

    How many have a word that is the beginning of others PostgreSQL cannot know, and it takes them for so many that all references are
    read and joined; OFFSET 0 makes it look each of them up.
    """
    mine, theirs = ("target", "source") if outward else ("source", "target")
    rows = ", ".join(f"('{tie.edge.value}', {tie.worth})" for tie in MADE_OF if tie.outward is outward)
    return f"""
        SELECT tied.rid, (o.score * tie.worth)::int, 0 FROM {own} o CROSS JOIN LATERAL (
            SELECT r.{theirs} AS rid, r.edge FROM entity_reference r WHERE r.{mine} = o.rid AND {there} OFFSET 0
        ) AS tied JOIN (VALUES {rows}) AS tie (edge, worth) ON tie.edge = tied.edge WHERE o.named
    """
