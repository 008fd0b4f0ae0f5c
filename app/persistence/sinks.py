"""What follows the log into other systems: how far each has got, what it refuses, and since when it does not answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from app.persistence.documents import NEWEST, TOUCHING
from app.persistence.tables import LAST
from app.persistence.watch import STATE_CHANNEL

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from app.persistence.database import Database, Transaction
    from app.persistence.log import Source
    from app.persistence.neighbourhood import Reader

OPENSEARCH = "opensearch"
NEO4J = "neo4j"
SINKS = (OPENSEARCH, NEO4J)
NEIGHBOURED = f"'{{{OPENSEARCH}}}'"  # whose documents hold something of their neighbours, by MADE_OF; a vertex is its entity's alone


_LATEST = f"""
    WITH RECURSIVE changed AS (
        SELECT rid FROM entity_version WHERE ontology = $1 AND revision_from > $2 AND revision_to = {LAST}
        ORDER BY revision_from DESC, rid LIMIT $3
    ), {TOUCHING}
    SELECT rid FROM touched
"""
_DIFFERING = f"""
    SELECT e.rid, e.version, e.revision FROM entity e LEFT JOIN ({NEWEST}) AS near ON near.rid = e.rid
    WHERE e.rid = ANY ($1::text[]) AND e.ontology = $2 AND NOT e.deleted
        AND (greatest(e.revision, near.revision) > $3 OR e.rid = ANY ($4::text[]))
    ORDER BY greatest(e.revision, near.revision) DESC, e.rid LIMIT $5
"""


class Watermark(NamedTuple):
    """How far a sink has got, and how far the ontology has."""

    epoch: int  # of the database
    reached: int  # the revision up to which everything is in the sink; -1 where the sink has nothing of this epoch
    head: int
    built: int = 0  # how often its view of the ontology was replaced by one that was built anew


@dataclass(frozen=True, slots=True)
class Incident:
    """A sink that cannot be written to, since when, after how many tries and why."""

    sink: str
    reason: str
    attempts: int
    since: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A document that a sink refuses as it is."""

    sink: str
    rid: str
    ontology: str
    revision: int
    reason: str
    attempts: int
    discarded: bool
    first_at: datetime
    last_at: datetime


class Progress(NamedTuple):
    """How an ontology stands in all sinks together, as subscribers follow it."""

    head: int = 0
    reached: tuple[tuple[str, int], ...] = ()  # by sink
    failing: tuple[tuple[str, str], ...] = ()  # sinks with their reasons
    refused: tuple[tuple[str, str, int], ...] = ()  # sinks, rids, and how often

    @property
    def least(self) -> int:
        """The revision that every sink has."""
        return min((revision for _, revision in self.reached), default=-1)


async def watermark(reader: Reader, sink: str, ontology: str) -> Watermark | None:
    """How far the sink is with the ontology; None where there is no such ontology."""
    rows = await reader.fetch(
        """
        SELECT i.epoch, o.head_revision, CASE WHEN s.epoch = i.epoch THEN s.revision ELSE -1 END AS reached, coalesce(s.built, 0) AS built
        FROM ontology o CROSS JOIN installation i LEFT JOIN sink_state s ON s.ontology = o.rid AND s.sink = $1 WHERE o.rid = $2
        """,
        sink,
        ontology,
    )
    return Watermark(rows[0]["epoch"], rows[0]["reached"], rows[0]["head_revision"], rows[0]["built"]) if rows else None


async def advance(work: Transaction, sink: str, ontology: str, mark: Watermark) -> bool:
    """Everything up to the head of the mark is in the sink; the number never goes back within an epoch.

    False where another came further, or where what was written went into a view that was replaced meanwhile.
    """
    moved = await work.fetch(
        """
        INSERT INTO sink_state (sink, ontology, epoch, revision, built) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (sink, ontology) DO UPDATE SET epoch = excluded.epoch, revision = excluded.revision, updated_at = clock_timestamp()
        WHERE (sink_state.epoch, sink_state.revision) < (excluded.epoch, excluded.revision) AND sink_state.built = $5 RETURNING 1
        """,
        sink, ontology, mark.epoch, mark.head, mark.built,
    )  # fmt: skip
    work.notify(STATE_CHANNEL)
    return bool(moved)


