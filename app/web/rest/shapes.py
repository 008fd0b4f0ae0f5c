"""The JSON of the REST face: camelCase, times in RFC 3339, what is empty left out of definitions."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from app.domain.change_set import Verb
from app.domain.errors import MergeConflict, NameTaken, RollbackBlocked, StillReferenced, ValidationFailed, VersionConflict
from app.domain.value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.change_set import ChangeSet, Operation
    from app.domain.entity import Change, Entity
    from app.domain.errors import OmsError
    from app.domain.merge import Conflict
    from app.domain.rules import Violation

MOST_TOLD = 10_000  # violations, conflicts
ENVELOPE = ("ontology", "rid", "kind", "version", "revision", "createdAt", "createdBy", "updatedAt", "updatedBy")


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def entity_json(entity: Entity) -> dict[str, Any]:
    """The definition with its envelope around it."""
    return {
        "rid": entity.rid,
        "kind": entity.kind.value,
        "version": entity.version,
        "revision": entity.revision,
        "createdAt": moment(entity.created_at),
        "createdBy": entity.created_by,
        "updatedAt": moment(entity.updated_at),
        "updatedBy": entity.updated_by,
        **entity.definition.model_dump(mode="json", by_alias=True, exclude_none=True),
    }


def change_json(change: Change) -> dict[str, Any]:
    """What a revision did to one entity; `entity` is its state afterwards, absent where it was deleted."""
    shown: dict[str, Any] = {"rid": change.rid, "kind": change.kind.value, "action": change.action.value}
    if change.after is not None:
        shown["entity"] = entity_json(change.after)
    return shown


def plain(value: Any) -> Any:
    """A domain value as JSON."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (tuple, list, frozenset, set)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, Value):
        return value.canonical()
    return record_json(value) if is_dataclass(value) else value


def record_json(record: Any, *left_out: str) -> dict[str, Any]:
    """A frozen dataclass of the domain by its fields."""
    return {to_camel(each.name): plain(getattr(record, each.name)) for each in fields(record) if each.name not in left_out}


def change_set_json(change_set: ChangeSet) -> dict[str, Any]:
    """The envelope of a change set."""
    return record_json(change_set)


def operation_json(operation: Operation) -> dict[str, Any]:
    """One operation, as it may be sent again."""
    return record_json(operation, "restores")


def violation_json(violation: Violation, *, stored: bool = False) -> dict[str, Any]:
    """One broken rule; `stored` says that what is created has its rid already, so that a fix may name it."""
    told = stored or not any(each.verb is not Verb.CREATE and each.expected_version is None for each in violation.fix)
    return record_json(violation, "fix") | {"fix": [record_json(each, "restores", "id") for each in violation.fix] if told else []}


def conflict_json(conflict: Conflict) -> dict[str, Any]:
    """One field that both sides changed."""
    return record_json(conflict)


def judged_json(violations: Sequence[Violation] | None, conflicts: Sequence[Conflict] | None, *, stored: bool = False) -> dict[str, Any]:
    """Up to MOST_TOLD of each, and how many there are in all."""
    shown: dict[str, Any] = {}
    if violations is not None:
        shown |= {"violations": [violation_json(each, stored=stored) for each in violations[:MOST_TOLD]], "violationCount": len(violations)}
    if conflicts is not None:
        shown |= {"conflicts": [conflict_json(each) for each in conflicts[:MOST_TOLD]], "conflictCount": len(conflicts)}
    return shown


def problem_json(error: OmsError) -> dict[str, Any]:
    """What an error says beside its code and message."""
    shown: dict[str, Any] = {key: plain(value) for key, value in error.data.items()}
    if isinstance(error, (ValidationFailed, NameTaken, StillReferenced)):
        shown |= judged_json(error.violations, None)
    if isinstance(error, StillReferenced):
        shown["by"] = list(error.by)
    if isinstance(error, (VersionConflict, MergeConflict)):
        shown |= judged_json(None, error.conflicts)
    if isinstance(error, VersionConflict):
        shown["current"] = None if error.current is None else entity_json(error.current)
    if isinstance(error, RollbackBlocked):
        shown["blockers"] = list(error.blockers)
    return shown
