"""The search index in OpenSearch: one index an ontology behind an alias, documents with external versions, tombstones for deletions."""

from __future__ import annotations

import asyncio
import random
import re
import time
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import ConnectionError as Unreachable
from opensearchpy.exceptions import NotFoundError, OpenSearchException, TransportError
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from app.adapters.opensearch_mapping import MAPPING, settings
from app.adapters.opensearch_query import FACET_EDGES, searched, suggested
from app.domain.document import Document
from app.domain.search import Count, Facet
from app.domain.words import plain
from app.ports.search_index import Found, Hit, NoRoom, Refusal, SinkDown, WalkExpired

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Sequence
    from datetime import datetime

    from app.ports.search_index import Begun, Wanted

PREFIX = "oms-"
SECONDS = 10.0  # that one request may take
BULK = 500  # documents of one request
TRIES = 3  # of what the engine says it has no room for just now
PAUSE = 0.2  # seconds before the second of them, doubled each time
KEPT = "2m"  # how long a walk's state outlives its last page
CROWDED = "Point In Time contexts"  # in the engine's words when it holds too many of them
PAGE = 1_000  # documents read at once
GONE, CONFLICT, BUSY, BROKEN = 404, 409, 429, 500
SHUT = frozenset({"cluster_block_exception", "index_closed_exception"})  # what is wrong with the index just now, and with no document
log = structlog.get_logger(__name__)
tracer = trace.get_tracer(__name__)
_MARKED = re.compile("\ue000([^\ue001]*)\ue001")


