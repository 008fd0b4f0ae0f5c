"""Whole ontologies in and out: an import is one change set, an export one snapshot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.domain.actor import Actor, Role
from app.domain.change_set import ChangeSet, ChangeSetStatus, Operation, Origin
from app.domain.closure import Closure
from app.domain.errors import BadInput, NotFound
from app.domain.gauge import Gauge, followed
from app.domain.plan import Plan, plan
from app.persistence import change_sets, imports, whole
from app.persistence.background import off_loop, uncollected
from app.persistence.merging import stored, with_rids
from app.persistence.reads import ontologies
from app.services.editing import checked
from app.transfer.document.reading import operations_of
from app.transfer.document.writing import Writing
from app.transfer.owl.reading import Said
from app.transfer.rdf.mapping import Mapped
from app.transfer.rdf.renewal import Renewal, renewal
from app.transfer.rdf.words import words_of
from app.transfer.receipt import EMPTY, Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.domain.entity import Change, Entity
    from app.domain.ontology import Ontology
    from app.persistence.database import Database, Snapshot
    from app.persistence.idempotency import Idempotency
    from app.persistence.merging import Merged
    from app.services.editing import Editing
    from app.services.ontologies import Ontologies


@dataclass(frozen=True)
class Exported:
    """One ontology as of a revision, ready to be written in any form."""

    ontology: str  # its apiName
    revision: int
    entities: int
    writing: Writing


@dataclass(frozen=True)
class Compared:
    """An ontology beside a document: what it held at a revision, and the operations that turn it into the other."""

    revision: int
    held: tuple[Entity, ...]
    operations: tuple[Operation, ...]


class Outcome(StrEnum):
    """What became of an import."""

    MERGED = "MERGED"
    IN_REVIEW = "IN_REVIEW"
    PLANNED = "PLANNED"
    UNCHANGED = "UNCHANGED"


@dataclass(frozen=True)
class Imported:
    """An import's outcome, with what it changes; only what is stored has a change set, only what is merged a revision."""

    outcome: Outcome
    ontology: str  # its apiName
    changes: tuple[Change, ...] = ()
    change_set: ChangeSet | None = None
    revision: int | None = None
    receipt: Receipt = EMPTY


@dataclass(frozen=True)
class Prepared:
    """What a file comes to: the operations, and what it says that they do not."""

    operations: tuple[Operation, ...]
    receipt: Receipt
    labels: tuple[str, ...] = ()