async def restart(work: Transaction, sink: str, ontology: str) -> None:
    """The sink has nothing of the ontology any more: the next run writes everything anew."""
    await work.execute(
        "UPDATE sink_state SET revision = -1, built = built + 1, updated_at = clock_timestamp() WHERE sink = $1 AND ontology = $2",
        sink,
        ontology,
    )
    work.notify(STATE_CHANNEL)


async def hold(work: Transaction, sink: str, ontology: str) -> None:
    """Until the end of the transaction nobody says how far the sink is with the ontology."""
    await work.execute(
        """
        INSERT INTO sink_state (sink, ontology, epoch, revision) SELECT $1, $2, epoch, -1 FROM installation ON CONFLICT DO NOTHING
        """,
        sink,
        ontology,
    )
    await work.execute("SELECT 1 FROM sink_state WHERE sink = $1 AND ontology = $2 FOR UPDATE", sink, ontology)


async def replaced(work: Transaction, sink: str, ontology: str, epoch: int, revision: int) -> None:
    """The sink's view of the ontology is another one now, which has everything up to the revision."""
    await work.execute(
        """
        UPDATE sink_state SET epoch = $3, revision = $4, built = built + 1, updated_at = clock_timestamp()
        WHERE sink = $1 AND ontology = $2
        """,
        sink, ontology, epoch, revision,
    )  # fmt: skip
    work.notify(STATE_CHANNEL)


async def rids(reader: Reader, ontology: str, after: str, limit: int) -> list[str]:
    """The entities of an ontology by rid, deleted ones too, from one on."""
    rows = await reader.fetch("SELECT rid FROM entity WHERE ontology = $1 AND rid > $2 ORDER BY rid LIMIT $3", ontology, after, limit)
    return [row["rid"] for row in rows]


async def settle(work: Transaction, sink: str, ontology: str, revision: int, written: Sequence[str], refused: Mapping[str, str]) -> None:
    """Note what was refused as of the revision with its reason, and strike out what was taken at last.

    Of two who write at once the one that read the later revision has the last word, whoever of them says it last.
    """
    if refused:
        await work.execute(
            """
            INSERT INTO dead_letter (sink, rid, ontology, revision, reason)
            SELECT $1, row.rid, $2, $3, row.reason FROM unnest($4::text[], $5::text[]) AS row (rid, reason)
            ON CONFLICT (sink, rid) DO UPDATE SET revision = excluded.revision, reason = excluded.reason,
                attempts = dead_letter.attempts + 1, last_at = clock_timestamp(),
                discarded = dead_letter.discarded AND dead_letter.revision = excluded.revision
            WHERE dead_letter.revision <= excluded.revision
            """,
            sink, ontology, revision, list(refused), list(refused.values()),
        )  # fmt: skip
    await work.execute(
        "DELETE FROM dead_letter WHERE sink = $1 AND ontology = $2 AND revision <= $3 AND rid = ANY ($4::text[])",
        sink, ontology, revision, [rid for rid in written if rid not in refused],
    )  # fmt: skip
    work.notify(STATE_CHANNEL)


async def take_over(work: Transaction, sink: str, ontology: str, refused: Collection[str]) -> None:
    """A view that was built anew and lacks nothing but these is the one that counts: what the former one refused is no matter."""
    await work.execute(
        "DELETE FROM dead_letter WHERE sink = $1 AND ontology = $2 AND NOT rid = ANY ($3::text[])", sink, ontology, sorted(refused)
    )


async def dead_letters(
    reader: Reader, *, ontology: str | None = None, sink: str | None = None, rids: Sequence[str] | None = None, limit: int = 100
) -> list[DeadLetter]:
    """What was refused and not discarded, the latest first."""
    rows = await reader.fetch(
        """
        SELECT * FROM dead_letter WHERE NOT discarded AND ($1::text IS NULL OR ontology = $1) AND ($2::text IS NULL OR sink = $2)
            AND ($3::text[] IS NULL OR rid = ANY ($3)) ORDER BY last_at DESC, rid LIMIT $4
        """,
        ontology, sink, list(rids) if rids is not None else None, limit,
    )  # fmt: skip
    return [DeadLetter(**row) for row in rows]


async def refused(reader: Reader, sink: str, rids: Sequence[str]) -> set[str]:
    """Those of these entities that the sink refuses, with those that were discarded."""
    rows = await reader.fetch("SELECT rid FROM dead_letter WHERE sink = $1 AND rid = ANY ($2::text[])", sink, list(rids))
    return {row["rid"] for row in rows}


