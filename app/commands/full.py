"""What `oms dev --full` has beyond `oms dev`: the real servers, and the workers beside the API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING

import httpx2

from app.commands.stack import bar, stack_of
from app.commands.terminal import notes
from app.commands.worker import names, worker
from app.domain.actor import Role
from app.settings import Settings
from app.stack.stack import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE = {Role.VIEWER: "vera", Role.EDITOR: "edda", Role.ADMIN: "adam"}  # of the realm; the password is the name
END_SECONDS = 40.0
ASK_SECONDS = 20.0


@contextmanager
def real_servers(settings: Settings, *, free_ports: bool) -> Iterator[Settings]:
    """The settings that lead to the real servers; those that did not run before are ended again."""
    stack = stack_of(settings)
    idle = [name for name, server in SERVERS.items() if not stack.process(server).alive]
    try:
        with bar() as witness:
            found = stack.start(SERVERS, witness, free_ports=free_ports)
        yield Settings.model_validate(settings.model_dump() | {name.lower(): value for name, value in found.items()})
    finally:
        stack.stop(idle)


@contextmanager
def workers(settings: Settings) -> Iterator[None]:
    """Every worker that there is, in a process of its own, until the block ends."""
    process = get_context("spawn").Process(target=worker, args=(settings, names()), name="workers")
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join(END_SECONDS)
        if process.is_alive():
            notes.print("[yellow]The workers did not end and are killed.[/]")
            process.kill()
            process.join()


def access_tokens(settings: Settings) -> dict[str, str]:
    """One for each role, for the pages; none while Keycloak does not answer."""
    try:
        with ThreadPoolExecutor(len(Role)) as pool:
            return dict(zip((role.value for role in Role), pool.map(partial(access_token, settings), Role), strict=True))
    except httpx2.HTTPError:
        return {}


def access_token(settings: Settings, role: Role) -> str:
    """What Keycloak gives to the person of the realm who has the role."""
    name = PEOPLE[role]
    form = {"grant_type": "password", "client_id": settings.keycloak_client_id, "username": name, "password": name}
    address = f"{settings.keycloak_issuer}/protocol/openid-connect/token"
    answer = httpx2.post(address, data=form, timeout=ASK_SECONDS, trust_env=False).raise_for_status()
    return str(answer.json()["access_token"])