class OpenSearchIndex:
    """Speaks to one cluster; nothing here is the only copy of anything."""

    def __init__(self, url: str, *, replicas: int = 0, seconds: float = SECONDS) -> None:
        self._client = AsyncOpenSearch(hosts=[url], timeout=seconds, max_retries=0, retry_on_timeout=False, http_compress=True)
        self._replicas = replicas
        self._known: set[str] = set()

    async def prepare(self, ontology: str, *, looks: bool = False) -> bool:
        alias = alias_of(ontology)
        if alias in self._known and not looks:
            return False
        made = not await self._asked(self._client.indices.exists_alias(name=alias))
        if made:
            body = {"settings": settings(self._replicas), "mappings": MAPPING, "aliases": {alias: {}}}
            try:
                await self._asked(self._client.indices.create(index=f"{alias}-v1", body=body))
            except _Refused as refused:
                if refused.type != "resource_already_exists_exception":
                    raise SinkDown(refused.reason) from refused
        elif alias not in self._known:
            await self._widened(alias)
        self._known.add(alias)
        return made

    async def put(self, ontology: str, documents: Sequence[Document], *, into: str | None = None) -> list[Refusal]:
        refused: list[Refusal] = []
        name = into or alias_of(ontology)
        with tracer.start_as_current_span("opensearch bulk", kind=SpanKind.CLIENT, attributes={"oms.documents": len(documents)}):
            for begin in range(0, len(documents), BULK):
                refused += await self._written(name, documents[begin : begin + BULK], aliased=into is None)
            if documents:
                await self._asked(self._client.indices.refresh(index=name))
        return refused

    async def hold(self, ontology: str) -> str:
        try:
            opened = await self._asked(self._client.create_pit(index=alias_of(ontology), params={"keep_alive": KEPT}))
        except _Refused as refused:
            raise SinkDown(refused.reason) from refused
        except SinkDown as down:
            if CROWDED in str(getattr(down.__cause__, "info", "")):
                raise NoRoom from down
            raise
        return str(opened["pit_id"])

    async def search(self, ontology: str, wanted: Wanted) -> Found:
        body, walk = searched(wanted), wanted.walk
        try:
            if walk is None:
                answer = await self._asked(self._client.search(index=alias_of(ontology), body=body))
            else:
                answer = await self._asked(self._client.search(body={**body, "pit": {"id": walk, "keep_alive": KEPT}}))
        except _Refused as refused:
            if walk is not None:
                raise WalkExpired from refused
            raise SinkDown(refused.reason) from refused
        return _found(answer, wanted, walk)

    async def suggest(self, ontology: str, begun: Begun) -> list[str]:
        try:
            answer = await self._asked(self._client.search(index=alias_of(ontology), body=suggested(begun)))
        except _Refused as refused:
            raise SinkDown(refused.reason) from refused
        return [hit["_id"] for hit in answer["hits"]["hits"]]

    async def build(self, ontology: str) -> str:
        name = f"{alias_of(ontology)}-v{_now()}"
        await self._asked(self._client.indices.create(index=name, body={"settings": settings(self._replicas), "mappings": MAPPING}))
        return name

    async def searched(self, ontology: str) -> str:
        return ",".join(await self._behind(alias_of(ontology)))

    async def _behind(self, alias: str) -> list[str]:
        try:
            return sorted(await self._asked(self._client.indices.get_alias(name=alias)))
        except _Refused:
            return []

    async def swap(self, ontology: str, built: str) -> list[str]:
        alias = alias_of(ontology)
        older = await self._behind(alias)
        actions: list[dict[str, Any]] = [{"remove": {"index": name, "alias": alias}} for name in older if name != built]
        await self._asked(self._client.indices.update_aliases(body={"actions": [*actions, {"add": {"index": built, "alias": alias}}]}))
        replaced = [name for name in older if name != built]
        for name in replaced:
            await self._asked(self._client.indices.put_mapping(index=name, body={"_meta": {"replacedAt": _now()}}))
        return replaced

    async def unsearched(self, before: datetime) -> list[str]:
        found = await self._asked(self._client.indices.get(index=f"{PREFIX}*"))
        limit = int(before.timestamp() * 1_000)
        return sorted(name for name, told in found.items() if not told["aliases"] and _last_of_use(told) < limit)

    async def drop(self, name: str) -> None:
        self._known.clear()
        await self._asked(self._client.indices.delete(index=name, params={"ignore_unavailable": "true"}))

    async def stored(self, ontology: str, *, rids: Sequence[str] | None = None, name: str | None = None) -> AsyncIterator[Document]:
        after: list[Any] | None = None
        wanted: dict[str, Any] = {"match_all": {}} if rids is None else {"ids": {"values": list(rids)}}
        while True:
            body: dict[str, Any] = {"query": wanted, "sort": [{"rid": "asc"}], "size": PAGE, "version": True}
            if after is not None:
                body["search_after"] = after
            try:
                answer = await self._asked(self._client.search(index=name or alias_of(ontology), body=body))
            except _Refused as refused:
                self._known.clear()
                if refused.type == "index_not_found_exception":
                    return  # what is not there holds nothing
                raise SinkDown(refused.reason) from refused
            hits = answer["hits"]["hits"]
            for hit in hits:
                source = hit["_source"]
                yield Document(hit["_id"], hit["_version"], None if "deletedAt" in source else source)
            if len(hits) < PAGE:
                return
            after = hits[-1]["sort"]

    async def forget(self, before: datetime) -> int:
        found = await self._asked(self._client.indices.get_alias(index=f"{PREFIX}*"))
        old = {"query": {"range": {"deletedAt": {"lt": int(before.timestamp() * 1_000)}}}}
        return sum([await self._forgotten(name, old) for name, told in sorted(found.items()) if told["aliases"]])

    async def _forgotten(self, index: str, old: dict[str, Any]) -> int:
        """An index that is dropped meanwhile takes its tombstones along; one that was made just now may not be searchable yet."""
        reason = ""
        for attempt in range(2 * TRIES):  # a cold engine takes seconds for a new index
            if attempt:
                await asyncio.sleep(PAUSE * 2**attempt)
            request = self._client.delete_by_query(index=index, body=old, params={"conflicts": "proceed", "refresh": "true"})
            try:
                return int((await self._asked(request))["deleted"])
            except (_Refused, SinkDown) as failed:
                reason = str(failed)
            if not await self._asked(self._client.indices.exists(index=index)):
                return 0
        raise SinkDown(reason)

    async def answers(self) -> bool:
        try:
            await self._asked(self._client.cluster.health(params={"timeout": "2s"}))
        except (SinkDown, _Refused):
            return False
        return True

    async def close(self) -> None:
        await self._client.close()

    async def _widened(self, alias: str) -> None:
        """Add the fields that an index of an earlier release lacks; what cannot be added needs the index to be built anew."""
        try:
            await self._asked(self._client.indices.put_mapping(index=alias, body=MAPPING))
        except _Refused as refused:
            log.warning("The index has other fields than this release writes: build it anew.", index=alias, reason=refused.reason)

    async def _written(self, index: str, documents: Sequence[Document], *, aliased: bool) -> list[Refusal]:
        """One bulk request; what there is no room for just now is sent again, a newer version that is there already is as good.

        An alias must be there: the engine would make an index of that name, with fields of its own invention.
        """
        waiting = {each.rid: each for each in documents}
        refused: list[Refusal] = []
        for attempt in range(TRIES):
            if attempt:
                await asyncio.sleep(PAUSE * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 - spreads writers, no secret
            lines = b"".join(_lines(each) for each in waiting.values())
            answer = await self._asked(self._client.bulk(body=lines.decode(), index=index, params={"require_alias": str(aliased).lower()}))
            busy: dict[str, Document] = {}
            for item in answer["items"]:
                result = item["index"]
                status, rid = result["status"], result["_id"]
                if status == GONE:
                    self._known.clear()
                    raise SinkDown("the index is not there")
                if status == BUSY or status >= BROKEN or (status >= 400 and result["error"].get("type") in SHUT):  # noqa: PLR2004 - as below
                    busy[rid] = waiting[rid]
                elif status >= 400 and status != CONFLICT:  # noqa: PLR2004 - where HTTP's refusals begin
                    refused.append(Refusal(rid, _reason(result["error"])))
            if not busy:
                return refused
            waiting = busy
        raise SinkDown(f"{len(waiting)} documents found no room in {TRIES} tries")

    async def _asked(self, request: Awaitable[Any]) -> Any:
        """The answer; SinkDown where there is none that counts, _Refused where the engine understood and would not."""
        try:
            return await request
        except NotFoundError as gone:
            raise _Refused(gone) from gone
        except (Unreachable, TimeoutError, OSError) as away:
            raise SinkDown("the engine does not answer") from away
        except TransportError as failed:
            if isinstance(failed.status_code, int) and failed.status_code < BROKEN and failed.status_code != BUSY:
                raise _Refused(failed) from failed
            raise SinkDown(f"the engine answers {failed.status_code}") from failed
        except OpenSearchException as odd:
            raise SinkDown(type(odd).__name__) from odd


class _Refused(Exception):
    def __init__(self, error: TransportError) -> None:
        self.type = str(error.error)
        self.reason = f"the engine refuses: {self.type}"
        super().__init__(self.reason)


def alias_of(ontology: str) -> str:
    """The name under which an ontology's index is searched."""
    return PREFIX + ontology.rsplit(".", 1)[-1].lower()


def _now() -> int:
    return time.time_ns() // 1_000_000


def _last_of_use(told: dict[str, Any]) -> int:
    """When an index was replaced, or made where it never was searched; milliseconds."""
    return int(told["mappings"].get("_meta", {}).get("replacedAt") or told["settings"]["index"]["creation_date"])


def _lines(document: Document) -> bytes:
    action = {"index": {"_id": document.rid, "version": document.version, "version_type": "external_gte"}}
    body = {"rid": document.rid, "deletedAt": _now()} if document.body is None else document.body
    return orjson.dumps(action) + b"\n" + orjson.dumps(body) + b"\n"


def _reason(error: dict[str, Any]) -> str:
    """The engine's own words, the innermost ones, which name the field."""
    while isinstance(error.get("caused_by"), dict):
        error = error["caused_by"]
    return f"{error.get('type')}: {error.get('reason')}"[:500]


def _found(answer: dict[str, Any], wanted: Wanted, walk: str | None) -> Found:
    hits = [_hit(each) for each in answer["hits"]["hits"]]
    total = answer["hits"]["total"]["value"] if wanted.totals else None
    counts = list(_counts(answer["aggregations"])) if wanted.facets else None
    return Found(hits[: wanted.limit], len(hits) > wanted.limit, answer.get("pit_id", walk), total, counts)


def _hit(hit: dict[str, Any]) -> Hit:
    marked = (text for texts in hit.get("highlight", {}).values() for text in texts)
    words = frozenset(plain(word) for text in marked for word in _MARKED.findall(text))
    return Hit(hit["_id"], round((hit["_score"] or 0) * 1_000), tuple(hit["sort"]), words)


def _counts(aggregations: dict[str, Any]) -> Sequence[Count]:
    return [
        Count(
            facet,
            bucket["key"].removeprefix(f"{FACET_EDGES[facet]} ") if facet in FACET_EDGES else bucket["key"],
            bucket["doc_count"],
        )
        for facet in Facet
        for bucket in aggregations[facet.value]["buckets"]
    ]
