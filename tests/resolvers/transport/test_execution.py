"""Execution: what is refused before it begins, what is masked, and that every operation has a context of its own."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import pytest
import strawberry
from graphql import get_introspection_query
from strawberry.extensions import MaxTokensLimiter

from app.domain.actor import Actor, Role
from app.domain.errors import Unavailable
from app.limits import Limits
from resolvers.transport.answer import Answer, GraphQLRequest, Refused, RequestFacts
from resolvers.transport.execution import Execution
from tests.resolvers.transport.library import ADMIN, EDITOR, VIEWER, Opened, Query, execution

FACTS = RequestFacts("r1")
DEAR = "{ things(first: 100) { nodes { properties(first: 100) { nodes { owner { properties(first: 100) { nodes { name } } } } } } } }"
DEEPER = "ofType { " + "ofType { name } " * 5 + "} "
REPEATED = '{ __type(name: "Thing") { ' + ("ofType { " + DEEPER * 5 + "} ") * 5 + "} }"
SCHEMA_AGAIN = "{ " + " ".join(f"s{n}: __schema {{ types {{ fields {{ args {{ type {{ name }} }} }} }} }}" for n in range(20)) + "}"


async def asked(
    query: str | None, opened: Opened | None = None, actor: Actor = EDITOR, on: Execution | None = None, **request: Any
) -> Answer:
    """The answer over any transport."""
    with_limits = on or execution(opened)
    wanted = GraphQLRequest(query, **request)
    try:
        return await with_limits.answer(with_limits.find(actor, wanted), actor, FACTS)
    except Refused as refused:
        return with_limits.refusal(refused, FACTS.request_id)


def codes(answer: Answer) -> list[str]:
    return [error["extensions"]["code"] for error in answer.body().get("errors", [])]


async def test_an_operation_is_answered_with_its_data_cost_and_request_id() -> None:
    answer = await asked("query Q($n: Int) { things(first: $n) { nodes { name } } }", variables={"n": 2})

    assert json.loads(answer.encoded()) == {
        "data": {"things": {"nodes": [{"name": "n"}, {"name": "n"}]}},
        "extensions": {"requestId": "r1", "cost": 3},
    }
    assert (answer.status, answer.revisions) == (200, {"main": "1.42"})


async def test_each_operation_has_a_context_of_its_own_and_it_is_closed() -> None:
    opened = Opened()
    on = execution(opened)

    await asyncio.gather(*(asked("{ me }", on=on) for _ in range(3)))

    assert len({id(each) for each in opened.contexts}) == 3
    assert opened.closed == 3


@pytest.mark.parametrize(
    ("query", "request_", "code"),
    [
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nowhere }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ things { nodes { name } } ...a } fragment a on Query { me ...a }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("{ a: me a: broken }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("fragment f on Query { me }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("type T { a: Int }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { me } query B { me }", {}, "BAD_REQUEST"),
        ("query A { me } query B { me }", {"operation_name": "C"}, "BAD_REQUEST"),
        ("query ($n: Int!) { things(first: $n) { nodes { name } } }", {}, "BAD_USER_INPUT"),
        ("query ($n: Int!) { things(first: $n) { nodes { name } } }", {"variables": {"n": "x"}}, "BAD_USER_INPUT"),
        ("query ($n: Int) { things(first: $n) { nodes { name } } }", {"variables": {"n": 2**40}}, "BAD_USER_INPUT"),
        ("query ($n: String!) { thing(name: $n) { name } }", {"variables": {"n": "a\0b"}}, "BAD_USER_INPUT"),
        ('{ thing(name: "a\\u0000b") { name } }', {}, "BAD_USER_INPUT"),
        ('{ thing(name: "a\\u{0}b") { name } }', {}, "BAD_USER_INPUT"),
        (None, {}, "BAD_REQUEST"),
        (None, {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}, "PERSISTED_QUERY_NOT_FOUND"),
        ("{ me }", {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}, "BAD_REQUEST"),
        ("{ me }", {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0" * 64}}}, "BAD_REQUEST"),
        ("{ me }", {"extensions": {"persistedQuery": "x"}}, "BAD_REQUEST"),
        (None, {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "A" * 64}}}, "BAD_REQUEST"),
        (DEAR, {}, "QUERY_TOO_COMPLEX"),
        (REPEATED, {}, "QUERY_TOO_COMPLEX"),
        ("{ thing {" + " ".join("...a" for _ in range(6)) + "} } fragment a on Thing { name }", {}, "QUERY_TOO_COMPLEX"),
        ("{ __schema { types { fields { type { fields { name } } } } } }", {}, "QUERY_TOO_DEEP"),
        (SCHEMA_AGAIN, {}, "QUERY_TOO_COMPLEX"),
        ("{ me }", {"size": 2_000_000}, "PAYLOAD_TOO_LARGE"),
        ('mutation { applyChanges(changes: []) rename(name: "x") }', {"size": 2_000_000}, "PAYLOAD_TOO_LARGE"),
    ],
)  # fmt: skip
async def test_what_may_not_be_executed_is_refused_and_nothing_is_opened(query: str | None, request_: dict[str, Any], code: str) -> None:
    opened = Opened()

    answer = await asked(query, opened, **request_)

    assert codes(answer) == [code]
    assert "data" not in answer.body()
    assert answer.status == {"PERSISTED_QUERY_NOT_FOUND": 200, "PAYLOAD_TOO_LARGE": 413}.get(code, 400)
    assert (opened.contexts, opened.faults) == ([], [])


async def test_every_limit_that_a_document_exceeds_is_named() -> None:
    answer = await asked("{" + " ".join(f"a{n}: me" for n in range(31)) + "}")

    assert codes(answer) == ["TOO_MANY_ALIASES", "TOO_MANY_ROOT_FIELDS"]


async def test_a_refusal_says_where() -> None:
    answer = await asked("{\n  nowhere }")

    assert answer.errors[0]["locations"] == [{"line": 2, "column": 3}]
    assert answer.errors[0]["extensions"]["requestId"] == "r1"


async def test_at_most_ten_errors_are_returned() -> None:
    assert len((await asked("{" + " ".join(f"x{n}" for n in range(15)) + "}")).errors) == 10
    assert len((await asked("{" + " ".join(f"x{n}: missing" for n in range(15)) + "}")).errors) == 10
    many = (
        "query("
        + "".join(f"$v{n}: Int!, " for n in range(15))
        + ") {"
        + " ".join(f"t{n}: things(first: $v{n}) {{ nodes {{ name }} }}" for n in range(15))
        + "}"
    )
    assert len((await asked(many)).errors) == 10


async def test_the_named_operation_is_the_one_that_is_executed() -> None:
    both = "query A { a: me } query B { b: me }"

    assert (await asked(both, operation_name="B")).data == {"b": "Ada"}


async def test_bulk_mutations_may_be_large() -> None:
    answer = await asked('mutation { applyChanges(changes: [{name: "a"}]) __typename }', size=2_000_000)

    assert codes(answer) == ["PAYLOAD_TOO_LARGE"]
    assert (await asked('mutation { applyChanges(changes: [{name: "a"}]) }', size=2_000_000)).data == {"applyChanges": 1}


async def test_a_persisted_query_is_remembered_when_it_proved_valid() -> None:
    on = execution()
    good, bad = "{ me }", "{ nowhere }"

    def extensions(text: str) -> dict[str, Any]:
        return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}

    first = await asked(None, on=on, extensions=extensions(good))
    assert first.errors[0]["message"] == "PersistedQueryNotFound"
    assert (await asked(good, on=on, extensions=extensions(good))).data == {"me": "Ada"}
    assert (await asked(None, on=on, extensions=extensions(good))).data == {"me": "Ada"}
    assert codes(await asked(bad, on=on, extensions=extensions(bad))) == ["GRAPHQL_VALIDATION_FAILED"]
    assert codes(await asked(None, on=on, extensions=extensions(bad))) == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_the_least_recently_used_persisted_query_is_forgotten() -> None:
    on = execution(persisted_queries=2)
    texts = [f"{{ a{n}: me }}" for n in range(3)]
    named = [{"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}} for text in texts]
    for number in (0, 1):
        await asked(texts[number], on=on, extensions=named[number])
    await asked(None, on=on, extensions=named[0])
    await asked(texts[2], on=on, extensions=named[2])

    assert [codes(await asked(None, on=on, extensions=each)) for each in named] == [[], ["PERSISTED_QUERY_NOT_FOUND"], []]


async def test_the_schema_may_be_read_by_everybody_or_by_a_role() -> None:
    everybody, admins = execution(), execution(introspection=Role.ADMIN)
    standard = get_introspection_query()

    assert codes(await asked(standard, on=everybody, actor=VIEWER)) == []
    assert codes(await asked(standard, on=admins, actor=ADMIN)) == []
    for text in (standard, '{ __type(name: "Thing") { name } }', "{ ...q } fragment q on Query { x: __schema { description } }"):
        assert codes(await asked(text, on=admins, actor=EDITOR)) == ["INTROSPECTION_DISABLED"]
    assert codes(await asked("{ me __typename }", on=admins, actor=EDITOR)) == []


async def test_no_name_is_suggested_where_the_schema_is_closed() -> None:
    assert "Did you mean" in (await asked("{ thin { name } }")).errors[0]["message"]
    closed = await asked("{ thin { name } }", on=execution(introspection=Role.ADMIN))
    assert "Did you mean" not in closed.errors[0]["message"]


async def test_an_expected_error_is_told_whole_and_not_reported() -> None:
    opened = Opened()

    answer = await asked("{ a: missing forbidden }", opened)

    assert answer.body()["data"] == {"a": None, "forbidden": None}
    first, second = answer.errors
    assert first["message"] == "There is no object type 'x'."
    assert first["path"] == ["a"]
    assert first["extensions"] == {"code": "NOT_FOUND", "requestId": "r1", "what": "object type", "name": "x"}
    assert second["extensions"] == {"code": "FORBIDDEN", "requestId": "r1", "needs": "Editor"}
    assert (answer.status, opened.faults) == (200, [])


@pytest.mark.parametrize("query", ["{ broken }", "{ nullWhereNoneMayBe }"])
async def test_a_fault_is_masked_logged_and_reported(query: str, caplog: pytest.LogCaptureFixture) -> None:
    opened = Opened()

    with caplog.at_level(logging.ERROR):
        answer = await asked(query, opened)

    [error] = answer.errors
    assert error["message"] == "Something went wrong on our side."
    assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "r1"}
    assert len(opened.faults) == len(caplog.records) == 1
    for secret in ("SELECT", "postgres", "RuntimeError", "db-7", "Traceback"):
        assert secret not in answer.encoded().decode()


async def test_a_required_argument_that_a_variable_left_out_is_the_callers_error() -> None:
    opened = Opened()

    answer = await asked("query ($s: Float) { slow(seconds: $s) }", opened)
    left_out = await asked("query ($i: ID! = null) { nodes(ids: [$i]) { name } }", opened)

    assert codes(answer) == ["GRAPHQL_VALIDATION_FAILED"]
    assert codes(left_out) in (["GRAPHQL_VALIDATION_FAILED"], ["BAD_USER_INPUT"])
    assert opened.faults == []


async def test_an_argument_of_null_found_while_executing_is_the_callers_error() -> None:
    opened = Opened()

    answer = await asked('query ($n: String = "x") { thing(name: $n) { name } }', opened, variables={"n": None})

    assert codes(answer) == ["BAD_USER_INPUT"]
    assert opened.faults == []


async def test_what_takes_too_long_is_ended_and_leaves_nothing_behind() -> None:
    opened = Opened()
    before = asyncio.all_tasks()

    answer = await asked("{ slow(seconds: 30) other: slow(seconds: 30) }", on=execution(opened, execution_seconds=0.05))

    assert (codes(answer), answer.status, answer.body()["data"]) == (["QUERY_TIMEOUT"], 200, None)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert opened.closed == 1
    assert opened.faults == []


async def test_long_mutations_have_longer() -> None:
    on = execution(execution_seconds=1, long_execution_seconds=2)

    assert on.find(EDITOR, GraphQLRequest("{ me }")).seconds == 1
    assert on.find(EDITOR, GraphQLRequest("mutation { ...m } fragment m on Mutation { applyChanges(changes: []) }")).seconds == 2


@pytest.mark.parametrize(
    ("query", "status", "retry_after"),
    [
        ("{ unavailable }", 503, 7),
        ("{ unavailable again: unavailable }", 503, 7),
        ("mutation { again }", 422, None),
        ("{ unavailable me }", 200, 7),
        ("{ unavailable missing }", 200, 7),
        ("{ missing }", 200, None),
    ],
)
async def test_the_status_says_that_an_operation_could_not_begin(query: str, status: int, retry_after: int | None) -> None:
    answer = await asked(query)

    assert (answer.status, answer.plain_status, answer.retry_after) == (status, status, retry_after)


async def test_a_context_that_cannot_be_opened_is_told_like_any_error() -> None:
    busy = await asked("{ me }", Opened(failure=Unavailable("The database is busy.", retry_after=3)))
    assert (codes(busy), busy.status, busy.retry_after, busy.body()["data"]) == (["UNAVAILABLE"], 503, 3, None)

    opened = Opened(failure=RuntimeError("at /srv/oms"))
    broken = await asked("{ me }", opened)
    assert (codes(broken), broken.status, len(opened.faults)) == (["INTERNAL_SERVER_ERROR"], 200, 1)


async def test_a_resolver_may_show_the_status_of_rest() -> None:
    assert (await asked("{ conflict }")).body()["extensions"]["http"] == {"status": 409}


async def stream(query: str, opened: Opened, actor: Actor = EDITOR) -> list[Mapping[str, Any] | None]:
    on = execution(opened)
    found = on.find(actor, GraphQLRequest(query))
    return [answer.data async for answer in on.stream(found, actor, FACTS)]


async def test_each_event_of_a_subscription_has_a_context_of_its_own() -> None:
    opened = Opened()

    assert await stream("subscription { things { name } }", opened) == [{"things": {"name": "a"}}, {"things": {"name": "b"}}]
    assert len(opened.contexts) == opened.closed == 3  # the stream's, and one an event


async def test_a_subscription_that_may_not_start_is_refused_with_its_code() -> None:
    opened = Opened()
    on = execution(opened)
    found = on.find(EDITOR, GraphQLRequest("subscription { refused }"))

    with pytest.raises(Refused) as refused:
        async for _ in on.stream(found, EDITOR, FACTS):
            pass

    answer = on.refusal(refused.value, "r1")
    assert (codes(answer), answer.status) == (["FORBIDDEN"], 403)
    assert opened.closed == 1


async def test_a_subscription_that_breaks_off_is_masked() -> None:
    opened = Opened(failure=RuntimeError("at /srv/oms"))
    on = execution(opened)

    with pytest.raises(Refused) as refused:
        async for _ in on.stream(on.find(EDITOR, GraphQLRequest("subscription { count(to: 1) }")), EDITOR, FACTS):
            pass

    answer = on.refusal(refused.value, "r1")
    assert (codes(answer), answer.status, len(opened.faults)) == (["INTERNAL_SERVER_ERROR"], 500, 1)


def test_a_schema_with_extensions_is_not_taken() -> None:
    with pytest.raises(ValueError, match="extensions"):
        Execution(strawberry.Schema(Query, extensions=[lambda: MaxTokensLimiter(1)]), Limits(), Opened(), lambda _error, _tags: None)
