"""`oms schema`: the committed schema is the one that the code serves, and no client is broken by surprise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from graphql import build_schema
from graphql.utilities import find_breaking_changes

from app.commands import event_promise
from app.commands.terminal import Refused, out
from app.web.openapi import printed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLSchema
    from graphql.utilities import BreakingChange

COMMITTED = Path("schema.graphql")
OPENAPI = Path("openapi.json")
REMOVED = re.compile(r"(?:Field|Enum value|Input field|Argument) (\S+) was removed\.")  # as graphql-core words it
RELEASED = Path("docs/schema.released.graphql")  # what clients were promised; replaced when a release is made


def write() -> None:
    """Write what the code serves."""
    COMMITTED.write_text(_served())
    OPENAPI.write_text(printed())
    out.print(f"Wrote {COMMITTED} and {OPENAPI}.")


def release() -> None:
    """Promise the present schema to clients, and the present events to their readers."""
    RELEASED.write_text(_served())
    event_promise.RELEASED.write_text(event_promise.written())
    out.print(f"Wrote {RELEASED} and {event_promise.RELEASED}.")


def check() -> None:
    """Refuse a stale file, and a change that breaks what was promised."""
    served = _served()
    if not COMMITTED.exists() or COMMITTED.read_text() != served:
        raise Refused(f"{COMMITTED} is stale: run `make schema` and commit it.")
    if not OPENAPI.exists() or OPENAPI.read_text() != printed():
        raise Refused(f"{OPENAPI} is stale: run `make schema` and commit it.")
    broken = [change.description for change in breaking(RELEASED.read_text(), served)] if RELEASED.exists() else []
    if broken:
        raise Refused("The schema breaks clients: " + " ".join(broken))
    if lost := event_promise.breaking():
        raise Refused("The schemas of events break who reads them: " + " ".join(lost))
    out.print(f"{COMMITTED} is current" + (" and breaks nobody." if RELEASED.exists() else "; nothing was promised yet."))


def breaking(promised: str, served: str) -> Iterator[BreakingChange]:
    """The changes that break a client which was not warned: what was deprecated before may go."""
    old, new = build_schema(promised), build_schema(served)
    warned = set(_deprecated(old))
    for change in find_breaking_changes(old, new):
        removed = REMOVED.match(change.description)
        if removed is None or removed[1] not in warned:
            yield change


def _deprecated(schema: GraphQLSchema) -> Iterator[str]:
    for name, kind in schema.type_map.items():
        members = (getattr(kind, "fields", None) or {}) | (getattr(kind, "values", None) or {})
        for member, definition in members.items():
            if definition.deprecation_reason is not None:
                yield f"{name}.{member}"
            for argument, taken in (getattr(definition, "args", None) or {}).items():
                if taken.deprecation_reason is not None:
                    yield f"{name}.{member}({argument}:)"


def _served() -> str:
    from resolvers.schema import print_schema  # builds the whole schema

    return print_schema()
