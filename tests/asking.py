"""Asks the real schema over a real database, the way every transport does."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import orjson

from app.adapters.memory_cache import MemoryCache
from app.domain.actor import Actor
from app.limits import Limits
from app.persistence.database import Database
from app.ports.cache import Cache
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.locks import Locks
from app.services.ontologies import Ontologies
from app.services.repairs import Repairs
from app.web.cursors import Cursors
from dataloaders.kept_versions import KeptVersions
from resolvers.context import Context, Services, Shared
from resolvers.schema import schema
from resolvers.transport.answer import Answer, GraphQLRequest, Refused, RequestFacts
from resolvers.transport.execution import Execution
from tests.given import VIEWER

SECRET = "a secret of the tests only"
GENEROUS = Limits(cost=1_000_000, aliases=100, fields=2_000, tokens=5_000)


class Asking:
    """One process's schema over one database; `statements` is what the last answer took."""

    def __init__(self, database: Database, limits: Limits = GENEROUS, cache: Cache | None = None, **services: Any) -> None:
        known = Services(
            Editing(database),
            ChangeSets(database),
            Ontologies(database),
            Locks(database),
            **{"repairs": Repairs(database), **services},
        )
        kept = KeptVersions(cache or MemoryCache(1_000_000))
        self.shared = Shared(database, known, Cursors(SECRET), limits, release="test", kept_versions=kept)
        self.faults: list[BaseException] = []
        self.statements = 0
        self._execution = Execution(schema(), limits, self._context, lambda fault, _: self.faults.append(fault))

    async def answer(self, query: str, *, actor: Actor = VIEWER, header: str | None = None, **variables: Any) -> Answer:
        """The whole answer."""
        found = self._execution.find(actor, GraphQLRequest(query, variables=variables))
        return await self._execution.answer(found, actor, RequestFacts("test", min_revision=header))

    async def data(self, query: str, *, actor: Actor = VIEWER, header: str | None = None, **variables: Any) -> Any:
        """The data of an answer without errors, as JSON."""
        answer = await self.answer(query, actor=actor, header=header, **variables)
        assert not answer.errors, (answer.errors, self.faults)
        return orjson.loads(answer.encoded())["data"]

    async def codes(self, query: str, *, actor: Actor = VIEWER, header: str | None = None, **variables: Any) -> list[str]:
        """The codes of an answer's errors, also where it was refused before it was executed."""
        try:
            answer = await self.answer(query, actor=actor, header=header, **variables)
        except Refused as refused:
            return [error.extensions["code"] for error in refused.errors if error.extensions]
        assert not self.faults, self.faults
        return [error["extensions"]["code"] for error in answer.errors]

    @asynccontextmanager
    async def _context(self, actor: Actor, facts: RequestFacts) -> Any:
        async with self.shared.open_context(actor, facts) as context:
            yield context
            self.statements = self._spent(context)

    @staticmethod
    def _spent(context: Context) -> int:
        return context.snapshot.statements
