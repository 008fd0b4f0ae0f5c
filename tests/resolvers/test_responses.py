"""Answers that are given again: only of what stays the same at a revision, never torn, never from before what somebody was told."""

from __future__ import annotations

import asyncio
import time
from random import Random
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from graphql import is_interface_type, is_object_type

from app.adapters.memory_cache import BESIDE, MemoryCache
from app.domain.actor import Actor, Role
from app.domain.kind import Kind
from app.persistence.tail import Tail
from app.web.authentication import Authentication
from app.web.headers import Headers
from resolvers.purity import CONTAINERS, PURE
from resolvers.schema import schema
from resolvers.transport.answer import GraphQLRequest, RequestFacts
from resolvers.transport.execution import Execution
from resolvers.transport.http import GraphQLEndpoint
from resolvers.transport.responses import Responses
from resolvers.transport.unchanged import QUESTIONS, Unchanged
from tests import given
from tests.given import EDITOR
from tests.resolvers.asking import Asking

PAGE = "{ ontology { cursor objectTypes(first: 100) { totalCount nodes { apiName displayName properties { nodes { apiName } } } } } }"
IMPURE = frozenset(
    [
        "AffectedEntity",
        "AuditEntry",
        "Bucket",
        "BusyNode",
        "ChangeCount",
        "ChangeSet",
        "ChangeSetChanged",
        "ChangeSetComment",
        "ChangeSetEvent",
        "ChangeSetOperation",
        "Conflict",
        "DeadLetter",
        "EdgeCount",
        "EditLock",
        "EntityDiff",
        "Error",
        "Facet",
        "FixOperation",
        "Graph",
        "GraphCycle",
        "GraphCycles",
        "GraphImpact",
        "GraphImpacts",
        "GraphLink",
        "GraphNode",
        "GraphPath",
        "GraphPaths",
        "GraphStatistics",
        "Highlight",
        "Impact",
        "ImportResult",
        "IndexStatus",
        "IndexStatusChange",
        "IndexStatusChanged",
        "Job",
        "JobFailure",
        "JobViolation",
        "Judgement",
        "LockChange",
        "LocksChanged",
        "Mark",
        "Me",
        "MergeConflict",
        "Mutation",
        "NameTaken",
        "Neighbourhood",
        "OntologyChanged",
        "OntologySettings",
        "Participant",
        "Presence",
        "ReceiptLine",
        "RollbackBlocked",
        "ServerStatus",
        "SinkStatus",
        "StagedOperation",
        "StillReferenced",
        "Subscription",
        "Suggestion",
        "SyncResult",
        "ValidationFailed",
        "VersionConflict",
        "Violation",
    ]
)


def test_every_type_and_every_field_with_a_resolver_is_declared_pure_or_not():
    undeclared = []
    for name, kind in schema()._schema.type_map.items():
        if not (is_object_type(kind) or is_interface_type(kind)) or name.startswith("__") or name.endswith((*CONTAINERS, "Payload")):
            continue
        if name not in PURE:
            undeclared += [] if name in IMPURE else [name]
            continue
        own = {field for field, each in kind.fields.items() if not each.extensions["strawberry-definition"].is_basic_field}
        declared = PURE[name]
        undeclared += [f"{name}.{field}" for field in own if (field in declared.pure) == (field in declared.impure)]
        undeclared += [f"{name}.{field} is not there" for field in (declared.pure | declared.impure) - set(kind.fields)]
    assert undeclared == [], "say in resolvers/purity.py, or in IMPURE here, whether these stay the same at a revision"


def test_what_holds_pure_things_has_no_resolver_of_its_own():
    containers = [kind for name, kind in schema()._schema.type_map.items() if is_object_type(kind) and name.endswith(CONTAINERS)]

    assert all(each.extensions["strawberry-definition"].is_basic_field for kind in containers for each in kind.fields.values())


