"""Edit locks in PostgreSQL: by its clock, and with tokens from a sequence of its own.

A lease is taken under a share lock of the entity's row, and a merge looks at the leases after it has written these rows:
so of the two one waits for the other, and no merge commits that has not seen a lease taken before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import Fenced, InvalidState, NotFound
from app.domain.lease import MOST_LEASES, REMEMBERED_SECONDS, Copy, Lease, check
from app.domain.rid import REF
from app.persistence.reads.statement import Statement, among
from app.persistence.watch import STATE_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Any

    from app.domain.actor import Actor
    from app.persistence.database import Transaction
    from app.persistence.log import Source
    from app.persistence.neighbourhood import Reader

TOPIC = "locks"  # of a hint that names an ontology
_COLUMNS = "rid, ontology, holder, holder_name, token, acquired_at, until, until > clock_timestamp() AS held"


async def acquire(work: Transaction, actor: Actor, rid: str, seconds: float) -> Lease:
    """Hold the entity, with a token greater than any before it; Locked while somebody else holds it."""
    entity = await work.fetchrow(
        """
        SELECT e.ontology, o.api_name, o.archived_at,
            (SELECT count(*) FROM lease WHERE holder = $2 AND until > clock_timestamp() AND rid <> e.rid) AS holding
        FROM entity e JOIN ontology o ON o.rid = e.ontology WHERE e.rid = $1 AND NOT e.deleted FOR SHARE OF e
        """,
        rid, actor.id,
    )  # fmt: skip
    if entity is None:
        raise NotFound("entity", rid[:200])
    if entity["archived_at"] is not None:
        message = f"The ontology {entity['api_name']} is archived."
        raise InvalidState(message)
    if entity["holding"] >= MOST_LEASES:
        message = f"Nobody holds more than {MOST_LEASES} locks at once."
        raise InvalidState(message, limit=MOST_LEASES)
    # What stands under SET is worked out when the row is locked, so that no one who waited gets an older token or less time.
    row = await work.fetchrow(
        f"""
        INSERT INTO lease (rid, ontology, holder, holder_name, until)
        VALUES ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 second')
        ON CONFLICT (rid) DO UPDATE SET holder = excluded.holder, holder_name = excluded.holder_name, token = nextval('lease_token'),
            acquired_at = clock_timestamp(), until = clock_timestamp() + $5 * interval '1 second'
        WHERE lease.holder = excluded.holder OR lease.until <= clock_timestamp()
        RETURNING {_COLUMNS.replace("rid,", "lease.rid,", 1)}
        """,
        rid, entity["ontology"], actor.id, actor.name, seconds,
    )  # fmt: skip
    if row is None:
        raise (await _found(work, rid)).locked()
    await _tell(work)
    return _lease(row)


async def renew(work: Transaction, actor: Actor, rid: str, token: int, seconds: float) -> Lease:
    """Hold it for longer; a lease that has lapsed is acquired anew, since others may have written meanwhile."""
    found = await _own(work, actor, rid, token)
    if not found.held:
        message = "The lock has lapsed: acquire it again, and look at what happened meanwhile."
        raise InvalidState(message, until=found.until.isoformat().replace("+00:00", "Z"))
    row = await work.fetchrow(
        f"UPDATE lease SET until = clock_timestamp() + $2 * interval '1 second' WHERE rid = $1 RETURNING {_COLUMNS}", rid, seconds
    )
    await _tell(work)
    return _lease(row or {})


async def release(work: Transaction, actor: Actor, rid: str, token: int) -> Lease:
    """Give it up; its token is good for nothing from now on."""
    await _own(work, actor, rid, token)
    return await _end(work, rid)


async def end(work: Transaction, rid: str) -> tuple[Lease, Lease] | None:
    """Take it from whoever holds it: the lease as it was, and as it is; None where nobody does."""
    rows = await work.fetch(f"SELECT {_COLUMNS} FROM lease WHERE rid = $1 FOR UPDATE", rid)
    if not rows or not rows[0]["held"]:
        return None
    return _lease(rows[0]), await _end(work, rid)


async def guard(work: Transaction, actor: Actor, rids: Iterable[str]) -> None:
    """Refuse what an actor writes, as `guard_all` does."""
    await guard_all(work, [(actor, set(rids))])


async def guard_all(work: Transaction, writers: Sequence[tuple[Actor, Collection[str]]]) -> None:
    """Refuse the transaction where somebody else holds what an actor writes, or where one of the actor's tokens is not the newest.

    The rows of the leases stay as they are until it ends. What is written of entities is written before.
    """
    wanted = sorted({rid for _, rids in writers for rid in rids if not rid.startswith(REF)})
    tokens = [token for actor, _ in writers for token in actor.lock_tokens]
    if not wanted and not tokens:
        return
    rows = await work.fetch(
        f"SELECT {_COLUMNS} FROM lease WHERE rid = ANY ($1::text[]) OR token = ANY ($2::bigint[]) ORDER BY rid FOR SHARE", wanted, tokens
    )
    found = list(map(_lease, rows))
    for actor, rids in writers:
        check(actor, [each for each in found if each.rid in rids or each.token in actor.lock_tokens])


async def held(reader: Reader, rids: Sequence[str]) -> dict[str, Lease]:
    """The leases that have not lapsed, by the rid of their entity."""
    statement = Statement()
    those = among(statement, "rid", rids)
    rows = await reader.fetch(f"SELECT {_COLUMNS} FROM lease WHERE {those} AND until > clock_timestamp()", *statement.arguments)
    return {row["rid"]: _lease(row) for row in rows}


async def recent(source: Source, ontologies: Sequence[str]) -> list[Copy]:
    """The leases that have not lapsed, and those that ended so lately that somebody may still have an older copy of them."""
    rows = await source.fetch(
        f"""
        SELECT {_COLUMNS}, extract(epoch FROM until - clock_timestamp())::float8 AS rest
        FROM lease WHERE ontology = ANY ($1::text[]) AND until > clock_timestamp() - $2 * interval '1 second'
        """,
        ontologies, REMEMBERED_SECONDS,
    )  # fmt: skip
    return [Copy(_lease(row), row["rest"]) for row in rows]


async def _own(work: Transaction, actor: Actor, rid: str, token: int) -> Lease:
    rows = await work.fetch(f"SELECT {_COLUMNS} FROM lease WHERE rid = $1 FOR UPDATE", rid)
    if not rows:
        raise NotFound("lock of", rid[:200])
    found = _lease(rows[0])
    if found.token != token or found.holder != actor.id:
        raise Fenced("The lock was given up, broken or taken by somebody else in the meantime.", token=token)
    return found


async def _end(work: Transaction, rid: str) -> Lease:
    row = await work.fetchrow(
        f"UPDATE lease SET until = clock_timestamp(), token = nextval('lease_token') WHERE rid = $1 RETURNING {_COLUMNS}", rid
    )
    await _tell(work)
    return _lease(row or {})


async def _found(work: Transaction, rid: str) -> Lease:
    return _lease(await work.fetchrow(f"SELECT {_COLUMNS} FROM lease WHERE rid = $1", rid) or {})


async def tell_alone(work: Transaction, ontology: str) -> None:
    """Who shows locks reads those of the ontology from the database when this commits: whoever changed one cannot tell them by a copy."""
    await work.execute("SELECT pg_notify($1, $2)", STATE_CHANNEL, f"{TOPIC} {ontology}")


async def _tell(work: Transaction) -> None:
    """Those who show locks look again when this commits; that it may be lost costs them seconds."""
    await work.execute(f"NOTIFY {STATE_CHANNEL}")


def _lease(row: Mapping[str, Any]) -> Lease:
    return Lease(
        row["rid"], row["ontology"], row["holder"], row["holder_name"], row["token"], row["acquired_at"], row["until"], row["held"],
    )  # fmt: skip
