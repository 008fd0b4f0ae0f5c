"""Holds what the clients were told against the database, its log, the topics, the views and the subscribers."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from app.domain.definition import Status
from app.persistence.sinks import NEO4J, OPENSEARCH
from app.ports.search_index import SinkDown
from app.services.graphing import Graphing
from app.services.indexing import Indexing
from app.services.reconciling import Proof, Reconciling, View
from tests.chaos.following import Follower
from tests.chaos.ledger import Ledger, Verdict
from tests.chaos.remedies import plain, remedied, said
from tests.chaos.signals import nudged, unsettled
from tests.chaos.world import World
from tests.workers.kafka_reading import Seen, there

CONVERGES = 60.0  # seconds after the end
RECOVERS = 30.0  # seconds from a kill to the answer of what was started in its place, on a machine with a core for who wants one
_SINKS = {"index": OPENSEARCH, "graph": NEO4J}
_SPOILT = "SELECT rid FROM entity WHERE ontology = $1 AND NOT deleted AND definition ->> 'status' = $2"
_NOTED = "SELECT rid, reason FROM dead_letter WHERE sink = 'opensearch' AND ontology = $1"
_ONCE = """
    SELECT v.definition ->> 'description' AS key, v.rid, v.version FROM entity_version v
    LEFT JOIN entity_version b ON b.rid = v.rid AND b.version = v.version - 1
    WHERE v.kind = 'object_type' AND NOT v.deleted AND v.definition ->> 'description' IS NOT NULL
        AND (b.rid IS NULL OR b.deleted OR b.definition ->> 'description' IS DISTINCT FROM v.definition ->> 'description')
"""
_HOLES = """
    SELECT rid FROM entity_version GROUP BY rid HAVING max(version) <> count(*) OR min(version) <> 1
    UNION SELECT v.rid FROM entity_version v JOIN entity_version n ON n.rid = v.rid AND n.version = v.version + 1
        WHERE v.revision_to <> n.revision_from
"""
_AUDIT = """
    SELECT c.rid, c.version, (SELECT count(*) FROM audit_log a WHERE a.rid = c.rid AND a.after_version = c.version
        OR a.rid = c.rid AND c.action = 'deleted' AND a.revision = c.revision AND a.action = 'deleted') AS lines
    FROM change c