async def test_the_cache_forgets_what_was_not_used_for_longest_and_holds_no_more_than_it_may():
    cache = MemoryCache(10 * (BESIDE + 101))
    for number in range(10):
        await cache.put(b"%d" % number, b"x" * 100)
    await cache.get(b"0")

    await cache.put(b"a", b"x" * 100)
    await cache.put(b"b", b"x" * 5_000)

    assert [await cache.get(key) is not None for key in (b"0", b"1", b"2", b"a", b"b")] == [True, False, True, True, False]
    assert cache.size == 10 * (BESIDE + 101)


class Anybody:
    """A role for a token; of which tokens it was asked, and for how many seconds they are good."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.seconds: float | None = None

    async def verify(self, token: str) -> Actor:
        self.asked.append(token)
        return Actor(token, token, frozenset({Role(token)}), expires_at=None if self.seconds is None else time.time() + self.seconds)


class Served:
    """The endpoint over the emptied database, and what is read without a cache beside it."""

    def __init__(self, asking: Asking, tail: Tail) -> None:
        self.tail, self.fresh = tail, asking.execution
        self.execution = Execution(
            schema(), asking.limits, asking.shared.open_context, lambda error, _: asking.faults.append(error),
            responses=Responses(MemoryCache(1_000_000), tail),
        )  # fmt: skip
        self.verifier = Anybody()
        self.endpoint = GraphQLEndpoint(
            self.execution, Authentication(self.verifier), asking.limits, lambda error, _: asking.faults.append(error)
        )
        self.executed = 0
        answer = self.execution.answer

        async def counted(*given: Any) -> Any:
            self.executed += 1
            return await answer(*given)

        self.execution.answer = counted  # type: ignore[method-assign]

    async def ask(self, text: str, *, method: str = "GET", role: str = "Viewer", **headers: str) -> tuple[int, dict[str, str], bytes]:
        sent: list[Any] = []
        body = orjson.dumps({"query": text})
        named = {
            "authorization": f"Bearer {role}",
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        scope = {
            "type": "http", "method": method, "path": "/graphql", "query_string": urlencode({"query": text}).encode(),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }  # fmt: skip

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.endpoint(scope, receive, send)
        start, *rest = sent
        return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, b"".join(each["body"] for each in rest)


@pytest.fixture
async def served(database, database_url):
    asking = Asking(database)
    async with Tail.opened(database_url, database, poll_seconds=0.2) as tail:
        await tail.caught_up()
        yield Served(asking, tail)
    assert asking.faults == []


async def test_the_same_question_at_the_same_revision_is_answered_once(served, editing):
    await editing.apply(EDITOR, "main", given.object_type("One"))
    await served.tail.caught_up()

    first, again, posted = await served.ask(PAGE), await served.ask(PAGE), await served.ask(PAGE, method="POST")

    assert served.executed == 1
    assert orjson.loads(first[2])["data"] == orjson.loads(again[2])["data"] == orjson.loads(posted[2])["data"]
    assert first[1]["oms-revision"] == again[1]["oms-revision"] == posted[1]["oms-revision"] == "main=1.1"
    assert (first[1]["etag"], first[1]["cache-control"]) == (again[1]["etag"], "private, no-cache")
    assert ("etag" in posted[1], posted[1]["cache-control"]) == (False, "no-store")


async def test_what_a_client_has_is_not_sent_again_until_a_merge(served, editing):
    await editing.apply(EDITOR, "main", given.object_type("One"))
    await served.tail.caught_up()
    tag = (await served.ask(PAGE))[1]["etag"]

    same = await served.ask(PAGE, if_none_match=f'"other", {tag}')
    await editing.apply(EDITOR, "main", given.object_type("Two"))
    other = await served.ask(PAGE, if_none_match=tag)

    assert (same[0], same[2], same[1]["etag"], same[1]["oms-revision"]) == (304, b"", tag, "main=1.1")
    assert (other[0], other[1]["oms-revision"]) == (200, "main=1.2")
    assert [each["apiName"] for each in orjson.loads(other[2])["data"]["ontology"]["objectTypes"]["nodes"]] == ["One", "Two"]


async def test_who_looks_again_in_the_same_words_is_told_the_same_until_a_merge_and_others_are_asked_who_they_are(served, editing):
    await editing.apply(EDITOR, "main", given.object_type("One"))
    await served.tail.caught_up()
    tag = (await served.ask(PAGE))[1]["etag"]
    first = await served.ask(PAGE, if_none_match=tag)
    served.verifier.asked.clear()

    again = await served.ask(PAGE, if_none_match=tag)

    assert served.verifier.asked == []
    assert (again[0], again[1].pop("x-request-id") != first[1].pop("x-request-id")) == (304, True)
    assert again[1:] == first[1:]
    other = [
        await served.ask(PAGE, role="Editor", if_none_match=tag),
        await served.ask(PAGE),
        await served.ask(PAGE, method="POST", if_none_match=tag),
    ]
    assert ([each[0] for each in other], served.verifier.asked) == ([200, 200, 200], ["Editor", "Viewer", "Viewer"])

    await editing.apply(EDITOR, "main", given.object_type("Two"))
    after = await served.ask(PAGE, if_none_match=tag)
    assert (after[0], after[1]["oms-revision"], served.verifier.asked[3:]) == (200, "main=1.2", ["Viewer"])


@pytest.mark.parametrize(("seconds", "looked"), [(-1, 3), (0.2, 2), (60, 1)])
async def test_who_looks_again_is_asked_who_they_are_when_their_token_has_ended(served, editing, seconds, looked):
    await editing.apply(EDITOR, "main", given.object_type("One"))
    await served.tail.caught_up()
    tag = (await served.ask(PAGE))[1]["etag"]
    served.verifier.seconds = seconds
    served.verifier.asked.clear()

    await served.ask(PAGE, if_none_match=tag)
    await served.ask(PAGE, if_none_match=tag)
    await asyncio.sleep(0.3)
    await served.ask(PAGE, if_none_match=tag)

    assert len(served.verifier.asked) == looked


def test_what_was_said_is_said_again_for_some_seconds_and_of_so_many_questions():
    unchanged, headers = Unchanged(lambda revisions: revisions == {"main": "1.2"}), Headers()
    for number in range(QUESTIONS):
        unchanged.note(b"%d" % number, headers, {"main": "1.2"}, [(b"etag", b"%d" % number)], expires_at=None)
    assert unchanged.found(b"0", headers) == [(b"etag", b"0")]
    assert (unchanged.found(b"0", Headers()), unchanged.found(b"none", headers)) == (None, None)

    unchanged.note(b"old", headers, {"main": "1.1"}, [], expires_at=None)
    assert (unchanged.found(b"old", headers), unchanged.found(b"0", headers), len(headers.beside)) == (None, None, 1)


@pytest.mark.parametrize(
    "text",
    [
        "{ ontology { displayName } }",
        "{ ontology { objectTypes { nodes { lock { holder } } } } }",
        "{ ontology { cursor } me { id } }",
        '{ objectType(apiName: "One") { apiName } }',
        "{ ontology { ...F } } fragment F on Ontology { history { nodes { changeSet { title } } } }",
        '{ ontology(apiName: "nowhere") { cursor } }',
        "{ ontology { objectTypes(first: 0) { totalCount } } }",
    ],
)
async def test_what_may_change_without_a_revision_and_what_failed_is_made_anew(served, editing, text):
    await editing.apply(EDITOR, "main", given.object_type("One"))
    await served.tail.caught_up()

    answers = [await served.ask(text), await served.ask(text)]

    assert served.executed == 2
    assert all("etag" not in headers and headers["cache-control"] == "no-store" for _, headers, _ in answers)


async def test_roles_and_variables_and_what_somebody_has_seen_are_told_apart(served, editing):
    await editing.apply(EDITOR, "main", given.object_type("One"))
    await served.tail.caught_up()
    await served.ask(PAGE)

    await served.ask(PAGE, role="Editor")
    await served.ask(PAGE.replace("100", "99"))
    assert served.executed == 3

    assert (await served.ask(PAGE, oms_min_revision="main=1.1"))[0] == 200
    assert served.executed == 3
    ahead = await served.ask(PAGE, oms_min_revision="main=1.2")
    assert (ahead[0], orjson.loads(ahead[2])["errors"][0]["extensions"]["code"]) == (503, "UNAVAILABLE")
    assert orjson.loads((await served.ask(PAGE, oms_min_revision="main=9.1"))[2])["errors"][0]["extensions"]["code"] == "CURSOR_EXPIRED"


async def test_nothing_is_answered_from_memory_while_the_log_cannot_be_read(database):
    asking, lost = Asking(database), Tail("postgresql://nobody@/nowhere?host=/nowhere", database, poll_seconds=0.2)
    served = Served(asking, lost)

    await served.ask(PAGE)
    await served.ask(PAGE)

    assert served.executed == 2


class Held:
    """A look at the log that stands still, between its beginning and its end."""

    def __init__(self) -> None:
        self.reached, self.released = asyncio.Event(), asyncio.Event()

    async def look(self, _: object) -> None:
        self.reached.set()
        await self.released.wait()


async def test_a_look_that_nobody_called_for_leaves_answers_standing_and_a_commit_does_not(served, editing):
    await editing.apply(EDITOR, "main", given.object_type("One"))
    await served.tail.caught_up()
    await served.ask(PAGE)
    served.tail.watches.append(held := Held())

    await held.reached.wait()
    await served.ask(PAGE)
    assert served.executed == 1

    await editing.apply(EDITOR, "main", given.object_type("Two"))
    assert (await served.ask(PAGE))[1]["oms-revision"] == "main=1.2"
    assert served.executed == 2
    served.tail.watches.clear()
    held.released.set()


async def test_while_writers_merge_no_answer_is_torn_and_none_is_from_before_what_was_told(served, editing, database):
    """Each merge renames all three types at once, so an answer that mixes two revisions shows two names."""
    made = await editing.apply(EDITOR, "main", [each for name in ("A", "B", "C") for each in given.object_type(name)])
    rids = [change.rid for change in made.changes if change.kind is Kind.OBJECT_TYPE]
    told, wrong, random, done = 1, [], Random(7), asyncio.Event()

    async def writer() -> None:
        nonlocal told
        for turn in range(2, 26):
            await editing.apply(EDITOR, "main", [given.update(Kind.OBJECT_TYPE, rid, turn - 1, displayName=f"Turn {turn}") for rid in rids])
            told = turn
            await asyncio.sleep(random.choice([0, 0, 0.01, 0.05]))
        done.set()

    async def reader(execution: Execution, *, cached: bool) -> None:
        request = GraphQLRequest(PAGE, size=100)
        while not done.is_set():
            before = told
            answer = await execution.known(EDITOR, request, RequestFacts("test")) if cached else None
            if answer is None:
                answer = await execution.answer(execution.find(EDITOR, request), EDITOR, RequestFacts("test"))
            data = orjson.loads(answer.encoded())["data"]["ontology"]
            names = {each["displayName"] for each in data["objectTypes"]["nodes"]}
            revision = int(data["cursor"].split(".")[1])
            if answer.revisions != {"main": data["cursor"]} or revision < before or (revision > 1 and names != {f"Turn {revision}"}):
                wrong.append((before, data["cursor"], answer.revisions, names))
            await asyncio.sleep(0)

    await asyncio.gather(writer(), *(reader(served.execution, cached=True) for _ in range(4)), reader(served.fresh, cached=False))

    assert wrong == []
    await served.tail.caught_up()
    assert (await served.ask(PAGE))[1]["oms-revision"] == "main=1.25"
