"""Our executor against graphql-core's own: the same bytes for whatever is asked, faults and refusals included."""

from __future__ import annotations

import ast
import asyncio
import gc
import re
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from graphql import GraphQLError, OperationType, build_schema, parse_value
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import strategies as documents

from app.domain.actor import Actor, Role
from app.limits import Limits
from app.sample.story import tell
from app.web.examples import read_examples
from resolvers.schema import print_schema, schema
from resolvers.transport.answer import GraphQLRequest, Refused, RequestFacts
from resolvers.transport.execution import Execution
from tests.given import EDITOR
from tests.resolvers import faulty
from tests.resolvers.chosen_documents import Chooser
from tests.resolvers.twins import Twins

ADMIN = Actor("anna", "Anna", frozenset({Role.ADMIN, Role.EDITOR, Role.VIEWER}))
VIEWER = Actor("vera", "Vera", frozenset({Role.VIEWER}))


@pytest.fixture
async def twins(database):
    await tell(database)
    twins = Twins(database)
    yield twins
    assert twins.faults == []


@pytest.fixture
async def values(database):
    """What may stand for an argument: mostly what is there, at times what is not, or may not be said."""
    rows = await database.pool.fetch(
        "SELECT rid, api_name FROM (SELECT *, row_number() OVER (PARTITION BY kind) AS n FROM entity) e WHERE n < 6"
    )
    change_sets = [f'"{row["rid"]}"' for row in await database.pool.fetch("SELECT rid FROM change_set LIMIT 6")]
    rids = (*(f'"{row["rid"]}"' for row in rows), '"ri.ontology.main.property.none"', '"x"')
    return {
        "rid": rids, "rids": rids, "id": (*rids, *change_sets), "ids": (*rids, *change_sets),
        "apiName": (*(f'"{row["api_name"]}"' for row in rows), '"Nobody"'), "ontology": ('"sample"', '"sample"', '"main"', '"nowhere"'),
        "first": (*"123" * 5, "0", "101"), "last": ("1", "2"), "after": ('"no cursor"',), "before": ('"no cursor"',),
        "asOf": ("1", "2", "3", "999", '"2026-11-24T08:30:00Z"', '"soon"'), "minRevision": ('"1.1"', '"1.2"', '"x"'), "revision": ("1", "2", "99"),
        "text": ('"a"', '"en"'), "String": ('"anna"', '"a"'), "Boolean": ("true", "false"), "Int": ("1", "2"), "ID": rids,
        "DateTime": ('"2026-11-24T08:30:00Z"',), "Revision": ("1", "3"), "Rid": rids,
    }  # fmt: skip


async def test_they_agree_on_the_documents_that_we_show(twins):
    for example in read_examples():
        text, variables = example.query, orjson.loads(example.variables or "{}")
        if "mutation" not in text and "subscription" not in text:
            await twins.agree(text, variables)

    assert twins.executed["whole"] >= 3


async def test_they_agree_on_the_documents_of_all_tests(twins):
    for text in sorted(_documents_of_tests()):
        await twins.agree(text, {"first": 3})

    assert twins.executed["whole"] >= 40


def _documents_of_tests() -> set[str]:
    sources = [ast.parse(path.read_text()) for path in Path(__file__).parents[1].rglob("*.py")]
    texts = {
        node.value for source in sources for node in ast.walk(source) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if re.match(r"\s*(query\b|\{)", text)}


async def test_they_agree_on_documents_chosen_at_random(twins, values):
    made = schema()._schema
    for seed in range(200):
        text, variables = Chooser(made, values, Random(seed), frozenset({"serverStatus"})).query()
        await twins.agree(text.replace("ontology {", 'ontology(apiName: "sample") {'), variables, by=[EDITOR, ADMIN, VIEWER][seed % 3])

    assert twins.executed["whole"] >= 80
    assert twins.executed["with errors"] >= 30


