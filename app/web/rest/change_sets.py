"""`/api/changeset…`: change sets from the first operation to the merge and its rollback."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from app.domain.change_set import OPERATIONS, ChangeSetStatus, Choice, Origin, Resolution, ReviewStatus
from app.domain.errors import BadInput, ListTooLong, NotFound
from app.domain.rid import well_formed
from app.domain.text import refused_character
from app.persistence import change_sets
from app.persistence.background import off_loop
from app.persistence.mapping import change_set_of, operation_of
from app.persistence.reads.change_sets import CHANGE_SETS, COMMENTS
from app.persistence.reads.change_sets import OPERATIONS as STAGED
from app.persistence.reads.selection import All, Field, Order, Test
from app.web.rest import reading
from app.web.rest.call import Reply, only, text, texts, truth
from app.web.rest.operations import operations
from app.web.rest.shapes import change_json, change_set_json, judged_json, operation_json, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.persistence.database import Database
    from app.persistence.merging import Merged
    from app.persistence.reads.pages import Source
    from app.services.change_sets import ChangeSets
    from app.web.rest.call import Call
    from app.web.rest.reading import Lists, Page

LONGEST_PATH = 1_000  # characters
FIXED = 1_000  # violations that are named at once
MOST = 50  # labels, reviewers; the service says so again
FILTERS = {"status": (Field.STATUS, ChangeSetStatus), "review": (Field.REVIEW, ReviewStatus), "origin": (Field.ORIGIN, Origin)}


@dataclass(frozen=True, slots=True)
class ChangeSetPaths:
    """The handlers of change sets."""

    service: ChangeSets
    database: Database
    lists: Lists

    async def open(self, call: Call) -> Reply:
        """201 with a new change set, its first operations staged."""
        only(call.query, "ontology", where="The URL")
        words = call.words()
        only(words, "title", "description", "labels", "reviewers", "operations", where="A new change set")
        opened = await self.service.open(
            call.actor,
            call.ontology,
            title=text(words, "title"),
            description=text(words, "description"),
            labels=texts(words, "labels", most=MOST),
            reviewers=texts(words, "reviewers", most=MOST),
            operations=await _staged(words) if words.get("operations") is not None else (),
            idempotency=call.idempotency(),
        )
        return Reply(change_set_json(opened), HTTPStatus.CREATED, {"location": f"/api/changeset/{opened.rid}"})

    async def list(self, call: Call) -> Reply:
        """200 with a page, the newest first, and the cursor of the next one."""
        only(call.query, "ontology", "pageSize", "cursor", "search", "author", *FILTERS, where="The URL")
        chosen = {field: call.choice(name, known.__members__) for name, (field, known) in FILTERS.items()}
        tests = [Test(field, (value,)) for field, value in {**chosen, Field.AUTHOR: call.query.get("author")}.items() if value]
        if call.query.get("search"):
            tests.append(Test(Field.TEXT, call.query["search"]))
        wanted = self.lists.wanted(call, Order.CREATED_AT, descending=True, where=All(tuple(tests)))
        async with self.database.reading() as snapshot:
            at, _ = await reading.standing(snapshot, call.ontology)
            page = await self.lists.page(snapshot, CHANGE_SETS, at.ontology, wanted, epoch=at.epoch)
        return Reply({"items": [change_set_json(change_set_of(row)) for row in page.rows], "nextCursor": page.next_cursor})

    async def get(self, call: Call) -> Reply:
        """200 with the envelope."""
        only(call.query, where="The URL")
        async with self.database.reading() as snapshot:
            found = await change_sets.find(snapshot, _rid(call))
        return Reply(change_set_json(found), headers={"etag": f'"{found.version}"'})

    async def staged(self, call: Call) -> Reply:
        """200 with a page of its operations, in their order."""
        only(call.query, "pageSize", "cursor", where="The URL")
        page = await self._page(call, STAGED, Order.POSITION)
        return Reply(
            {
                "items": [operation_json(operation_of({**row, "restores": None, "words": None})) for row in page.rows],
                "nextCursor": page.next_cursor,
            }
        )

    async def stage(self, call: Call) -> Reply:
        """200 with the change set and the operations as they were staged, each with its id and rid."""
        key = call.idempotency()
        words = {"operations": call.body} if isinstance(call.body, list) else dict(call.words())
        expected = call.expected_version(words)
        only(words, "operations", where="The body")
        wanted = await _staged(words)
        after, staged = await self.service.stage(call.actor, _rid(call), wanted, expected_version=expected, idempotency=key)
        return Reply({"changeSet": change_set_json(after), "operations": [operation_json(each) for each in staged]})

    async def reorder(self, call: Call) -> Reply:
        """200 with the change set; the body names every operation once, in the new order."""
        words = dict(call.words())
        expected = call.expected_version(words)
        only(words, "operationIds", where="The body")
        ids = texts(words, "operationIds", most=OPERATIONS)
        after = await self.service.reorder(call.actor, _rid(call), ids, expected_version=expected, idempotency=call.idempotency())
        return Reply(change_set_json(after))

    async def amend(self, call: Call) -> Reply:
        """200 with the change set; the words of one operation are replaced."""
        words = dict(call.words())
        expected = call.expected_version(words)
        only(words, "fields", "expectedEntityVersion", "cascade", where="The body")
        fields = words.get("fields")
        if fields is not None and not isinstance(fields, dict):
            raise BadInput("fields is an object.", path="fields")
        after = await self.service.amend(
            call.actor,
            _rid(call),
            call.parameters["operation"],
            fields=fields,
            expected_entity_version=call.version(words.get("expectedEntityVersion"), "expectedEntityVersion"),
            cascade=truth(words, "cascade") if "cascade" in words else None,
            expected_version=expected,
            idempotency=call.idempotency(),
        )
        return Reply(change_set_json(after))

    async def drop(self, call: Call) -> Reply:
        """200 with the change set; the operation is gone."""
        after = await self.service.drop(
            call.actor,
            _rid(call),
            [call.parameters["operation"]],
            expected_version=call.expected_version({}),
            idempotency=call.idempotency(),
        )
        return Reply(change_set_json(after))

    async def comments(self, call: Call) -> Reply:
        """200 with a page of what people said, the oldest first."""
        only(call.query, "pageSize", "cursor", where="The URL")
        page = await self._page(call, COMMENTS, Order.AGE)
        return Reply({"items": [_comment(row) for row in page.rows], "nextCursor": page.next_cursor})

    async def comment(self, call: Call) -> Reply:
        """201 with the change set; `rid` and `path` say which entity and field it is about."""
        words = call.words()
        only(words, "body", "rid", "path", where="A comment")
        about, path = text(words, "rid") or None, text(words, "path") or None
        if about is not None and not well_formed(about):
            raise NotFound("entity", about[:120])
        if path is not None and (len(path) > LONGEST_PATH or refused_character(path) is not None):
            raise BadInput(f"A path has up to {LONGEST_PATH:,} plain characters.", path="path")
        after = await self.service.comment(
            call.actor, _rid(call), text(words, "body"), about=about, path=path, idempotency=call.idempotency()
        )
        return Reply(change_set_json(after), HTTPStatus.CREATED)

    async def request_review(self, call: Call) -> Reply:
        """200 with the change set; the reviewers are asked."""
        words = dict(call.words()) if call.body is not None else {}
        expected = call.expected_version(words)
        only(words, "reviewers", where="The body")
        reviewers = texts(words, "reviewers", most=MOST)
        after = await self.service.request_review(
            call.actor, _rid(call), reviewers=reviewers, expected_version=expected, idempotency=call.idempotency()
        )
        return Reply(change_set_json(after))

    async def review(self, call: Call) -> Reply:
        """200 with the change set, approved as it is now, or with changes requested."""
        words = dict(call.words())
        expected = call.expected_version(words)
        only(words, "approve", "comment", where="A review")
        if not isinstance(words.get("approve"), bool):
            raise BadInput("A review approves or does not: approve is true or false.", path="approve")
        comment = text(words, "comment")
        after = await self.service.review(
            call.actor, _rid(call), approve=words["approve"], comment=comment, expected_version=expected, idempotency=call.idempotency()
        )
        return Reply(change_set_json(after))

    async def validate(self, call: Call) -> Reply:
        """200 with every violation and conflict of a merge now; none of them means that it would merge."""
        judgement = await self.service.validate(call.actor, _rid(call))
        return Reply(judged_json(judgement.violations, judgement.conflicts, stored=True))

    async def fix(self, call: Call) -> Reply:
        """200 with the fixes that were staged, of the named violations or of all that have one, and what is left."""
        words = dict(call.words()) if call.body is not None else {}
        expected = call.expected_version(words)
        only(words, "violations", where="The body")
        mended = await self.service.apply_fixes(
            call.actor, _rid(call), _marks(words.get("violations")), expected_version=expected, idempotency=call.idempotency()
        )
        operations = await off_loop(lambda: [operation_json(each) for each in mended.staged], len(mended.staged))
        left = judged_json(mended.violations, mended.conflicts, stored=True)
        return Reply({"changeSet": change_set_json(mended.change_set), "operations": operations, **left})

    async def diff(self, call: Call) -> Reply:
        """200 with a page of what it does to each entity, field by field."""
        return await self._slice(call, "diff", await self.service.diff(call.actor, _rid(call)))

    async def impact(self, call: Call) -> Reply:
        """200 with a page of what depends on what it touches, nearest first."""
        return await self._slice(call, "impact", await self.service.impact(call.actor, _rid(call)))

    async def merge(self, call: Call) -> Reply:
        """200 with the revision that it became; 409 with the conflicts, 422 with the violations."""
        words = dict(call.words()) if call.body is not None else {}
        expected = call.expected_version(words)
        only(words, "resolutions", "dryRun", where="The body")
        resolutions = _resolutions(words.get("resolutions"))
        dry_run = truth(words, "dryRun")
        merged = await self.service.merge(
            call.actor, _rid(call), expected_version=expected, resolutions=resolutions, dry_run=dry_run, idempotency=call.idempotency()
        )
        return await _merged(merged)

    async def close(self, call: Call) -> Reply:
        """200 with the change set, given up."""
        words = dict(call.words()) if call.body is not None else {}
        expected = call.expected_version(words)
        only(words, where="The body")
        after = await self.service.close(call.actor, _rid(call), expected_version=expected, idempotency=call.idempotency())
        return Reply(change_set_json(after))

    async def rollback(self, call: Call) -> Reply:
        """200 with the new change set that undid it; 409 with what blocks it."""
        words = call.words() if call.body is not None else {}
        only(words, "title", "dryRun", where="The body")
        merged = await self.service.rollback(
            call.actor, _rid(call), title=text(words, "title"), dry_run=truth(words, "dryRun"), idempotency=call.idempotency()
        )
        return await _merged(merged)

    async def _page(self, call: Call, source: Source, order: Order) -> Page:
        """A page of what one change set holds."""
        wanted = self.lists.wanted(call, order)
        async with self.database.reading() as snapshot:
            found = await change_sets.find(snapshot, _rid(call))
            return await self.lists.page(snapshot, source, found.rid, wanted, epoch=await change_sets.epoch(snapshot))

    async def _slice(self, call: Call, name: str, found: Sequence[Any]) -> Reply:
        """A page of what was worked out of one change set."""
        only(call.query, "pageSize", "cursor", where="The URL")
        wanted = self.lists.wanted(call, Order.POSITION)
        async with self.database.reading() as snapshot:
            page = self.lists.slice(found, wanted, await change_sets.epoch(snapshot), name, _rid(call))
        return Reply({"items": plain(page.rows), "nextCursor": page.next_cursor})


async def _staged(words: dict[str, Any]) -> Any:
    given = words.get("operations")
    return await off_loop(lambda: operations(given), len(given) if isinstance(given, list) else 0)


async def _merged(merged: Merged) -> Reply:
    body = {
        "changeSet": change_set_json(merged.change_set),
        "ontology": merged.ontology_name,
        "ontologyRevision": merged.revision,
        "refs": merged.refs,
        "changes": await off_loop(lambda: [change_json(change) for change in merged.changes], len(merged.changes)),
    }
    return Reply(body, headers={"oms-revision": f"{merged.ontology_name}={merged.epoch}.{merged.revision}"})


def _rid(call: Call) -> str:
    rid = call.parameters["rid"]
    if not well_formed(rid):
        raise NotFound("change set", rid[:120])
    return rid


def _marks(given: Any) -> set[tuple[str, str, str]] | None:
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise BadInput("violations is a list of objects.", path="violations")
    if len(given) > FIXED:
        raise ListTooLong(f"violations holds at most {FIXED:,}, not {len(given):,}.", path="violations", limit=FIXED)
    for each in given:
        only(each, "rule", "rid", "path", where="A violation")
    return {(text(each, "rule"), text(each, "rid"), text(each, "path")) for each in given}


def _resolutions(given: Any) -> tuple[Resolution, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise BadInput("resolutions is a list.", path="resolutions")
    if len(given) > OPERATIONS:
        raise ListTooLong(f"resolutions holds at most {OPERATIONS:,}, not {len(given):,}.", path="resolutions", limit=OPERATIONS)
    return tuple(_resolution(each, f"resolutions[{place}]") for place, each in enumerate(given))


def _resolution(given: Any, path: str) -> Resolution:
    if not isinstance(given, dict):
        raise BadInput("A resolution is an object.", path=path)
    only(given, "rid", "path", "choice", "theirsVersion", "value", where="A resolution")
    version = given.get("theirsVersion")
    choice = given.get("choice")
    if not isinstance(choice, str) or choice not in Choice.__members__ or not isinstance(version, int) or isinstance(version, bool):
        raise BadInput("A resolution has a choice of OURS, THEIRS or VALUE, and theirsVersion, a whole number.", path=path)
    return Resolution(text(given, "rid"), text(given, "path"), Choice(choice), version, given.get("value"))


def _comment(row: Any) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "author": row["author"],
        "authorName": row["author_name"],
        "body": row["body"],
        "rid": row["rid"],
        "path": row["path"],
        "createdAt": plain(row["created_at"]),
    }
