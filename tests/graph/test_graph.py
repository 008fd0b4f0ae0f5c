"""The graph of an ontology: walks, ways, impact, circles, what nobody uses."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from app.domain.change_set import Operation
from app.domain.definition import Edge, Status
from app.domain.errors import BadInput, NotFound
from app.domain.graph import DEEPEST, MOST_NODES, MOST_PATHS, REASONS, Direction, Link, Node, cycles
from app.domain.kind import Kind
from app.persistence.database import Database
from app.persistence.graph import PostgresGraph
from app.persistence.reads.selection import At
from app.services import graph
from app.services.editing import Editing
from tests import given
from tests.given import EDITOR
from tests.graph.contract import answers
from tests.graph.memory import MemoryGraph
from tests.services.test_laws import emptied
from tests.strategies import ontologies


async def at(database: Database, revision: int | None = None) -> At:
    row = await database.pool.fetchrow("SELECT rid, head_revision FROM ontology WHERE api_name = 'main'")
    return At(row["rid"], row["head_revision"] if revision is None else revision, row["head_revision"], 1)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@drawn(ontologies(), st.randoms(use_true_random=False))
async def test_postgres_answers_as_the_definitions_say(database, creations: list[Operation], random):
    await emptied(database)
    merged = await Editing(database).apply(EDITOR, "main", creations)
    entities = [change.after for change in merged.changes if change.after is not None]
    rids = sorted(random.sample([each.rid for each in entities], min(4, len(entities))))
    expected = await answers(MemoryGraph(entities), rids)

    async with database.reading() as snapshot:
        assert await answers(PostgresGraph(snapshot, await at(database)), rids) == expected
    await Editing(database).apply(EDITOR, "main", given.object_type("Later"))
    async with database.reading() as snapshot:
        assert await answers(PostgresGraph(snapshot, await at(database, 1)), rids) == expected


pairs = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg")), max_size=20)


@drawn(pairs)
def test_circles_are_what_reaches_itself(drawn_pairs: list[tuple[str, str]]):
    reach = {(one, other) for one, other in drawn_pairs}
    for middle in "abcdefg":
        reach |= {(one, other) for one in "abcdefg" for other in "abcdefg" if (one, middle) in reach and (middle, other) in reach}
    circles = {
        tuple(sorted(other for other in "abcdefg" if (one, other) in reach and (other, one) in reach))
        for one in "abcdefg"
        if (one, one) in reach
    }

    found = cycles(Link(one, other, Edge.EXTENDS, "") for one, other in drawn_pairs)

    assert set(found) == circles
    assert found == sorted(found, key=lambda group: (-len(group), group))


async def test_a_long_chain_needs_no_recursion():
    links = [Link(str(n), str(n + 1), Edge.EXTENDS, "") for n in range(20_000)]
    assert len(cycles([*links, Link("20000", "0", Edge.EXTENDS, "")])[0]) == 20_001


def test_every_sort_of_reference_has_a_reason():
    assert set(REASONS) == set(Edge)


async def test_a_hub_is_cut_off_and_said_to_be():
    links = MemoryGraph([])
    links.references = sorted(Link(f"n{n:05}", "hub", Edge.SIDE, "a") for n in range(MOST_NODES + 500))
    links.all = {rid: _node(rid) for rid in ("hub", *(link.source for link in links.references))}

    found = await graph.neighbourhood(links, "hub", depth=3, direction=Direction.BOTH, kinds=None, edges=None, limit=MOST_NODES)
    affected, more = await graph.impact(links, "hub", depth=3, limit=10)

    assert (len(found.nodes), found.truncated) == (MOST_NODES, True)
    assert ([each.node.rid for each in affected], more) == ([f"n{n:05}" for n in range(10)], True)


async def test_of_many_ways_the_first_are_told():
    links = MemoryGraph([])
    layers = [["s"], [f"a{n:02}" for n in range(30)], [f"b{n:02}" for n in range(30)], ["t"]]
    links.references = sorted(Link(one, other, Edge.EXTENDS, "") for near, far in pairwise(layers) for one in near for other in far)
    links.all = {rid: _node(rid) for layer in layers for rid in layer}

    found = await graph.shortest_paths(links, "s", "t", longest=5, direction=Direction.OUT, kinds=None, edges=None)

    assert [[node.rid for node in path.nodes] for path in found] == [["s", "a00", f"b{n:02}", "t"] for n in range(MOST_PATHS)]


@pytest.mark.parametrize("depth", [0, -1, DEEPEST + 1])
async def test_a_depth_out_of_bounds_is_refused(depth: int):
    with pytest.raises(BadInput, match="from 1 to 10"):
        await graph.neighbourhood(MemoryGraph([]), "x", depth=depth, direction=Direction.BOTH, kinds=None, edges=None, limit=1)


async def test_a_walk_from_nowhere_is_not_found():
    with pytest.raises(NotFound):
        await graph.impact(MemoryGraph([]), "x", depth=1, limit=1)


def _node(rid: str) -> Node:
    return Node(Kind.INTERFACE, rid, rid, rid, Status.EXPERIMENTAL)
