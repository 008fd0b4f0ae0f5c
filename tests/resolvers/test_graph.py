"""Questions about the graph, as clients ask them."""

from __future__ import annotations

import pytest
from graphql import parse

from app.domain.kind import Kind
from app.limits import Limits
from resolvers.schema import schema
from resolvers.transport.cost import Pricing
from tests import given
from tests.given import EDITOR

NODE = "rid kind apiName depth"


@pytest.fixture
async def railway(editing):
    """Train —runs→ Route —crosses→ Station; a train carries a value type and implements Named."""
    named = given.interface("Named")
    number = given.value_type("trainNumber")
    train = given.object_type(
        "Train",
        properties={"number": {"type": {"base": "STRING"}, "valueType": "ref:trainNumber"}},
        implements=[{"interface": "ref:Named"}],
    )
    links = [given.link_type("ref:Train", "ref:Route", "runs"), given.link_type("ref:Route", "ref:Station", "crosses")]
    merged = await editing.apply(
        EDITOR, "main", [named, number, *train, *given.object_type("Route"), *given.object_type("Station"), *links]
    )
    return merged.refs


async def graph(ask, field: str, below: str) -> dict:
    data = await ask.data(f"{{ ontology {{ graph {{ {field} {{ {below} servedBy revision }} }} }} }}")
    return data["ontology"]["graph"][field.split("(", maxsplit=1)[0]]


async def test_the_neighbourhood_is_what_is_near_with_what_ties_it(ask, railway):
    found = await graph(
        ask,
        f'neighbourhood(rid: "{railway["Route"]}", depth: 2, kinds: [OBJECT_TYPE, LINK_TYPE])',
        f"nodes {{ {NODE} entity {{ displayName }} }} links {{ source target edge path }} truncated",
    )

    assert [(node["apiName"], node["depth"]) for node in found["nodes"]] == [
        ("Route", 0),
        ("crosses", 1),
        ("runs", 1),
        ("Station", 2),
        ("Train", 2),
    ]
    assert found["nodes"][0]["entity"] == {"displayName": "Route"}
    assert {(link["source"], link["target"], link["path"]) for link in found["links"]} == {
        (railway["crosses"], railway["Route"], "a.objectType"), (railway["crosses"], railway["Station"], "b.objectType"),
        (railway["runs"], railway["Train"], "a.objectType"), (railway["runs"], railway["Route"], "b.objectType"),
    }  # fmt: skip
    assert (found["truncated"], found["servedBy"], found["revision"]) == (False, "POSTGRES", 1)


async def test_the_shortest_way_names_its_steps(ask, railway):
    found = await graph(
        ask,
        f'shortestPaths(source: "{railway["Train"]}", target: "{railway["Station"]}")',
        f"paths {{ length nodes {{ {NODE} }} links {{ edge }} }}",
    )

    [path] = found["paths"]
    assert [node["apiName"] for node in path["nodes"]] == ["Train", "runs", "Route", "crosses", "Station"]
    assert (path["length"], {link["edge"] for link in path["links"]}) == (4, {"SIDE"})


async def test_where_there_is_no_way_there_is_none(ask, railway):
    found = await graph(
        ask, f'shortestPaths(source: "{railway["Train"]}", target: "{railway["Station"]}", direction: OUT)', "paths { length }"
    )
    assert found["paths"] == []


async def test_impact_says_what_breaks_and_what_is_only_adapted(ask, railway):
    found = await graph(ask, f'impact(rid: "{railway["trainNumber"]}")', "affected { node { apiName depth } reason breaks } truncated")
    assert found["affected"] == [
        {"node": {"apiName": "number", "depth": 1}, "reason": "Its values are of this value type.", "breaks": False}
    ]

    found = await graph(ask, f'impact(rid: "{railway["Train"]}")', "affected { node { apiName depth } reason breaks }")
    assert found["affected"] == [
        {"node": {"apiName": "runs", "depth": 1}, "reason": "It links this object type.", "breaks": True},
        {"node": {"apiName": "id", "depth": 1}, "reason": "It is a property of it.", "breaks": True},
        {"node": {"apiName": "number", "depth": 1}, "reason": "It is a property of it.", "breaks": True},
    ]


async def test_circles_and_what_nobody_uses(ask, editing, railway):
    merged = await editing.apply(EDITOR, "main", [given.type_group("lonely"), given.value_type("old", ref="old")])
    await editing.apply(
        EDITOR,
        "main",
        [given.update(Kind.VALUE_TYPE, merged.refs["old"], 1, status="DEPRECATED", deprecation={"replacedBy": railway["trainNumber"]})],
    )
    await editing.apply(
        EDITOR,
        "main",
        [given.update(Kind.VALUE_TYPE, railway["trainNumber"], 1, status="DEPRECATED", deprecation={"replacedBy": merged.refs["old"]})],
    )

    found = await graph(ask, "cycles", "cycles { size nodes { apiName } }")
    assert found["cycles"] == [{"size": 2, "nodes": [{"apiName": "old"}, {"apiName": "trainNumber"}]}]
    data = await ask.data(
        "{ ontology { graph { unused(kinds: [VALUE_TYPE, TYPE_GROUP, INTERFACE], first: 5) { totalCount nodes { apiName } } } } }"
    )
    assert data["ontology"]["graph"]["unused"] == {"totalCount": 2, "nodes": [{"apiName": "lonely"}, {"apiName": "old"}]}