class Transfer:
    """Imports through the same write path as every edit."""

    def __init__(self, database: Database, editing: Editing, ontologies: Ontologies) -> None:
        self._database = database
        self._editing = editing
        self._ontologies = ontologies

    async def bring(
        self, actor: Actor, ontology: str, said: Mapped | Said | dict[str, Any], *, title: str = "", prune: bool = False,
        review: bool = False, dry_run: bool = False,
    ) -> Imported:  # fmt: skip
        """Import what a file says, RDF or a document: of what is there already, the difference."""
        prepared = await self.prepared(actor, ontology, said, prune=prune)
        return await self.store(actor, ontology, prepared, title=title, review=review, dry_run=dry_run)

    async def prepared(self, actor: Actor, ontology: str, said: Mapped | Said | dict[str, Any], *, prune: bool = False) -> Prepared:
        """What the file comes to beside what the ontology holds now; nothing is judged or stored."""
        if isinstance(said, Mapped):
            made = await self.renewed(actor, ontology, said, prune=prune)
            return Prepared(made.operations, made.receipt, (imports.LABEL,))
        if isinstance(said, Said):
            if prune and not said.whole:
                message = "The file says a part of its ontology only, and its sidecar says the rest: it cannot tell what to delete."
                raise BadInput(message, path="prune")
            return Prepared(await self.difference(actor, ontology, said.document, prune=prune), said.receipt)
        return Prepared(await self.difference(actor, ontology, said, prune=prune), EMPTY)

    async def store(
        self, actor: Actor, ontology: str, prepared: Prepared, *, title: str = "", review: bool = False, dry_run: bool = False,
        key: Idempotency | None = None,
    ) -> Imported:  # fmt: skip
        """Merge what was prepared, as `import_` does."""
        imported = await self.import_(
            actor, ontology, prepared.operations, title=title, review=review, dry_run=dry_run, labels=prepared.labels, key=key
        )
        return replace(imported, receipt=prepared.receipt)

    async def earlier(self, actor: Actor, key: Idempotency) -> Imported | None:
        """What was stored under the key before, without its receipt."""
        async with self._database.reading() as snapshot:
            merged = await stored(snapshot, actor, key)
        return None if merged is None else _imported(merged)

    async def import_(  # noqa: PLR0913 - as `Editing.apply`, whose choices these are
        self, actor: Actor, ontology: str, operations: Sequence[Operation], *, title: str = "", origin: Origin = Origin.IMPORT,
        review: bool = False, dry_run: bool = False, labels: Sequence[str] = (), key: Idempotency | None = None,
    ) -> Imported:  # fmt: skip
        """Merge the operations as one revision, or open them for review where that is wished or the ontology is protected.

        Without operations nothing is stored, and with `dry_run` nothing either. An ontology that does not exist is created
        for an Ontology Admin, once it is known that nothing stands in the way.
        Raises ValidationFailed, NameTaken, StillReferenced, VersionConflict or ChangeSetTooLarge.
        """
        actor.require(Role.EDITOR)
        if not operations:
            return Imported(Outcome.UNCHANGED, ontology)
        if not await self._exists(ontology):
            actor.require(Role.ADMIN)
            judged = await self._judged(checked(operations, origin))
            if dry_run:
                return Imported(Outcome.PLANNED, ontology, judged.changes)
            await self._ontologies.create(actor, api_name=ontology, display_name=ontology)
        merged = await self._editing.apply(
            actor, ontology, operations, title=title, origin=origin, review=review, dry_run=dry_run, labels=labels,
            idempotency=key,
        )  # fmt: skip
        return Imported(Outcome.PLANNED, merged.ontology_name, merged.changes) if dry_run else _imported(merged)

    async def difference(self, actor: Actor, ontology: str, document: dict[str, Any], *, prune: bool = False) -> tuple[Operation, ...]:
        """What turns the ontology, or an empty one where there is none, into what the document says."""
        return (await self.compared(actor, ontology, document, prune=prune)).operations

    async def compared(self, actor: Actor, ontology: str, document: dict[str, Any], *, prune: bool = False) -> Compared:
        """The ontology as one snapshot holds it, and what turns it into what the document says.

        One that does not exist is empty at revision 0, for an Ontology Admin.
        """
        actor.require(Role.EDITOR)
        held: list[Entity] = []
        revision = 0
        async with self._database.reading() as snapshot:
            try:
                found = await change_sets.ontology_named(snapshot, ontology)
            except NotFound:
                actor.require(Role.ADMIN)
            else:
                held = await whole.entities(snapshot, found.rid)
                revision = found.head_revision
        with uncollected(len(held)):
            operations = await off_loop(lambda: operations_of(document, held, prune=prune), len(document) * 1_000)
        return Compared(revision, tuple(held), operations)

    async def renewed(self, actor: Actor, ontology: str, mapped: Mapped, *, prune: bool = False) -> Mapped:
        """What a file comes to where the ontology holds something already: the difference, with what became of people's changes."""
        actor.require(Role.EDITOR)
        async with self._database.reading() as snapshot:
            try:
                found = await change_sets.ontology_named(snapshot, ontology)
            except NotFound:
                return mapped
            if not found.head_revision:
                return mapped
            held = await whole.entities(snapshot, found.rid)
            spoken = await imports.operations(snapshot, found.rid)

        def made() -> Renewal:
            return renewal(mapped.operations, held, words_of(spoken), home=mapped.home, prune=prune)

        with uncollected(len(held)):
            made_of = await off_loop(made, len(held) + len(mapped.operations))
        receipt = replace(mapped.receipt, lines=(*mapped.receipt.lines, *made_of.lines))
        return replace(mapped, operations=made_of.operations, receipt=receipt)

    async def export(self, actor: Actor, ontology: str, as_of: int | datetime | None = None) -> Exported:
        """All that the ontology holds, or held at a revision or moment, in one snapshot; NotFound for a revision to come."""
        actor.require(Role.VIEWER)
        async with self._database.reading() as snapshot:
            found = await change_sets.ontology_named(snapshot, ontology)
            revision = await _revision(snapshot, found, as_of)
            entities = await whole.entities(snapshot, found.rid, None if revision == found.head_revision else revision)
        return Exported(found.api_name, revision, len(entities), await off_loop(lambda: Writing(entities), len(entities)))

    async def _exists(self, ontology: str) -> bool:
        async with self._database.reading() as snapshot:
            try:
                await change_sets.ontology_named(snapshot, ontology)
            except NotFound:
                return False
        return True

    async def _judged(self, operations: Sequence[Operation]) -> Plan:
        """Refuse what could not be merged into an empty ontology, before there is one."""
        named = with_rids(operations)
        with followed(Gauge()):  # whoever follows the import sees it planned once, where it is merged
            return await off_loop(lambda: plan(named, {}, {}, Closure(), {}, strict=True, origin=Origin.IMPORT).or_raise(), len(named))


def _imported(merged: Merged) -> Imported:
    if merged.change_set.status is not ChangeSetStatus.MERGED:
        return Imported(Outcome.IN_REVIEW, merged.ontology_name, merged.changes, merged.change_set)
    return Imported(Outcome.MERGED, merged.ontology_name, merged.changes, merged.change_set, merged.revision)


async def _revision(snapshot: Snapshot, ontology: Ontology, as_of: int | datetime | None) -> int:
    if as_of is None:
        return ontology.head_revision
    revision = as_of if isinstance(as_of, int) else await ontologies.at_time(snapshot, ontology.rid, as_of)
    if not 0 <= revision <= ontology.head_revision:
        raise NotFound("revision", f"{ontology.api_name}@{revision}")
    return revision
