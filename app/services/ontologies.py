"""Administration of ontologies themselves: outside change sets, versioned, audited and evented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.actor import Actor, Role
from app.domain.common import NAME_UNIQUE
from app.domain.errors import InvalidState, NameTaken, ValidationFailed, VersionConflict
from app.domain.merge import Conflict
from app.domain.ontology import Ontology, OntologySettings, violations
from app.domain.rid import mint_ontology
from app.domain.text import nfc
from app.domain.topics import ontology_topic
from app.persistence import change_sets, ontologies, store
from app.persistence.idempotency import ONTOLOGY, once

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.persistence.database import Database, Transaction
    from app.persistence.idempotency import Idempotency


class Ontologies:
    """Creates, changes and archives ontologies; each needs an Ontology Admin."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, actor: Actor, *, api_name: str, display_name: str, description: str = "", settings: OntologySettings | None = None,
        idempotency: Idempotency | None = None,
    ) -> Ontology:  # fmt: skip
        """An empty ontology at revision 0."""
        actor.require(Role.ADMIN)
        check_words(api_name, display_name, description)
        words = _settings(settings or OntologySettings())

        async def act(work: Transaction) -> Ontology:
            made = await ontologies.insert(work, mint_ontology(), api_name, nfc(display_name), nfc(description), words, actor.id)
            if made is None:
                raise NameTaken([NAME_UNIQUE.broken("apiName", f"The name {api_name} is taken.", value=api_name)])
            await _tell(work, actor, made, "created")
            return made

        return await self._once(actor, act, idempotency)

    async def update(
        self, actor: Actor, rid: str, *, expected_version: int, display_name: str | None = None, description: str | None = None,
        settings: OntologySettings | None = None, idempotency: Idempotency | None = None,
    ) -> Ontology:  # fmt: skip
        """Change what is given; the apiName stays for ever."""
        actor.require(Role.ADMIN)

        async def act(work: Transaction) -> Ontology:
            before = await _current(work, rid, expected_version)
            check_words(before.api_name, before.display_name if display_name is None else display_name, description or "")
            made = await ontologies.update(
                work,
                before.rid,
                before.display_name if display_name is None else nfc(display_name),
                before.description if description is None else nfc(description),
                _settings(settings or before.settings),
                actor.id,
            )
            await _tell(work, actor, made, "updated")
            return made

        return await self._once(actor, act, idempotency)

    async def archive(self, actor: Actor, rid: str, *, expected_version: int, idempotency: Idempotency | None = None) -> Ontology:
        """Make it read-only; nothing is deleted."""
        actor.require(Role.ADMIN)

        async def act(work: Transaction) -> Ontology:
            before = await _current(work, rid, expected_version)
            made = await ontologies.archive(work, before.rid, actor.id)
            await _tell(work, actor, made, "archived")
            return made

        return await self._once(actor, act, idempotency)

    async def _once(self, actor: Actor, act: Callable[[Transaction], Awaitable[Ontology]], key: Idempotency | None) -> Ontology:
        async with self._database.writing() as work:
            return await once(work, actor.id, key, lambda: act(work), ONTOLOGY)


def check_words(api_name: str, display_name: str, description: str) -> None:
    """ValidationFailed with every rule that the words of an ontology break."""
    found = tuple(violations(api_name, display_name, description))
    if found:
        raise ValidationFailed(found)


def _settings(settings: OntologySettings) -> dict[str, Any]:
    return {"require_review": settings.require_review}


async def _current(work: Transaction, rid: str, expected_version: int) -> Ontology:
    named = await change_sets.ontology_named(work, rid)
    before = await store.lock(work, named.rid)
    if before.version != expected_version:
        sentence = f"The ontology is at version {before.version}, not {expected_version}."
        conflict = Conflict(
            before.rid, "version", None, expected_version, before.version, before.version, before.updated_by, before.updated_at, sentence
        )
        raise VersionConflict([conflict])
    if before.archived_at is not None:
        message = f"The ontology {before.api_name} is archived."
        raise InvalidState(message)
    return before


async def _tell(work: Transaction, actor: Actor, ontology: Ontology, action: str) -> None:
    detail = {
        "apiName": ontology.api_name, "displayName": ontology.display_name, "description": ontology.description,
        "settings": _settings(ontology.settings), "version": ontology.version,
    }  # fmt: skip
    store.audited(work, ontology.rid, actor, action, "ontology", ontology.rid, detail=detail)
    store.announce(work, ontology_topic(action), ontology.rid, actor, detail)
    store.wake(work)
