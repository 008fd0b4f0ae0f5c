"""Lists of which nothing but leaves is selected: PostgreSQL writes their objects, and no byte is another than ours would be."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.kind import Kind
from app.persistence.database import Snapshot
from resolvers.transport.answer import GraphQLRequest, RequestFacts
from tests import given as make
from tests.given import EDITOR
from tests.resolvers.twins import Twins

LISTS = """query($first: Int, $some: Boolean = true) { ontology { objectTypes(first: $first) { nodes { apiName
  properties(first: 5) { __typename totalCount nodes { __typename rid id kind apiName name: displayName description status version sourceIri baseType required
    indexedForSearch visibility createdBy ...More @include(if: $some) ... on Entity { updatedBy apiName } } }
  last: properties(last: 2) { nodes { apiName } }
  links { nodes { side apiName displayName visibility cardinality other { __typename rid apiName } } }
  actions { nodes { apiName description } } } }
  interfaces { nodes { apiName description } } linkTypes { nodes { cardinality kind } } } }
  fragment More on Property { more: baseType visibility }"""
PROPERTIES = "{ ontology { objectTypes { nodes { properties { nodes { displayName description baseType required } } } } } }"


@pytest.fixture
async def twins(database):
    return Twins(database)


@pytest.fixture
async def filled(editing):
    operations = [make.interface("Named", description="Says \"who\" \\ 'what'")]
    for n in range(4):
        told = {"required": bool(n % 2), "description": "한국어 \t \u2028", "visibility": "HIDDEN"}
        many = {"type": {"base": "ARRAY", "of": {"base": "DATE"}}, "sourceIri": f"https://example.org/{n}"}
        operations += make.object_type(f"T{n}", properties={"mail": {**told, "type": {"base": "STRING"}}, "many": many, "more": "INTEGER"})
    operations += [make.link_type(f"ref:T{n}", f"ref:T{(n * 3) % 4}", f"link{n}") for n in range(4)]
    operations += [make.action_type("act")]
    return await editing.apply(EDITOR, "main", operations)


@pytest.fixture
def read(monkeypatch):
    """The statements that were sent, each with its rows."""
    sent = []
    fetch = Snapshot.fetch

    async def noted(self, sql, *arguments):
        records = await fetch(self, sql, *arguments)
        sent.append((sql, records))
        return records

    monkeypatch.setattr(Snapshot, "fetch", noted)
    return sent


@pytest.mark.parametrize("first", [1, 3, 100])
@pytest.mark.parametrize("some", [True, False])
async def test_what_is_written_is_what_rows_become(twins, filled, first, some):
    answer = await twins.agree(LISTS, {"first": first, "some": some})

    [found] = [node for node in answer["data"]["ontology"]["objectTypes"]["nodes"] if node["apiName"] == "T0"]
    assert [each["apiName"] for each in found["properties"]["nodes"]] == ["id", "mail", "many", "more"]
    assert ("more" in found["properties"]["nodes"][0]) == some
    assert found["properties"]["nodes"][2]["sourceIri"] == "https://example.org/0"
    assert [each["side"] for each in found["links"]["nodes"]] == ["A", "B"]


async def test_the_same_holds_of_the_past(twins, filled, editing):
    now = await twins.agree(LISTS.replace("ontology {", "ontology(asOf: 1) {", 1))
    for n in range(4):
        await editing.apply(EDITOR, "main", [make.update(Kind.PROPERTY, filled.refs[f"T{n}.mail"], 1, displayName="Another")])

    assert await twins.agree(LISTS.replace("ontology {", "ontology(asOf: 1) {", 1)) == now
    assert await twins.agree(LISTS) != now


async def test_a_list_of_leaves_comes_as_text_and_one_that_leads_on_as_rows(ask, filled, read):
    await ask.data("""{ ontology { objectTypes { nodes { apiName
        properties { nodes { apiName baseType } } links { nodes { apiName other { apiName } } } usedBy { nodes { apiName } } } } } }""")

    _, types, properties, links, usages = (records for _, records in read)
    assert [len(record) > 1 for record in types] == [True] * 4
    assert [[type(each) for each in record[0]] for record in properties] == [[str] * 4] * 4
    assert [[type(each) for each in record[0]] for record in links] == [[str] * 2] * 4
    assert all(len(record) > 1 for record in usages)


@pytest.mark.parametrize("selected", [
    "nodes { apiName } pageInfo { hasNextPage }", "edges { node { apiName } }", "nodes { apiName } again: nodes { rid }",
    "nodes { createdAt }", "nodes { apiName type { base } }", "nodes { apiName objectType { apiName } }",
])  # fmt: skip
async def test_what_cannot_be_written_is_read_as_rows(ask, twins, filled, read, selected):
    text = f"{{ ontology {{ objectTypes {{ nodes {{ apiName properties {{ {selected} }} }} }} }} }}"
    await ask.data(text)

    assert not any(" ARRAY(" in sql for sql, _ in read)
    await twins.agree(text)


async def test_a_cursor_of_one_list_is_refused_by_the_others(twins, filled):
    first = await twins.agree("{ ontology { objectTypes(first: 1) { nodes { properties(first: 1) { pageInfo { endCursor } } } } } }")
    cursor = first["data"]["ontology"]["objectTypes"]["nodes"][0]["properties"]["pageInfo"]["endCursor"]

    text = "query($first: Int, $after: String) { ontology { objectTypes(first: $first) { nodes { properties(after: $after) { nodes { apiName } } } } } }"
    alone = await twins.agree(text, {"first": 1, "after": cursor})
    beside = await twins.agree(text, {"first": 2, "after": cursor})

    assert [each["apiName"] for each in alone["data"]["ontology"]["objectTypes"]["nodes"][0]["properties"]["nodes"]] == [
        "mail",
        "many",
        "more",
    ]
    assert [error["extensions"]["code"] for error in beside["errors"]] == ["INVALID_CURSOR"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=8, max_size=8))
async def test_any_text_is_written_as_ours_is(twins, filled, database, texts):
    """Whatever a text holds that PostgreSQL can store."""
    rids = [filled.refs[f"T{n}.{name}"] for n in range(4) for name in ("mail", "more")]
    await database.pool.executemany(
        "UPDATE entity SET display_name = $2, definition = jsonb_set(definition, '{description}', to_jsonb($2::text)) WHERE rid = $1",
        list(zip(rids, texts, strict=True)),
    )

    answer = await twins.agree(PROPERTIES)

    nodes = answer["data"]["ontology"]["objectTypes"]["nodes"]
    shown = [each["displayName"] for node in nodes for each in node["properties"]["nodes"] if each["displayName"] not in {"id", "many"}]
    assert [each for each in shown if each in texts] == [each for each in texts if each not in {"id", "many"}]


@pytest.mark.parametrize("spoilt", [
    "UPDATE entity SET definition = jsonb_set(definition, '{type,base}', '\"NONSENSE\"') WHERE rid = $1",
    "UPDATE entity SET definition = definition #- '{type}' WHERE rid = $1",
])  # fmt: skip
async def test_a_row_that_is_not_foreseen_is_answered_the_inherited_way(twins, filled, database, spoilt):
    async with database.pool.acquire() as connection:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(spoilt, filled.refs["T0.mail"])
        await connection.execute("RESET session_replication_role")

    await twins.agree(PROPERTIES)

    assert twins.executed["with errors"] == 1
    assert twins.faults


async def test_a_link_whose_other_end_is_gone_is_answered_the_inherited_way(twins, filled, database):
    await database.pool.execute("UPDATE entity SET deleted = true WHERE rid = $1", filled.refs["T3"])

    await twins.agree("{ ontology { objectTypes { nodes { links { nodes { apiName other { apiName } } } } } } }")

    assert twins.executed["with errors"] == 1
    assert twins.faults


async def test_what_can_be_written_is_never_answered_the_inherited_way(twins, filled):
    executor = await twins.ours.executor(twins.ours.find(EDITOR, GraphQLRequest(LISTS, variables={"first": 10}, size=100)))
    async with twins.ours._open_context(EDITOR, RequestFacts("test")) as context:
        executor.context_value = context
        result = await executor.execute_operation()

    assert (result.errors, executor.unusual) == (None, None)
