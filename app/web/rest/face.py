"""The paths of the REST face, one table for the server and for its OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import Route

from app.domain.errors import NotFound
from app.domain.kind import Kind
from app.web.rest.audit import AuditLog
from app.web.rest.bulk import Bulk
from app.web.rest.change_sets import ChangeSetPaths
from app.web.rest.entities import Entities
from app.web.rest.export import Export
from app.web.rest.imports import ImportPaths
from app.web.rest.locks import LockPaths
from app.web.rest.reading import Lists
from app.web.rest.resource import Door, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.persistence.database import Database
    from app.services.change_sets import ChangeSets
    from app.services.editing import Editing
    from app.services.imports import Imports
    from app.services.locks import Locks
    from app.services.slots import Slots
    from app.web.cursors import Cursors
    from app.web.rest.call import Call, Reply
from app.web.rest.resource import Handler

BULK_PATHS = frozenset({"/api/bulk", "/api/import"})
"""What reads larger bodies than the limit of every other path."""


@dataclass(frozen=True, slots=True)
class Path:
    """One path: its handlers by their methods."""

    path: str
    handlers: Mapping[str, Handler]
    bulk: bool = False
    long: bool = False
    files: bool = False
    streams: bool = False


def rest_paths(
    editing: Editing, change_sets: ChangeSets, locks: Locks, imports: Imports, database: Database, lists: Lists, exports: Slots
) -> list[Path]:
    """Every path with its handlers."""
    paths = [Path("/api/bulk", {"post": Bulk(editing).apply}, bulk=True, long=True)]
    for kind in Kind:
        of_kind = Entities(kind, editing, database, lists)
        paths.append(Path(f"/api/{kind.slug}", {"get": of_kind.list, "post": of_kind.create}))
        one = {"get": of_kind.get, "put": of_kind.update, "patch": of_kind.update, "delete": of_kind.delete}
        paths.append(Path(f"/api/{kind.slug}/{{rid}}", one))
    found = ChangeSetPaths(change_sets, database, lists)
    one_path = "/api/changeset/{rid}"
    held = LockPaths(locks, database)
    files = ImportPaths(imports, database)
    paths += [
        Path("/api/changeset", {"get": found.list, "post": found.open}),
        Path(one_path, {"get": found.get}),
        Path(f"{one_path}/operations", {"get": found.staged, "post": found.stage, "put": found.reorder}),
        Path(f"{one_path}/operations/{{operation}}", {"patch": found.amend, "delete": found.drop}),
        Path(f"{one_path}/comments", {"get": found.comments, "post": found.comment}),
        Path(f"{one_path}/request-review", {"post": found.request_review}),
        Path(f"{one_path}/review", {"post": found.review}),
        Path(f"{one_path}/validate", {"post": found.validate}),
        Path(f"{one_path}/fix", {"post": found.fix}, long=True),
        Path(f"{one_path}/diff", {"get": found.diff}),
        Path(f"{one_path}/impact", {"get": found.impact}),
        Path(f"{one_path}/merge", {"post": found.merge}, long=True),
        Path(f"{one_path}/close", {"post": found.close}),
        Path(f"{one_path}/rollback", {"post": found.rollback}, long=True),
        Path("/api/lock/{rid}", {"get": held.get, "post": held.acquire, "put": held.renew, "delete": held.release}),
        Path("/api/import", {"post": files.submit}, files=True),
        Path("/api/job/{rid}", {"get": files.get}),
        Path("/api/export", {"get": Export(database, exports).file}, long=True, streams=True),
        Path("/api/audit-log", {"get": AuditLog(database, lists).list}),
    ]
    return paths


def rest_routes(
    door: Door, editing: Editing, change_sets: ChangeSets, locks: Locks, imports: Imports, database: Database, cursors: Cursors,
    exports: Slots,
) -> list[Route]:  # fmt: skip
    """The routes of `/api`; a path of which there is none is answered in JSON too."""
    limits = door.limits
    routes = [
        Route(
            each.path,
            Resource(
                door,
                each.path,
                each.handlers,
                bulk=each.bulk,
                files=each.files,
                seconds=limits.long_execution_seconds if each.long else None,
                streams=each.streams,
            ),
        )
        for each in rest_paths(editing, change_sets, locks, imports, database, Lists(cursors, limits.page_size), exports)
    ]
    nowhere = Resource(door, "/api", dict.fromkeys(("get", "post", "put", "patch", "delete"), _nowhere))
    return [*routes, Route("/api/{path:path}", nowhere)]


async def _nowhere(call: Call) -> Reply:
    raise NotFound("path", f"/api/{call.parameters['path']}"[:200])
