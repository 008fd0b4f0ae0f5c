"""What each handler of the REST face takes and answers: the half of the OpenAPI document that its code does not say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.change_set import ChangeSetStatus, Origin, ReviewStatus
from app.domain.definition import Status
from app.domain.job import JobKind, JobState
from app.domain.kind import Kind
from app.domain.nested import NESTED
from app.transfer.files import Form
from app.transfer.outputs import MEDIA as WRITTEN
from app.transfer.outputs import Output
from app.web.rest.audit import ENTITIES, FURTHEST_PAGE
from app.web.rest.export import PARTS, RECEIPT
from app.web.rest.imports import MEDIA
from app.web.rest.locks import GREATEST
from app.web.rest.schemas import ANY, COUNT, MOMENT, RID, TEXT, TRUTH, VERSION, Schema, many, named, page, record, ref

if TYPE_CHECKING:
    from collections.abc import Mapping

UNPROCESSABLE = 422
POINT: Schema = {"anyOf": [COUNT, MOMENT]}  # in an ontology's history
LIST_PARAMETERS = {"pageSize": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}, "cursor": TEXT}


@dataclass(frozen=True, slots=True)
class Promise:
    """One handler: its query, its body, its answer, and which statuses beside those of every request."""

    answer: Schema
    body: Schema | None = None
    query: Mapping[str, Schema] | None = None
    status: int = 200
    refusals: tuple[int, ...] = (404,)
    body_optional: bool = False
    keyed: bool = False  # whether an Idempotency-Key is known
    versioned: bool = False  # whether If-Match is known
    media: tuple[str, ...] = ("application/json",)  # of the body
    answers: tuple[str, ...] = ("application/json",)  # the media types of the answer

    @property
    def locked(self) -> bool:
        """Whether it is refused beside an edit lock: what says which rules an outcome would break writes entities."""
        return UNPROCESSABLE in self.refusals


def of_kind(kind: Kind) -> dict[str, Promise]:
    """The handlers of the paths of one kind."""
    name = named(kind)
    dry = {"dryRun": TRUTH}
    expected = {"expectedVersion": VERSION}
    included = {"include": {"enum": [NESTED[kind][0]]}} if kind in NESTED else {}
    filters = {
        "search": TEXT,
        "status": {"enum": [each.value for each in Status]},
        "asOf": POINT,
        **({"objectType": RID} if kind is Kind.PROPERTY else {}),
    }
    return {
        "list": Promise(page(ref(name), revision=COUNT), query={**_ontology(), **LIST_PARAMETERS, **filters}),
        "create": Promise(ref(f"{name}Written"), ref(f"New{name}"), {**_ontology(), **dry}, 201, (404, 409, 422), keyed=True),
        "get": Promise(ref(name), query=included),
        "update": Promise(
            ref(f"{name}Written"), ref(f"{name}Patch"), {**dry, **expected}, 200, (404, 409, 422), keyed=True, versioned=True
        ),
        "delete": Promise(
            ref("Written"), record({"expectedVersion": VERSION}), {**dry, "cascade": TRUTH, **expected}, 200, (404, 409, 422),
            body_optional=True, keyed=True, versioned=True,
        ),
    }  # fmt: skip


def of_bulk() -> dict[str, Promise]:
    """The handler of many operations at once."""
    operations = many(ref("NewOperation"))
    body = {"anyOf": [operations, record({"operations": operations, "title": TEXT}, "operations")]}
    answer = record({**_outcome(), "changeSet": RID}, "ontology", "ontologyRevision", "changeSet", "changes", strict=False)
    return {"apply": Promise(answer, body, {**_ontology(), "dryRun": TRUTH}, 200, (404, 409, 413, 422), keyed=True)}


def of_change_sets() -> dict[str, Promise]:
    """The handlers of change sets."""
    change_set, operations = ref("ChangeSet"), many(ref("NewOperation"))
    expected: dict[str, Schema] = {"expectedVersion": VERSION}
    texts = many(TEXT)
    statuses = {
        "status": _values(ChangeSetStatus),
        "review": _values(ReviewStatus),
        "origin": _values(Origin),
        "author": TEXT,
        "search": TEXT,
    }
    opening = {"title": TEXT, "description": TEXT, "labels": texts, "reviewers": texts, "operations": operations}
    comment = record(
        {"id": TEXT, "author": TEXT, "authorName": TEXT, "body": TEXT, "rid": ANY, "path": ANY, "createdAt": MOMENT}, "id", "body",
        strict=False,
    )  # fmt: skip
    staging = {"anyOf": [operations, record({"operations": operations, **expected}, "operations")]}
    amending = record({"fields": {"type": "object"}, "expectedEntityVersion": VERSION, "cascade": TRUTH, **expected})
    merging = record({"resolutions": many(ref("Resolution")), "dryRun": TRUTH, **expected})
    judged = record(
        {"violations": many(ref("Violation")), "conflicts": many(ref("Conflict")), "violationCount": COUNT, "conflictCount": COUNT},
        "violations", "conflicts", strict=False,
    )  # fmt: skip
    changed = (404, 409, 422)
    named_violations = many(record({"rule": TEXT, "rid": TEXT, "path": TEXT}, "rule", "rid"))
    mended = record(
        {
            "changeSet": change_set, "operations": many(ref("Operation")), "violations": many(ref("Violation")),
            "conflicts": many(ref("Conflict")), "violationCount": COUNT, "conflictCount": COUNT,
        },
        "changeSet", "operations", "violations", "conflicts", strict=False,
    )  # fmt: skip
    return {
        "list": Promise(page(change_set), query={**_ontology(), **LIST_PARAMETERS, **statuses}),
        "open": Promise(change_set, record(opening, "title"), _ontology(), 201, (404, 409, 413, 422), keyed=True),
        "get": Promise(change_set),
        "staged": Promise(page(ref("Operation")), query=LIST_PARAMETERS),
        "stage": Promise(
            record({"changeSet": change_set, "operations": many(ref("Operation"))}, "changeSet", "operations", strict=False),
            staging, None, 200, (404, 409, 413, 422), keyed=True, versioned=True,
        ),
        "reorder": Promise(
            change_set, record({"operationIds": texts, **expected}, "operationIds"), None, 200, changed, keyed=True, versioned=True
        ),
        "amend": Promise(change_set, amending, None, 200, (404, 409, 422), keyed=True, versioned=True),
        "drop": Promise(change_set, None, expected, 200, changed, keyed=True, versioned=True),
        "comments": Promise(page(comment), query=LIST_PARAMETERS),
        "comment": Promise(change_set, record({"body": TEXT, "rid": TEXT, "path": TEXT}, "body"), None, 201, changed, keyed=True),
        "request_review": Promise(
            change_set, record({"reviewers": texts, **expected}), None, 200, changed, body_optional=True, keyed=True, versioned=True
        ),
        "review": Promise(
            change_set, record({"approve": TRUTH, "comment": TEXT, **expected}, "approve"), None, 200, changed, keyed=True, versioned=True
        ),
        "validate": Promise(judged),
        "fix": Promise(
            mended, record({"violations": named_violations, **expected}), None, 200, (404, 409, 413, 422), body_optional=True, keyed=True,
            versioned=True,
        ),
        "diff": Promise(page({"type": "object"}), query=LIST_PARAMETERS),
        "impact": Promise(page({"type": "object"}), query=LIST_PARAMETERS),
        "merge": Promise(ref("Merged"), merging, None, 200, (404, 409, 422), body_optional=True, keyed=True, versioned=True),
        "close": Promise(change_set, record(expected), None, 200, changed, body_optional=True, keyed=True, versioned=True),
        "rollback": Promise(ref("Merged"), record({"title": TEXT, "dryRun": TRUTH}), None, 200, changed, body_optional=True, keyed=True),
    }  # fmt: skip


def of_imports() -> dict[str, Promise]:
    """The handlers of imports and their jobs."""
    job = record(
        {
            "rid": RID, "kind": _values(JobKind), "title": TEXT, "ontology": TEXT, "state": _values(JobState), "phase": TEXT, "done": COUNT,
            "total": COUNT, "detail": TEXT, "author": TEXT, "authorName": TEXT, "createdAt": MOMENT, "startedAt": ANY, "finishedAt": ANY,
            "result": ANY, "failure": ANY,
        },
        "rid", "kind", "state", "phase", "done", "total", "createdAt", strict=False,
    )  # fmt: skip
    wanted = {"format": _values(Form), "language": TEXT, "title": TEXT, "draft": TRUTH, "dryRun": TRUTH, "prune": TRUTH}
    return {
        "submit": Promise(job, TEXT, {**_ontology(), **wanted}, 202, (404, 409, 413, 422), keyed=True, media=tuple(MEDIA)),
        "get": Promise(job),
    }


def of_locks() -> dict[str, Promise]:
    """The handlers of edit locks."""
    token = {"type": "integer", "minimum": 0, "maximum": GREATEST}
    held = {"rid": RID, "holder": TEXT, "holderName": TEXT, "acquiredAt": MOMENT, "until": MOMENT}
    own = {**held, "token": token}
    return {
        "get": Promise(record(held, *held, strict=False)),
        "acquire": Promise(record(own, *own, strict=False), refusals=(404, 409)),
        "renew": Promise(record(own, *own, strict=False), record({"token": token}, "token"), refusals=(404, 409)),
        "release": Promise(record(held, *held, strict=False), query={"token": token, "break": TRUTH}, refusals=(404, 409)),
    }


def of_audit_log() -> dict[str, Promise]:
    """The handler of the audit log."""
    entry = record(
        {
            "id": TEXT, "at": MOMENT, "actor": TEXT, "actorName": TEXT, "action": TEXT, "entity": TEXT, "rid": TEXT, "changeSet": ANY,
            "revision": ANY, "beforeVersion": ANY, "afterVersion": ANY, "before": ANY, "after": ANY, "requestId": TEXT, "detail": ANY,
        },
        "id", "at", "actor", "action", "entity", "rid", strict=False,
    )  # fmt: skip
    numbered = {"type": "integer", "minimum": 1, "maximum": FURTHEST_PAGE}
    filters: dict[str, Schema] = {
        "page": numbered,
        "entity": {"enum": list(ENTITIES)},
        "rid": TEXT,
        "actor": TEXT,
        "action": TEXT,
        "changeSet": TEXT,
    }
    answer = page(entry, page=COUNT, pageSize=COUNT)
    return {"list": Promise(answer, query={**_ontology(), **LIST_PARAMETERS, **filters})}


def of_export() -> dict[str, Promise]:
    """The handler of exports."""
    query: dict[str, Schema] = {**_ontology(), "format": _values(Output), "part": {"enum": list(PARTS)}, "asOf": POINT}
    return {"file": Promise(TEXT, query=query, answers=(*dict.fromkeys(WRITTEN.values()), RECEIPT))}


def _ontology() -> dict[str, Schema]:
    return {"ontology": {**TEXT, "default": "main"}}


def _outcome() -> dict[str, Schema]:
    return {"ontology": TEXT, "ontologyRevision": COUNT, "refs": {"type": "object"}, "changes": many(ref("Change"))}


def _values(enumeration: Any) -> Schema:
    return {"enum": [each.value for each in enumeration]}
