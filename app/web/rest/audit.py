"""`GET /api/audit-log?entity=object_type&rid=&page=`: every mutation, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.actor import Role
from app.domain.errors import BadInput, Forbidden
from app.domain.kind import Kind
from app.persistence.reads import entities
from app.persistence.reads.audit import AUDIT
from app.persistence.reads.selection import All, Field, Order, Test
from app.web.rest import reading
from app.web.rest.call import Reply, only
from app.web.rest.shapes import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.actor import Actor
    from app.persistence.database import Database
    from app.web.rest.call import Call
    from app.web.rest.reading import Lists

FILTERS = {"entity": Field.ENTITY, "rid": Field.RID, "actor": Field.ACTOR, "action": Field.ACTION, "changeSet": Field.CHANGE_SET}
FURTHEST_PAGE = 1_000
ENTITIES = tuple(dict.fromkeys((*Kind, *(kind.slug for kind in Kind), "change_set", "ontology")))


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The handler of the audit log."""

    database: Database
    lists: Lists

    async def list(self, call: Call) -> Reply:
        """200 with a page, by its number or by the cursor of the one before; others' entries are for an Ontology Admin."""
        only(call.query, "ontology", "page", "pageSize", "cursor", *FILTERS, where="The URL")
        number = call.number("page", 1, most=FURTHEST_PAGE) or 1
        if number > 1 and call.query.get("cursor"):
            raise BadInput("A page is named by its number or by a cursor, not by both.", path="page")
        wanted = self.lists.wanted(call, Order.AGE, descending=True, where=All(tuple(_tests(call))))
        async with self.database.reading() as snapshot:
            at, _ = await reading.standing(snapshot, call.ontology)
            page = await self.lists.page(snapshot, AUDIT, at.ontology, wanted, epoch=at.epoch, number=number)
            states = [(row["rid"], version) for row in page.rows for version in (row["before_version"], row["after_version"]) if version]
            found = await entities.versions(snapshot, states)
        items = [_entry(row, found) for row in page.rows]
        return Reply({"items": items, "page": number, "pageSize": wanted.size, "nextCursor": page.next_cursor})


def _tests(call: Call) -> list[Test]:
    given = {field: call.query[name] for name, field in FILTERS.items() if call.query.get(name)}
    if (entity := call.choice("entity", ENTITIES)) is not None:
        given[Field.ENTITY] = entity.replace("-", "_")
    for name in ("rid", "changeSet"):
        call.rid(name)
    return [Test(field, (value,)) for field, value in {**given, **_own(call.actor, given.get(Field.ACTOR))}.items()]


def _own(actor: Actor, asked: str | None) -> Mapping[Field, str]:
    """Whose entries may be seen: one's own, and of everybody by an Ontology Admin."""
    if actor.may(Role.ADMIN):
        return {}
    if asked not in (None, actor.id):
        raise Forbidden(needs=Role.ADMIN.value)
    return {Field.ACTOR: actor.id}


def _entry(row: Mapping[str, Any], states: Mapping[tuple[str, int], Mapping[str, Any]]) -> dict[str, Any]:
    before, after = (states.get((row["rid"], row[name])) for name in ("before_version", "after_version"))
    return {
        "id": str(row["id"]),
        "at": plain(row["at"]),
        "actor": row["actor"],
        "actorName": row["actor_name"],
        "action": row["action"],
        "entity": row["entity"],
        "rid": row["rid"],
        "changeSet": row["change_set"],
        "revision": row["revision"],
        "beforeVersion": row["before_version"],
        "afterVersion": row["after_version"],
        "before": _definition(before),
        "after": _definition(after),
        "requestId": row["request_id"],
        "detail": row["detail"],
    }


def _definition(state: Mapping[str, Any] | None) -> Any:
    return None if state is None or state["deleted"] else state["definition"]
