"""`/api/<kind>` and `/api/<kind>/<rid>`: the entities of one kind, written strictly against the version that was seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from app.domain.change_set import Operation, Verb
from app.domain.definition import Status
from app.domain.errors import BadInput, NotFound
from app.domain.kind import Kind
from app.domain.nested import NESTED, creations
from app.domain.rid import mint, well_formed
from app.persistence.reads import entities
from app.persistence.reads.selection import All, Field, Order, Test
from app.persistence.reads.whereabouts import whereabouts
from app.web.rest import reading
from app.web.rest.call import Reply, only
from app.web.rest.shapes import ENVELOPE, change_json, entity_json

if TYPE_CHECKING:
    from app.domain.entity import Entity
    from app.persistence.database import Database
    from app.persistence.merging import Merged
    from app.services.editing import Editing
    from app.web.rest.call import Call
    from app.web.rest.reading import Lists

LIST = ("ontology", "pageSize", "cursor", "asOf", "search", "status")
WRITE = ("ontology", "expectedVersion", "dryRun", "cascade")


@dataclass(frozen=True, slots=True)
class Entities:
    """The handlers of one kind."""

    kind: Kind
    editing: Editing
    database: Database
    lists: Lists

    async def create(self, call: Call) -> Reply:
        """201 with the new entity, its parts and what else the revision did; the body is the definition."""
        only(call.query, *WRITE, where="The URL")
        made = list(creations(self.kind, call.words()))
        made[0] = replace(made[0], rid=made[0].rid or mint(self.kind))
        merged = await self.editing.apply(call.actor, call.ontology, made, idempotency=call.idempotency(), dry_run=call.flag("dryRun"))
        added = [change.after for change in merged.changes if change.before is None and change.after is not None]
        created = next(entity for entity in added if entity.kind is self.kind)
        parts = [entity_json(entity) for entity in added if entity is not created]
        body = outcome(merged, created) | ({self._parts()[0]: parts} if self._parts() else {})
        if call.flag("dryRun"):
            return Reply(body)
        return Reply(body, HTTPStatus.CREATED, {"location": f"/api/{self.kind.slug}/{created.rid}", **tagged(merged, created)})

    async def update(self, call: Call) -> Reply:
        """200 with the entity as it is now; in the body what is absent stays and null clears."""
        only(call.query, *WRITE, where="The URL")
        rid = self._rid(call)
        words = dict(call.words())
        expected = call.expected_version(words)
        if words.get("rid", rid) != rid or words.get("kind", self.kind.value) != self.kind.value:
            raise BadInput("The body is about another entity than the URL.", path="rid")
        if any(part in words for part in self._parts()):
            raise BadInput(f"{self._parts()[0]} are changed one by one, at paths of their own.", path=self._parts()[0])
        kept = {name: value for name, value in words.items() if name not in ENVELOPE}
        merged = await self._written(call, rid, Operation(Verb.UPDATE, self.kind, rid, expected_version=expected, fields=kept))
        changed = next((change.after for change in merged.changes if change.rid == rid), None)
        if changed is None:  # nothing differed, so there is no new version
            async with self.database.reading() as snapshot:
                changed, _, _ = await reading.entity(snapshot, self.kind, rid)
        return Reply(outcome(merged, changed), headers=tagged(merged, changed))

    async def delete(self, call: Call) -> Reply:
        """200 with everything that went; `cascade` takes along what depends on it, `dryRun` only tells."""
        only(call.query, *WRITE, where="The URL")
        rid = self._rid(call)
        words = dict(call.words()) if call.body is not None else {}
        expected = call.expected_version(words)
        only(words, where="The body of a deletion")
        operation = Operation(Verb.DELETE, self.kind, rid, expected_version=expected, cascade=call.flag("cascade"))
        merged = await self._written(call, rid, operation)
        return Reply({"rid": rid, **outcome(merged, None)}, headers=tagged(merged, None))

    async def get(self, call: Call) -> Reply:
        """200 with the entity and its version as ETag; `include=properties` adds its parts."""
        only(call.query, "include", where="The URL")
        rid = self._rid(call)
        included = call.query.get("include")
        if included is not None and included not in self._parts():
            raise BadInput(f"A {self.kind.words} includes no {included[:100]!r}.", path="include")
        async with self.database.reading() as snapshot:
            found, at, ontology = await reading.entity(snapshot, self.kind, rid)
            body = {"ontology": ontology, **entity_json(found)}
            if included is not None:
                body[included] = [entity_json(each) for each in await reading.owned(snapshot, at, rid)]
        return Reply(body, headers={"etag": f'"{found.version}"', "oms-revision": f"{ontology}={at}"})

    async def list(self, call: Call) -> Reply:
        """200 with a page in the order of their apiNames, and the cursor of the next one."""
        only(call.query, *LIST, *(("objectType",) if self.kind is Kind.PROPERTY else ()), where="The URL")
        wanted = self.lists.wanted(call, Order.NAME, where=All(tuple(_tests(call))))
        async with self.database.reading() as snapshot:
            at, name = await reading.standing(snapshot, call.ontology)
            at = await reading.at_point(snapshot, at, call.point("asOf"))
            page = await self.lists.page(snapshot, entities.of_kind(self.kind), at.ontology, wanted, at=at)
        at = page.at or at
        items = [entity_json(reading.present(row)) for row in page.rows]
        return Reply({"items": items, "nextCursor": page.next_cursor, "revision": at.revision}, headers={"oms-revision": f"{name}={at}"})

    async def _written(self, call: Call, rid: str, operation: Operation) -> Merged:
        """Merge one operation on an entity that is or was there; NotFound where it never was, in whatever ontology."""
        async with self.database.reading() as snapshot:
            found = await whereabouts(snapshot, rid)
        if found is None or found.kind is not self.kind:
            raise NotFound(self.kind.words, rid)
        return await self.editing.apply(
            call.actor, found.ontology, [operation], idempotency=call.idempotency(), dry_run=call.flag("dryRun")
        )

    def _rid(self, call: Call) -> str:
        rid = call.parameters["rid"]
        if not well_formed(rid):
            raise NotFound(self.kind.words, rid[:200])
        return rid

    def _parts(self) -> tuple[str, ...]:
        return NESTED[self.kind][:1] if self.kind in NESTED else ()


def _tests(call: Call) -> list[Test]:
    given = {Field.TEXT: call.query.get("search"), Field.STATUS: call.choice("status", Status), Field.OWNER: call.rid("objectType")}
    return [Test(field, value if field is Field.TEXT else (value,)) for field, value in given.items() if value]


def outcome(merged: Merged, entity: Entity | None) -> dict[str, Any]:
    """What a write did: the entity, everything else that changed, the change set and the revision of the ontology."""
    others = [change_json(change) for change in merged.changes if entity is None or change.rid != entity.rid]
    shown: dict[str, Any] = {} if entity is None else entity_json(entity)
    return {
        **shown,
        "ontology": merged.ontology_name,
        "ontologyRevision": merged.revision,
        "changeSet": merged.change_set.rid,
        "changes": others,
    }


def tagged(merged: Merged, entity: Entity | None) -> dict[str, str]:
    """The headers of a write: the revision to read from, and the entity's version."""
    headers = {"oms-revision": f"{merged.ontology_name}={merged.epoch}.{merged.revision}"}
    return headers if entity is None else {**headers, "etag": f'"{entity.version}"'}
