"""Filters pick what they say and nothing else, and refuse what they cannot mean."""

from __future__ import annotations

import pytest

from tests import given
from tests.given import EDITOR, REVIEWER

OBJECT_TYPES = "query($f: ObjectTypeFilter) { ontology { objectTypes(filter: $f, first: 100) { totalCount nodes { apiName } } } }"
PROPERTIES = "query($f: PropertyFilter) { ontology { properties(filter: $f, first: 100) { totalCount nodes { apiName } } } }"


@pytest.fixture
async def filled(editing):
    named = [{"interface": "ref:Named"}]
    merged = await editing.apply(
        EDITOR, "main",
        [
            given.type_group("people"), given.interface("Named"),
            *given.object_type("Person", typeGroups=["ref:people"], implements=named, visibility="PROMINENT", displayName="100% Human"),
            *given.object_type("Company", implements=named, status="ACTIVE", properties={"size": {"type": {"base": "INTEGER"}, "required": True}}),
            *given.object_type("Ship", displayName="Straße_"),
        ],
    )  # fmt: skip
    await editing.apply(REVIEWER, "main", [given.link_type(merged.refs["Person"], merged.refs["Company"], "works")])
    return merged.refs


async def names(ask, query, **condition):
    [found] = (await ask.data(query, f=condition))["ontology"].values()
    assert found["totalCount"] == len(found["nodes"])
    return [node["apiName"] for node in found["nodes"]]


async def test_object_types_are_picked_by_their_parts(ask, filled):
    async def found(**condition):
        return await names(ask, OBJECT_TYPES, **condition)

    assert await found(text="OMP") == ["Company"]
    assert await found(text="0% h") == ["Person"]
    assert await found(text="%") == ["Person"]
    assert await found(text="_") == ["Ship"]
    assert await found(text="\\") == []
    assert await found(text="STRASSE") == ["Ship"]
    assert await found(apiNames=["Person", "person"]) == ["Person"]
    assert await found(status=["ACTIVE", "EXAMPLE"]) == ["Company"]
    assert await found(visibility=["NORMAL"]) == ["Company", "Ship"]
    assert await found(typeGroups=[filled["people"]]) == ["Person"]
    assert await found(implements=[filled["Named"]]) == ["Company", "Person"]
    assert await found(rids=[filled["Ship"], filled["Named"]]) == ["Ship"]
    assert await found(createdBy=["edith"], updatedSince="2001-01-01T00:00:00Z") == ["Company", "Person", "Ship"]
    assert await found(createdBy=["nobody"]) == []
    assert await found(updatedBefore="2001-01-01T00:00:00Z") == []
    assert await found(status=[]) == []
    assert await found() == ["Company", "Person", "Ship"]


async def test_filters_combine(ask, filled):
    async def found(**condition):
        return await names(ask, OBJECT_TYPES, **condition)

    assert await found(**{"or": [{"text": "ship"}, {"status": ["ACTIVE"]}]}) == ["Company", "Ship"]
    assert await found(**{"and": [{"implements": [filled["Named"]]}, {"not": {"text": "comp"}}]}) == ["Person"]
    assert await found(**{"not": {"or": [{"text": "ship"}, {"text": "comp"}]}}) == ["Person"]
    assert await found(**{"or": []}) == []
    assert await found(**{"and": []}) == ["Company", "Person", "Ship"]


async def test_properties_are_picked_by_type_and_owner(ask, filled):
    async def found(**condition):
        return await names(ask, PROPERTIES, **condition)

    assert await found(baseType=["INTEGER"]) == ["size"]
    assert await found(required=True) == ["size"]
    assert await found(required=False) == ["id", "id", "id"]
    assert await found(objectTypes=[filled["Company"]]) == ["id", "size"]
    assert await found(**{"not": {"baseType": ["STRING"]}}) == ["size"]


async def test_links_are_picked_by_their_ends(ask, filled):
    query = "query($f: LinkTypeFilter) { ontology { linkTypes(filter: $f) { totalCount nodes { apiName } } } }"

    assert await names(ask, query, sides=[filled["Company"]], cardinality=["MANY_TO_MANY"]) == ["works"]
    assert await names(ask, query, sides=[filled["Ship"]]) == []


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ({"text": "x" * 201}, "STRING_TOO_LONG"),
        ({"rids": ["x"] * 101}, "LIST_TOO_LONG"),
        ({"or": [{"text": "x"}] * 100}, "LIST_TOO_LONG"),
        ({"updatedSince": "2026-13-01T00:00:00Z"}, "BAD_USER_INPUT"),
        ({"updatedSince": "2026-01-01"}, "BAD_USER_INPUT"),
        ({"updatedSince": 5}, "BAD_USER_INPUT"),
        ({"status": ["OPEN"]}, "BAD_USER_INPUT"),
        ({"text": 5}, "BAD_USER_INPUT"),
        ({"nothing": 5}, "BAD_USER_INPUT"),
    ],
)
async def test_what_a_filter_cannot_mean_is_refused(ask, condition, code):
    assert await ask.codes(OBJECT_TYPES, f=condition) == [code]
