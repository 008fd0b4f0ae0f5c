"""The editor's page beside PostGraphile 5 over HTTP, and every sort of query beside graphql-core's own executor.

Both servers hold the same ontology: 2,000 object types, 24,000 properties, 6,000 links, 100 interfaces. They are asked by turns, by 16
connections each; one process each, PostgreSQL and the client beside them.

python -m bench reads
"""

from __future__ import annotations

import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

import psutil

from app.commands.collecting import settle
from app.domain.actor import Actor, Role
from app.limits import Limits
from app.persistence.database import Database
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from app.web.cursors import Cursors
from bench import postgraphile
from bench.editor import PAGE, fill
from bench.flood import TURN, Job, Load, flooded, get, post
from bench.stage import Row, api, database
from resolvers.context import Services, Shared
from resolvers.schema import schema
from resolvers.transport.answer import GraphQLRequest, RequestFacts
from resolvers.transport.execution import Execution

ROUNDS, SECONDS = 3, 4.0
FIRST: dict[str, object] = {"first": 50}
ANEW = {**FIRST, "turn": TURN.decode()}  # a variable that nobody declared: ignored, and yet another question
VIEWER = Actor("bench", "Bench", frozenset({Role.VIEWER}))
TIMES = 7
ROWS = (
    "Both servers remember documents and plans, and read every row anew. PostgreSQL writes the objects of 900 of our 1,350 rows; it takes about as long "
    "for them as we do for the rest."
)
REQUEST = (
    "About a quarter of it is uvicorn's: parsing, a task, writing. The rest is the request's: who asks, what, the id, the headers, the metrics, and, a tenth, "
    "the line in the log."
)
QUERIES = {
    "the page": PAGE,
    "one object type": '{ objectType(apiName: "ObjectType00042") { apiName displayName status primaryKey { apiName } properties(first: 20) { nodes { apiName } } } }',
    "a list": "{ ontology { objectTypes(first: 100) { nodes { rid apiName displayName description status version createdAt updatedBy } } } }",
    "types of properties": "{ ontology { properties(first: 100) { nodes { apiName type { base of { base } } constraints { type } objectType { apiName } } } } }",
    "links with both ends": "{ ontology { linkTypes(first: 100) { nodes { apiName cardinality a { apiName objectType { apiName } } b { apiName objectType { apiName } } } } } }",
    "usages": "{ ontology { objectTypes(first: 20) { nodes { usedBy(first: 20) { edges { edge path node { apiName } } } } } } }",
    "histories": "{ ontology { objectTypes(first: 20) { nodes { history(first: 5) { nodes { action version at entity { apiName } } } } } } }",
    "counts": "{ ontology { objectTypes(first: 50) { totalCount nodes { apiName properties(first: 5) { totalCount nodes { apiName } } } } } }",
}


@dataclass(frozen=True)
class Measured:
    """Answers a second, seconds of the server's CPU for one, and its bytes."""

    rate: float
    work: float
    size: int

    @classmethod
    def of(cls, loads: list[Load], spent: list[float]) -> Measured:
        return cls(statistics.median(each.rate for each in loads), statistics.median(spent), loads[0].body)

    def __str__(self) -> str:
        return f"{self.rate:.0f} a second, {self.work * 1e3:.2f} ms of the server's CPU each, {self.size:,} bytes"


async def measure() -> list[Row]:
    """Over HTTP, then in this process."""
    async with database() as (opened, url):
        await fill(opened)
        return [*await over_http(url), *await beside_the_stock_executor(opened)]