"""


async def judged(
    world: World, ledger: Ledger, followers: list[Follower], watch: Watch, *, seconds: float = CONVERGES
) -> tuple[Verdict, float]:
    """Everything that does not agree, and after how many seconds the views were equal."""
    verdict = Verdict()
    settled = await remedied(world, verdict, seconds)
    if world.poison:
        await _refusals(world, verdict, seconds)
        await _healed(world, verdict)
    took = await _views(world, verdict, seconds)
    await asyncio.gather(  # each waits for others
        _database(world, ledger, verdict), _topics(world, verdict, seconds), _signals(world, verdict, seconds),
        _heard(world, followers, verdict, seconds),
    )  # fmt: skip
    verdict.says("the views", watch.backwards)
    verdict.says("a lost update", ledger.twice())
    verdict.says("torn answers", ledger.torn)
    verdict.says("never answered", ledger.unknown)
    bound = RECOVERS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    verdict.says("recovery", [f"{name} took {seconds:.0f} s" for name, seconds in recoveries(world) if seconds > bound])
    return verdict, max(settled, took)


async def looked(world: World, ledger: Ledger, seconds: float) -> Verdict:
    """What does not agree in an installation without topics and subscribers."""
    verdict = Verdict()
    await remedied(world, verdict, seconds)
    await _views(world, verdict, seconds)
    await _database(world, ledger, verdict)
    verdict.says("a lost update", ledger.twice())
    return verdict


def recoveries(world: World) -> list[tuple[str, float]]:
    """Of everything that was killed, how many seconds it took until it answered again."""
    return [*((part.name, seconds) for part in world.parts for seconds in part.recoveries), *world.restored]


async def _refusals(world: World, verdict: Verdict, seconds: float) -> None:
    """What the index refuses is put aside with its reason, and nothing else; the rest is in the index."""
    view = Indexing(world.database, world.index)
    began, wrong = time.monotonic(), ["nobody looked"]
    while wrong and time.monotonic() - began < seconds:
        wrong = []
        for name, rid in world.ontologies.items():
            spoilt = {row["rid"] for row in await world.database.pool.fetch(_SPOILT, rid, Status.EXAMPLE.value)}
            noted = {row["rid"]: row["reason"] for row in await world.database.pool.fetch(_NOTED, rid)}
            anew = ("index", rid) in world.wiped  # then it was made by this release, and takes everything
            wrong += [f"{each} is refused and nobody knows" for each in sorted(spoilt - set(noted)) if not anew]
            wrong += [f"{each} is said to be refused: {noted[each]}" for each in sorted(set(noted) - spoilt)]
            wrong += [f"{each} is refused, and why is not said: {why}" for each, why in noted.items() if "status" not in why]
            proof = await _proof(world, view, rid, name)
            wrong += [proof] if isinstance(proof, str) else _lacking(view, name, proof)
        if wrong:
            await asyncio.sleep(0.5)
    verdict.says("refused documents", wrong)


def _lacking(view: View, name: str, proof: Proof) -> list[str]:
    wrong = [f"{view.sink}: {each.rid} is {each.trouble.value}" for each in proof.differing]
    return wrong + ([f"{view.sink} has {proof.revision} of {proof.head} revisions of {name}"] if proof.revision != proof.head else [])


async def _healed(world: World, verdict: Verdict) -> None:
    """Built anew by the command, the index takes everything."""
    code, told = await said(world, "sync", "full")
    verdict.says("refused documents", [f"`oms sync full` ended with {code}: {told[-300:]}"] if code else [])
    left = await world.database.pool.fetch("SELECT rid FROM dead_letter")
    verdict.says("refused documents", [f"{row['rid']} is still said to be refused" for row in left])


async def _proof(world: World, view: View, rid: str, name: str) -> Proof | str:
    try:
        return await Reconciling(world.database, [view]).prove(view, rid, name)
    except SinkDown as down:
        return f"{view.sink}: {down}"


async def _views(world: World, verdict: Verdict, seconds: float) -> float:
    views: list[View] = [Indexing(world.database, world.index), Graphing(world.database, world.store)]
    began = time.monotonic()
    wrong = ["nobody looked"]
    while wrong and time.monotonic() - began < seconds:
        wrong = []
        for name, rid in world.ontologies.items():
            for view in views:
                proof = await _proof(world, view, rid, name)
                if isinstance(proof, str):
                    wrong.append(proof)
                    continue
                wrong += _lacking(view, name, proof)
                wrong += [f"{view.sink} refuses {proof.refused} of {name}"] if proof.refused else []
        if wrong:
            await asyncio.sleep(0.5)
    verdict.says("the views", wrong)
    verdict.says("the views", [] if wrong else await plain(world))
    verdict.says("tombstones", await _tombstones(world))
    return time.monotonic() - began


async def _tombstones(world: World) -> list[str]:
    """What was deleted must stay as a tombstone, or a late write would bring it back."""
    missing = []
    for rid in world.ontologies.values():
        gone = {row["rid"] for row in await world.database.pool.fetch("SELECT rid FROM entity WHERE ontology = $1 AND deleted", rid)}
        buried = {each.rid async for each in world.index.stored(rid) if each.body is None}
        below = {each.rid async for each in world.store.stored(rid) if each.node is None}
        missing += [f"{each} has no tombstone in the index" for each in sorted(gone - buried)]
        missing += [f"{each} has no tombstone in the graph" for each in sorted(gone - below)]
    return missing


async def _database(world: World, ledger: Ledger, verdict: Verdict) -> None:
    pool = world.database.pool
    written: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in await pool.fetch(_ONCE):
        written[row["key"]].append((row["rid"], row["version"]))
    versions = {(row["rid"], row["version"]) for row in await pool.fetch("SELECT rid, version FROM entity_version")}
    gone = {(row["rid"], row["revision"]) for row in await pool.fetch("SELECT rid, revision FROM change WHERE action = 'deleted'")}
    for told in ledger.told:
        own = [place for place in told.written if place in versions]
        verdict.says("told and not there", [f"{told.key}: {place}" for place in told.written if place not in versions])
        verdict.says("told and not gone", [f"{told.key}: {rid}" for rid in told.deleted if (rid, told.revision) not in gone])
        marked = written.get(told.key, [])
        if told.written and not told.key.endswith("-back") and sorted(set(marked) - set(own)):
            verdict.says("done more often than told", [f"{told.key}: {marked} and told {told.written}"])
    verdict.says(
        "done although refused", [f"{each.key}: {each.code} after {each.tries} tries" for each in ledger.refused if written.get(each.key)]
    )
    verdict.says("versions with holes", [row["rid"] for row in await pool.fetch(_HOLES)])
    lines = await pool.fetch(_AUDIT)
    verdict.says("audit", [f"{row['rid']} v{row['version']}: {row['lines']} lines" for row in lines if row["lines"] != 1])
    for name, rid in world.ontologies.items():
        revisions = [row[0] for row in await pool.fetch("SELECT revision FROM revision WHERE ontology = $1 ORDER BY 1", rid)]
        head = await pool.fetchval("SELECT head_revision FROM ontology WHERE rid = $1", rid)
        verdict.says("revisions", [] if revisions == list(range(1, head + 1)) else [f"{name}: {revisions[-3:]} of {head}"])
        told = Counter(each.revision for each in ledger.told if each.ontology == name)
        verdict.says("revisions", [f"{name}@{revision} was told to {count} mutations" for revision, count in told.items() if count > 1])


async def _topics(world: World, verdict: Verdict, seconds: float) -> None:
    """Each row of the outbox at least once, always the same, and first appearances of a key in the order of their commits."""
    until = time.monotonic() + seconds
    unsent = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
    while await world.database.pool.fetchval(unsent) and time.monotonic() < until:  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.2)
    rows = await world.database.pool.fetch("SELECT id, event_id, topic, key, ontology, revision, index FROM outbox ORDER BY id")
    kept = {each.event["id"] for each in world.kept}
    wanted = sum(str(row["event_id"]) not in kept for row in rows)
    seen = [*world.kept, *await asyncio.to_thread(there, world.servers.kafka, world.prefix, wanted, seconds=seconds)]
    by_id: dict[str, Seen] = {}
    for each in seen:
        first = by_id.setdefault(each.event["id"], each)
        verdict.says("events that changed", [each.event["id"]] if first.event != each.event else [])
    known = {str(row["event_id"]) for row in rows}
    verdict.says("events that nobody wrote", sorted(set(by_id) - known))
    verdict.says("events that never came", [f"{row['topic']} {row['key']}" for row in rows if str(row["event_id"]) not in by_id])
    order = {str(row["event_id"]): (row["revision"] or 0, row["id"]) for row in rows}
    last: dict[tuple[str, str], Any] = {}
    for name, each in by_id.items():
        if name in order and each.event.get("revision") is not None:
            place = (each.topic, each.key)
            verdict.says("events out of order", [f"{place}: {order[name]}"] if last.get(place, (0, 0)) > order[name] else [])
            last[place] = max(last.get(place, (0, 0)), order[name])


async def _signals(world: World, verdict: Verdict, seconds: float) -> None:
    """Whatever stands in the topic of merges, the workers get past it."""
    behind = await _unsettled(world, seconds / 3)
    if behind:
        await asyncio.to_thread(nudged, world)
        behind = await _unsettled(world, seconds)
    verdict.says("signals", behind)


async def _unsettled(world: World, seconds: float) -> list[str]:
    until = time.monotonic() + seconds
    while (behind := await asyncio.to_thread(unsettled, world)) and time.monotonic() < until:  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.5)
    return behind


async def _heard(world: World, followers: list[Follower], verdict: Verdict, seconds: float) -> None:
    until = time.monotonic() + min(seconds, 30)
    heads = {
        row["api_name"]: row["head_revision"] for row in await world.database.pool.fetch("SELECT api_name, head_revision FROM ontology")
    }
    while any(len(each.seen) < heads[each.ontology] for each in followers) and time.monotonic() < until:  # noqa: ASYNC110 - they hear from elsewhere
        await asyncio.sleep(0.1)
    for each in followers:
        verdict.says("subscribers", each.faults(heads[each.ontology]))
        verdict.says("subscribers", [said for said in each.refusals if "UNAVAILABLE" not in said and "INTERNAL" not in said])


@dataclass
class Watch:
    """Looks at the views all the time: a version that was seen once is never followed by an older one."""

    world: World
    newest: dict[tuple[str, str, int], int] = field(default_factory=dict)
    backwards: list[str] = field(default_factory=list)

    async def look(self, every: float = 1.0) -> None:
        """Until cancelled."""
        while True:
            with suppress(SinkDown):
                await self._once()
            await asyncio.sleep(every)

    async def _once(self) -> None:
        for rid in self.world.ontologies.values():
            for sink, copies in (("index", self.world.index.stored(rid)), ("graph", self.world.store.stored(rid))):
                wipes = self._wipes(sink, rid)
                seen = [each async for each in copies]
                if wipes != self._wipes(sink, rid):
                    continue  # it was wiped while one looked
                for each in seen:
                    if (_SINKS[sink], each.rid) in self.world.spoilt:
                        continue  # by a hand, which has no versions
                    place = (sink, each.rid, wipes)
                    if each.version < self.newest.get(place, 0):
                        self.backwards.append(f"{each.rid} went from {self.newest[place]} to {each.version} in the {sink}")
                    self.newest[place] = max(each.version, self.newest.get(place, 0))

    def _wipes(self, sink: str, ontology: str) -> int:
        return self.world.wiped.count((sink, ontology))
