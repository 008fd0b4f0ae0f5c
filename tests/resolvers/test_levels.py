"""One statement a level, whatever the size of the pages, and all of them on one snapshot."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.kind import Kind
from app.persistence.database import Snapshot
from tests import given
from tests.given import EDITOR

NESTED = """query($first: Int!) { ontology { objectTypes(first: $first) { nodes { apiName
  properties(first: 100) { nodes { apiName baseType valueType { apiName } } }
  links(first: 100) { nodes { apiName other { apiName primaryKey { apiName } } } }
  interfaces { apiName }
  usedBy(first: 10) { edges { edge node { apiName } } }
} } } }"""
# ontology, object types; properties, links, interfaces, used by; value types and others, both by rid; the keys of the others
LEVELS = 8


@pytest.fixture
async def filled(editing):
    operations = [given.interface("Named"), given.value_type("email")]
    for n in range(20):
        mail = {"valueType": "ref:email", "type": {"base": "STRING"}}
        implements = [{"interface": "ref:Named"}]
        operations += given.object_type(f"T{n}", properties={"mail": mail, "more": "INTEGER"}, implements=implements)
    operations += [given.link_type(f"ref:T{n}", f"ref:T{(n * 7 + 3) % 20}", f"link{n}") for n in range(20)]
    return await editing.apply(EDITOR, "main", operations)


@pytest.mark.parametrize("first", [1, 5, 20, 100])
async def test_the_statements_of_a_nested_query_do_not_grow_with_its_pages(ask, filled, first):
    data = await ask.data(NESTED, first=first)

    assert len(data["ontology"]["objectTypes"]["nodes"]) == min(first, 20)
    assert ask.statements == LEVELS


async def test_the_same_holds_in_the_past(ask, filled, editing):
    now = await ask.data(NESTED, first=20)
    await editing.apply(
        EDITOR, "main", [given.update(Kind.VALUE_TYPE, filled.refs["email"], 1, displayName="Mail"), *given.object_type("Later")]
    )

    past = await ask.data(NESTED.replace("ontology {", "ontology(asOf: 1) {"), first=100)

    assert past == now
    assert ask.statements == LEVELS


async def test_history_and_change_sets_take_a_statement_a_level_too(ask, filled):
    await ask.data("""{ ontology {
      objectTypes(first: 20) { nodes { history(first: 5) { nodes { entity { apiName } fields { path } changeSet { title } } } } }
    } }""")

    # ontology, object types, their histories, the versions, the change sets
    assert ask.statements == 5


async def test_a_deep_query_reads_one_revision_while_a_writer_merges(ask, filled, editing):
    """Every entity below is at a version that the ontology's own revision knows, whatever is merged meanwhile."""
    rids = [filled.refs[f"T{n}"] for n in range(20)]

    async def write():
        for version in range(1, 8):
            await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, rid, version, description=str(version)) for rid in rids])

    async def read():
        torn = []
        for _ in range(15):
            data = await ask.data("""{ ontology { revision objectTypes(first: 20) { nodes { version
              links(first: 5) { nodes { other { version } } } } } } }""")
            versions = {node["version"] for node in data["ontology"]["objectTypes"]["nodes"]}
            versions |= {link["other"]["version"] for node in data["ontology"]["objectTypes"]["nodes"] for link in node["links"]["nodes"]}
            if versions != {data["ontology"]["revision"]}:
                torn.append(versions)
        return torn

    torn, _ = await asyncio.gather(read(), write())

    assert torn == []


@pytest.mark.parametrize(
    ("selected", "read"),
    [
        ("nodes { apiName }", {"api_name"}),
        ("nodes { apiName status properties { nodes { displayName } } }", {"api_name", "status"}),
        ("nodes { description createdAt }", {"definition", "created_at"}),
        ("nodes { interfaces { apiName } }", {"definition"}),
        ("nodes { apiName @skip(if: true) version }", {"version"}),
        ("nodes { apiName } pageInfo { endCursor }", {"api_name", "sort_0", "sort_1"}),
        ("edges { cursor node { apiName } }", {"api_name", "sort_0", "sort_1"}),
    ],
)
async def test_only_the_columns_that_are_selected_are_fetched(ask, filled, database, selected, read, monkeypatch):
    fetched = []
    fetch = Snapshot.fetch

    async def noted(self, sql, *arguments):
        records = await fetch(self, sql, *arguments)
        fetched.extend(set(record.keys()) for record in records if "e.kind = 'object_type'" in sql)
        return records

    monkeypatch.setattr(Snapshot, "fetch", noted)
    await ask.data(f"{{ ontology {{ objectTypes {{ {selected} }} }} }}")

    assert fetched == [{"parent", "rid", "kind", *read}] * 11  # one more than the page, to know of it
