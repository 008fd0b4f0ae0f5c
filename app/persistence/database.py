"""PostgreSQL: one pool a process, snapshots to read from and transactions to write in."""

from __future__ import annotations

import asyncio
import re
import time
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import asyncpg
import orjson

from app.domain.errors import QueryTimeout, Unavailable
from app.observability.metrics import DATABASE_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from asyncpg import Connection, Pool, Record

LOG_CHANNEL = "oms_log"
CHUNK = 500  # rows sent at once
_ARGUMENT = re.compile(r"\$(\d+)")


def _encoded(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


async def prepare(connection: Connection) -> None:
    """Make JSON columns arrive as Python values; called once a connection."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, encoder=_encoded, decoder=orjson.loads, schema="pg_catalog")


async def _no_reset(_: Connection) -> None:
    """Our transactions end by themselves and set nothing for the session: a reset would be one more round trip."""


class Snapshot:
    """One state of the database: every statement of one operation sees the same revision.

    The transaction begins with the first statement and statements wait for each other, so loaders may call at once. Where the task that
    opened it is cancelled, the snapshot ends. Any other one that gives up waiting leaves the statement to its end, since one that is
    cancelled takes the transaction from all others.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = asyncio.current_task()  # where it is cancelled, the snapshot ends with it
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._running: asyncio.Task[list[Record]] | None = None
        self._closed = False
        self.statements = 0

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        """All rows."""
        async with self._turn:
            if self._closed:
                message = "the snapshot was given back: whoever still reads from it has nobody to tell"
                raise RuntimeError(message)
            if self._running is not None:
                await asyncio.wait((self._running,))  # nobody waits for it any more
            connection = await self._opened()
            self.statements += 1
            began = time.perf_counter()
            try:
                if asyncio.current_task() is self._owner:
                    return cast("list[Record]", await connection.fetch(sql, *arguments))
                self._running = asyncio.ensure_future(connection.fetch(sql, *arguments))
                return cast("list[Record]", await asyncio.shield(self._running))
            except (asyncpg.QueryCanceledError, TimeoutError) as late:
                raise QueryTimeout(self._database.statement_seconds) from late
            finally:
                if self._running is not None and self._running.done():
                    self._running = None
                DATABASE_SECONDS.observe(time.perf_counter() - began)

    async def fetchrow(self, sql: str, *arguments: Any) -> Record | None:
        """The first row."""
        rows = await self.fetch(sql, *arguments)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """The first column of the first row."""
        row = await self.fetchrow(sql, *arguments)
        return row[0] if row is not None else None

    async def _opened(self) -> Connection:
        if self._connection is None:
            connection = await self._database.acquire()
            try:
                await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            except BaseException:  # a cancelled BEGIN may have begun all the same
                await asyncio.shield(self._ended(connection))
                raise
            self._connection = connection
        return self._connection

    async def close(self) -> None:
        """Give the connection back; without a statement there is none. A statement that nobody waits for any more is cancelled."""
        async with self._turn:
            self._closed = True
            connection, self._connection = self._connection, None
            if self._running is not None:
                self._running.cancel()
                await asyncio.wait((self._running,))
        if connection is not None:
            await self._ended(connection)

    async def _ended(self, connection: Connection) -> None:
        try:
            if not _lost(connection):
                await connection.execute("ROLLBACK")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):  # what was read stands, whatever became of the connection
            if not _lost(connection):
                connection.terminate()
        finally:
            await self._database.release(connection)


