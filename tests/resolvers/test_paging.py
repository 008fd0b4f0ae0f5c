"""Pages: a walk yields the list as it was when it began, forward and backward, and no cursor but ours is read."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.kind import Kind
from app.web.cursors import Cursors
from tests.given import EDITOR, deletion, object_type, type_group, update

PAGE = """query($first: Int, $after: String, $last: Int, $before: String, $order: EntityOrder, $filter: TypeGroupFilter) {
  ontology { typeGroups(first: $first, after: $after, last: $last, before: $before, orderBy: $order, filter: $filter) {
    totalCount edges { cursor node { rid apiName displayName revision } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


async def page(ask, **arguments):
    return (await ask.data(PAGE, **arguments))["ontology"]["typeGroups"]


def names(found):
    return [edge["node"]["apiName"] for edge in found["edges"]]


async def test_a_page_says_where_it_stands(ask, editing):
    await editing.apply(EDITOR, "main", [type_group(f"group-{n}") for n in range(5)])

    first = await page(ask, first=2)
    middle = await page(ask, first=2, after=first["pageInfo"]["endCursor"])
    final = await page(ask, last=1)
    back = await page(ask, last=2, before=final["pageInfo"]["startCursor"])
    between = await page(ask, first=10, after=first["edges"][0]["cursor"], before=final["pageInfo"]["startCursor"])

    assert names(first) == ["group-0", "group-1"]
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"], first["totalCount"]) == (True, False, 5)
    assert first["pageInfo"]["startCursor"] == first["edges"][0]["cursor"]
    assert names(middle) == ["group-2", "group-3"]
    assert (middle["pageInfo"]["hasNextPage"], middle["pageInfo"]["hasPreviousPage"]) == (True, True)
    assert names(final) == ["group-4"]
    assert (final["pageInfo"]["hasNextPage"], final["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert names(back) == ["group-2", "group-3"]
    assert (back["pageInfo"]["hasNextPage"], back["pageInfo"]["hasPreviousPage"]) == (True, True)
    assert names(between) == ["group-1", "group-2", "group-3"]


async def test_an_empty_page_has_no_cursors(ask):
    found = await page(ask)

    assert found == {
        "totalCount": 0, "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"field": "NAME"}, ["a", "b", "c"]),
        ({"field": "NAME", "direction": "DESC"}, ["c", "b", "a"]),
        ({"field": "DISPLAY_NAME"}, ["c", "a", "b"]),
        ({"field": "CREATED_AT"}, ["b", "a", "c"]),
        ({"field": "UPDATED_AT", "direction": "DESC"}, ["b", "c", "a"]),
    ],
)
@pytest.mark.parametrize("size", [1, 2])
async def test_every_order_is_walked_both_ways(ask, editing, order, expected, size):
    b = (await editing.apply(EDITOR, "main", [type_group("b", displayName="Ζήτα")])).refs["b"]
    await editing.apply(EDITOR, "main", [type_group("a", displayName="beta")])
    await editing.apply(EDITOR, "main", [type_group("c", displayName="Alpha")])
    await editing.apply(EDITOR, "main", [update(Kind.TYPE_GROUP, b, 1, description="x")])

    assert await walked(ask, size, order=order) == expected
    assert await walked(ask, size, backward=True, order=order) == expected


async def walked(ask, size, *, backward=False, between=None, **arguments):
    found, cursor = [], None
    while True:
        ends = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        part = await page(ask, **ends, **arguments)
        found = names(part) + found if backward else found + names(part)
        if not part["pageInfo"]["hasPreviousPage" if backward else "hasNextPage"]:
            return found
        cursor = part["pageInfo"]["startCursor" if backward else "endCursor"]
        if between is not None:
            await between()


writes = st.lists(st.tuples(st.sampled_from(["create", "rename", "delete"]), st.integers(0, 30)), max_size=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 4),
    backward=st.booleans(),
    descending=st.booleans(),
    field=st.sampled_from(["NAME", "DISPLAY_NAME", "CREATED_AT", "UPDATED_AT"]),
    script=writes,
)
async def test_a_walk_yields_the_list_as_it_was_while_a_writer_merges(ask, editing, size, backward, descending, field, script):
    order = {"field": field, "direction": "DESC" if descending else "ASC"}
    present = await everything(ask, order)
    if len(present) < 4:
        fresh = [type_group(f"start-{len(present)}-{n}-{size}", displayName="Same" if n % 2 else f"D{n}") for n in range(6)]
        await editing.apply(EDITOR, "main", fresh)
    expected = await everything(ask, order)
    steps = iter(script)

    async def between():
        step = next(steps, None)
        if step is not None:
            await written(ask, editing, *step)

    found = await walked(ask, size, backward=backward, between=between, order=order)

    assert found == expected


async def everything(ask, order):
    return names(await page(ask, first=100, order=order))


async def written(ask, editing, what, number):
    edges = (await ask.data("{ ontology { typeGroups(first: 100) { nodes { rid version apiName } revision: totalCount } revision } }"))[
        "ontology"
    ]
    nodes, tag = edges["typeGroups"]["nodes"], edges["revision"]
    chosen = nodes[number % len(nodes)] if nodes else None
    if what == "create" or chosen is None:
        await editing.apply(EDITOR, "main", [type_group(f"new-{tag}", displayName="Same")])
    elif what == "rename":
        await editing.apply(
            EDITOR, "main", [update(Kind.TYPE_GROUP, chosen["rid"], chosen["version"], apiName=f"moved-{tag}", displayName=f"E{tag}")]
        )
    elif len(nodes) > 4:
        await editing.apply(EDITOR, "main", [deletion(Kind.TYPE_GROUP, chosen["rid"], chosen["version"])])


async def test_what_stands_below_a_later_page_is_of_the_same_revision(ask, editing):
    merged = await editing.apply(EDITOR, "main", [*object_type("A"), *object_type("B", properties={"old": "STRING"})])
    query = """query($after: String) { ontology { revision objectTypes(first: 1, after: $after) {
        nodes { displayName properties { nodes { apiName } } } pageInfo { endCursor } } } }"""
    first = (await ask.data(query))["ontology"]["objectTypes"]

    await editing.apply(
        EDITOR, "main", [update(Kind.OBJECT_TYPE, merged.refs["B"], 1, displayName="New"), deletion(Kind.PROPERTY, merged.refs["B.old"], 1)]
    )
    second = (await ask.data(query, after=first["pageInfo"]["endCursor"]))["ontology"]["objectTypes"]
    fresh = (await ask.data('{ objectType(apiName: "B") { displayName properties { nodes { apiName } } } }'))["objectType"]

    assert second["nodes"] == [{"displayName": "B", "properties": {"nodes": [{"apiName": "id"}, {"apiName": "old"}]}}]
    assert fresh == {"displayName": "New", "properties": {"nodes": [{"apiName": "id"}]}}


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 1, "last": 1},
        {"first": 5_000_000_000},
    ],
)
async def test_what_makes_no_sense_is_bad_input(ask, arguments):
    assert await ask.codes(PAGE, **arguments) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("arguments", [{"first": 0}, {"first": -1}, {"last": 0}, {"first": 101}, {"last": 2_000_000}])
async def test_the_size_of_a_page_has_bounds(ask, arguments):
    assert await ask.codes(PAGE, **arguments) == ["PAGE_SIZE_OUT_OF_RANGE"]


HOSTILE = [
    "", " ", "x", "=", "====", "YQ", "YQ==", "\x01", "é", "한글", "😀", "null", "W10", "../../etc/passwd", "' OR 1=1 --", "A" * 5_000,
    "A" * 10_000, urlsafe_b64encode(b"[1,0,null,[]]").decode(), urlsafe_b64encode(b"\xff" * 40).decode(),
    urlsafe_b64encode(bytes(16) + b"[1,0]").decode(),
]  # fmt: skip


@pytest.mark.parametrize("cursor", HOSTILE)
@pytest.mark.parametrize("side", ["after", "before"])
async def test_a_hostile_cursor_is_invalid(ask, cursor, side):
    assert await ask.codes(PAGE, **{side: cursor}) == ["INVALID_CURSOR"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 200), bit=st.integers(0, 7))
