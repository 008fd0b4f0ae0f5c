"""The real application on a real port, in a thread of its own, and what a hostile client may and may not see of it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import httpx2
import uvicorn

from app.adapters.development_issuer import DevelopmentIssuer
from app.domain.actor import Role
from app.limits import Limits
from app.main import create_app
from app.settings import Settings
from app.web.protocol import bounded
from resolvers.transport.sockets import SocketProtocol

T = TypeVar("T")
ORIGIN = "https://editor.example"
COUNTED = ("entity", "entity_version", "change_set", "revision", "outbox", "operation", "audit_log", "ontology")
LEAKS = re.compile(
    r"Traceback|File \"|site-packages|/usr/|/work/|/tmp/|\.py\b|asyncpg|sqlalchemy|pydantic|strawberry|graphql-core|starlette|uvicorn"
    r"|SELECT .{1,200} FROM|INSERT INTO|UPDATE \w+ SET|pg_|postgres|127\.0\.0\.1|localhost|<class|object at 0x"
    r"|\b[A-Z]\w+(?:Error|Exception)\b",
)


@dataclass(frozen=True)
class Answer:
    """What came back; `code` is the first error's, or that of a problem in the data."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str | None:
        return code_of(self.json) if self.body else None

    def check(self, sent: str = "") -> None:
        """Nothing of the inside shows but what the client itself said, and it is no fault."""
        said = self.body.decode() + " ".join(f"{name}: {value}" for name, value in self.headers.items())
        leaks = [leak.group() for leak in LEAKS.finditer(said) if leak.group() not in sent]
        assert not leaks, f"{leaks} in {said[:600]}"
        assert self.status < 500 or self.code in {"UNAVAILABLE", "QUERY_TIMEOUT"}, said[:600]
        assert "INTERNAL_SERVER_ERROR" not in said, said[:600]


def code_of(body: Any) -> str | None:
    """The first error's code, or that of a problem in the data."""
    if not isinstance(body, dict):
        return None
    if body.get("errors"):
        return str(body["errors"][0]["extensions"]["code"])
    if isinstance(body.get("data"), dict):
        return next((value["code"] for value in body["data"].values() if isinstance(value, dict) and "code" in value), None)
    return body.get("code")


@dataclass
class Service:
    """One server for all cases of a worker; what it holds is named in `known`."""

    port: int
    tokens: Mapping[str, str]
    issuer: DevelopmentIssuer
    loop: asyncio.AbstractEventLoop
    database: asyncpg.Connection
    client: httpx2.Client
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def counts(self) -> dict[str, int]:
        """How many rows there are of everything that a request could have left behind."""
        statement = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in COUNTED)
        return dict(self.wait(self.database.fetchrow(statement)))

    def ask(
        self, method: str, path: str, body: Any = None, *, role: str | None = "EDITOR", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request; a body of bytes is sent as it is."""
        sent = {"authorization": f"Bearer {self.tokens[role]}"} if role else {}
        if body is not None:
            sent["content-type"] = "application/json"
        sent |= {"accept": "application/json, application/graphql-response+json"} | dict(headers or {})
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        replied = self.client.request(method, path, content=content, headers={k: v for k, v in sent.items() if v != "-"})
        answer = Answer(replied.status_code, dict(replied.headers), replied.content)
        answer.check(path + (content or b"").decode(errors="replace"))
        return answer

    def graphql(self, query: str, variables: Any = None, *, role: str | None = "EDITOR", **more: Any) -> Answer:
        """Ask as a modern client does, whose answers have a status of their own."""
        body = {"query": query, **({} if variables is None else {"variables": variables}), **more}
        return self.ask("POST", "/graphql", body, role=role, headers={"accept": "application/graphql-response+json"})

    def raw(self, *parts: bytes, pause: float = 0.0, seconds: float = 60.0) -> Answer | None:
        """Send bytes, and read one answer; None where the connection is closed without one."""
        with socket.create_connection(("127.0.0.1", self.port), seconds) as connection:
            try:
                for part in parts:
                    connection.sendall(part)
                    time.sleep(pause)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all of it was sent
            try:
                return _read(connection)
            except ConnectionResetError:
                return None

    def ready(self) -> bool:
        return self.client.get("/readyz").status_code == 200


def _read(connection: socket.socket) -> Answer | None:
    got = b""
    while b"\r\n\r\n" not in got:
        part = connection.recv(65_536)
        if not part:
            return None
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65_536)
    answer = Answer(int(line.split(" ")[1]), headers, body)
    answer.check()
    return answer


@contextmanager
def serving(database_url: str, directory: Path) -> Iterator[Service]:
    """Run the application as `oms api` does, but in a thread, on a free port of the loopback."""
    limits = Limits(request_seconds=2, websocket_init_seconds=1)
    settings = Settings(database_url=database_url, oms_data_dir=directory, cors_origins=(ORIGIN,), limits=limits)
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    port = listening.getsockname()[1]
    config = uvicorn.Config(
        create_app(settings), http=bounded(limits), ws=SocketProtocol, lifespan="on", log_config=None, access_log=False,
        server_header=False, proxy_headers=False, ws_max_size=limits.websocket_frame_bytes, timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = uvicorn.Server(config)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=lambda: loop.run_until_complete(_served(server, listening)), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the application did not start"
        time.sleep(0.01)
    database = asyncio.run_coroutine_threadsafe(asyncpg.connect(database_url), loop).result(10)
    issuer = DevelopmentIssuer(directory, settings.oms_env)
    tokens = {role.name: issuer.issue(role, role.name.lower()) for role in Role}
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield Service(port, tokens, issuer, loop, database, client)
    finally:
        asyncio.run_coroutine_threadsafe(database.close(), loop).result(10)
        server.should_exit = True
        thread.join(20)
        loop.close()
        listening.close()


async def _served(server: uvicorn.Server, listening: socket.socket) -> None:
    await server._serve([listening])
