"""`/api/bulk`: up to 10,000 operations that become one revision, or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.persistence.background import off_loop
from app.web.rest.call import Call, Reply, only, text
from app.web.rest.operations import operations
from app.web.rest.shapes import change_json

if TYPE_CHECKING:
    from app.services.editing import Editing


@dataclass(frozen=True, slots=True)
class Bulk:
    """The handler of direct writes of many entities."""

    editing: Editing

    async def apply(self, call: Call) -> Reply:
        """200 with what changed and the rids of the refs; the body is a list of operations, or an object that holds it, with a title."""
        only(call.query, "ontology", "dryRun", where="The URL")
        words = {"operations": call.body} if isinstance(call.body, list) else call.words()
        only(words, "operations", "title", where="A bulk request")
        given = words.get("operations")
        wanted = await off_loop(lambda: operations(given), len(given) if isinstance(given, list) else 0)
        merged = await self.editing.apply(
            call.actor, call.ontology, wanted, title=text(words, "title"), idempotency=call.idempotency(), dry_run=call.flag("dryRun")
        )
        body = {
            "ontology": merged.ontology_name,
            "ontologyRevision": merged.revision,
            "changeSet": merged.change_set.rid,
            "refs": merged.refs,
            "changes": await off_loop(lambda: [change_json(change) for change in merged.changes], len(merged.changes)),
        }
        return Reply(body, headers={"oms-revision": f"{merged.ontology_name}={merged.epoch}.{merged.revision}"})
