"""The REST face over a real database, asked in process; a token is the name of who asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.routing import Route

from app.domain.actor import Actor
from app.domain.errors import Unauthenticated
from app.limits import Limits
from app.persistence.database import Database
from app.services.change_sets import ChangeSets
from app.services.editing import Editing
from app.services.imports import Imports
from app.services.jobs import Jobs
from app.services.locks import Locks
from app.services.slots import export_slots
from app.web.authentication import Authentication
from app.web.cursors import Cursors
from app.web.rest.face import rest_routes
from app.web.rest.resource import Door
from resolvers.transport.json_input import decoded
from tests import given

SECRET = "a secret of the tests only"
PEOPLE = {actor.id: actor for actor in (given.VIEWER, given.EDITOR, given.REVIEWER, given.ADMIN)}


class Names:
    """Takes the name of somebody we know for a token."""

    async def verify(self, token: str) -> Actor:
        if token not in PEOPLE:
            raise Unauthenticated
        return PEOPLE[token]


@dataclass
class Face:
    """A client of the face, and the faults that it reported."""

    client: httpx2.AsyncClient
    faults: list[BaseException] = field(default_factory=list)

    async def ask(
        self, method: str, path: str, body: Any = None, *, by: str | None = "edith", headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        sent = {**({"authorization": f"Bearer {by}"} if by else {}), **(headers or {})}
        if isinstance(body, bytes):
            return await self.client.request(method, path, content=body, headers={"content-type": "application/json", **sent})
        if body is None:
            return await self.client.request(method, path, headers=sent)
        return await self.client.request(method, path, json=body, headers=sent)

    async def code(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str]:
        """Status and code of a refusal, which has a message, a request's id and nothing from inside."""
        answer = await self.ask(method, path, body, **options)
        told = answer.json()
        assert set(told) >= {"code", "message", "requestId"}, told
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        return answer.status_code, told["code"]


def routes_of(database: Database, limits: Limits, faults: list[BaseException]) -> list[Route]:
    """The paths of the face; what goes wrong in it is added to the faults."""
    door = Door(Authentication(Names()), limits, decoded, lambda error, _: faults.append(error))
    imports = Imports(database, Jobs(database), "", limits)
    return rest_routes(
        door, Editing(database), ChangeSets(database), Locks(database), imports, database, Cursors(SECRET), export_slots(limits.exports)
    )


@asynccontextmanager
async def face_of(database: Database, limits: Limits | None = None) -> AsyncIterator[Face]:
    faults: list[BaseException] = []
    app = Starlette(routes=routes_of(database, limits or Limits(), faults))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://oms") as client:
        yield Face(client, faults)
    assert faults == []
