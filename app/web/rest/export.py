"""A whole ontology as a file, streamed: as long as it may be, it is in memory once as entities and never as one text."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from app.domain.actor import Role
from app.domain.errors import BadInput
from app.persistence import whole
from app.persistence.background import off_loop
from app.transfer.document.writing import Writing
from app.transfer.outputs import MEDIA, Output, Written, written
from app.web.rest import reading
from app.web.rest.call import Call, Reply, only

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.persistence.database import Database
    from app.services.slots import Slots

PARTS = ("file", "sidecar", "receipt")
RECEIPT = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Export:
    """The handler of exports."""

    database: Database
    slots: Slots

    async def file(self, call: Call) -> Reply:
        """200 with the ontology in the form that `format` names; `part` asks for its sidecar or its receipt (lines of JSON) instead."""
        only(call.query, "ontology", "format", "part", "asOf", where="The URL")
        call.actor.require(Role.VIEWER)
        form = _one_of(call, "format", [each.value for each in Output])
        part = _one_of(call, "part", PARTS)
        point = call.point("asOf")
        with ExitStack() as held:
            held.enter_context(self.slots.one())
            async with self.database.reading() as snapshot:
                at, name = await reading.standing(snapshot, call.ontology)
                at = await reading.at_point(snapshot, at, point)
                entities = await whole.entities(snapshot, at.ontology, None if at.current else at.revision)
            made = await off_loop(lambda: written(Writing(entities), Output(form), name), len(entities))
            pieces, media = _part(made, Output(form), part)
            headers = {"oms-revision": f"{name}={at.epoch}.{at.revision}"}
            return Reply(pieces=pieces, media=media, headers=headers, over=held.pop_all().close)


def _one_of(call: Call, name: str, known: Iterable[str]) -> str:
    choices = list(known)
    given = call.query.get(name) or choices[0]
    if given not in choices:
        raise BadInput(f"{name} is one of {', '.join(choices)}.", path=name)
    return given


def _part(made: Written, form: Output, part: str) -> tuple[Iterable[str], str]:
    if part == "receipt":
        return _receipt(made), RECEIPT
    if part == "sidecar":
        return (made.sidecar or "",), MEDIA[Output.YAML]
    return made.pieces, MEDIA[form]


def _receipt(made: Written) -> Iterator[str]:
    receipt = made.receipt
    yield orjson.dumps({"facts": receipt.statements, "carried": receipt.carried}).decode() + "\n"
    for line in receipt.lines:
        yield orjson.dumps(line.as_json()).decode() + "\n"
