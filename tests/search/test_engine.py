"""The engine answers as PostgreSQL does, with what was just merged, and PostgreSQL answers when it cannot."""

from __future__ import annotations

import asyncio
import sys
from base64 import urlsafe_b64decode

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as drawn

from app.adapters.opensearch import OpenSearchIndex, alias_of
from app.domain.breaker import Breaker, Circuit
from app.domain.kind import Kind
from app.sample.story import ANNA
from app.services.editing import Editing
from app.services.indexing import Indexing
from app.services.searching import OVERLAY, Searching
from tests import given
from tests.asking import Asking
from tests.given import EDITOR
from tests.search.relevance import RECIPROCAL, SUCCESS, judged, tell_all
from tests.strategies import ontologies

SEARCH = """
    query($o: String! = "main", $q: String, $f: SearchFilter, $s: SearchOrder, $first: Int, $after: String) {
        search(ontology: $o, query: $q, filter: $f, orderBy: $s, first: $first, after: $after) {
            servedBy revision totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
            facets { name buckets { value label count } }
            edges { cursor score highlights { path text marks { start end } } node { rid apiName } }
        }
    }
"""


@pytest.fixture
def editing(database):
    return Editing(database)


@pytest.fixture
def indexing(database, index):
    return Indexing(database, index)


@pytest.fixture
def searching(index):
    return Searching(index, Breaker())


@pytest.fixture
def engine(database, searching):
    """The schema, answered by the engine where it can be."""
    return Asking(database, searching=searching)


@pytest.fixture
def postgres(database):
    """The schema, answered by PostgreSQL."""
    return Asking(database)


async def asked(ask, served, query=None, **variables):
    found = (await ask.data(SEARCH, q=query, **variables))["search"]
    assert found["servedBy"] == served
    return found


async def names(ask, served, query=None, **variables):
    return [edge["node"]["apiName"] for edge in (await asked(ask, served, query, **variables))["edges"]]


async def test_the_engine_finds_what_people_look_for(database, index, engine, capsys):
    ontology = await tell_all(database)
    await Indexing(database, index).reach(await database.pool.fetchval("SELECT rid FROM ontology WHERE api_name = $1", ontology))

    async def first(query):
        return await names(engine, "OPENSEARCH", query, o=ontology, first=10)

    result = await judged(first)
    with capsys.disabled():
        sys.stdout.write(f"\nOpenSearch: {result}\n")
    assert result.success >= SUCCESS, result
    assert result.reciprocal >= RECIPROCAL, result


def conditions(rids):
    """A filter for each thing that can be filtered by."""
    some = rids[:50]
    yield {}
    for kind in Kind:
        yield {"kinds": [kind.name]}
    for base in ("STRING", "GEOPOINT", "ARRAY", "STRUCT", "DOUBLE"):
        yield {"baseType": [base]}
        yield {"propertyTypes": [base]}
    for name in ("rids", "sides", "implements", "typeGroups", "objectTypes", "sharedProperties", "valueTypes", "extends", "refersTo"):
        yield {name: some}
        yield {"not": {name: some[::2]}}
    yield {"status": ["ACTIVE", "DEPRECATED"]}
    yield {"visibility": ["NORMAL"]}
    yield {"required": True}
    yield {"cardinality": ["MANY_TO_MANY"]}
    yield {"createdBy": [EDITOR.id], "updatedSince": "2001-01-01T00:00:00Z"}
    yield {"updatedBefore": "2001-01-01T00:00:00Z"}
    yield {"or": [{"kinds": ["INTERFACE"]}, {"and": [{"required": True}, {"not": {"baseType": ["STRING"]}}]}]}
    yield {"or": []}


