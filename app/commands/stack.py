"""What `oms services` does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.commands.terminal import Refused, notes, out, print_json
from app.stack.locking import write
from app.stack.stack import SERVERS, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.settings import Settings
    from app.stack.server import Server
    from app.stack.stack import State


class Bar:
    """Shows the downloads as a bar, and each server that answers as a line."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._starting = progress.add_task("Starting", total=None)
        self._fetching = progress.add_task("Fetching", total=0, visible=False)

    def begin(self, files: int) -> None:
        """So many files are missing."""
        self._progress.update(self._fetching, total=files, visible=True)

    def done(self) -> None:
        """One of them is there."""
        self._progress.advance(self._fetching)

    def ready(self, server: Server, seconds: float) -> None:
        """A server answers."""
        self._progress.console.print(f"[dim]{server.title} answers after {seconds:.0f} s[/]")


def start(settings: Settings, names: Sequence[str] | None, *, free_ports: bool, json: bool) -> None:
    """Start them and say where they are."""
    stack = stack_of(settings)
    with bar() as witness:
        found = stack.start(_known(names), witness, free_ports=free_ports)
    if json:
        print_json(found)
        return
    for name, value in found.items():
        out.print(f"{name}={value}", soft_wrap=True)
    notes.print(f"[dim]These lines are in {stack.env_file}; `oms services stop` ends them.[/]", soft_wrap=True)


def stop(settings: Settings, names: Sequence[str] | None) -> None:
    """End them and say which ran."""
    ended = stack_of(settings).stop(_known(names))
    notes.print(f"Ended {', '.join(server.title for server in ended)}." if ended else "Nothing runs.")


def status(settings: Settings, *, json: bool) -> None:
    """Show how each stands."""
    states = stack_of(settings).states()
    if json:
        print_json([_as_json(state) for state in states])
    else:
        _print(states)
    if silent := [state.server.title for state in states if state.pid is not None and not state.answers]:
        raise Refused(f"{', '.join(silent)} runs and does not answer.")


def lock() -> None:
    """Write the lock anew."""
    with notes.status("Resolving and fetching every artifact ..."):
        path = write({server.name: server.made_of for server in SERVERS.values() if server.made_of})
    out.print(f"Wrote {path}.", soft_wrap=True)


def stack_of(settings: Settings) -> Stack:
    """The servers of this checkout."""
    if not settings.development:
        raise Refused(f"`oms services` is for development and OMS_ENV is {settings.oms_env}.")
    return Stack(settings.oms_data_dir / "services", settings.oms_cache_dir.expanduser())


@contextmanager
def bar() -> Iterator[Bar]:
    """A bar on standard error."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=notes, transient=True) as progress:
        yield Bar(progress)


def _known(names: Sequence[str] | None) -> list[str]:
    if unknown := [name for name in names or () if name not in SERVERS]:
        raise Refused(f"{unknown[0][:60]} is none of the servers: {', '.join(SERVERS)}.")
    return list(names or SERVERS)


def _as_json(state: State) -> dict[str, Any]:
    return {
        "name": state.server.name,
        "pid": state.pid,
        "answers": state.answers,
        "ports": dict(state.place.ports),
        "log": str(state.process.log),
    }


def _print(states: Sequence[State]) -> None:
    table = Table("server", "state", "process", "ports", "log")
    for state in states:
        word = "[dim]ended[/]" if state.pid is None else "answers" if state.answers else "[red]silent[/]"
        ports = ", ".join(str(port) for port in state.place.ports.values())
        table.add_row(state.server.title, word, str(state.pid or ""), ports, str(state.process.log))
    out.print(table if states else "Nothing was started here.")
