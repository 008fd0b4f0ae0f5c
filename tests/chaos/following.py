"""A subscriber who keeps a log: whenever the connection ends they go on after the last cursor, with any of the processes."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

FOLLOW = "subscription($o: String!, $after: String) { ontologyChanged(ontology: $o, after: $after) { revision cursor } }"
SILENCE = 20.0  # seconds without a word after which the connection counts as dead


@dataclass
class Follower:
    """Their log must hold every revision once, in order."""

    ontology: str
    addresses: list[str]
    token: str
    random: Random
    cursor: str
    seen: list[int] = field(default_factory=list)
    connections: int = 0
    refusals: list[str] = field(default_factory=list)

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            with suppress(OSError, WebSocketException, TimeoutError, EOFError):
                await self._once()
            await asyncio.sleep(self.random.uniform(0.05, 0.3))

    async def _once(self) -> None:
        address = self.random.choice(self.addresses).replace("http", "ws")
        leaves_at = asyncio.get_running_loop().time() + self.random.uniform(2, 15)  # of their own accord
        async with connect(f"{address}/graphql", subprotocols=["graphql-transport-ws"], open_timeout=5, close_timeout=1) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}))
            said = json.loads(await asyncio.wait_for(socket.recv(), 5))
            if said["type"] != "connection_ack":
                return
            self.connections += 1
            variables = {"o": self.ontology, "after": self.cursor}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW, "variables": variables}}))
            while asyncio.get_running_loop().time() < leaves_at:
                said = json.loads(await asyncio.wait_for(socket.recv(), SILENCE))
                if said["type"] == "ping":
                    await socket.send(json.dumps({"type": "pong"}))
                elif said["type"] == "next" and said["payload"].get("data"):
                    event = said["payload"]["data"]["ontologyChanged"]
                    self.seen.append(event["revision"])
                    self.cursor = event["cursor"]
                elif said["type"] in {"error", "complete", "next"}:
                    self.refusals.append(json.dumps(said)[:300])
                    return

    def faults(self, head: int) -> list[str]:
        """Gaps, duplicates and what came out of order."""
        wanted = list(range(1, head + 1))
        if self.seen == wanted:
            return []
        place = next(
            (at for at, (one, other) in enumerate(zip(self.seen, wanted, strict=False)) if one != other), min(len(self.seen), head)
        )
        return [f"{self.ontology}: of {head} revisions {len(self.seen)} came; from {place + 1} on {self.seen[place : place + 4]}"]
