"""What every server of the stack tells of itself."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import httpx2

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.stack.artifacts import Artifact
    from app.stack.processes import Launch

LOOPBACK = "127.0.0.1"
PROBE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where one server lives: its folder, its ports by name, and the files it is made of."""

    folder: Path
    ports: Mapping[str, int]
    cache: Path
    artifacts: tuple[Artifact, ...]

    @property
    def port(self) -> int:
        """The port that clients speak to."""
        return self.ports["client"]

    @property
    def files(self) -> list[str]:
        """The artifacts in the cache."""
        return [str(artifact.path(self.cache)) for artifact in self.artifacts]


class Server(Protocol):
    """One of the servers."""

    @property
    def name(self) -> str:
        """As it is typed."""

    @property
    def title(self) -> str:
        """As it is read."""

    @property
    def ports(self) -> Mapping[str, int]:
        """The usual numbers by what they are for; `client` is always one."""

    @property
    def within(self) -> range | None:
        """The only ports that it can take, where it is particular."""

    @property
    def made_of(self) -> tuple[str, ...]:
        """The Maven coordinates that the lock resolves."""

    @property
    def needs(self) -> Mapping[str, str]:
        """Modules of wheels, with what they bring."""

    def prepared(self, place: Place) -> Launch:
        """Write what it reads when it starts, once or anew, and say how to start it."""

    def answers(self, place: Place) -> bool:
        """Whether it does its work by now."""

    def settings(self, place: Place) -> dict[str, str]:
        """The settings of ours that lead to it."""


def connects(port: int) -> bool:
    """Whether something listens on loopback."""
    try:
        socket.create_connection((LOOPBACK, port), 1).close()
    except OSError:
        return False
    return True


def succeeds(url: str) -> bool:
    """Whether the address answers with a success."""
    try:
        return httpx2.get(url, timeout=PROBE_SECONDS, trust_env=False).is_success
    except httpx2.HTTPError:
        return False