async def test_of_no_kinds_nothing_is_unused(ask, editing):
    await editing.apply(EDITOR, "main", [given.type_group("lonely")])
    data = await ask.data("{ ontology { graph { unused(kinds: []) { totalCount nodes { apiName } } } } }")
    assert data["ontology"]["graph"]["unused"] == {"totalCount": 0, "nodes": []}


async def test_what_is_unused_is_walked_page_by_page(ask, editing):
    await editing.apply(EDITOR, "main", [given.value_type(f"v{n}") for n in range(5)])
    seen, after = [], None
    while True:
        data = await ask.data(
            "query($after: String) { ontology { graph { unused(kinds: [VALUE_TYPE], first: 2, after: $after) { nodes { apiName } pageInfo { endCursor hasNextPage } } } } }",
            after=after,
        )
        page = data["ontology"]["graph"]["unused"]
        seen += [node["apiName"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == [f"v{n}" for n in range(5)]


async def test_the_graph_has_a_past(ask, editing, railway):
    await editing.apply(EDITOR, "main", [given.deletion(Kind.LINK_TYPE, railway["crosses"], 1)])

    then = await ask.data(
        f'{{ ontology(asOf: 1) {{ graph {{ statistics {{ nodeCount linkCount revision edges {{ edge count }} busiest {{ node {{ apiName }} count }} }} impact(rid: "{railway["Station"]}") {{ affected {{ node {{ apiName }} }} }} }} }} }}'
    )
    now = await ask.data(
        f'{{ ontology {{ graph {{ statistics {{ nodeCount linkCount }} impact(rid: "{railway["Station"]}") {{ affected {{ node {{ apiName }} }} }} }} }} }}'
    )

    assert (then["ontology"]["graph"]["statistics"]["nodeCount"], now["ontology"]["graph"]["statistics"]["nodeCount"]) == (11, 10)
    assert then["ontology"]["graph"]["statistics"]["busiest"][0]["count"] == 2
    assert [each["node"]["apiName"] for each in then["ontology"]["graph"]["impact"]["affected"]] == ["crosses", "id"]
    assert [each["node"]["apiName"] for each in now["ontology"]["graph"]["impact"]["affected"]] == ["id"]


@pytest.mark.parametrize(("field", "code"), [
    ('neighbourhood(rid: "nothing") { truncated }', "NOT_FOUND"),
    ('neighbourhood(rid: "x", depth: 11) { truncated }', "BAD_USER_INPUT"),
    ('neighbourhood(rid: "x", limit: 1001) { truncated }', "BAD_USER_INPUT"),
    ('shortestPaths(source: "x", target: "y", longest: 0) { revision }', "BAD_USER_INPUT"),
    ("cycles(limit: 0) { revision }", "BAD_USER_INPUT"),
])  # fmt: skip
async def test_a_question_out_of_bounds_is_refused_by_name(ask, field: str, code: str):
    assert await ask.codes(f"{{ ontology {{ graph {{ {field} }} }} }}") == [code]


@pytest.mark.parametrize(("limit", "cost"), [(1, 107), (1_000, 104_003), (5_000, 104_003)])
def test_a_question_costs_what_its_limit_lets_it_hold(limit: int, cost: int):
    document = parse(f"""{{ ontology {{ graph {{ impact(rid: "x", limit: {limit}) {{
        affected {{ node {{ entity {{ history(first: 100) {{ nodes {{ rid }} }} }} }} }} }} }} }} }}""")
    pricing = Pricing(schema()._schema, Limits())

    assert pricing.price(pricing.plan(document, document.definitions[0]).objects, {}) == cost


async def test_the_statements_of_a_walk_grow_with_its_steps_only(ask, editing):
    await editing.apply(
        EDITOR,
        "main",
        [
            *given.object_type("Hub"),
            *(each for n in range(40) for each in given.object_type(f"T{n}")),
            *(given.link_type("ref:Hub", f"ref:T{n}", f"l{n}") for n in range(40)),
        ],
    )
    rid = (await ask.data('{ objectType(apiName: "Hub") { rid } }'))["objectType"]["rid"]

    counts = []
    for limit in (5, 500):
        await ask.data(
            f'{{ ontology {{ graph {{ neighbourhood(rid: "{rid}", depth: 3, limit: {limit}) {{ nodes {{ entity {{ displayName }} }} }} }} }} }}'
        )
        counts.append(ask.statements)
    # the ontology, the start, two a step, what is between them, the entities
    assert counts[1] <= 1 + 1 + 2 * 3 + 1 + 1
    assert counts[0] <= counts[1]