async def over_http(url: str) -> list[Row]:
    """Rates beside the peer's, medians of rounds that take turns."""
    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(api(url))
        headers = {"authorization": f"Bearer {ours.token}", "accept": "application/json"}
        tag = ""
        while not tag:  # the first answer may take longer than that
            tag = (await flooded(Job(ours.port, get(PAGE, FIRST, headers), 0.5))).tag
        jobs = {
            "anew": Job(ours.port, post(PAGE, ANEW, headers), SECONDS),
            "small": Job(ours.port, post(PAGE, {**ANEW, "first": 1}, headers), SECONDS),
            "again": Job(ours.port, post(PAGE, FIRST, headers), SECONDS),
            "304": Job(ours.port, get(PAGE, FIRST, {**headers, "if-none-match": tag}), SECONDS, expected=304),
        }
        if not (absent := postgraphile.absent()):
            theirs, process = await stack.enter_async_context(postgraphile.serving(url))
            jobs["peer"] = Job(theirs, post(postgraphile.PAGE, FIRST), SECONDS)
            jobs["small peer"] = Job(theirs, post(postgraphile.PAGE, {"first": 1}), SECONDS)
        loads: dict[str, list[Load]] = {name: [] for name in jobs}
        spent: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(ROUNDS):
            for name, job in jobs.items():
                server = psutil.Process(ours.pid if job.port == ours.port else process)
                before = sum(server.cpu_times()[:2])
                loads[name].append(found := await flooded(job))
                spent[name].append((sum(server.cpu_times()[:2]) - before) / max(found.answers, 1))
    wrong = {name: each.wrong for name, found in loads.items() for each in found if each.wrong}
    assert not wrong, f"answers of another status: {wrong}"
    found = {name: Measured.of(each, spent[name]) for name, each in loads.items()}
    peer, small = found.get("peer"), found.get("small peer")
    return [
        _row("the editor's page, nothing cached", found["anew"], peer, absent, ROWS, target=1.0, beyond="2x"),
        _row("… with one object type", found["small"], small, absent, ROWS),
        _row("the editor's page again at the same revision", found["again"], peer, absent, REQUEST, target=40),
        _row("… as 304", found["304"], peer, absent, REQUEST, target=80),
    ]


def _row(what: str, ours: Measured, theirs: Measured | None, absent: str, why: str, *, target: float = 0, beyond: str = "") -> Row:
    wanted = f"≥ {target:g}x{f' (beyond: {beyond})' if beyond else ''}" if target else "-"
    if theirs is None:
        return Row(what, str(ours), wanted, None, f"no PostGraphile: {absent}")
    ratio = ours.rate / theirs.rate
    return Row(
        what, str(ours), wanted, ratio >= target if target else None, f"PostGraphile 5: {theirs}",
        f"{ratio:.2f}x ({theirs.work / ours.work:.2f}x by CPU)",
        f"{why} Where more runs than there are cores, the ratio by the servers' CPU is the steadier one.",
    )  # fmt: skip


async def beside_the_stock_executor(opened: Database) -> list[Row]:
    """CPU of this process for each query, by either executor in turns."""
    services = Services(Editing(opened), ChangeSets(opened), Ontologies(opened), Locks(opened))
    shared = Shared(opened, services, Cursors("a secret of the bench"), Limits())
    executions = [Execution(schema(), Limits(), shared.open_context, lambda *_: None, by_levels=by_levels) for by_levels in (True, False)]
    settle()
    ratios = {}
    for name, text in QUERIES.items():
        request = GraphQLRequest(text, variables=FIRST if "$first" in text else {})
        spent: list[list[float]] = [[], []]
        for _ in range(TIMES + 1):
            for each, execution in zip(spent, executions, strict=True):
                began = time.process_time()
                answer = await execution.answer(execution.find(VIEWER, request), VIEWER, RequestFacts("bench"))
                assert not answer.errors, answer.errors
                answer.encoded()
                each.append(time.process_time() - began)
        ours, stock = (statistics.median(each[1:]) for each in spent)
        ratios[name] = stock / ours
    least = min(ratios, key=lambda name: ratios[name])
    return [
        Row(
            "every sort of query by levels, nothing cached: graphql-core's executor = 1",
            ", ".join(f"{name} {ratio:.1f}x" for name, ratio in ratios.items()), "≥ 2x (beyond: 5x)", ratios[least] >= 2,
            "the same process and database", f"{ratios[least]:.1f}x to {max(ratios.values()):.1f}x",
            f"of {least} most of the time goes into the round trips, the beginning and the end of the snapshot among them, which both executors share.",
        )
    ]  # fmt: skip
