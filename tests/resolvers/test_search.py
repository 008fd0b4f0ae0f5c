"""Search and suggestions over GraphQL: words, structure, facets, pages, the past, and what is refused."""

from __future__ import annotations

import pytest

from app.domain.kind import Kind
from tests import given
from tests.given import EDITOR, REVIEWER

SEARCH = """
    query($q: String, $f: SearchFilter, $s: SearchOrder, $first: Int, $after: String) {
        search(query: $q, filter: $f, orderBy: $s, first: $first, after: $after) {
            servedBy revision totalCount pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
            facets { name buckets { value label count } }
            edges { cursor score highlights { path text marks { start end } } node { apiName kind } }
        }
    }
"""
SUGGEST = "query($p: String!, $k: [EntityKind!], $n: Int! = 10) { suggest(prefix: $p, kinds: $k, first: $n) { text node { apiName } } }"


@pytest.fixture
async def filled(editing):
    named = [{"interface": "ref:Named"}]
    merged = await editing.apply(
        EDITOR, "main",
        [
            given.type_group("people", displayName="People"), given.interface("Named"),
            *given.object_type(
                "Person", displayName="Person", description="A human being with a home.", typeGroups=["ref:people"], implements=named,
                properties={"homeAddress": "STRING", "whereabouts": "GEOPOINT"}, translations={"ko": {"displayName": "사람"}},
            ),
            *given.object_type("Company", displayName="Company", implements=named, status="ACTIVE", properties={"place": "GEOPOINT"}),
            *given.object_type("Ship", displayName="Sea-going ship"),
        ],
    )  # fmt: skip
    await editing.apply(REVIEWER, "main", [given.link_type(merged.refs["Person"], merged.refs["Company"], "worksFor")])
    return merged.refs


async def hits(ask, query=None, **asked):
    found = (await ask.data(SEARCH, q=query, **asked))["search"]
    assert found["totalCount"] == len(found["edges"]) or "first" in asked
    return [edge["node"]["apiName"] for edge in found["edges"]]


async def test_a_hit_says_why_and_how_well_it_fits(ask, filled):
    found = (await ask.data(SEARCH, q="human"))["search"]

    [edge] = found["edges"]
    assert edge["node"] == {"apiName": "Person", "kind": "OBJECT_TYPE"}
    assert edge["highlights"] == [{"path": "description", "text": "A human being with a home.", "marks": [{"start": 2, "end": 7}]}]
    assert edge["score"] > 0
    assert (found["servedBy"], found["revision"], found["totalCount"]) == ("POSTGRES", 2, 1)


async def test_code_names_are_found_by_their_parts_and_parts_by_the_whole(ask, filled):
    assert (await hits(ask, "home address"))[0] == "homeAddress"
    assert (await hits(ask, "homeaddress"))[0] == "homeAddress"
    assert (await hits(ask, "worksFor"))[0] == "worksFor"
    assert (await hits(ask, "seagoing")) == []
    assert (await hits(ask, "going sea")) == ["Ship", "id"]


async def test_an_object_type_is_found_by_its_properties_and_a_property_with_its_owner(ask, filled):
    assert await hits(ask, "whereabouts") == ["whereabouts", "Person"]
    assert (await hits(ask, "company place"))[0] == "place"
    assert await hits(ask, "ship place") == []


async def test_typing_errors_and_other_forms_are_forgiven_and_other_words_are_not(ask, filled):
    assert (await hits(ask, "compnay"))[0] == "Company"
    assert (await hits(ask, "Companies"))[0] == "Company"
    assert await hits(ask, "humans") == ["Person"]
    assert await hits(ask, "hxmxn") == []


async def test_korean_is_found_by_beginnings_pairs_and_with_particles(ask, editing, filled):
    await editing.apply(EDITOR, "main", given.object_type("Express", displayName="고속열차", description="빠르게 달리는 열차"))

    assert (await hits(ask, "사람"))[0] == "Person"
    assert (await hits(ask, "열차"))[0] == "Express"
    assert (await hits(ask, "고속"))[0] == "Express"
    assert (await hits(ask, "열차를"))[0] == "Express"
    assert await hits(ask, "열고") == []
    [edge] = (await ask.data(SEARCH, q="열차", f={"kinds": ["OBJECT_TYPE"]}))["search"]["edges"]
    assert edge["highlights"][0] == {"path": "displayName", "text": "고속열차", "marks": [{"start": 2, "end": 4}]}


async def test_structure_is_a_filter_with_words_or_without(ask, filled):
    places = {"propertyTypes": ["GEOPOINT"], "implements": [filled["Named"]]}

    assert await hits(ask, f=places) == ["Company", "Person"]
    assert await hits(ask, "person", f=places) == ["Person"]
    assert await hits(ask, f={"sides": [filled["Company"]]}) == ["worksFor"]
    assert await hits(ask, f={"baseType": ["GEOPOINT"]}) == ["place", "whereabouts"]
    assert await hits(ask, f={**places, "not": {"typeGroups": [filled["people"]]}}) == ["Company"]
    assert await hits(ask, f={"objectTypes": [filled["Ship"]]}) == ["id"]
    assert await hits(ask, f={"createdBy": [REVIEWER.id]}) == ["worksFor"]


