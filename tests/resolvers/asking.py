"""The whole schema over a real database, asked in process as the HTTP endpoint asks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from app.domain.actor import Actor
from app.limits import Limits
from app.persistence.database import Database
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from app.services.repairs import Repairs
from app.web.cursors import Cursors
from resolvers.context import Services, Shared
from resolvers.schema import schema
from resolvers.transport.answer import Answer, GraphQLRequest, RequestFacts
from resolvers.transport.execution import Execution
from tests import given

ERROR = """
    ... on Error { __typename code message path }
    ... on ValidationFailed { violations { rule rid ref path value bound message by } }
    ... on VersionConflict {
        conflicts { rid path base ours theirs theirsVersion theirsBy theirsAt message } current { rid version displayName updatedBy }
    }
    ... on MergeConflict { conflicts { rid path base ours theirs theirsVersion theirsBy theirsAt message rule } }
    ... on NameTaken { violations { rule rid ref path value } takenBy: by { rid apiName } }
    ... on StillReferenced { violations { rule rid path } by { rid apiName } byCount }
    ... on RollbackBlocked { blockers { rid title } }
"""
PROBLEMS = ERROR.split("... on ")[1:]
WRITTEN = """
    clientMutationId dryRun revision refs affectedCount affected { rid kind apiName action version }
    changeSet { rid status origin mergedRevision }
"""


@dataclass
class Asking:
    """Asks as somebody, and keeps the faults that were reported; each must be expected by its test."""

    database: Database
    limits: Limits = field(default_factory=Limits)
    faults: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        services = Services(
            Editing(self.database),
            ChangeSets(self.database),
            Ontologies(self.database),
            Locks(self.database),
            repairs=Repairs(self.database),
        )
        self.shared = Shared(self.database, services, Cursors("a secret of the tests only"), self.limits)
        self.execution = Execution(schema(), self.limits, self.shared.open_context, lambda error, _: self.faults.append(error))

    async def answer(
        self, document: str, variables: dict[str, Any] | None = None, *, by: Actor = given.EDITOR, key: str | None = None
    ) -> Answer:
        request = GraphQLRequest(document, variables=variables or {}, size=len(orjson.dumps(variables or {})))
        return await self.execution.answer(self.execution.find(by, request), by, RequestFacts("test", idempotency_key=key))

    async def data(self, document: str, variables: dict[str, Any] | None = None, *, by: Actor = given.EDITOR) -> Any:
        """The data of an answer without errors, as JSON."""
        answer = await self.answer(document, variables, by=by)
        assert answer.errors == (), (answer.errors, self.faults)
        return orjson.loads(answer.encoded())["data"]

    async def mutate(
        self, name: str, sent: dict[str, Any], payload: str = WRITTEN, *, by: Actor = given.EDITOR, key: str | None = None
    ) -> Any:
        """One mutation by its name; the payload or the problem, `http` as the extensions say it."""
        kind = f"{name[0].upper()}{name[1:]}"
        result = schema()._schema.mutation_type.fields[name].type.of_type
        members = {member.name for member in getattr(result, "types", [result])}
        own = next(member for member in members if member.endswith("Payload"))
        problems = "".join(f"... on {part}" for part in PROBLEMS if part.split("{")[0].strip() in {"Error", *members})
        body = f"{payload}" if len(members) == 1 else f"__typename ... on {own} {{ {payload} }} {problems}"
        document = f"mutation Test($input: {kind}Input!) {{ {name}(input: $input) {{ {body} }} }}"
        answer = await self.answer(document, {"input": sent}, by=by, key=key)
        assert answer.errors == (), (answer.errors, self.faults)
        shown = orjson.loads(answer.encoded())
        return {**shown["data"][name], "http": shown["extensions"].get("http", {}).get("status")}

    async def refused(
        self, name: str, sent: dict[str, Any], *, by: Actor = given.EDITOR, key: str | None = None
    ) -> tuple[str, dict[str, Any]]:
        """The code and the extensions of the one error of a mutation without data."""
        kind = f"{name[0].upper()}{name[1:]}"
        answer = await self.answer(
            f"mutation Test($input: {kind}Input!) {{ {name}(input: $input) {{ __typename }} }}", {"input": sent}, by=by, key=key
        )
        [error] = answer.errors
        return error["extensions"]["code"], error["extensions"]
