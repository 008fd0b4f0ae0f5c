"""All servers of one folder: fetched, started, waited for, and ended again."""

from __future__ import annotations

import json
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Protocol

from app.stack.artifacts import LOCK, Artifact, Progress, StackFailed, alone, fetch, locked, require
from app.stack.kafka import Kafka
from app.stack.keycloak import Keycloak
from app.stack.neo4j import Neo4j
from app.stack.opensearch import OpenSearch
from app.stack.postgres import Postgres
from app.stack.processes import Process
from app.stack.redis import Redis
from app.stack.server import LOOPBACK, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from app.stack.server import Server

SERVERS: Mapping[str, Server] = {each.name: each for each in (Postgres(), Redis(), Kafka(), OpenSearch(), Neo4j(), Keycloak())}
START_SECONDS = 240.0
PAUSE = 0.3
ANYWHERE = range(20_000, 32_000)  # below what the kernel gives to whoever connects, before a Java is up and has bound it


class Witness(Progress, Protocol):
    """Who is told how the start goes."""

    def ready(self, server: Server, seconds: float) -> None:
        """A server answers."""


@dataclass(frozen=True, slots=True)
class State:
    """How one server stands."""

    server: Server
    place: Place
    process: Process
    pid: int | None

    @property
    def answers(self) -> bool:
        """Whether it runs and does its work."""
        return self.pid is not None and self.server.answers(self.place)


class Stack:
    """The servers whose data and logs are in `folder`, made of what is in `cache`."""

    def __init__(self, folder: Path, cache: Path, servers: Mapping[str, Server] = SERVERS) -> None:
        self.servers = servers
        self._folder = folder.resolve()
        self._cache = cache
        self._artifacts = locked(LOCK.read_text())

    def start(self, names: Iterable[str], witness: Witness, *, free_ports: bool = False) -> dict[str, str]:
        """Start what does not run, wait until all answer, and return the settings that lead to them."""
        wanted = [self.servers[name] for name in names]
        for server in wanted:
            for module, purpose in server.needs.items():
                require(module, purpose)
        self._folder.mkdir(parents=True, exist_ok=True)
        with alone(self._folder / "start.lock"):
            idle = [server for server in wanted if not self.process(server).alive]
            self._choose_ports(idle, free=free_ports)
            fetch((artifact for server in idle for artifact in self._made_of(server)), self._cache, witness)
            abandoned = Event()
            with ThreadPoolExecutor(len(wanted)) as pool:
                try:
                    for server, seconds in pool.map(lambda server: (server, self._started(server, abandoned)), wanted):
                        witness.ready(server, seconds)
                finally:
                    abandoned.set()  # nobody waits for the others where one failed, or after Ctrl-C
            return self._noted(self.settings())

    def stop(self, names: Iterable[str]) -> list[Server]:
        """End what runs, all at once, and say what that was."""
        running = [server for server in map(self.servers.__getitem__, names) if self.process(server).alive]
        if running:
            with ThreadPoolExecutor(len(running)) as pool:
                list(pool.map(lambda server: self.process(server).end(), running))
            self._noted(self.settings())
        return running

    def states(self) -> list[State]:
        """Every server that ever was started in this folder."""
        known = [server for server in self.servers.values() if server.name in self._ports()]
        return [State(server, self.place(server), process := self.process(server), process.pid) for server in known]

    def settings(self) -> dict[str, str]:
        """The settings that lead to the servers that run."""
        running = [state for state in self.states() if state.pid is not None]
        return {name: value for state in running for name, value in state.server.settings(state.place).items()}

    def process(self, server: Server) -> Process:
        """The process of a server, whether it runs or not."""
        return Process(self._folder / server.name)

    def place(self, server: Server) -> Place:
        """Where a server that was started lives."""
        return Place(self._folder / server.name, self._ports()[server.name], self._cache, self._made_of(server))

    @property
    def env_file(self) -> Path:
        """The settings of the servers that run, a line each."""
        return self._folder / "env"

    def _started(self, server: Server, abandoned: Event) -> float:
        """Start it if need be, wait until it answers, and say how many seconds that took."""
        began, place, process = time.monotonic(), self.place(server), self.process(server)
        place.folder.mkdir(exist_ok=True)
        if not process.alive:
            process.start(server.prepared(place))
        while not server.answers(place):
            if not process.alive:
                raise StackFailed(f"{server.title} ended as soon as it was started: {_last_words(process.log)}; its log is {process.log}.")
            if time.monotonic() - began > START_SECONDS:
                raise StackFailed(f"{server.title} does not answer after {START_SECONDS:.0f} s; its log is {process.log}.")
            if abandoned.wait(PAUSE):
                break
        return time.monotonic() - began

    def _choose_ports(self, servers: Iterable[Server], *, free: bool) -> None:
        """Ports are kept between starts, so that addresses stay; one that another holds is refused, or changed."""
        known = self._ports()
        for server in servers:
            ports = dict(known.get(server.name, {})) if free else dict(server.ports)
            taken = {port for port in ports.values() if not _bindable(port)}
            if taken and not free:
                raise StackFailed(f"Port {min(taken)} is taken and {server.title} needs it: end what holds it, or choose --free-ports.")
            known[server.name] = _free(server) if taken or ports.keys() != server.ports.keys() else ports
        (self._folder / "ports.json").write_text(json.dumps(known, indent=2))

    def _ports(self) -> dict[str, dict[str, int]]:
        kept = self._folder / "ports.json"
        found: dict[str, dict[str, int]] = json.loads(kept.read_text()) if kept.exists() else {}
        return found

    def _noted(self, settings: dict[str, str]) -> dict[str, str]:
        self.env_file.touch(mode=0o600)
        self.env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        return settings

    def _made_of(self, server: Server) -> tuple[Artifact, ...]:
        return self._artifacts.get(server.name, ())


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _free(server: Server) -> dict[str, int]:
    """Ports that nobody holds; all are held at once, so that they differ."""
    with ExitStack() as held:
        return {name: held.enter_context(_bound(server.within)).getsockname()[1] for name in server.ports}


def _bound(within: range | None) -> socket.socket:
    within = within or ANYWHERE
    for port in random.sample(within, len(within)):
        found = socket.socket()
        try:
            found.bind((LOOPBACK, port))
        except OSError:
            found.close()
        else:
            return found
    raise StackFailed("No port is free.")


def _last_words(log: Path) -> str:
    """What stands last in the log, or what it calls fatal."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    told = [line for line in lines if "FATAL" in line] or lines[-1:]
    return told[0][:240] if told else "it said nothing"
