"""Which operations would mend a violation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from app.domain.change_set import Operation
from app.domain.closure import Closure
from app.domain.fixes import actions, relations, types, words  # noqa: F401 - fill the table
from app.domain.fixes.broken import FIXERS, Broken, Unfixed
from app.domain.fixes.placing import Misplaced
from app.domain.rules import Violation

MOST = 1_000  # fixes of one outcome that are told
SOUGHT = 10_000  # violations for which one is looked for, where others have none


def with_fixes(violations: Iterable[Violation], world: Closure) -> Iterator[Violation]:
    """The violations, each with its fix where it has one. `world` lies over what was."""
    sought = offered = 0
    for violation in violations:
        if violation.rule not in FIXERS or sought >= SOUGHT or offered >= MOST:
            yield violation
            continue
        mended = replace(violation, fix=fix(violation, world))
        sought += 1
        offered += bool(mended.fix)
        yield mended


def fix(violation: Violation, world: Closure) -> tuple[Operation, ...]:
    """What would mend it, put after the operations that broke it; nothing where that cannot be known."""
    entity = world.get(violation.rid) or world.before.get(violation.rid)
    fixer = FIXERS.get(violation.rule)
    if fixer is None or entity is None:
        return ()
    try:
        return tuple(fixer(Broken(violation, entity, world)))
    except (Unfixed, Misplaced):
        return ()