async def test_they_agree_on_documents_that_hypothesis_thinks_of(twins):
    drawn: list[str] = []

    @settings(max_examples=25, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(text=documents.queries(build_schema(print_schema()), custom_scalars=_scalars(), allow_x00=False))
    def draw(text):
        drawn.append(text)

    draw()
    for text in drawn:
        await twins.agree(text)

    assert twins.executed["refused"] < len(drawn)


def _scalars() -> dict[str, Any]:
    texts = {
        "DateTime": '"2026-11-24T08:30:00Z"', "Date": '"2026-11-24"', "BigInt": "1", "Revision": "1", "RevisionOrTime": "1",
        "Rid": '"ri.ontology.main.object-type.x"', "JSON": "{a: 1}",
    }  # fmt: skip
    return {name: st.just(parse_value(text)) for name, text in texts.items()}


async def test_they_agree_on_what_mutations_answer(twins, database):
    rid, version = await database.pool.fetchrow(
        "SELECT rid, version FROM entity WHERE kind = 'object_type' AND status = 'EXPERIMENTAL' LIMIT 1"
    )
    payload = """{ applyChanges(input: {ontology: "sample", dryRun: true, operations: [
        {verb: UPDATE, kind: OBJECT_TYPE, rid: "%s", expectedVersion: %d, fields: {displayName: "%s"}}]}) { __typename
        ... on ApplyChangesPayload { dryRun revision affectedCount affected { rid action version __typename }
            changeSet { title } entities { apiName displayName ... on ObjectType { properties(first: 3) { totalCount nodes { apiName } } } } }
        ... on Error { code message path } ... on ValidationFailed { violations { rule path value message } }
        ... on VersionConflict { conflicts { path base ours theirs } current { displayName version } } } }"""
    for name, expected in (("Another", version), ("", version), ("Another", version + 7), ("A" * 300, version + 7)):
        text = "mutation " + payload % (rid, expected, name)
        await twins.agree(text, minted=True)
        await twins.agree(text, by=VIEWER)

    assert twins.executed["refused"] == 0
    assert twins.executed["whole"] >= 3


async def test_the_ordinary_is_never_executed_the_inherited_way(twins):
    text = """{ ontology(apiName: "sample") { revision statistics { kinds { kind count } } objectTypes(first: 5) { totalCount edges { cursor node { __typename
        ...Texts status createdAt icon { name colour } deprecation { message deadline replacedBy { rid } } primaryKey { apiName type { base of { base } } }
        properties(first: 3) { nodes { baseType required valueType { constraints { type values min } } } }
        links { nodes { side cardinality other { apiName } linkType { backing { __typename ... on ForeignKeyBacking { property { rid } } } } } }
        usedBy { edges { edge path node { ...Texts } } } history { nodes { action at fields { path before } changeSet { title status } } } } } }
        actionTypes { nodes { rules { __typename } } } changeSets { nodes { title operations { nodes { verb } } } } } me { roles } }
        fragment Texts on Entity { apiName displayName description }"""
    request = GraphQLRequest(text, size=100)
    executor = await twins.ours.executor(twins.ours.find(EDITOR, request))
    async with twins.ours._open_context(EDITOR, RequestFacts("test")) as context:
        executor.context_value = context
        result = await executor.execute_operation()

    assert (result.errors, executor.unusual) == (None, None)
    assert executor.operation.operation is OperationType.QUERY
    assert not isinstance(result, GraphQLError)


# graphql-core leaves coroutines unawaited where a sibling failed; so it does as often where ours hands over to it.
forgotten = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:coroutine:RuntimeWarning")


@pytest.fixture
def forgetting():
    """What is forgotten is found within the test, and not in a later one."""
    yield
    gc.collect()


class Nothing:
    """A context for a schema that needs none."""

    def __init__(self) -> None:
        self.revisions: dict[str, str] = {}
        self.http_status = self.retry_after = None


@asynccontextmanager
async def _nothing(*_: object):
    yield Nothing()


def _faulty(*, by_levels: bool, limits: Limits | None = None) -> Execution:
    return Execution(faulty.SCHEMA, limits or Limits(), _nothing, lambda *_: None, by_levels=by_levels)


async def _answer(execution: Execution, text: str, variables: dict[str, Any] | None = None) -> Any:
    request = GraphQLRequest(text, variables=variables or {}, size=100)
    answer = await execution.answer(execution.find(EDITOR, request), EDITOR, RequestFacts("test"))
    return answer.data, answer.errors, answer.status


@forgotten
async def test_they_agree_on_every_fault(forgetting):
    both = [_faulty(by_levels=by_levels) for by_levels in (True, False)]
    failed = whole = 0
    for seed in range(160):
        text, variables = Chooser(faulty.SCHEMA._schema, {}, Random(seed), frozenset({"slow"})).query()
        try:
            ours, theirs = [repr(await _answer(each, text, variables)) for each in both]  # NaN equals nothing but its name
        except Refused:
            continue
        assert ours == theirs, text
        failed += "'message'" in ours
        whole += "'message'" not in ours

    assert failed > 60
    assert whole > 10


@forgotten
@pytest.mark.parametrize(
    "field", ["maybe", "holes", "wrong", "awaited", "returned", "raised", "raisedAtOnce", "huge", "named", "either", "nobody"]
)
async def test_they_agree_on_each_fault_alone_and_beside_what_is_well(forgetting, field):
    leaf = "__typename ... on Named { name } ... on Leaf { number sure flag colour ratio names broken late { name } other { number } }"
    for body in (
        f"{{ {field} {{ {leaf} }} }}",
        f"{{ leaves {{ name late {{ name }} }} {field} {{ {leaf} }} again: {field} {{ __typename }} }}",
    ):
        ours, theirs = [repr(await _answer(_faulty(by_levels=by_levels), body)) for by_levels in (True, False)]
        assert ours == theirs


async def test_they_agree_on_what_takes_too_long_and_leave_nothing_running():
    before = asyncio.all_tasks()
    limits = Limits(execution_seconds=0.2)

    answers = [
        await _answer(_faulty(by_levels=by_levels, limits=limits), "{ slow { name } leaves { name } }") for by_levels in (True, False)
    ]

    await asyncio.sleep(0)
    assert answers[0] == answers[1]
    assert answers[0][1][0]["extensions"]["code"] == "QUERY_TIMEOUT"
    assert asyncio.all_tasks() == before


async def test_what_is_cancelled_leaves_nothing_running():
    before = asyncio.all_tasks()
    asked = asyncio.create_task(_answer(_faulty(by_levels=True), "{ slow { name } leaves { late { name } } }"))
    await asyncio.sleep(0.05)

    asked.cancel()
    with suppress(asyncio.CancelledError):
        await asked

    assert asked.cancelled()
    assert asyncio.all_tasks() == before
