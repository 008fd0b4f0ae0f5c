"""Working on an open change set: its operations, its envelope, what people say about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app.domain.actor import Actor, Role
from app.domain.change_set import OPERATIONS, REF_LENGTH, ChangeSet, ChangeSetStatus, Operation, Origin, ReviewStatus, Verb
from app.domain.errors import (
    AlreadyMerged,
    BadInput,
    ChangeSetTooLarge,
    InvalidState,
    ListTooLong,
    NotFound,
    StringTooLong,
    ValidationFailed,
    VersionConflict,
)  # fmt: skip
from app.domain.kinds import KINDS
from app.domain.merge import Conflict
from app.domain.planning import parse
from app.domain.rid import REF, mint_change_set, well_formed
from app.domain.text import DESCRIPTION, nfc, refused_character
from app.domain.value import unstorable
from app.persistence import change_sets, leases, neighbourhood
from app.persistence.idempotency import CHANGE_SET, Form, once
from app.persistence.merging import with_rids
from app.services.editing import checked_title

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from app.persistence.database import Database, Transaction
    from app.persistence.idempotency import Idempotency

LABELS = REVIEWERS = 50
MANY = 1_000  # operations; more take longer than a statement may
LABEL_LENGTH = 200  # characters


def checked_text(text: str, path: str, *, needed: bool = False) -> str:
    """A long text in its normal form, unless it is none."""
    normal = nfc(text)
    if len(normal) > DESCRIPTION:
        message = f"{path} has up to {DESCRIPTION:,} characters, not {len(normal):,}."
        raise StringTooLong(message, path=path)
    if (refused := refused_character(normal)) is not None:
        message = f"{path} holds the character {refused}, which no text may hold."
        raise BadInput(message, path=path)
    if needed and not normal.strip():
        message = f"{path} is empty."
        raise BadInput(message, path=path)
    return normal


def checked_list(values: Sequence[str], path: str, longest: int) -> tuple[str, ...]:
    """Distinct short texts, unless there are too many."""
    if len(values) > longest:
        message = f"{path} has up to {longest} entries, not {len(values)}."
        raise ListTooLong(message, path=path)
    for value in values:
        if not 1 <= len(value) <= LABEL_LENGTH or refused_character(value):
            message = f"An entry of {path} has 1 to {LABEL_LENGTH} plain characters."
            raise BadInput(message, path=path)
    return tuple(dict.fromkeys(nfc(value) for value in values))


def checked_shape(operation: Operation, place: int) -> Operation:
    """The operation, unless its words cannot be those of its kind."""
    if operation.ref is not None and not 1 <= len(operation.ref) <= REF_LENGTH:
        message = f"A ref has 1 to {REF_LENGTH} characters."
        raise BadInput(message, path=f"operations[{place}].ref")
    if (reason := unstorable(operation.fields) or unstorable(operation.ref)) is not None:
        raise BadInput(reason, path=f"operations[{place}].fields")
    if operation.verb is Verb.CREATE:
        parsed = parse(operation.kind, operation.fields, None, operation.rid)
        if isinstance(parsed, list):
            raise ValidationFailed([replace(each, path=f"operations[{place}].{each.path}") for each in parsed])
    else:
        if not operation.rid.startswith(REF) and not well_formed(operation.rid):
            message = f"{operation.rid[:120]!r} is neither a rid nor `ref:NAME`."
            raise BadInput(message, path=f"operations[{place}].rid")
        known = {field.alias or name for name, field in KINDS[operation.kind].model_fields.items()}
        for name in operation.fields:
            if name not in known:
                message = f"A {operation.kind.words} has no field {name[:120]!r}."
                raise BadInput(message, path=f"operations[{place}].{name[:120]}")
    return operation


class Staging:
    """Everything that leaves a change set open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(  # noqa: PLR0913 - an envelope has that many fields, all by name
        self, actor: Actor, ontology: str, *, title: str, description: str = "", labels: Sequence[str] = (),
        reviewers: Sequence[str] = (), operations: Sequence[Operation] = (), origin: Origin = Origin.EDIT,
        idempotency: Idempotency | None = None,
    ) -> ChangeSet:  # fmt: skip
        """A new change set, based on the ontology as it is now."""
        actor.require(Role.EDITOR)
        title = checked_title(title)
        if not title:
            message = "A change set has a title."
            raise BadInput(message, path="title")
        words = checked_text(description, "description")
        marks, asked = checked_list(labels, "labels", LABELS), checked_list(reviewers, "reviewers", REVIEWERS)
        async with self._database.writing(long=len(operations) > MANY) as work:

            async def act() -> ChangeSet:
                found = await change_sets.ontology_named(work, ontology)
                if found.archived_at is not None:
                    message = f"The ontology {found.api_name} is archived."
                    raise InvalidState(message)
                now = datetime.now(UTC)
                made = ChangeSet(
                    mint_change_set(), found.rid, title, words, ChangeSetStatus.OPEN, ReviewStatus.DRAFT, origin, 1, found.head_revision,
                    actor.id, now, now, marks, asked, author_name=actor.name,
                )  # fmt: skip
                staged = await self._staged(work, made, operations)
                made = replace(made, operation_count=len(staged))
                await change_sets.insert(work, made)
                await change_sets.stage(work, made.rid, staged, actor)
                await leases.guard(work, actor, (each.rid for each in staged))
                await change_sets.log(work, made, "opened", actor)
                return made

            return await once(work, actor.id, idempotency, act, CHANGE_SET)

    async def stage(
        self, actor: Actor, rid: str, operations: Sequence[Operation], *, expected_version: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> tuple[ChangeSet, list[Operation]]:  # fmt: skip
        """Append operations; each creation gets its rid, each other one the version that it was looked at."""

        async def change(work: Transaction, found: ChangeSet) -> tuple[dict[str, Any], list[Operation]]:
            if found.operation_count + len(operations) > OPERATIONS:
                message = f"A change set holds at most {OPERATIONS:,} operations."
                raise ChangeSetTooLarge(message, given=found.operation_count + len(operations), limit=OPERATIONS)
            staged = await self._staged(work, found, operations)
            position = await change_sets.last_position(work, rid)
            done = await change_sets.stage(work, rid, staged, actor, after=position)
            await leases.guard(work, actor, (each.rid for each in staged))
            return {"operation_count_by": len(done)}, done

        return await self._edit(actor, rid, "staged", change, expected_version, idempotency, _staged_form(operations))

    async def amend(
        self, actor: Actor, rid: str, operation_id: str, *, fields: dict[str, Any] | None = None,
        expected_entity_version: int | None = None, cascade: bool | None = None, expected_version: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> ChangeSet:  # fmt: skip
        """Replace the words of one operation."""

        async def change(work: Transaction, _: ChangeSet) -> tuple[dict[str, Any], None]:
            held = {each.id: each for each in await change_sets.operations(work, rid)}
            if operation_id not in held:
                raise NotFound("operation", operation_id[:120])
            before = held[operation_id]
            after = replace(
                before,
                fields=before.fields if fields is None else fields,
                expected_version=before.expected_version if expected_entity_version is None else expected_entity_version,
                cascade=before.cascade if cascade is None else cascade,
            )
            await change_sets.amend(work, rid, checked_shape(after, 0))
            await leases.guard(work, actor, (after.rid,))
            return {}, None

        return (await self._edit(actor, rid, "amended", change, expected_version, idempotency, _ALONE))[0]

    async def reorder(
        self, actor: Actor, rid: str, operation_ids: Sequence[str], *, expected_version: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> ChangeSet:  # fmt: skip
        """Give the operations another order; every one of them is named once."""

        async def change(work: Transaction, _: ChangeSet) -> tuple[dict[str, Any], None]:
            held = {each.id for each in await change_sets.operations(work, rid)}
            if len(operation_ids) != len(held) or set(operation_ids) != held:
                message = "The new order names every operation of the change set once."
                raise BadInput(message, path="operationIds")
            await change_sets.reorder(work, rid, operation_ids)
            return {}, None

        return (await self._edit(actor, rid, "reordered", change, expected_version, idempotency, _ALONE))[0]

    async def drop(
        self, actor: Actor, rid: str, operation_ids: Sequence[str], *, expected_version: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> ChangeSet:  # fmt: skip
        """Take operations out again."""
        for each in operation_ids:
            try:
                UUID(each)
            except ValueError:
                raise NotFound("operation", each[:120]) from None

        async def change(work: Transaction, _: ChangeSet) -> tuple[dict[str, Any], None]:
            count = await change_sets.drop(work, rid, operation_ids)
            if count != len(set(operation_ids)):
                raise NotFound("operation", ", ".join(operation_ids)[:120])
            return {"operation_count_by": -count}, None

        return (await self._edit(actor, rid, "dropped", change, expected_version, idempotency, _ALONE))[0]

    async def comment(
        self, actor: Actor, rid: str, body: str, *, about: str | None = None, path: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> ChangeSet:  # fmt: skip
        """Say something; this changes no version and voids no approval."""
        actor.require(Role.EDITOR)
        text = checked_text(body, "body", needed=True)
        async with self._database.writing() as work:

            async def act() -> ChangeSet:
                found = await in_use(work, await change_sets.find(work, rid))
                await change_sets.comment(work, rid, actor, text, about, path)
                await change_sets.log(work, found, "commented", actor)
                return found

            return await once(work, actor.id, idempotency, act, CHANGE_SET)

    async def _staged(self, work: Transaction, found: ChangeSet, operations: Sequence[Operation]) -> list[Operation]:
        if len(operations) > OPERATIONS:
            message = f"A change set holds at most {OPERATIONS:,} operations, not {len(operations):,}."
            raise ChangeSetTooLarge(message, given=len(operations), limit=OPERATIONS)
        staged = with_rids([checked_shape(each, place) for place, each in enumerate(operations)])
        refs = [each.ref for each in staged if each.ref is not None]
        if refs:
            held = {each.ref for each in await change_sets.operations(work, found.rid)}
            for ref in refs:
                if ref in held:
                    message = f"The ref {ref!r} is given twice."
                    raise BadInput(message, path="operations")
                held.add(ref)
        unversioned = [each.rid for each in staged if each.verb is not Verb.CREATE and each.expected_version is None]
        heads = await neighbourhood.heads(work, found.ontology, unversioned) if unversioned else {}
        return [
            replace(each, expected_version=heads[each.rid].version) if each.verb is not Verb.CREATE and each.rid in heads else each
            for each in staged
        ]

    async def _edit(
        self, actor: Actor, rid: str, event: str, change: Callable[[Transaction, ChangeSet], Awaitable[tuple[dict[str, Any], Any]]],
        expected_version: int | None, idempotency: Idempotency | None, form: Form[tuple[ChangeSet, Any]],
    ) -> tuple[ChangeSet, Any]:  # fmt: skip
        """Change what an open change set holds; an approval that it had is void."""
        actor.require(Role.EDITOR)
        async with self._database.writing() as work:

            async def act() -> tuple[ChangeSet, Any]:
                found = await opened(work, rid, expected_version)
                columns, result = await change(work, found)
                if found.review is ReviewStatus.APPROVED:
                    columns |= {"review": ReviewStatus.IN_REVIEW.value, "approved_by": None, "approved_version": None}
                after = await change_sets.touch(work, rid, **columns)
                await change_sets.log(work, after, event, actor)
                return after, result

            return await once(work, actor.id, idempotency, act, form)


_ALONE: Form[tuple[ChangeSet, Any]] = Form(lambda answer: CHANGE_SET.stored(answer[0]), lambda stored: (CHANGE_SET.read(stored), None))


def _staged_form(operations: Sequence[Operation]) -> Form[tuple[ChangeSet, Any]]:
    """With what staging added to each operation; the words are those of the request."""

    def stored(answer: tuple[ChangeSet, Any]) -> Any:
        added = [(each.id, each.rid, each.expected_version) for each in answer[1]]
        return {"changeSet": CHANGE_SET.stored(answer[0]), "operations": added}

    def read(answer: Any) -> tuple[ChangeSet, Any]:
        added = zip(operations, answer["operations"], strict=True)
        staged = [replace(each, id=number, rid=rid, expected_version=version) for each, (number, rid, version) in added]
        return CHANGE_SET.read(answer["changeSet"]), staged

    return Form(stored, read)


async def in_use(work: Transaction, found: ChangeSet) -> ChangeSet:
    """The change set, unless its ontology was archived: that is only read."""
    ontology = await change_sets.ontology_of_rid(work, found.ontology)
    if ontology.archived_at is not None:
        message = f"The ontology {ontology.api_name} is archived."
        raise InvalidState(message)
    return found


async def opened(work: Transaction, rid: str, expected_version: int | None) -> ChangeSet:
    """The change set, locked, if it can still be worked on and is at the expected version."""
    found = await in_use(work, await change_sets.find(work, rid, lock=True))
    if found.status is ChangeSetStatus.MERGED:
        message = "The change set was merged already."
        raise AlreadyMerged(message, revision=found.merged_revision)
    if found.status is ChangeSetStatus.CLOSED:
        message = "The change set is closed."
        raise InvalidState(message)
    if expected_version is not None and found.version != expected_version:
        sentence = f"The change set is at version {found.version}, not {expected_version}."
        conflict = Conflict(rid, "version", None, expected_version, found.version, found.version, "", found.updated_at, sentence)
        raise VersionConflict([conflict])
    return found