async def test_a_cursor_with_one_bit_flipped_is_invalid(ask, place, bit):
    cursor = ask.shared.cursors.made("x", 1, 3, ["name", "rid"])
    whole = bytearray(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    whole[place % len(whole)] ^= 1 << bit

    assert await ask.codes(PAGE, after=urlsafe_b64encode(bytes(whole)).rstrip(b"=").decode()) == ["INVALID_CURSOR"]


async def test_a_cursor_belongs_to_its_list_filter_order_and_parent(ask, editing):
    merged = await editing.apply(EDITOR, "main", [*object_type("A"), *object_type("B"), type_group("a"), type_group("b")])
    cursor = (await page(ask, first=1))["pageInfo"]["endCursor"]
    below = "query($rid: ID!, $after: String) { objectType(rid: $rid) { properties(first: 1, after: $after) { pageInfo { endCursor } } } }"
    own = (await ask.data(below, rid=merged.refs["A"]))["objectType"]["properties"]["pageInfo"]["endCursor"]

    assert await ask.codes(PAGE, after=cursor) == []
    assert await ask.codes(PAGE, after=cursor, filter={"text": "a"}) == ["INVALID_CURSOR"]
    assert await ask.codes(PAGE, after=cursor, order={"field": "DISPLAY_NAME"}) == ["INVALID_CURSOR"]
    assert await ask.codes(PAGE, after=cursor, order={"field": "NAME", "direction": "DESC"}) == ["INVALID_CURSOR"]
    assert await ask.codes("query($c: String) { ontology { valueTypes(after: $c) { totalCount } } }", c=cursor) == ["INVALID_CURSOR"]
    assert await ask.codes(below, rid=merged.refs["A"], after=own) == []
    assert await ask.codes(below, rid=merged.refs["B"], after=own) == ["INVALID_CURSOR"]


async def test_a_cursor_of_another_epoch_has_expired(ask, editing, database):
    await editing.apply(EDITOR, "main", [type_group("a"), type_group("b")])
    cursor = (await page(ask, first=1))["pageInfo"]["endCursor"]

    await database.pool.execute("UPDATE installation SET epoch = 2")

    assert await ask.codes(PAGE, after=cursor) == ["CURSOR_EXPIRED"]


async def test_a_cursor_of_another_installation_is_invalid(ask, editing):
    await editing.apply(EDITOR, "main", [type_group("a"), type_group("b")])
    cursor = (await page(ask, first=1))["pageInfo"]["endCursor"]
    scope = cursor and ask.shared.cursors._body(cursor)

    forged = Cursors("another secret").made("x", 1, 1, ["a", "b"])

    assert scope
    assert await ask.codes(PAGE, after=forged) == ["INVALID_CURSOR"]


async def test_two_cursors_of_different_revisions_make_no_page(ask, editing):
    await editing.apply(EDITOR, "main", [type_group("a"), type_group("b")])
    old = (await page(ask, first=1))["pageInfo"]["endCursor"]
    await editing.apply(EDITOR, "main", [type_group("c")])
    new = (await page(ask, last=1))["pageInfo"]["startCursor"]

    assert await ask.codes(PAGE, first=1, after=old, before=new) == ["INVALID_CURSOR"]


async def test_totals_are_counted_only_when_asked_for(ask, editing):
    await editing.apply(EDITOR, "main", [type_group(f"g{n}") for n in range(3)])

    await ask.data("{ ontology { typeGroups { nodes { apiName } } } }")
    without = ask.statements
    data = await ask.data(
        "{ ontology { typeGroups { ...Total } } } fragment Total on TypeGroupConnection { totalCount totalCountIsLowerBound }"
    )

    assert ask.statements == without + 1
    assert data["ontology"]["typeGroups"] == {"totalCount": 3, "totalCountIsLowerBound": False}


async def test_the_total_of_a_kind_is_the_one_that_its_revision_keeps(ask, editing, database):
    await editing.apply(EDITOR, "main", [type_group("g1")])
    await editing.apply(EDITOR, "main", [type_group("g2")])
    await database.pool.execute("UPDATE revision SET totals = jsonb_build_object('type_group', 20_000 + revision)")
    query = """query($at: RevisionOrTime) { ontology(asOf: $at) {
        typeGroups { totalCount totalCountIsLowerBound } some: typeGroups(filter: {text: "g"}) { totalCount } } }"""

    now, then = [(await ask.data(query, at=at))["ontology"] for at in (None, 1)]

    assert now == {"typeGroups": {"totalCount": 20_002, "totalCountIsLowerBound": False}, "some": {"totalCount": 2}}
    assert then == {"typeGroups": {"totalCount": 20_001, "totalCountIsLowerBound": False}, "some": {"totalCount": 1}}