@settings(
    max_examples=5,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@drawn(creations=ontologies(largest=4))
async def test_filters_facets_and_orders_are_the_same_in_both(database, index, engine, postgres, creations):
    await database.pool.execute("TRUNCATE ontology CASCADE")
    rid = await database.pool.fetchval(
        "INSERT INTO ontology (rid, api_name, display_name, created_by, updated_by)"
        " VALUES ('ri.ontology.main.ontology.' || gen_random_uuid(), 'main', 'Main', 's', 's') RETURNING rid"
    )
    await database.pool.execute("INSERT INTO ontology_counter (ontology) VALUES ($1)", rid)
    await Editing(database).apply(EDITOR, "main", creations)
    await Indexing(database, index).reach(rid)
    rids = [row["rid"] for row in await database.pool.fetch("SELECT rid FROM entity WHERE NOT deleted ORDER BY rid")]

    def shown(found):
        return [edge["node"]["rid"] for edge in found["edges"]], found["totalCount"], found["facets"]

    for condition in conditions(rids):
        engines = await asked(engine, "OPENSEARCH", f=condition, first=100)
        bases = await asked(postgres, "POSTGRES", f=condition, first=100)
        assert shown(engines) == shown(bases), condition
    for field in ("NAME", "DISPLAY_NAME", "CREATED_AT", "UPDATED_AT"):
        for direction in ("ASC", "DESC"):
            order = {"field": field, "direction": direction}
            assert await names(engine, "OPENSEARCH", s=order, first=100) == await names(postgres, "POSTGRES", s=order, first=100), order
    await index.drop(f"oms-{rid.rsplit('.', 1)[-1]}*")


async def test_who_implements_an_interface_implements_what_it_extends(engine, postgres, editing, indexing, main):
    made = await editing.apply(EDITOR, "main", [
        given.interface("Being"), given.interface("Floating", extends=["ref:Being"]), given.interface("Moving", extends=["ref:Floating"]),
        *given.object_type("Ship", implements=[{"interface": "ref:Moving"}]),
        *given.object_type("Buoy", implements=[{"interface": "ref:Floating"}]), *given.object_type("Stone"),
    ])  # fmt: skip
    await indexing.reach(main)

    async def found():
        answers = []
        for ask, served in ((engine, "OPENSEARCH"), (postgres, "POSTGRES")):
            answer = {}
            for name in ("Being", "Floating", "Moving"):
                asking = {"f": {"implements": [made.refs[name]]}, "s": {"field": "NAME", "direction": "ASC"}}
                page = await asked(ask, served, **asking)
                answer[name] = [edge["node"]["apiName"] for edge in page["edges"]]
                assert page["totalCount"] == len(answer[name])
            facets = {each["name"]: each["buckets"] for each in (await asked(ask, served))["facets"]}
            counted = {each["value"]: each["count"] for each in facets["INTERFACE"]}
            assert counted == {made.refs[name]: len(names) for name, names in answer.items() if names}
            answers.append(answer)
        assert answers[0] == answers[1]
        return answers[0]

    assert await found() == {"Being": ["Buoy", "Ship"], "Floating": ["Buoy", "Ship"], "Moving": ["Ship"]}
    await editing.apply(EDITOR, "main", [given.update(Kind.INTERFACE, made.refs["Floating"], 1, extends=[])])
    apart = {"Being": [], "Floating": ["Buoy", "Ship"], "Moving": ["Ship"]}
    assert await found() == apart  # by the overlay
    assert (await indexing.reach(main)).written >= 4
    assert await found() == apart  # by the documents
    await editing.apply(EDITOR, "main", [given.update(Kind.INTERFACE, made.refs["Moving"], 1, extends=[made.refs["Being"]])])
    await indexing.reach(main)
    assert await found() == {"Being": ["Ship"], "Floating": ["Buoy"], "Moving": ["Ship"]}


async def test_what_was_just_merged_is_found_before_the_index_has_it(engine, postgres, editing, indexing, main):
    made = await editing.apply(EDITOR, "main", [*given.object_type("Ship"), *given.object_type("Boat"), given.type_group("fleet")])
    await indexing.reach(main)
    await editing.apply(EDITOR, "main", [
        given.update(Kind.OBJECT_TYPE, made.refs["Ship"], 1, displayName="Vessel", typeGroups=[made.refs["fleet"]]),
        given.deletion(Kind.OBJECT_TYPE, made.refs["Boat"], 1, cascade=True), *given.object_type("Barge"),
    ])  # fmt: skip

    assert (await names(engine, "OPENSEARCH", "vessel"))[0] == "Ship"
    assert await names(engine, "OPENSEARCH", "boat") == []
    assert (await names(engine, "OPENSEARCH", "barge"))[0] == "Barge"
    for condition in ({}, {"kinds": ["OBJECT_TYPE"]}, {"typeGroups": [made.refs["fleet"]]}):
        ours, theirs = await asked(engine, "OPENSEARCH", f=condition), await asked(postgres, "POSTGRES", f=condition)
        assert [ours[key] for key in ("totalCount", "facets", "revision")] == [theirs[key] for key in ("totalCount", "facets", "revision")]
        assert [each["node"] for each in ours["edges"]] == [each["node"] for each in theirs["edges"]]


async def test_a_hit_of_the_engine_says_why_as_one_of_postgresql_does(engine, postgres, editing, indexing, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship", displayName="Sea-going ship", description="It sails the high seas."))
    await indexing.reach(main)

    for query in ("sails", "ships", "sea", "highh"):
        ours = (await asked(engine, "OPENSEARCH", query, f={"kinds": ["OBJECT_TYPE"]}))["edges"]
        theirs = (await asked(postgres, "POSTGRES", query, f={"kinds": ["OBJECT_TYPE"]}))["edges"]
        assert [edge["highlights"] for edge in ours] == [edge["highlights"] for edge in theirs], query
        assert ours[0]["score"] == pytest.approx(theirs[0]["score"], abs=0.01), query


@pytest.mark.parametrize("order", [None, {"field": "NAME", "direction": "ASC"}, {"field": "UPDATED_AT", "direction": "DESC"}])
async def test_a_walk_sees_each_hit_once_and_nothing_that_came_later(engine, editing, indexing, main, order):
    await editing.apply(EDITOR, "main", [each for number in range(4) for each in given.object_type(f"Ship{number}")])
    await indexing.reach(main)
    await editing.apply(EDITOR, "main", [each for number in range(4, 7) for each in given.object_type(f"Ship{number}")])
    whole = await names(engine, "OPENSEARCH", "ship", s=order, first=100)
    assert len(whole) == 14
    page = await asked(engine, "OPENSEARCH", "ship", s=order, first=3)
    await editing.apply(EDITOR, "main", given.object_type("Ship9"))
    await indexing.reach(main)

    walked = [edge["node"]["apiName"] for edge in page["edges"]]
    while page["pageInfo"]["hasNextPage"]:
        page = await asked(engine, "OPENSEARCH", "ship", s=order, first=3, after=page["pageInfo"]["endCursor"])
        assert page["revision"] == 2
        walked += [edge["node"]["apiName"] for edge in page["edges"]]
    assert walked == whole


async def test_a_walk_whose_state_is_gone_expires(engine, editing, indexing, index, main):
    await editing.apply(EDITOR, "main", [*given.object_type("Ship"), *given.object_type("Boat")])
    await indexing.reach(main)
    page = await asked(engine, "OPENSEARCH", first=2)
    await let_go(index, main)

    assert await engine.codes(SEARCH, first=2, after=page["pageInfo"]["endCursor"]) == ["CURSOR_EXPIRED"]


async def held(index, ontology):
    """The states that the engine holds for walks through this ontology; others use the same engine."""
    told = [each["pit_id"] for each in (await index._client.get_all_pits())["pits"]]
    return {each for each in told if alias_of(ontology).encode() in urlsafe_b64decode(each + "=" * (-len(each) % 4))}


async def let_go(index, ontology):
    """The engine loses what it holds for walks through this ontology."""
    states = await held(index, ontology)
    assert states
    await index._client.delete_pit(body={"pit_id": sorted(states)})


async def test_all_who_begin_a_walk_within_seconds_share_one_state_of_the_engine(engine, editing, indexing, index, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship"))
    await indexing.reach(main)
    before = await held(index, main)
    pages = await asyncio.gather(*(asked(engine, "OPENSEARCH", query, first=1) for query in ("ship", "id", None) * 5))
    await editing.apply(EDITOR, "main", given.object_type("Shipyard"))

    assert len(await held(index, main) - before) == 1
    assert await names(engine, "OPENSEARCH", "shipyard", f={"kinds": ["OBJECT_TYPE"]}) == ["Shipyard"]
    await indexing.reach(main)
    assert await names(engine, "OPENSEARCH", "shipyard", f={"kinds": ["OBJECT_TYPE"]}) == ["Shipyard"]
    assert len(await held(index, main) - before) == 1
    rest = await asked(engine, "OPENSEARCH", first=5, after=pages[2]["pageInfo"]["endCursor"])
    assert [rest["revision"], *(edge["node"]["apiName"] for edge in rest["edges"])] == [1, "Ship"]


async def test_who_begins_a_walk_at_a_state_that_the_engine_has_let_go_of_gets_a_new_one(engine, editing, indexing, index, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship"))
    await indexing.reach(main)
    await asked(engine, "OPENSEARCH", "ship")
    await let_go(index, main)

    assert (await names(engine, "OPENSEARCH", "ship"))[0] == "Ship"


@pytest.mark.alone
async def test_an_engine_that_can_hold_no_more_walks_still_answers_everything_else(engine, searching, editing, indexing, index, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship"))
    await indexing.reach(main)
    await index._client.cluster.put_settings(body={"transient": {"search.max_open_pit_context": 0}})
    try:
        served = [(await asked(engine, "POSTGRES", "ship"))["edges"][0]["node"]["apiName"] for _ in range(4)]
    finally:
        await index._client.cluster.put_settings(body={"transient": {"search.max_open_pit_context": None}})

    assert served == ["Ship"] * 4
    assert searching.breaker.state is Circuit.CLOSED
    assert (await engine.data('{ search(query: "ship") { servedBy } }'))["search"] == {"servedBy": "OPENSEARCH"}


async def test_postgresql_answers_while_the_engine_is_away_and_says_so(database, editing, indexing, index, main):
    await editing.apply(EDITOR, "main", [*given.object_type("Ship"), *given.object_type("Boat")])
    await indexing.reach(main)
    now = [0.0]
    searching = Searching(index, Breaker(failures=2, seconds=10, clock=lambda: now[0]))
    ask = Asking(database, searching=searching)
    page = await asked(ask, "OPENSEARCH", first=2)
    there, searching._index = searching._index, OpenSearchIndex("http://127.0.0.1:1", seconds=1)

    assert (await names(ask, "POSTGRES", "ship"))[0] == "Ship"
    assert await ask.codes(SEARCH, first=2, after=page["pageInfo"]["endCursor"]) == ["CURSOR_EXPIRED"]
    assert searching.breaker.state is Circuit.OPEN
    await searching._index.close()
    searching._index = there
    begun = await asked(ask, "POSTGRES", first=2)
    now[0] = 10.0
    rest = await asked(ask, "POSTGRES", first=2, after=begun["pageInfo"]["endCursor"])
    assert [edge["node"]["apiName"] for edge in (*begun["edges"], *rest["edges"])] == ["Boat", "id", "id", "Ship"]
    assert await names(ask, "OPENSEARCH", "ship")


async def test_postgresql_answers_for_the_past_without_an_index_and_when_the_index_is_far_behind(engine, editing, indexing, main):
    await editing.apply(EDITOR, "main", given.object_type("Ship"))
    assert (await names(engine, "POSTGRES", "ship"))[0] == "Ship"

    await indexing.reach(main)
    assert (await names(engine, "OPENSEARCH", "ship"))[0] == "Ship"
    await editing.apply(EDITOR, "main", [each for number in range(OVERLAY // 2 + 1) for each in given.object_type(f"Boat{number}")])

    assert (await names(engine, "POSTGRES", "ship"))[0] == "Ship"
    past = '{ ontology(asOf: 1) { search(query: "ship") { servedBy totalCount } } }'
    assert (await engine.data(past))["ontology"]["search"] == {"servedBy": "POSTGRES", "totalCount": 2}


async def test_the_engine_suggests_as_postgresql_does_what_was_just_merged_included(database, engine, postgres, editing, indexing, main):
    ontology = await tell_all(database)
    await indexing.reach(await database.pool.fetchval("SELECT rid FROM ontology WHERE api_name = $1", ontology))
    await editing.apply(ANNA, ontology, given.object_type("Stationery", displayName="Stationery"))
    suggest = "query($o: String!, $p: String!, $k: [EntityKind!]) { suggest(ontology: $o, prefix: $p, kinds: $k, first: 8) { text node { apiName } } }"

    for prefix in ("sta", "s", "station c", "stationCo", "train s", "역", "고속", "zzz"):
        for kinds in (None, ["OBJECT_TYPE", "LINK_TYPE"]):
            ours, theirs = (
                await engine.data(suggest, o=ontology, p=prefix, k=kinds),
                await postgres.data(suggest, o=ontology, p=prefix, k=kinds),
            )
            assert ours == theirs, (prefix, kinds)
    assert "Stationery" in [each["node"]["apiName"] for each in (await engine.data(suggest, o=ontology, p="sta"))["suggest"]]