async def test_facets_count_all_hits_and_not_the_page(ask, filled):
    found = (await ask.data(SEARCH, f={"kinds": ["OBJECT_TYPE"]}, first=1))["search"]

    facets = {each["name"]: {bucket["label"]: bucket["count"] for bucket in each["buckets"]} for each in found["facets"]}
    assert facets == {
        "KIND": {"OBJECT_TYPE": 3}, "STATUS": {"EXPERIMENTAL": 2, "ACTIVE": 1}, "BASE_TYPE": {}, "CREATED_BY": {"edith": 3},
        "TYPE_GROUP": {"People": 1}, "INTERFACE": {"Named": 2}, "CARDINALITY": {},
    }  # fmt: skip
    assert (found["totalCount"], len(found["edges"])) == (3, 1)


@pytest.mark.parametrize("sort", [None, {"field": "NAME", "direction": "ASC"}, {"field": "UPDATED_AT"}, {"direction": "ASC"}])
async def test_pages_walk_every_hit_once_and_in_one_revision(ask, editing, filled, sort):
    whole = await hits(ask, "id", s=sort)
    page = (await ask.data(SEARCH, q="id", s=sort, first=2))["search"]
    await editing.apply(EDITOR, "main", given.object_type("Later"))

    walked = [edge["node"]["apiName"] for edge in page["edges"]]
    while page["pageInfo"]["hasNextPage"]:
        page = (await ask.data(SEARCH, q="id", s=sort, first=2, after=page["pageInfo"]["endCursor"]))["search"]
        assert page["revision"] == 2
        walked += [edge["node"]["apiName"] for edge in page["edges"]]
    assert walked == whole


async def test_the_past_is_searched_as_it_was(ask, editing, filled):
    await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, filled["Ship"], 1, displayName="Barge", apiName="Barge")])
    past = "query($q: String!) { ontology(asOf: 2) { search(query: $q) { servedBy revision totalCount nodes { apiName } } } }"

    assert (await ask.data(past, q="ship"))["ontology"]["search"] == {
        "servedBy": "POSTGRES", "revision": 2, "totalCount": 2, "nodes": [{"apiName": "Ship"}, {"apiName": "id"}],
    }  # fmt: skip
    assert (await ask.data(past, q="barge"))["ontology"]["search"]["totalCount"] == 0
    assert await hits(ask, "barge") == ["Barge", "id"]


async def test_what_was_deleted_is_not_found_and_what_was_restored_is(ask, editing, change_sets, filled):
    gone = await editing.apply(EDITOR, "main", [given.deletion(Kind.OBJECT_TYPE, filled["Ship"], 1, cascade=True)])
    assert await hits(ask, "ship") == []

    undone = await change_sets.rollback(EDITOR, gone.change_set.rid)
    assert await hits(ask, "ship") == ["Ship", "id"], undone


async def test_names_are_suggested_as_somebody_types(ask, filled):
    async def suggested(prefix, **asked):
        return [each["node"]["apiName"] for each in (await ask.data(SUGGEST, p=prefix, **asked))["suggest"]]

    assert await suggested("p") == ["people", "Person", "place"]
    assert await suggested("home addr") == ["homeAddress"]
    assert await suggested("homeAddr") == ["homeAddress"]
    assert await suggested("사") == ["Person"]
    assert await suggested("p", k=["OBJECT_TYPE"]) == ["Person"]
    assert await suggested("p", n=1) == ["people"]
    assert await suggested("zz") == []
    assert await suggested(" ") == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"q": "x" * 201}, "STRING_TOO_LONG"),
        ({"q": " ".join(f"w{number}" for number in range(13))}, "BAD_USER_INPUT"),
        ({"q": "!?"}, "BAD_USER_INPUT"),
        ({"q": "a\ud800b"}, "BAD_USER_INPUT"),
        ({"s": {"field": "RELEVANCE"}}, "BAD_USER_INPUT"),
        ({"q": "x", "first": 101}, "PAGE_SIZE_OUT_OF_RANGE"),
        ({"q": "x", "after": "nonsense"}, "INVALID_CURSOR"),
        ({"f": {"rids": ["x"] * 101}}, "LIST_TOO_LONG"),
    ],
)
async def test_what_cannot_be_searched_is_refused(ask, asked, code):
    assert await ask.codes(SEARCH, **asked) == [code]


async def test_too_many_suggestions_are_refused(ask):
    assert await ask.codes(SUGGEST, p="x", n=21) == ["PAGE_SIZE_OUT_OF_RANGE"]


@pytest.mark.parametrize("query", ["'", "a'b", "\\", "a & b", "!(a)", "a:*", "é", "🙂 a", "ﷺ", "½", "\u0301a", "한", "ａｂｃ"])
async def test_no_character_is_taken_for_an_operator(ask, editing, query):
    await editing.apply(EDITOR, "main", given.object_type("Odd", displayName=f"x {query} y", description=query))

    answer = await ask.answer(SEARCH, q=query)
    codes = [error["extensions"]["code"] for error in answer.errors]
    assert codes in ([], ["BAD_USER_INPUT"])
    if not codes:
        assert answer.data["search"]["totalCount"] >= 1


@pytest.mark.parametrize("query", ["person's", "Person\u2019s home address", "PERSON'S"])
async def test_a_possessive_means_the_noun(ask, filled, query):
    assert await hits(ask, query) == await hits(ask, query.replace("'s", "").replace("'S", "").replace("\u2019s", "")) != []


@pytest.mark.parametrize("prefix", ["x" * 201, "?", "a\u202eb", " ".join(f"w{number}" for number in range(13))])
async def test_what_suggest_refuses_it_names_by_its_own_argument(ask, filled, prefix):
    [error] = (await ask.answer(SUGGEST, p=prefix)).errors
    assert error["extensions"]["path"] == "prefix"
    assert error["message"].startswith("prefix ")
