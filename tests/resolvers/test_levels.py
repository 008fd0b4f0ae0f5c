"""One statement a level, whatever the size of the pages, and all of them on one snapshot."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.kind import Kind
from app.persistence.database import Snapshot
from app.persistence.reads import entities
from resolvers.types import lists
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


async def test_a_list_below_entities_is_asked_for_once_for_all_of_them(ask, filled, monkeypatch):
    asked = []
    connection = lists.connection
    monkeypatch.setattr(lists, "connection", lambda info, listed, *rest: asked.append(listed.source) or connection(info, listed, *rest))

    data = await ask.data(
        "{ ontology { objectTypes(first: 20) { nodes { apiName properties { nodes { apiName owner: objectType { apiName } } } } } } }"
    )

    assert asked == [entities.of_kind(Kind.OBJECT_TYPE), entities.OWNED]
    nodes = data["ontology"]["objectTypes"]["nodes"]
    assert {each["owner"]["apiName"] == node["apiName"] for node in nodes for each in node["properties"]["nodes"]} == {True}
    assert {len(node["properties"]["nodes"]) for node in nodes} == {3}


@pytest.mark.parametrize(
    ("selected", "read"),
    [
        ("nodes { apiName createdAt }", {"api_name", "created_at"}),
        ("nodes { apiName status properties { nodes { displayName } } }", {"api_name", "status"}),
        ("nodes { description createdAt visibility }", {"definition.description", "definition.visibility", "created_at"}),
        ("nodes { description aliases }", {"definition"}),
        ("nodes { description primaryKey { apiName } }", {"definition"}),
        ("nodes { description deprecation { message } }", {"definition"}),
        ("nodes { interfaces { apiName } }", {"definition"}),
        ("nodes { apiName @skip(if: true) version createdAt }", {"version", "created_at"}),
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


WORDS = "apiName baseType required indexedForSearch visibility description"
OF_PROPERTIES = "{{ ontology {{ objectTypes {{ nodes {{ properties {{ nodes {{ {} }} }} }} }} }} }}"


async def test_words_of_definitions_are_those_that_the_whole_definitions_have(ask, editing):
    told = {
        "a": {"type": {"base": "STRING"}, "required": True, "visibility": "HIDDEN", "description": '한국어 \t "quoted"'},
        "b": {"type": {"base": "VECTOR", "dimension": 3, "similarity": "COSINE"}, "required": False, "indexedForSearch": False},
        "c": {"type": {"base": "ARRAY", "of": {"base": "DATE"}}, "description": ""},
    }
    await editing.apply(EDITOR, "main", given.object_type("Ship", properties=told))

    async def found(selected):
        [node] = (await ask.data(OF_PROPERTIES.format(selected)))["ontology"]["objectTypes"]["nodes"]
        return {each.pop("apiName"): each for each in node["properties"]["nodes"]}

    alone, beside = await found(WORDS), await found(f"{WORDS} type {{ base }}")  # which needs the whole
    assert [each.pop("type")["base"] for each in beside.values()] == ["STRING", "STRING", "VECTOR", "ARRAY"]
    assert alone == beside
    assert [tuple(alone[name].values()) for name in told] == [
        ("STRING", True, True, "HIDDEN", '한국어 \t "quoted"'), ("VECTOR", False, False, "NORMAL", ""), ("ARRAY", False, True, "NORMAL", ""),
    ]  # fmt: skip