async def refuses(reader: Reader, sink: str, ontology: str) -> bool:
    """Whether the sink lacks anything of the ontology since it refuses it, discarded or not."""
    return bool(await reader.fetch("SELECT 1 FROM dead_letter WHERE sink = $1 AND ontology = $2 LIMIT 1", sink, ontology))


async def discard(work: Transaction, sink: str, rids: Sequence[str]) -> list[str]:
    """Take dead letters off the list; answers with those that were on it."""
    rows = await work.fetch(
        "UPDATE dead_letter SET discarded = true WHERE sink = $1 AND rid = ANY ($2::text[]) AND NOT discarded RETURNING rid",
        sink,
        list(rids),
    )
    return sorted(row["rid"] for row in rows)


async def statuses(reader: Reader, rids: Sequence[str]) -> dict[str, list[Any]]:
    """What each sink has of the entities: its watermark, its incident, its refusal of them, and the revision that it needs, by rid."""
    rows = await reader.fetch(
        f"""
        SELECT e.rid, e.version, sink.name AS sink,
            CASE WHEN sink.name = ANY ({NEIGHBOURED}) THEN greatest(e.revision, near.revision) ELSE e.revision END AS made,
            CASE WHEN s.epoch = i.epoch THEN s.revision ELSE -1 END AS reached,
            d.reason AS refused, d.attempts AS refusals, x.reason AS failing, x.attempts
        FROM entity e CROSS JOIN installation i
        CROSS JOIN (SELECT sink FROM sink_state UNION SELECT sink FROM sink_incident) AS sink (name)
        LEFT JOIN sink_state s ON s.sink = sink.name AND s.ontology = e.ontology
        LEFT JOIN sink_incident x ON x.sink = sink.name
        LEFT JOIN dead_letter d ON d.sink = sink.name AND d.rid = e.rid
        LEFT JOIN ({NEWEST}) AS near ON near.rid = e.rid
        WHERE e.rid = ANY ($1::text[]) ORDER BY sink.name
        """,
        list(rids),
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row["rid"], []).append(row)
    return found


async def overview(reader: Reader, known: Sequence[str]) -> list[Any]:
    """Each of these sinks with its incident, by how many revisions it is behind, and how many documents it refuses."""
    return await reader.fetch(
        """
        SELECT sink.name AS sink, x.reason, x.attempts, x.since,
            (SELECT count(*) FROM dead_letter d WHERE d.sink = sink.name AND NOT d.discarded) AS dead_letters,
            (SELECT coalesce(sum(o.head_revision - CASE WHEN s.epoch = i.epoch THEN greatest(s.revision, 0) ELSE 0 END), 0)::bigint
             FROM ontology o CROSS JOIN installation i LEFT JOIN sink_state s ON s.ontology = o.rid AND s.sink = sink.name) AS behind
        FROM unnest($1::text[]) AS sink (name) LEFT JOIN sink_incident x ON x.sink = sink.name ORDER BY sink.name
        """,
        list(known),
    )


class Standing(NamedTuple):
    """How a sink stands with an ontology."""

    ontology: str
    api_name: str
    behind: int  # revisions
    dead_letters: int  # without those that were discarded


async def standings(reader: Reader, sink: str) -> list[Standing]:
    """How the sink stands with every ontology, in one statement."""
    rows = await reader.fetch(
        """
        SELECT o.rid AS ontology, o.api_name,
            o.head_revision - CASE WHEN s.epoch = i.epoch THEN greatest(s.revision, 0) ELSE 0 END AS behind,
            (SELECT count(*) FROM dead_letter d WHERE d.sink = $1 AND d.ontology = o.rid AND NOT d.discarded) AS dead_letters
        FROM ontology o CROSS JOIN installation i LEFT JOIN sink_state s ON s.ontology = o.rid AND s.sink = $1 ORDER BY o.rid
        """,
        sink,
    )
    return [Standing(**row) for row in rows]


async def places(reader: Reader, rids: Sequence[str]) -> dict[str, str]:
    """The ontologies of these entities, deleted ones too, by rid."""
    rows = await reader.fetch("SELECT rid, ontology FROM entity WHERE rid = ANY ($1::text[])", list(rids))
    return {row["rid"]: row["ontology"] for row in rows}


