"""Every page is read by an index: in its order, from its cursor, as of now and in the past. What is sorted or scanned whole would grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.definition import Edge
from app.domain.kind import Kind
from app.domain.search import Term
from app.persistence import leases
from app.persistence.documents import documents
from app.persistence.log import Log, entries
from app.persistence.reads import entities, history, ontologies
from app.persistence.reads.pages import counted, pages
from app.persistence.reads.selection import At, Order, Selection
from app.persistence.search.asking import Asked
from app.persistence.search.matching import source
from app.services.editing import Editing
from tests import given
from tests.given import EDITOR

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TABLES = "entity, entity_version, entity_reference, entity_name"
OF_KIND = entities.of_kind(Kind.OBJECT_TYPE)


class Noted:
    """Takes the place of a snapshot, and keeps the statement."""

    sql: str
    arguments: tuple[Any, ...]

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        self.sql, self.arguments = sql, arguments
        return []


@pytest.fixture
async def plan(database):
    """The plan of a page's statement, where PostgreSQL must not scan a table whole."""
    operations = [each for number in range(30) for each in given.object_type(f"T{number}", properties={"more": "INTEGER"})]
    operations += [given.link_type(f"ref:T{n}", f"ref:T{(n * 7 + 3) % 30}", f"link{n}") for n in range(30)]
    await Editing(database).apply(EDITOR, "main", operations)
    await database.pool.execute(f"VACUUM (FULL, ANALYZE) {TABLES}")  # what other tests left behind would make other plans cheaper
    ontology = await database.pool.fetchval("SELECT rid FROM ontology WHERE api_name = 'main'")
    parents = {"ontology": [ontology], "entity": [row["rid"] for row in await database.pool.fetch("SELECT rid FROM entity LIMIT 3")]}

    async def planned(source, parent: str, selection: Selection, *, past: bool = False, off=("seqscan", "bitmapscan")) -> str:
        noted = Noted()
        await pages(noted, source, At(ontology, 1, 2 if past else 1, 1), parents[parent], selection)
        async with database.pool.acquire() as connection, connection.transaction():
            await connection.execute("; ".join(f"SET LOCAL enable_{each} = off" for each in off))
            return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {noted.sql}", *noted.arguments))

    return planned


@pytest.mark.parametrize(
    ("order", "key"), [(Order.NAME, "t5"), (Order.DISPLAY_NAME, "t5"), (Order.CREATED_AT, NOW), (Order.UPDATED_AT, NOW)]
)
@pytest.mark.parametrize("after", [False, True])
async def test_a_list_of_a_kind_is_read_in_the_order_of_an_index(plan, order, key, after):
    text = await plan(OF_KIND, "ontology", Selection(order, limit=50, after=(key, "ri.x") if after else None))

    assert "Seq Scan" not in text
    assert "Sort" not in text
    assert ("ROW(" in text) == after, "a cursor is a condition of the index"


async def test_what_an_object_type_owns_is_read_in_the_order_of_an_index(plan):
    text = await plan(entities.OWNED, "entity", Selection(Order.POSITION, limit=50))

    assert "entity_by_owner" in text
    assert "Seq Scan" not in text
    assert "Sort" not in text


@pytest.mark.parametrize("past", [False, True])
@pytest.mark.parametrize(
    "source", [entities.SIDES, entities.USAGES, entities.referring(Kind.INTERFACE, Edge.EXTENDS)], ids=lambda source: source.name
)
async def test_what_refers_to_something_is_found_by_an_index(plan, source, past):
    text = await plan(source, "entity", Selection(Order.NAME, limit=50), past=past)

    assert "entity_reference_by_target" in text
    assert "Seq Scan" not in text


async def test_a_list_of_the_past_is_read_in_the_order_of_an_index(plan):
    text = await plan(OF_KIND, "ontology", Selection(Order.NAME, limit=50), past=True)

    assert "entity_version_by_name" in text
    assert "Sort" not in text