class Transaction:
    """Statements that are committed together; made by `Database.writing`.

    What need not be answered is said with `later` and waits for the next statement, or for the commit, to be sent with
    the others that wait: a round trip a statement, under a lock, is most of what a small write costs.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.statements = 0
        self._waiting: list[tuple[str, str, tuple[Any, ...]]] = []
        self._channel: str | None = None

    async def fetch(self, sql: str, *arguments: Any) -> list[Record]:
        """All rows."""
        await self.flush()
        self.statements += 1
        found: list[Record] = await self.connection.fetch(sql, *arguments)
        return found

    async def fetchrow(self, sql: str, *arguments: Any) -> Record | None:
        """The first row."""
        rows = await self.fetch(sql, *arguments)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """The first column of the first row."""
        row = await self.fetchrow(sql, *arguments)
        return row[0] if row is not None else None

    async def execute(self, sql: str, *arguments: Any) -> None:
        """A statement without rows."""
        await self.flush()
        self.statements += 1
        await self.connection.execute(sql, *arguments)

    async def execute_many(self, sql: str, rows: Sequence[Sequence[Any]], *, chunk: int = CHUNK) -> None:
        """An INSERT … SELECT FROM unnest over columns; of many rows in chunks, so that the event loop is never held."""
        if len(rows) <= chunk:
            if rows:
                self.later(sql, *(list(column) for column in zip(*rows, strict=True)))
            return
        for begin in range(0, len(rows), chunk):
            columns: Iterable[tuple[Any, ...]] = zip(*rows[begin : begin + chunk], strict=True)
            await self.execute(sql, *(list(column) for column in columns))
            await asyncio.sleep(0)

    def later(self, sql: str, *arguments: Any, name: str = "") -> None:
        """An INSERT, UPDATE or DELETE that is sent with the others that wait.

        They see the database as it is before all of them, so no two may touch the same row; one that is given a name may
        be read by that name, where it ends in RETURNING.
        """
        self._waiting.append((name or f"part{len(self._waiting)}", sql, arguments))

    def waits(self, name: str) -> bool:
        """Whether a statement of this name has not been sent yet."""
        return any(waiting == name for waiting, _, _ in self._waiting)

    def notify(self, channel: str) -> None:
        """Tell a channel, when this commits, that there is something new."""
        self._channel = channel

    async def flush(self) -> None:
        """Send what waits, as one statement."""
        waiting, self._waiting = self._waiting, []
        channel, self._channel = self._channel, None
        if not waiting and channel is None:
            return
        self.statements += 1
        told = (channel,) if channel is not None else ()
        sql = _together(tuple((name, sql, len(arguments)) for name, sql, arguments in waiting), told=bool(told))
        await self.connection.execute(sql, *(each for _, _, arguments in waiting for each in arguments), *told)


@lru_cache(maxsize=512)
def _together(parts: tuple[tuple[str, str, int], ...], *, told: bool) -> str:
    """One statement of several, each a common table expression with its arguments numbered on from those before."""
    written, before = [], 0
    for name, sql, count in parts:
        written.append(f"{name} AS ({_shifted(sql, before)})")
        before += count
    head = f"WITH {', '.join(written)} " if written else ""
    return f"{head}SELECT pg_notify(${before + 1}, '')" if told else f"{head}SELECT"


def _shifted(sql: str, by: int) -> str:
    return _ARGUMENT.sub(lambda found: f"${int(found[1]) + by}", sql)


class Database:
    """The pool. Nothing else commits."""

    def __init__(
        self,
        pool: Pool,
        *,
        acquire_seconds: float = 2,
        statement_seconds: float = 5,
        long_statement_seconds: float = 30,
        lock_seconds: float = 10,
    ) -> None:
        self.pool = pool
        self.statement_seconds = statement_seconds
        self.lock_seconds = lock_seconds
        self._acquire_seconds = acquire_seconds
        self._long_statement_seconds = long_statement_seconds
        self.listeners: list[Any] = []  # called without arguments after every commit of this process that adds to a log

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, url: str, *, size: int = 20, acquire_seconds: float = 2, statement_seconds: float = 5,
        long_statement_seconds: float = 30, lock_seconds: float = 10, idle_seconds: float = 10,
    ) -> AsyncIterator[Database]:  # fmt: skip
        """A pool of up to `size` connections, closed at the end."""
        settings = {
            "application_name": "oms",
            "statement_timeout": str(int(statement_seconds * 1_000)),
            "idle_in_transaction_session_timeout": str(int(idle_seconds * 1_000)),
            "jit": "off",  # no statement of ours is long enough to earn its compilation back
        }
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=size, init=prepare, reset=_no_reset, server_settings=settings, max_inactive_connection_lifetime=300
        )
        try:
            yield cls(
                pool, acquire_seconds=acquire_seconds, statement_seconds=statement_seconds,
                long_statement_seconds=long_statement_seconds, lock_seconds=lock_seconds,
            )  # fmt: skip
        finally:
            try:
                await asyncio.wait_for(pool.close(), 5)
            except TimeoutError:
                pool.terminate()

    async def acquire(self) -> Connection:
        """A connection within the time that a caller may wait, else UNAVAILABLE."""
        try:
            return await self.pool.acquire(timeout=self._acquire_seconds)
        except TimeoutError as late:
            message = "The database is busy: all its connections are in use."
            raise Unavailable(message) from late
        except (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, asyncpg.TooManyConnectionsError) as gone:
            message = "The database does not answer."
            raise Unavailable(message, retry_after=2) from gone

    async def release(self, connection: Connection) -> None:
        """Give a connection back."""
        await self.pool.release(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Snapshot]:
        """One state of the database for as long as the block lasts."""
        snapshot = Snapshot(self)
        try:
            yield snapshot
        finally:
            await asyncio.shield(snapshot.close())

    @asynccontextmanager
    async def writing(self, *, long: bool = False) -> AsyncIterator[Transaction]:
        """A READ COMMITTED transaction, committed at the end of the block, rolled back on any error."""
        connection = await self.acquire()
        try:
            seconds = self._long_statement_seconds if long else self.statement_seconds
            # One round trip; a lock is waited for longer than a statement may take otherwise.
            await connection.execute(
                f"BEGIN; SET LOCAL statement_timeout = {int(max(seconds, self.lock_seconds + 1) * 1_000)}; "
                f"SET LOCAL lock_timeout = {int(self.lock_seconds * 1_000)}"
                # Between two statements of a large write its rows are made, on a busy machine for longer than others may be idle.
                + (f"; SET LOCAL idle_in_transaction_session_timeout = {int(4 * seconds * 1_000)}" if long else "")
            )
            try:
                work = Transaction(connection)
                yield work
                await work.flush()
            except BaseException as failed:
                if not _lost(connection):
                    await asyncio.shield(connection.execute("ROLLBACK"))
                elif isinstance(failed, asyncpg.PostgresError | asyncpg.InterfaceError | OSError):
                    message = "The database ended the transaction before it was done; nothing was stored."
                    raise Unavailable(message, retry_after=2) from failed
                raise
            await connection.execute("COMMIT")
        except asyncpg.LockNotAvailableError as busy:
            message = "Others are writing to this ontology: try again."
            raise Unavailable(message, retry_after=1) from busy
        except asyncpg.QueryCanceledError as late:
            raise QueryTimeout(seconds) from late
        finally:
            await asyncio.shield(self.release(connection))
        for listener in self.listeners:
            listener()


def _lost(connection: Connection) -> bool:
    """Whether the server has ended the connection; the pool may have taken it back by then."""
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        return True