async def count(reader: Reader, ontology: str) -> int:
    """How many entities an ontology has, deleted ones too."""
    rows = await reader.fetch("SELECT count(*) AS entities FROM entity WHERE ontology = $1", ontology)
    return int(rows[0]["entities"])


async def progress(source: Source, ontologies: Sequence[str]) -> dict[str, Progress]:
    """How these ontologies stand, in one statement."""
    rows = await source.fetch(
        """
        SELECT o.rid, o.head_revision,
            (SELECT coalesce(jsonb_agg(
                jsonb_build_array(s.sink, CASE WHEN s.epoch = i.epoch THEN s.revision ELSE -1 END) ORDER BY s.sink), '[]')
             FROM sink_state s WHERE s.ontology = o.rid) AS reached,
            (SELECT coalesce(jsonb_agg(jsonb_build_array(x.sink, x.reason) ORDER BY x.sink), '[]') FROM sink_incident x) AS failing,
            (SELECT coalesce(jsonb_agg(jsonb_build_array(d.sink, d.rid, d.attempts) ORDER BY d.sink, d.rid), '[]')
             FROM dead_letter d WHERE d.ontology = o.rid) AS refused
        FROM ontology o CROSS JOIN installation i WHERE o.rid = ANY ($1::text[])
        """,
        list(ontologies),
    )
    return {
        row["rid"]: Progress(row["head_revision"], *(tuple(map(tuple, row[name])) for name in ("reached", "failing", "refused")))
        for row in rows
    }


async def differing(
    reader: Reader, ontology: str, before: Progress, after: Progress, limit: int, rids: Sequence[str] | None = None
) -> list[Any]:
    """Entities whose status may differ between two states, latest first: made of what is above the older mark, or refused in one only.

    Of these rids, or of all; then those that changed last say which they are, since each of them is one itself.
    """
    refused = {rid for _, rid, _ in set(before.refused) ^ set(after.refused)}
    least = min(before.least, after.least)
    among = {row["rid"] for row in await reader.fetch(_LATEST, ontology, least, limit)} | refused if rids is None else set(rids)
    return await reader.fetch(_DIFFERING, sorted(among), ontology, least, sorted(refused), limit)


async def behind(reader: Reader, sink: str) -> list[str]:
    """The ontologies with revisions that the sink has not got, by rid."""
    rows = await reader.fetch(
        """
        SELECT o.rid FROM ontology o CROSS JOIN installation i LEFT JOIN sink_state s ON s.ontology = o.rid AND s.sink = $1
        WHERE s.sink IS NULL OR s.epoch <> i.epoch OR s.revision < o.head_revision ORDER BY o.rid
        """,
        sink,
    )
    return [row["rid"] for row in rows]


class Incidents:
    """One incident a sink, whichever process meets it; each step says whether this process is the one that tells people."""

    def __init__(self, database: Database, sink: str) -> None:
        self._database = database
        self._sink = sink

    async def begin(self, reason: str, attempts: int, again_after: float) -> Incident | None:
        """Note a failure; the incident where people are to be told, since it is new or they last heard of it so many seconds ago."""
        async with self._database.writing() as work:
            told = await work.fetchrow(
                "INSERT INTO sink_incident (sink, reason, attempts) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING *",
                self._sink, reason, attempts,
            )  # fmt: skip
            if told is None:
                await work.execute(
                    "UPDATE sink_incident SET reason = $2, attempts = attempts + $3 WHERE sink = $1", self._sink, reason, attempts
                )
                told = await work.fetchrow(
                    """
                    UPDATE sink_incident SET told_at = clock_timestamp()
                    WHERE sink = $1 AND told_at <= clock_timestamp() - make_interval(secs => $2) RETURNING *
                    """,
                    self._sink,
                    again_after,
                )
            work.notify(STATE_CHANNEL)
        return None if told is None else _incident(told)

    async def end(self) -> Incident | None:
        """The sink answers again; the incident where there was one, once."""
        async with self._database.writing() as work:
            row = await work.fetchrow("DELETE FROM sink_incident WHERE sink = $1 RETURNING *", self._sink)
            if row is not None:
                work.notify(STATE_CHANNEL)
        return None if row is None else _incident(row)


def _incident(row: Mapping[str, Any]) -> Incident:
    return Incident(row["sink"], row["reason"], row["attempts"], row["since"])