SEARCHED = source("T5", [Asked(Term("t5"))])
ONE = {
    "a list of a kind": lambda to, at, rid: pages(to, OF_KIND, at, [at.ontology], Selection(Order.NAME, limit=50)),
    "what one owns": lambda to, at, rid: pages(to, entities.OWNED, at, [rid], Selection(Order.POSITION, limit=50)),
    "a total": lambda to, at, rid: counted(to, entities.OWNED, at, [rid], Selection(Order.POSITION)),
    "a search": lambda to, at, rid: pages(to, SEARCHED, at, [at.ontology], Selection(Order.RELEVANCE, descending=True, limit=10)),
    "by rid": lambda to, at, rid: entities.by_rid(to, at, [rid]),
    "anywhere": lambda to, at, rid: entities.anywhere(to, [rid]),
    "by name": lambda to, at, rid: entities.by_name(to, at, Kind.OBJECT_TYPE, [("", "T5")]),
    "a version": lambda to, at, rid: entities.versions(to, [(rid, 1)]),
    "an ontology": lambda to, at, rid: ontologies.by_name(to, ["main"]),
    "a merge": lambda to, at, rid: history.merges(to, [(at.ontology, 1)]),
    "a lock": lambda to, at, rid: leases.held(to, [rid]),
}  # fmt: skip


@pytest.mark.parametrize("read", ONE.values(), ids=ONE)
async def test_what_is_read_of_one_is_planned_once_and_not_anew_each_time(database, plan, read):
    rid, ontology = await database.pool.fetchrow("SELECT rid, ontology FROM entity WHERE kind = 'object_type' LIMIT 1")
    noted = Noted()
    await read(noted, At(ontology, 1, 1, 1), rid)

    async with database.pool.acquire() as connection:
        for _ in range(12):  # PostgreSQL makes five plans before it judges
            await connection.fetch(noted.sql, *noted.arguments)
        [plans] = await connection.fetch("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = $1", noted.sql)
    assert plans["generic_plans"] > 0, f"{plans['custom_plans']} plans"


async def test_what_a_search_finds_is_looked_up_among_the_references_though_nobody_knows_how_much_it_finds(plan):
    found = source("T5", [Asked(Term("t5"))])

    text = await plan(found, "ontology", Selection(Order.RELEVANCE, limit=10), off=("seqscan", "nestloop"))

    assert [line for line in text.splitlines() if "Index Cond: ((target = o" in line]
    assert [line for line in text.splitlines() if "Index Cond: ((source = o" in line]


@pytest.mark.parametrize(("log", "place"), [(Log.MERGES, "revision"), (Log.CHANGE_SETS, '"position"')])
async def test_what_is_new_in_a_log_is_read_from_where_somebody_is_however_long_the_log_is(database, log, place):
    ontology = await database.pool.fetchval("SELECT rid FROM ontology WHERE api_name = 'main'")
    noted = Noted()
    await entries(noted, log, 1, [(ontology, 1)], 1_000)

    async with database.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_nestloop = off")
        text = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {noted.sql}", *noted.arguments))

    [condition] = [line for line in text.splitlines() if "Index Cond" in line]
    assert f'{place} > known."position"' in condition
    assert "Join Filter" not in text


async def test_documents_are_found_one_by_one_before_there_are_statistics(database):
    for batch in range(6):  # each too small for statistics of its own
        types = [each for number in range(50) for each in given.object_type(f"T{batch}x{number}")]
        await Editing(database).apply(EDITOR, "main", types)
    rids = [row["rid"] for row in await database.pool.fetch("SELECT rid FROM entity LIMIT 20")]
    noted = Noted()
    await documents(noted, 1, rids)

    async with database.pool.acquire() as connection:
        [told] = await connection.fetchrow(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {noted.sql}", *noted.arguments)
    assert max(touched(told[0]["Plan"])) < 150, "600 entities and as many references are there"


def touched(plan: dict[str, Any]) -> Iterator[float]:
    """How many rows each node of a plan read in all."""
    yield (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    for below in plan.get("Plans", []):
        yield from touched(below)
