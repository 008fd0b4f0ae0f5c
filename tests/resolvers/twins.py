"""The schema by either executor, over one database."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import orjson

from app.domain.actor import Actor
from resolvers.schema import schema
from resolvers.transport.answer import GraphQLRequest, Refused, RequestFacts
from resolvers.transport.execution import Execution
from tests.given import EDITOR
from tests.resolvers.asking import Asking

UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Twins:
    """The same service twice, with either executor, over one database."""

    def __init__(self, database: Any) -> None:
        self.executed = Counter[str]()
        asking = Asking(database)
        self.faults = asking.faults
        self.ours = asking.execution
        self.theirs = Execution(
            schema(), asking.limits, asking.shared.open_context, lambda error, _: self.faults.append(error), by_levels=False
        )

    async def agree(self, text: str, variables: dict[str, Any] | None = None, *, by: Actor = EDITOR, minted: bool = False) -> Any:
        """The answer that both give; None for a document that is refused."""
        request = GraphQLRequest(text, variables=variables or {}, size=100)
        try:
            found = [execution.find(by, request) for execution in (self.ours, self.theirs)]
        except Refused:
            self.executed["refused"] += 1
            return None
        facts = RequestFacts("test")
        ours, theirs = [await execution.answer(each, by, facts) for execution, each in zip((self.ours, self.theirs), found, strict=True)]
        mine, other = (_unminted(answer.encoded()) if minted else answer.encoded() for answer in (ours, theirs))
        assert mine == other, text
        assert (ours.revisions, ours.status, ours.http_status) == (theirs.revisions, theirs.status, theirs.http_status), text
        self.executed["with errors" if ours.errors else "whole"] += 1
        return orjson.loads(mine)


def _unminted(body: bytes) -> bytes:
    """With the rids that an execution makes up numbered in their order."""
    seen: dict[bytes, bytes] = {}
    return UUID.sub(lambda found: seen.setdefault(found[0], b"%d" % len(seen)), body)
