"""The OpenAPI document of the REST face, made from the same table of paths that the server serves."""

from __future__ import annotations

from inspect import getdoc
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response
from starlette.routing import Route

from app.web.rest import promises
from app.web.rest.audit import AuditLog
from app.web.rest.bulk import Bulk
from app.web.rest.change_sets import ChangeSetPaths
from app.web.rest.entities import Entities
from app.web.rest.export import Export
from app.web.rest.face import rest_paths
from app.web.rest.imports import ImportPaths
from app.web.rest.locks import LockPaths
from app.web.rest.schemas import RID, TEXT, ref, schemas

if TYPE_CHECKING:
    from starlette.requests import Request

    from app.web.rest.face import Path
    from app.web.rest.promises import Promise
from app.web.rest.schemas import Schema

VERSION = "1.0.0"
REFUSALS = {
    400: ("The request is not well formed, or holds a value that no rule of the ontology is about.", "Error"),
    401: ("A valid bearer token is needed.", "Error"),
    403: ("The role does not allow it.", "Error"),
    404: ("There is no such thing.", "Error"),
    406: ("Only application/json is served.", "Error"),
    409: ("Something stands in the way.", "Problem"),
    413: ("The body, the change set or a definition is too large.", "Error"),
    415: ("The body must be application/json in UTF-8.", "Error"),
    422: ("The outcome would break rules, or an idempotency key was used for another request.", "ValidationFailed"),
    503: ("Try again after the seconds that Retry-After says.", "Error"),
}
ALWAYS = (400, 401, 403, 406, 503)
WITH_BODY = (413, 415)
UNKEPT: Any = None  # the document is made from the handlers alone; none of them is called


def document() -> dict[str, Any]:
    """The whole document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ontology Metadata Service",
            "version": VERSION,
            "description": "The REST face: the same services, rules and history as GraphQL. A write is strict: it names the version that"
            " its author looked at, in `expectedVersion` or If-Match, and any other is a 409 with the entity as it is now.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in dict.fromkeys(_tag(path) for path in _paths())],
        "paths": {path.path: _path(path) for path in _paths()},
        "components": {
            "schemas": schemas(),
            "responses": {f"Refused{status}": _answer(ref(name), text) for status, (text, name) in REFUSALS.items()},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def printed() -> str:
    """The document as it is committed: keys sorted, so that a change shows where it is."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def openapi_route() -> Route:
    """`/openapi.json`, for which no role is needed."""
    body = orjson.dumps(document())

    async def served(_: Request) -> Response:
        return Response(body, media_type="application/json")

    return Route("/openapi.json", served)


def _paths() -> list[Path]:
    return rest_paths(UNKEPT, UNKEPT, UNKEPT, UNKEPT, UNKEPT, UNKEPT, UNKEPT)


def _path(path: Path) -> dict[str, Any]:
    named = [
        {"name": name, "in": "path", "required": True, "schema": RID if name == "rid" else TEXT}
        for name in ("rid", "operation")
        if f"{{{name}}}" in path.path
    ]
    methods = {method: _operation(path, method) for method in path.handlers}
    return {**({"parameters": named} if named else {}), **methods}


def _operation(path: Path, method: str) -> dict[str, Any]:
    handler: Any = path.handlers[method]
    promise = _promise(handler)
    answers: dict[str, Any] = {str(promise.status): _answer(promise.answer, "Done.", promise.answers)}
    if promise.status == 201:  # noqa: PLR2004 - a dry run creates nothing
        answers["200"] = _answer(promise.answer, "What would have been done.") if "dryRun" in (promise.query or {}) else None
    refusals = {*ALWAYS, *promise.refusals, *(WITH_BODY if promise.body is not None else ())}
    answers |= {str(status): {"$ref": f"#/components/responses/Refused{status}"} for status in refusals}
    made: dict[str, Any] = {
        "operationId": f"{method}{''.join(part.strip('{}').title().replace('-', '') for part in path.path.split('/'))}",
        "tags": [_tag(path)],
        "summary": (getdoc(handler) or "").splitlines()[0],
        "parameters": _parameters(promise),
        "responses": {status: answer for status, answer in sorted(answers.items()) if answer is not None},
    }
    if promise.body is not None:
        made["requestBody"] = {
            "required": not promise.body_optional,
            "content": {media: {"schema": promise.body} for media in promise.media},
        }
    return made


def _promise(handler: Any) -> Promise:
    owner = handler.__self__
    match owner:
        case Entities():
            return promises.of_kind(owner.kind)[handler.__name__]
        case Bulk():
            return promises.of_bulk()[handler.__name__]
        case ChangeSetPaths():
            return promises.of_change_sets()[handler.__name__]
        case ImportPaths():
            return promises.of_imports()[handler.__name__]
        case LockPaths():
            return promises.of_locks()[handler.__name__]
        case AuditLog() | Export():
            of = promises.of_export() if isinstance(owner, Export) else promises.of_audit_log()
            return of[handler.__name__]
        case _:
            message = f"nothing is promised of {owner}"
            raise ValueError(message)


def _parameters(promise: Promise) -> list[dict[str, Any]]:
    made = [{"name": name, "in": "query", "schema": schema} for name, schema in (promise.query or {}).items()]
    if promise.keyed:
        key = {**TEXT, "minLength": 1, "maxLength": 255}
        made.append(
            {"name": "Idempotency-Key", "in": "header", "schema": key, "description": "The same request again is answered like the first."}
        )
    if promise.locked:
        tokens = {**TEXT, "pattern": "^[0-9]{1,18}(, [0-9]{1,18})*$"}
        made.append({"name": "OMS-Lock-Token", "in": "header", "schema": tokens, "description": "The edit locks that it is done under."})
    if promise.versioned:
        tag = {**TEXT, "pattern": '^"[1-9][0-9]{0,8}"$'}
        made.append({"name": "If-Match", "in": "header", "schema": tag, "description": "The version that the author looked at."})
    return made


def _answer(schema: Schema, description: str, media: tuple[str, ...] = ("application/json",)) -> dict[str, Any]:
    # A file in JSON is whatever JSON it is; any other is a text.
    return {"description": description, "content": {each: {"schema": {} if len(media) > 1 else schema} for each in media}}


def _tag(path: Path) -> str:
    return path.path.split("/")[2]
