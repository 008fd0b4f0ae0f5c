"""For each planted bug the storm that provokes it; a healthy installation comes through all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tests.chaos.faults import cut_clients_off, kill_a_worker, refuse_the_engine
from tests.chaos.ledger import Verdict
from tests.chaos.losses import kill_the_database, wipe_the_graph, wipe_the_index
from tests.chaos.poison import block_the_indices, spoil_documents, spoil_vertices, squat_on_vertices
from tests.chaos.run import Scenario
from tests.chaos.signals import poison_messages, steal_signals

QUIET = Scenario(seconds=8, faults=(), converges=12, count=1, waits=30)
REFUSING = Scenario(seconds=8, faults=(), converges=15, poison=True, count=1)
SQUATTED = Scenario(seconds=10, faults=(squat_on_vertices,), fault_rest=1, converges=20, count=1, waits=30)
SPOILT = Scenario(seconds=8, faults=(spoil_documents, spoil_vertices), fault_rest=1, converges=12, count=1, waits=30)
WIPED = Scenario(seconds=8, faults=(wipe_the_index, wipe_the_graph), fault_rest=1, converges=12, count=1, waits=30)
AWAY = Scenario(seconds=12, faults=(refuse_the_engine, block_the_indices), fault_rest=0.1, converges=15, count=1, waits=30)
HASTY = Scenario(seconds=10, editors=6, rest=0.02, faults=(), converges=12, count=1, waits=30)

SECONDS_A_FAULT = 4  # so that each has its turn

LOST = frozenset({"the views", "tombstones"})  # of what was not written: whether it lives or was deleted meanwhile

# What the judge must say of each, or one of several.
CAUGHT_BY: dict[str, str | frozenset[str]] = {
    "relay-by-cursor": "events that never came",
    "relay-marks-before-it-sends": "events that never came",
    "relay-makes-new-ids": "events that nobody wrote",
    "entity-version-as-document-version": "the views",
    "hard-deletes": "tombstones",
    "watermark-before-the-write": LOST,
    "an-outage-counts-as-done": LOST,
    "neighbours-are-forgotten": "the views",
    "old-links-stay": "the views",
    "the-last-of-a-batch-is-left-out": LOST,
    "torn-snapshot": "torn answers",
    "resume-skips-one": "subscribers",
    "resume-repeats-one": "subscribers",
    "answers-are-not-kept-for-their-keys": "done although refused",
    "deletions-are-not-audited": "audit",
    "versions-are-not-compared": "a lost update",
    "relay-in-any-order": "events out of order",
    "what-was-not-signalled-is-not-read": LOST,
    "poison-stops-the-partition": "signals",
    "a-refused-document-is-not-noted": "refused documents",
    "a-refused-document-stops-the-rest": "refused documents",
    "a-shut-index-refuses-documents": "refused documents",
    "a-refused-vertex-is-not-noted": "refused vertices",
    "a-refused-vertex-stops-the-rest": "the views",
    "what-is-altered-is-not-named": "remedies",
    "a-vertex-without-a-number-stays": "remedies",
    "a-wiped-index-goes-unnoticed": "the views",
    "a-wiped-graph-goes-unnoticed": "the views",
    "commits-are-not-waited-for": "told and not there",
}


def caught(bug: str, verdict: Verdict) -> bool:
    """Whether the judge said what it has to say of the bug."""
    wanted = CAUGHT_BY[bug]
    return bool((wanted if isinstance(wanted, frozenset) else {wanted}) & verdict.found.keys())


PROVOKED: dict[str, Scenario] = {
    "relay-by-cursor": Scenario(seconds=10, editors=6, rest=0.03, large=250, faults=(), converges=12),
    "relay-marks-before-it-sends": Scenario(
        seconds=18, editors=6, rest=0.05, faults=(kill_a_worker,), fault_rest=1.5, converges=15, waits=30
    ),  # the rest is for the one that was killed to lead again, amid work
    "relay-makes-new-ids": QUIET,
    "entity-version-as-document-version": QUIET,
    "hard-deletes": QUIET,
    "watermark-before-the-write": AWAY,
    "an-outage-counts-as-done": AWAY,
    "neighbours-are-forgotten": QUIET,
    "old-links-stay": QUIET,
    "the-last-of-a-batch-is-left-out": QUIET,
    "torn-snapshot": Scenario(seconds=12, editors=3, readers=6, rest=0, faults=(), delays=(("postgres", 0.004),), converges=15),
    "resume-skips-one": QUIET,
    "resume-repeats-one": QUIET,
    "answers-are-not-kept-for-their-keys": Scenario(
        seconds=10, editors=6, rest=0.02, faults=(cut_clients_off,), fault_rest=0, converges=12
    ),
    "deletions-are-not-audited": QUIET,
    "versions-are-not-compared": HASTY,
    "relay-in-any-order": HASTY,
    "what-was-not-signalled-is-not-read": Scenario(seconds=12, faults=(steal_signals,), fault_rest=0.5, converges=50, waits=30),
    "poison-stops-the-partition": Scenario(seconds=8, faults=(poison_messages,), fault_rest=0.5, converges=15, waits=30),
    "a-refused-document-is-not-noted": REFUSING,
    "a-refused-document-stops-the-rest": REFUSING,
    "a-shut-index-refuses-documents": AWAY,
    "a-refused-vertex-is-not-noted": SQUATTED,
    "a-refused-vertex-stops-the-rest": SQUATTED,
    "what-is-altered-is-not-named": SPOILT,
    "a-vertex-without-a-number-stays": SPOILT,
    "a-wiped-index-goes-unnoticed": WIPED,
    "a-wiped-graph-goes-unnoticed": WIPED,
    "commits-are-not-waited-for": Scenario(
        seconds=25, editors=6, rest=0.02, faults=(kill_the_database,), fault_rest=1, converges=30, breaks_servers=True
    ),
}


def together(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """What provokes these bugs in as few storms as can be: apart are only what refuses documents, slow links, and broken servers."""
    apart: dict[tuple[object, ...], list[Scenario]] = defaultdict(list)
    for each in scenarios:
        apart[each.poison, each.delays, each.breaks_servers].append(each)
    return [
        Scenario(
            seconds=max(*(each.seconds for each in those), SECONDS_A_FAULT * len({fault for each in those for fault in each.faults})),
            editors=max(each.editors for each in those), readers=max(each.readers for each in those), rest=min(each.rest for each in those),
            large=max(each.large for each in those), faults=tuple(dict.fromkeys(fault for each in those for fault in each.faults)),
            fault_rest=min(each.fault_rest for each in those), delays=those[0].delays, poison=those[0].poison, breaks_servers=those[0].breaks_servers,
        )
        for those in apart.values()
    ]  # fmt: skip
