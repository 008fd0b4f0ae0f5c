"""A Kafka that can be reached through proxies: it tells clients the proxy's port as its own, and they never learn another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from app.stack.kafka import Kafka
from app.stack.server import LOOPBACK, Place, Server
from app.stack.stack import SERVERS, Stack
from tests.chaos.parts import free_port

WAYS = 3  # installations that can be attacked at the same time
_LISTENERS = """
listeners={all}
advertised.listeners={told}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,{kinds}
"""


class Way(NamedTuple):
    """A listener of the broker, and the port that it tells of: there somebody has to listen and pass on."""

    told: int
    behind: int


class ProxiedKafka(Kafka):
    """The broker with further listeners, which lead through whoever listens on the ports that are told."""

    ports: Mapping[str, int] = MappingProxyType(dict(Kafka.ports) | {f"behind{number}": 9094 + number for number in range(WAYS)})

    def properties(self, place: Place) -> str:
        """What is named twice counts as it is named last."""
        own = f"PLAINTEXT://{LOOPBACK}:{place.port}"
        through = [(f"WAY{number}", way) for number, way in enumerate(ways_of(place))]
        listening = [own, f"CONTROLLER://{LOOPBACK}:{place.ports['controller']}", *(f"{n}://{LOOPBACK}:{way.behind}" for n, way in through)]
        told = [own, *(f"{name}://{LOOPBACK}:{way.told}" for name, way in through)]
        kinds = [f"{name}:PLAINTEXT" for name, _ in through]
        return super().properties(place) + _LISTENERS.format(all=",".join(listening), told=",".join(told), kinds=",".join(kinds))


PROXIED: Mapping[str, Server] = MappingProxyType({**SERVERS, "kafka": ProxiedKafka()})


def ways_of(place: Place) -> list[Way]:
    """The ways to a broker; which ports it tells of is chosen once, so that they stay when it is started again."""
    kept = place.folder / "told.json"
    if not kept.exists():
        kept.write_text(json.dumps([free_port() for _ in range(WAYS)]))
    return [Way(told, place.ports[f"behind{number}"]) for number, told in enumerate(json.loads(kept.read_text()))]


def ways(stack: Stack) -> tuple[Way, ...]:
    """The ways to the broker of a stack of PROXIED, which was started before."""
    return tuple(ways_of(stack.place(stack.servers["kafka"])))
