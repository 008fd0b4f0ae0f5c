"""Editors at work over HTTP: whatever is not answered is sent again with its key until it is."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2

from tests.chaos.ledger import Ledger, Refused, Told

PATIENCE = 5.0  # seconds for an answer
INSISTENCE = 90.0  # seconds in which a mutation is sent again
ONTOLOGIES = ("main", "second")
APPLY = """
mutation($i: ApplyChangesInput!) { applyChanges(input: $i) { __typename
    ... on ApplyChangesPayload { revision refs affected(first: 100) { rid version action } } ... on Error { code message } } }
"""
OPEN = "mutation($i: OpenChangeSetInput!) { openChangeSet(input: $i) { __typename ... on ChangeSetPayload { changeSet { rid } } ... on Error { code } } }"
MERGE = """
mutation($i: MergeChangeSetInput!) { mergeChangeSet(input: $i) { __typename
    ... on MergeChangeSetPayload { revision affected(first: 100) { rid version action } } ... on Error { code message } } }
"""
ROLLBACK = """
mutation($i: RollbackChangeSetInput!) { rollbackChangeSet(input: $i) { __typename
    ... on RollbackChangeSetPayload { revision } ... on Error { code message } } }
"""
PAIR = """
query($a: ID!) { node(id: $a) { ... on ObjectType { description properties(first: 1) { nodes { description } } } } }
"""
VERSION = "query($r: ID!) { node(id: $r) { ... on Entity { version } } }"


class GaveUp(Exception):
    """Nothing was ever answered."""


@dataclass
class Editor:
    """One person, who speaks to any of the processes."""

    number: int
    addresses: list[str]
    token: str
    ledger: Ledger
    random: Random
    shared: list[tuple[str, str]]  # object types with a property that says the same, which all change
    groups: dict[str, list[str]]  # type groups of each ontology, between which object types move
    large: int = 0  # properties of what is created, now and then
    mine: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in ONTOLOGIES})  # versions by rid
    steps: int = 0

    async def work(self, until: float, rest: float) -> None:
        """One thing after the other until the time has come."""
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE, headers={"authorization": f"Bearer {self.token}"}) as client:
            while time.monotonic() < until:
                self.steps += 1
                key = f"key-{self.number}-{self.steps}"
                with suppress(GaveUp):
                    await self._step(client, key)
                await asyncio.sleep(self.random.uniform(0, 2 * rest))

    async def read(self, until: float) -> None:
        """Look, and look again."""
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE, headers={"authorization": f"Bearer {self.token}"}) as client:
            while time.monotonic() < until:
                with suppress(GaveUp):
                    await self._look(client)

    async def _step(self, client: httpx2.AsyncClient, key: str) -> None:
        ontology = self.random.choice(ONTOLOGIES)
        mine = self.mine[ontology]
        what = self.random.choices(("create", "update", "rename", "move", "delete", "pair", "change set"), (4, 2, 2, 2, 1, 4, 1))[0]
        if what in {"update", "rename", "move", "delete"} and not mine:
            what = "create"
        if what == "create":
            await self._create(client, key, ontology)
        elif what in {"update", "rename", "move"}:
            rid = self.random.choice(sorted(mine))
            changed = {
                "update": {"status": self.random.choice(["EXPERIMENTAL", "EXAMPLE"])},
                "rename": {"displayName": f"Name {key}"},
                "move": {"typeGroups": [self.random.choice(self.groups[ontology])]},
            }
            fields: dict[str, Any] = {"description": key, **changed[what]}
            await self._apply(client, key, ontology, [_update(rid, mine[rid], **fields)], {rid: mine[rid]})
        elif what == "delete":
            rid = self.random.choice(sorted(mine))
            operation = {"verb": "DELETE", "rid": rid, "expectedVersion": mine[rid], "cascade": True}
            await self._apply(client, key, ontology, [operation], {rid: mine.pop(rid)})
        elif what == "pair":
            await self._both(client, key)
        elif what == "change set":
            await self._change_set(client, key, ontology)

    async def _create(self, client: httpx2.AsyncClient, key: str, ontology: str) -> None:
        count = self.large if self.large and self.random.random() < 0.3 else self.random.randint(1, 3)
        made = creation(key, count)
        made[0]["fields"]["typeGroups"] = [self.random.choice(self.groups[ontology])]
        answer = await self._apply(client, key, ontology, made, {})
        if answer is not None:
            self.mine[ontology][answer["refs"]["o"]] = 1

    async def _both(self, client: httpx2.AsyncClient, key: str) -> None:
        """An object type and its property always say the same: who reads them both at once must see that."""
        pair = self.random.choice(self.shared)
        versions = {rid: (await self._asked(client, VERSION, r=rid))["node"]["version"] for rid in pair}
        await self._apply(client, key, "main", [_update(rid, versions[rid], description=key) for rid in pair], versions)

    async def _look(self, client: httpx2.AsyncClient) -> None:
        found = (await self._asked(client, PAIR, a=self.random.choice(self.shared)[0]))["node"]
        self.ledger.reads += 1
        [one] = found["properties"]["nodes"]
        if one["description"] != found["description"]:
            self.ledger.torn.append(f"{found['description']} beside {one['description']}")

    async def _change_set(self, client: httpx2.AsyncClient, key: str, ontology: str) -> None:
        """Opened, merged, and sometimes rolled back again."""
        given = {"ontology": ontology, "title": f"Change set {key}", "operations": creation(key, 1)}
        opened = await self._sent(client, OPEN, f"{key}-open", given)
        if opened["__typename"] != "ChangeSetPayload":
            return
        rid = opened["changeSet"]["rid"]
        merged = await self._sent(client, MERGE, f"{key}-merge", {"rid": rid})
        if merged["__typename"] != "MergeChangeSetPayload":
            self.ledger.refused.append(Refused(key, merged["code"], merged["tries"]))
            return
        self._told(key, ontology, merged, {})
        if self.random.random() < 0.5:
            back = await self._sent(client, ROLLBACK, f"{key}-back", {"rid": rid})
            if back["__typename"] == "RollbackChangeSetPayload":
                gone = tuple(each["rid"] for each in merged["affected"])
                self.ledger.told.append(Told(f"{key}-back", ontology, back["revision"], deleted=gone))

    async def _apply(
        self, client: httpx2.AsyncClient, key: str, ontology: str, operations: list[dict[str, Any]], expected: dict[str, int]
    ) -> dict[str, Any] | None:
        answer = await self._sent(client, APPLY, key, {"ontology": ontology, "operations": operations})
        if answer["__typename"] != "ApplyChangesPayload":
            self.ledger.refused.append(Refused(key, answer["code"], answer["tries"]))
            return None
        self._told(key, ontology, answer, expected)
        return answer

    def _told(self, key: str, ontology: str, answer: dict[str, Any], expected: dict[str, int]) -> None:
        gone = tuple(each["rid"] for each in answer["affected"] if each["action"] == "DELETED")
        written = tuple((each["rid"], each["version"]) for each in answer["affected"] if each["action"] != "DELETED")
        for rid, version in written:
            if rid in self.mine[ontology]:
                self.mine[ontology][rid] = version
        self.ledger.told.append(Told(key, ontology, answer["revision"], written, gone, tuple(expected.items()), answer["tries"]))

    async def _sent(self, client: httpx2.AsyncClient, text: str, key: str, given: dict[str, Any]) -> dict[str, Any]:
        """The answer of a mutation, however often it must be asked for."""
        until, tries = time.monotonic() + INSISTENCE, 0
        while time.monotonic() < until:
            tries += 1
            answer = await self._posted(client, text, {"i": {**given, "idempotencyKey": key}})
            if answer is not None and answer.get("data"):
                [payload] = answer["data"].values()
                return {**payload, "tries": tries}
            codes = {each.get("extensions", {}).get("code") for each in (answer or {}).get("errors", ())}
            if codes and not codes & {"UNAVAILABLE", "QUERY_TIMEOUT", "IDEMPOTENCY_IN_PROGRESS", "INTERNAL_SERVER_ERROR"}:
                return {"__typename": "Error", "code": ",".join(map(str, codes)), "tries": tries}
            await asyncio.sleep(self.random.uniform(0.05, 0.4))
        self.ledger.unknown.append(key)
        raise GaveUp(key)

    async def _asked(self, client: httpx2.AsyncClient, text: str, **variables: Any) -> dict[str, Any]:
        until = time.monotonic() + INSISTENCE
        while time.monotonic() < until:
            answer = await self._posted(client, text, variables)
            if answer is not None and answer.get("data") and all(answer["data"].values()):
                found: dict[str, Any] = answer["data"]
                return found
            await asyncio.sleep(self.random.uniform(0.05, 0.4))
        raise GaveUp(text)

    async def _posted(self, client: httpx2.AsyncClient, text: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        address = self.random.choice(self.addresses)
        try:
            answer: dict[str, Any] = (await client.post(f"{address}/graphql", json={"query": text, "variables": variables})).json()
        except (httpx2.HTTPError, ValueError):
            return None
        return answer


def creation(key: str, count: int) -> list[dict[str, Any]]:
    """An object type whose name and description are the key, with so many properties."""
    name = key.title().replace("-", "")
    made: list[dict[str, Any]] = [
        {
            "verb": "CREATE", "kind": "OBJECT_TYPE", "ref": "o",
            "fields": {"apiName": name, "displayName": f"Name {key}", "description": key, "primaryKey": "ref:o.p0"},
        }
    ]  # fmt: skip
    for number in range(count):
        fields = {"apiName": f"p{number}", "displayName": f"P {key} {number}", "objectType": "ref:o", "type": {"base": "STRING"}}
        made.append({"verb": "CREATE", "kind": "PROPERTY", "ref": f"o.p{number}", "fields": fields})
    return made


def _update(rid: str, version: int, **fields: Any) -> dict[str, Any]:
    return {"verb": "UPDATE", "rid": rid, "expectedVersion": version, "fields": fields}
