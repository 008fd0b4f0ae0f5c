"""Poison in the views: what a hand, a stranger or another release may have left there, and what refuses what is written.

Each is recorded in the world before it is done, so that the judge knows what may be named, and what must be right in the end.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from typing import Any
from uuid import UUID

from opensearchpy.exceptions import NotFoundError, OpenSearchException

from app.adapters.neo4j import LABELS
from app.adapters.opensearch import alias_of
from app.domain.document import Document
from app.domain.kind import Kind
from app.persistence.sinks import NEO4J, OPENSEARCH
from app.ports.search_index import SinkDown
from tests.chaos.world import World

AHEAD = "a version that never was"
SQUATTED = LABELS[Kind.OBJECT_TYPE]
_CONSTRAINT = f"CREATE CONSTRAINT chaos_squatting IF NOT EXISTS FOR (e:{SQUATTED}) REQUIRE e.rid IS UNIQUE"
_SQUAT = f"""
    UNWIND $rids AS rid OPTIONAL MATCH (e:Entity:{SQUATTED} {{rid: rid}}) REMOVE e:{SQUATTED}
    CREATE (:{SQUATTED} {{rid: rid, ontology: $ontology}})
"""
_SQUATTERS = f"MATCH (e:{SQUATTED}) WHERE NOT e:Entity AND e.ontology IN $ontologies"
_BUSIEST = "SELECT rid FROM entity WHERE ontology = $1 AND kind = $2 AND NOT deleted ORDER BY version DESC, rid LIMIT 3"
_LIVE = "SELECT rid FROM entity WHERE ontology = $1 AND NOT deleted ORDER BY rid"

# What is done to a vertex, by what it is called in the report.
VERTICES = {
    "another name": "MATCH (e:Entity {rid: $rid}) SET e.displayName = 'nobody said so'",
    "a kind that nobody knows": "MATCH (e:Entity {rid: $rid}) SET e.kind = 'a kind of a later release'",
    "a status of another sort": "MATCH (e:Entity {rid: $rid}) SET e.status = 7",
    "a version that is a text": "MATCH (e:Entity {rid: $rid}) SET e.version = 'text'",
    AHEAD: "MATCH (e:Entity {rid: $rid}) SET e.version = e.version + 1000",
    "neither dead nor alive": "MATCH (e:Entity {rid: $rid}) REMOVE e.deleted",
    "a reference that nobody made": "MATCH (e:Entity {rid: $rid}) CREATE (e)-[:GROUP {edge: 'unheard of', path: 'nowhere'}]->(e)",
    "lost": "MATCH (e:Entity {rid: $rid}) DETACH DELETE e",
    "of an entity that nobody knows": "MATCH (e:Entity {rid: $rid}) CREATE (g:Entity) SET g = e {.*, rid: $ghost}",
}
DOCUMENTS = ("other words", "without its rid", "dead though it lives", AHEAD, "lost", "of an entity that nobody knows")


async def squat_on_vertices(world: World, random: Random) -> str:
    """Nodes of a stranger sit on rids of ours: whatever changes there is refused by the graph database, and by nothing else."""
    name = random.choice(sorted(world.ontologies))
    rid = world.ontologies[name]
    rows = await world.database.pool.fetch(_BUSIEST, rid, Kind.OBJECT_TYPE.value)
    rids = [row["rid"] for row in rows if (NEO4J, row["rid"]) not in world.spoilt]
    try:
        await world.store._declared(_CONSTRAINT)
        await world.store._written((_SQUAT, {"rids": rids, "ontology": rid}))
    except SinkDown:
        return "nothing, since a worker was quicker than who squats"
    return "squatting on vertices"


async def squatters(world: World) -> set[str]:
    """The rids that strangers sit on."""
    rows = await world.store._read(f"{_SQUATTERS} RETURN e.rid AS rid", ontologies=list(world.ontologies.values()))
    return {row["rid"] for row in rows}


async def evict(world: World) -> None:
    """As whoever reads the reasons of the dead letters does."""
    await world.store._written((f"{_SQUATTERS} DETACH DELETE e", {"ontologies": list(world.ontologies.values())}))


async def block_the_indices(world: World, random: Random) -> str:
    """As the engine does when its disk is full, and who moves an index: nothing can be written for a while, and no document is at fault."""
    block = f"index.blocks.{random.choice(('write', 'read_only_allow_delete'))}"
    try:
        await set_on_indices(world, {block: True})
        await asyncio.sleep(random.uniform(2, 5))
    finally:
        await set_on_indices(world, {block: None})
    return "block of the indices"


async def set_on_indices(world: World, settings: dict[str, bool | None]) -> None:
    """On those that are there: one that is made anew afterwards has none of it."""
    for rid in world.ontologies.values():
        with suppress(NotFoundError):
            await world.index._client.indices.put_settings(index=alias_of(rid), body=settings)


async def spoil_documents(world: World, random: Random) -> str:
    """Documents as none of ours writes them."""
    ontology, chosen = await _chosen(world, random, OPENSEARCH, DOCUMENTS)
    with suppress(SinkDown, OpenSearchException):
        stored = {each.rid: each async for each in world.index.stored(ontology, rids=list(chosen))}
        for rid, how in chosen.items():
            if rid in stored and stored[rid].body is not None:
                await _spoil_document(world, ontology, stored[rid], how)
    return "spoilt documents"


async def _spoil_document(world: World, ontology: str, document: Document, how: str) -> None:
    body: dict[str, Any] = dict(document.body or {})
    if how == "lost":
        await world.index._client.delete(
            index=alias_of(ontology),
            id=document.rid,
            params={"version": document.version, "version_type": "external_gte", "refresh": "true"},
        )
    elif how == "of an entity that nobody knows":
        ghost = _ghost(document.rid)
        world.spoilt[OPENSEARCH, ghost] = how
        await world.index.put(ontology, [Document(ghost, document.version, body | {"rid": ghost})])
    elif how == AHEAD:
        await world.index.put(ontology, [Document(document.rid, document.version + 1_000, body)])
    else:
        spoilt = {"other words": body | {"displayKey": "nobody said so"}, "dead though it lives": body | {"deletedAt": 1}}
        nameless = {name: value for name, value in body.items() if name != "rid"}
        await world.index.put(ontology, [Document(document.rid, document.version, spoilt.get(how, nameless))])


async def spoil_vertices(world: World, random: Random) -> str:
    """Vertices as none of ours writes them; who refers to one that is lost has lost the reference as well."""
    _, chosen = await _chosen(world, random, NEO4J, tuple(VERTICES))
    with suppress(SinkDown):
        for rid, how in chosen.items():
            if how == "lost":
                rows = await world.store._read("MATCH (e:Entity)-->(:Entity {rid: $rid}) RETURN e.rid AS rid", rid=rid)
                world.spoilt.update({(NEO4J, row["rid"]): "a reference that is lost" for row in rows})
            ghost = _ghost(rid)
            if how == "of an entity that nobody knows":
                world.spoilt[NEO4J, ghost] = how
            await world.store._written((VERTICES[how], {"rid": rid, "ghost": ghost}))
    return "spoilt vertices"


async def _chosen(world: World, random: Random, sink: str, ways: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """For each way an entity of an ontology, as far as there are any, noted in the world; nobody sits on any of them."""
    ontology = random.choice(sorted(world.ontologies.values()))
    taken = await squatters(world) if sink == NEO4J else set()
    rids = [row["rid"] for row in await world.database.pool.fetch(_LIVE, ontology) if row["rid"] not in taken]
    count = min(len(rids), len(ways))
    chosen = dict(zip(random.sample(rids, count), random.sample(ways, count), strict=True))
    world.spoilt.update({(sink, rid): how for rid, how in chosen.items()})
    return ontology, chosen


def _ghost(rid: str) -> str:
    """A rid like this one that nobody has: the same one each time."""
    head, _, last = rid.rpartition(".")
    return f"{head}.{UUID(int=UUID(last).int ^ 0xFFFF)}"
