"""Mending an open change set with the fixes that its violations offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.persistence import change_sets
from app.persistence.idempotency import CHANGE_SET, Idempotency, stored
from app.persistence.merging import Proposal, planned, with_rids
from app.services.staging import Staging

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from app.domain.change_set import ChangeSet
    from app.domain.merge import Conflict
    from app.domain.plan import Plan
    from app.domain.rules import Violation

ROUNDS = 10  # plans of one call, each with up to a thousand fixes; fixes of one field go one after another

Mark = tuple[str, str, str]
"""By what a violation is named: its rule, the entity, the path."""


@dataclass(frozen=True, slots=True)
class Mended:
    """A change set with the fixes that were staged, and what is left to mend by hand."""

    change_set: ChangeSet
    staged: list[Operation]
    violations: tuple[Violation, ...]
    conflicts: tuple[Conflict, ...]


class Fixing(Staging):
    """Stages fixes as anybody could stage them."""

    async def apply_fixes(
        self, actor: Actor, rid: str, wanted: Collection[Mark] | None = None, *, expected_version: int | None = None,
        idempotency: Idempotency | None = None,
    ) -> Mended:  # fmt: skip
        """Stage the fixes of the wanted violations, or of all that have one; what each mends is judged anew after the ones before it.

        What ten rounds leave is told, and mended by the next call. ChangeSetTooLarge where the change set has no room for them.
        """
        actor.require(Role.EDITOR)
        async with self._database.reading() as snapshot:
            found = await change_sets.find(snapshot, rid)
            operations = await change_sets.operations(snapshot, rid)

            async def plan() -> Plan:
                proposal = Proposal([*operations, *fixes], strict=False, origin=found.origin, base_revision=found.base_revision)
                return await planned(snapshot, found.ontology, proposal)

            fixes: list[Operation] = []
            tried: set[Mark] = set()
            made = await plan()
            answer = None if idempotency is None else await stored(snapshot, actor.id, idempotency)
            if answer is not None:
                held = {each.id: each for each in operations}
                known = [held[number] for number, *_ in answer["operations"] if number in held]
                return Mended(CHANGE_SET.read(answer["changeSet"]), known, made.violations, made.conflicts)
            for _ in range(ROUNDS):
                chosen = list(_apart(made.violations, wanted, tried))
                if not chosen:
                    break
                fixes += with_rids(chosen)
                made = await plan()
        if not fixes:
            return Mended(found, [], made.violations, made.conflicts)
        version = found.version if expected_version is None else expected_version
        after, staged = await self.stage(actor, rid, fixes, expected_version=version, idempotency=idempotency)
        return Mended(after, staged, made.violations, made.conflicts)


def _apart(violations: Iterable[Violation], wanted: Collection[Mark] | None, tried: set[Mark]) -> Iterable[Operation]:
    """The fixes of which no two write the same field: a second one would undo the first."""
    written: set[tuple[str, str]] = set()
    for each in violations:
        mark = (each.rule, each.rid, each.path)
        if not each.fix or mark in tried or (wanted is not None and mark not in wanted):
            continue
        fields = {place for operation in each.fix for place in _places(operation)}
        if fields.isdisjoint(written):
            written |= fields
            tried.add(mark)
            yield from each.fix


def _places(operation: Operation) -> Iterable[tuple[str, str]]:
    if operation.verb is Verb.UPDATE:
        return [(operation.rid, name) for name in operation.fields]
    return [(operation.rid or operation.ref or "", "")]
