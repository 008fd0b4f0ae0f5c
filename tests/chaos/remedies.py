"""Whether what was poisoned is named, put aside with its reason, and healed by the commands that operators have."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from typer.testing import CliRunner

from app.cli import app
from app.commands.syncing import DIFFERS
from app.persistence.sinks import NEO4J, OPENSEARCH
from app.persistence.sinks import places as places_of
from app.ports.search_index import SinkDown
from app.services.graphing import Graphing
from app.services.indexing import Indexing
from app.services.reconciling import Reconciling, View
from tests.chaos.ledger import Verdict
from tests.chaos.planted import planted
from tests.chaos.poison import AHEAD, evict, squatters
from tests.chaos.world import World

_NOTED = "SELECT rid, reason FROM dead_letter WHERE sink = $1"
_PLAIN = """
    SELECT rid, kind, api_name, display_name, status FROM entity WHERE ontology = $1 AND NOT deleted
"""
_NODES = """
    MATCH (e:Entity {ontology: $ontology}) WHERE e.deleted = false AND e.version >= 0
    RETURN e.rid AS rid, e.kind AS kind, e.apiName AS api_name, e.displayName AS display_name, e.status AS status
"""


async def remedied(world: World, verdict: Verdict, seconds: float) -> float:
    """Nothing else differs than what was spoilt; the command names and mends that, and what was refused is written when it can be.

    Answers with how many seconds it took until nothing else differed.
    """
    taken, began = await squatters(world), time.monotonic()
    if world.spoilt or taken:
        verdict.says("the views", await _settled(world, taken, seconds))
    settled = time.monotonic() - began
    if world.spoilt:
        differing = await _differing(world) if world.within or world.bug else set()  # elsewhere workers mend meanwhile
        await _repaired(world, verdict, differing - {(NEO4J, rid) for rid in taken})
    if not world.poison:
        refused = [f"{row['rid']} is said to be refused: {row['reason']}" for row in await _noted(world, OPENSEARCH)]
        verdict.says("refused documents", refused)
    await _written_again(world, verdict, taken)
    return settled


async def _settled(world: World, taken: set[str], seconds: float) -> list[str]:
    """Wait until the views are at the head and only what was spoilt or cannot be written differs; what hinders that after so long."""
    views: list[View] = [Indexing(world.database, world.index), Graphing(world.database, world.store)]
    until, wrong = time.monotonic() + seconds, ["nobody looked"]
    while wrong and time.monotonic() < until:
        wrong = []
        for view in views:
            for name, rid in world.ontologies.items():
                try:
                    proof = await Reconciling(world.database, [view]).prove(view, rid, name)
                except SinkDown as down:
                    wrong.append(f"{view.sink}: {down}")
                    continue
                innocent = [each for each in proof.differing if (view.sink, each.rid) not in world.spoilt and each.rid not in taken]
                wrong += [f"{view.sink}: {each.rid} is {each.trouble.value}" for each in innocent]
                wrong += [f"{view.sink} has {proof.revision} of {proof.head} of {name}"] if proof.revision != proof.head else []
        if wrong:
            await asyncio.sleep(0.5)
    return wrong


async def _differing(world: World) -> set[tuple[str, str]]:
    """What differs, by the code without a bug."""
    views: list[View] = [Indexing(world.database, world.index), Graphing(world.database, world.store)]
    found: set[tuple[str, str]] = set()
    for view in views:
        for name, rid in world.ontologies.items():
            with suppress(SinkDown):
                proof = await Reconciling(world.database, [view]).prove(view, rid, name)
                found |= {(view.sink, each.rid) for each in proof.differing}
    return found


async def _repaired(world: World, verdict: Verdict, differing: set[tuple[str, str]]) -> None:
    """`oms verify --repair` names what differs and nothing but what was spoilt, and mends it; a version that never was goes with the index."""
    code, told = await said(world, "verify", "--repair", "--json")
    named = {(proof["sink"], each["rid"]) for proof in json.loads(told) for each in proof["differing"]} if code in {0, DIFFERS} else set()
    verdict.says("remedies", [f"{rid} is named in {sink}, and nobody spoilt it" for sink, rid in sorted(named - set(world.spoilt))])
    verdict.says("remedies", [f"{rid} differs in {sink}, and is not named" for sink, rid in sorted(differing - named)])
    if code == DIFFERS:
        if (OPENSEARCH, AHEAD) in {(sink, how) for (sink, _), how in world.spoilt.items()}:
            await said(world, "sync", "full", "--sink", OPENSEARCH)
        code, told = await said(world, "verify", "--repair", "--json")
    verdict.says("remedies", [f"what was spoilt is not put right: {told[-300:]}"] if code else [])


async def _written_again(world: World, verdict: Verdict, taken: set[str]) -> None:
    """What the graph database refuses has a dead letter that says why, and nothing else has; it is written when the reason is gone."""
    noted = {row["rid"]: row["reason"] for row in await _noted(world, NEO4J)}
    verdict.says("refused vertices", [f"{rid} is said to be refused: {noted[rid]}" for rid in sorted(set(noted) - taken)])
    verdict.says("refused vertices", [f"{rid} is refused, and why is not said: {why}" for rid, why in noted.items() if "exists" not in why])
    if not taken:
        return
    verdict.says("refused vertices", [f"{rid} is refused and nobody knows" for rid in await _behind(world, taken - set(noted))])
    await evict(world)
    if noted:
        code, told = await said(world, "dead-letters", "replay", *sorted(noted))
        verdict.says("refused vertices", [f"they are not written again: {told[-300:]}"] if code and not world.poison else [])
    verdict.says("refused vertices", [f"{row['rid']} is still said to be refused" for row in await _noted(world, NEO4J)])


async def _behind(world: World, rids: set[str]) -> list[str]:
    """Those that the graph has otherwise than they are: who sits on a vertex that does not change any more hinders nobody."""
    view = Graphing(world.database, world.store)
    async with world.database.reading() as snapshot:
        places = await places_of(snapshot, sorted(rids))
    late: list[str] = []
    for ontology in world.ontologies.values():
        mine = sorted(rid for rid, place in places.items() if place == ontology)
        held = {copy.rid: copy.live async for copy in view.held(ontology, mine)}
        wanted = {copy.rid: copy.live async for copy in view.wanted(ontology, mine) if copy.live is not None}
        late += sorted(rid for rid in wanted if wanted[rid] != held.get(rid))
    return late


async def plain(world: World) -> list[str]:
    """What lies otherwise in a view than in the table, compared without a digest of the product's."""
    wrong = []
    for ontology in world.ontologies.values():
        rows = {row["rid"]: tuple(row.values()) for row in await world.database.pool.fetch(_PLAIN, ontology)}
        nodes = {row["rid"]: tuple(row.values()) for row in await world.store._read(_NODES, ontology=ontology)}
        wrong += [f"{rid} is {nodes.get(rid)} in the graph, {rows.get(rid)} in the table" for rid in _unlike(rows, nodes)]
        short = {rid: (rid, kind, api_name.lower(), status) for rid, kind, api_name, _, status in rows.values()}
        bodies = {each.rid: each.body async for each in world.index.stored(ontology) if each.body is not None}
        documents = {rid: tuple(body.get(name) for name in ("rid", "kind", "nameKey", "status")) for rid, body in bodies.items()}
        wrong += [f"{rid} is {documents.get(rid)} in the index, {short.get(rid)} in the table" for rid in _unlike(short, documents)]
    return wrong


def _unlike(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    return sorted(rid for rid in one.keys() | other.keys() if one.get(rid) != other.get(rid))


async def said(world: World, *words: str) -> tuple[int, str]:
    """The exit code of a command in this installation, with what it answers; what it complains of where it fails."""
    if world.within:
        return await asyncio.to_thread(_invoked, world, words)
    module = ["tests.chaos.planted", world.bug] if world.bug else ["app.cli"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *module, *words, env=os.environ | dict(world.environment), stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told, complaint = await process.communicate()
    code = process.returncode or 0
    return code, (told if code in {0, DIFFERS} else told + complaint).decode()


def _invoked(world: World, words: tuple[str, ...]) -> tuple[int, str]:
    with planted(world.bug):
        answer = CliRunner().invoke(app, words, env=dict(world.environment))
    told = answer.stdout if answer.exit_code in {0, DIFFERS} else answer.output
    return answer.exit_code, told[max(told.find("[\n"), 0) :]  # without what this process logs, which goes elsewhere in one of their own


async def _noted(world: World, sink: str) -> Sequence[Mapping[str, str]]:
    found: Sequence[Mapping[str, str]] = await world.database.pool.fetch(_NOTED, sink)
    return found
