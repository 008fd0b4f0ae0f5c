"""Jobs, as clients follow them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry

from app.domain.job import Job as Work
from app.domain.job import JobKind, JobState
from app.persistence.reads import job_lines, ontologies
from app.persistence.reads.selection import At, Order
from app.services.transfer import Outcome
from resolvers.enums import Action, Kind, declare
from resolvers.paging import After, Before, Connection, First, Last, List, Paging, connection
from resolvers.scalars import BigInt, Revision, Rid
from resolvers.types.refs import ChangeSetRef
from resolvers.types.sinks import Sink

if TYPE_CHECKING:
    from asyncpg import Record

_KINDS = {"IMPORT": "The import of a file.", "FULL_SYNC": "Search index and graph database, built anew."}
_STATES = {
    "QUEUED": "It waits for its turn, for the first time or after its process has ended.",
    "RUNNING": "It is being done.",
    "SUCCEEDED": "It is done; `import` or `synced` says what came of it.",
    "FAILED": "It ended, and nothing was stored; `failure` says why.",
}
_OUTCOMES = {
    "MERGED": "It became a revision.",
    "IN_REVIEW": "Its change set is open for review.",
    "PLANNED": "A dry run: nothing stands in the way, and nothing was stored.",
    "UNCHANGED": "The ontology says already what the file says.",
}
declare(JobKind, "JobKind", "What a job does.", _KINDS)
declare(JobState, "JobState", "How far a job is; SUCCEEDED and FAILED are for good.", _STATES)
declare(Outcome, "ImportOutcome", "What became of an import.", _OUTCOMES)


@strawberry.type(description="Something of an imported file that was adapted or not carried, or what became of it.")
class ReceiptLine:
    code: str = strawberry.field(description="A stable code; the page on the mapping of RDF lists all of them.")
    subject: str = strawberry.field(description="The IRI that it is about; empty where it is about none.")
    sentence: str = strawberry.field(description="What was done, for people.")
    statements: int = strawberry.field(
        description="How many statements of the file no entity carries for this; 0 where something was only adapted."
    )


@strawberry.type(description="How many entities of one kind an import created, updated or deleted.")
class ChangeCount:
    kind: Kind = strawberry.field(description="The kind.")
    action: Action = strawberry.field(description="What was done.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="What came of an import. Its statements are those that entities carry and those that the receipt lists.")
class ImportResult:
    job: strawberry.Private[str]
    outcome: Outcome = strawberry.field(description="What became of it.")
    revision: Revision | None = strawberry.field(description="The revision that it made; null where it is not merged.")
    change_set_rid: Rid | None = strawberry.field(description="The change set; null where nothing was stored.")
    changes: list[ChangeCount] = strawberry.field(description="How many of what were changed, or would be.")
    statements: int = strawberry.field(description="The statements of the file; 0 for YAML and JSON, which have none.")
    carried: int = strawberry.field(description="Those that entities carry.")
    listed: int = strawberry.field(description="Those that the receipt lists.")

    @strawberry.field(description="The change set, as it is now; null where nothing was stored.")
    async def change_set(self, info: strawberry.Info[Any]) -> ChangeSetRef | None:
        from resolvers.types.change_set import change_set

        row = None if self.change_set_rid is None else await info.context.loaders.change_sets.load(self.change_set_rid)
        return None if row is None else change_set(row)

    @strawberry.field(description="Every line of the receipt, in the order of their codes and subjects.")
    async def receipt(
        self, info: strawberry.Info[Any], first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[ReceiptLine]:
        epoch = await ontologies.epoch(info.context.snapshot)
        listed = List(job_lines.LINES, self.job, None, Order.AGE, epoch=epoch)
        return await connection(info, listed, Paging(first, after, last, before), _line)


@strawberry.type(description="A view of an ontology that was built anew.")
class SyncResult:
    sink: Sink = strawberry.field(description="The system that keeps it.")
    ontology_name: str = strawberry.field(description="The ontology, by its apiName.")
    revision: Revision = strawberry.field(description="The revision up to which everything is in it.")
    entities: BigInt = strawberry.field(description="How many entities were written, with those that are deleted.")
    refused: BigInt = strawberry.field(description="How many of them the sink refuses: `deadLetters` says why.")
    differing: BigInt = strawberry.field(description="How many of them still differ though they were written again.")


@strawberry.type(description="A rule that stands in the way of a job.")
class JobViolation:
    rule: str = strawberry.field(description="The stable id of the rule, as the rule catalogue lists it.")
    rid: str = strawberry.field(description="The entity that would break it; empty, or new, where it is not stored.")
    path: str = strawberry.field(description="The field; empty where it is about the whole entity.")
    message: str = strawberry.field(description="A sentence for people.")


@strawberry.type(description="Why a job failed. Nothing was stored.")
class JobFailure:
    code: str = strawberry.field(description="A stable code, as errors have.")
    message: str = strawberry.field(description="A sentence for people; of a file that cannot be read it begins with the place.")
    violations: list[JobViolation] = strawberry.field(description="The rules that stand in the way, up to 1,000 of them.")


@strawberry.type(description="Work that takes longer than a request may. It goes on whoever follows it, and fails when its process ends.")
class Job:
    rid: Rid = strawberry.field(description="Its rid.")
    kind: JobKind = strawberry.field(description="What it does.")
    title: str = strawberry.field(description="What it is about, for people.")
    ontology_name: str = strawberry.field(
        description="The ontology that it is for, by its apiName, which an import may yet have to make; empty where it is for all."
    )
    state: JobState = strawberry.field(description="How far it is.")
    phase: str = strawberry.field(
        description="What is being done: of an import PARSE, MAP, PLAN or MERGE, of a full sync SYNC; empty while it waits."
    )
    done: BigInt = strawberry.field(description="How much of the phase is done; it grows while the phase lasts.")
    total: BigInt = strawberry.field(description="How much the phase has in all; 0 where that is not known.")
    detail: str = strawberry.field(description="What `done` and `total` count, or what is looked at.")
    author: str = strawberry.field(description="The id of who asked for it.")
    author_name: str = strawberry.field(description="The name of who asked for it.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When it began; null while it waits.")
    finished_at: datetime | None = strawberry.field(description="When it ended; null before that.")
    imported: ImportResult | None = strawberry.field(name="import", description="What came of an import; null before, and where it failed.")
    synced: list[SyncResult] | None = strawberry.field(description="What a full sync has built; null before, and where it failed.")
    failure: JobFailure | None = strawberry.field(description="Why it failed; null otherwise.")

    @classmethod
    def of(cls, work: Work) -> Job:
        """A job as the schema has it."""
        return cls(
            rid=Rid(work.rid), kind=work.kind, title=work.title, ontology_name=work.ontology, state=work.state, phase=work.phase,
            done=BigInt(work.done), total=BigInt(work.total), detail=work.detail, author=work.author, author_name=work.author_name,
            created_at=work.created_at, started_at=work.started_at, finished_at=work.finished_at,
            imported=None if work.result is None or work.kind is not JobKind.IMPORT else _result(work.rid, work.result),
            synced=None if work.result is None or work.kind is not JobKind.FULL_SYNC else _synced(work.result),
            failure=None if work.failure is None else _failure(work.failure),
        )  # fmt: skip


def _result(job: str, told: Mapping[str, Any]) -> ImportResult:
    changes = [ChangeCount(kind=Kind(each["kind"]), action=Action(each["action"]), count=each["count"]) for each in told["changes"]]
    return ImportResult(
        job=job, outcome=Outcome(told["outcome"]), revision=None if told["revision"] is None else Revision(told["revision"]),
        change_set_rid=None if told["changeSet"] is None else Rid(told["changeSet"]), changes=changes, statements=told["statements"],
        carried=told["carried"], listed=told["listed"],
    )  # fmt: skip


def _synced(told: Mapping[str, Any]) -> list[SyncResult]:
    return [
        SyncResult(
            sink=Sink(each["sink"]), ontology_name=each["ontology"], revision=Revision(each["revision"]), entities=BigInt(each["entities"]),
            refused=BigInt(each["refused"]), differing=BigInt(each.get("differing", 0)),
        )
        for each in told["synced"]
    ]  # fmt: skip


def _failure(told: Mapping[str, Any]) -> JobFailure:
    return JobFailure(code=told["code"], message=told["message"], violations=[JobViolation(**each) for each in told.get("violations", ())])


def _line(record: Record, _: At | None) -> ReceiptLine:
    return ReceiptLine(code=record["code"], subject=record["subject"], sentence=record["sentence"], statements=record["statements"])
