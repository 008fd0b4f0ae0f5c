"""The first half of a plan: what each operation makes of its entity, merged with what others did meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from app.domain.change_set import Choice, Operation, Origin, Resolution, Verb
from app.domain.common import SHAPE
from app.domain.definition import Definition
from app.domain.entity import Entity
from app.domain.gauge import begin, counted
from app.domain.kind import Kind
from app.domain.kinds import KINDS
from app.domain.merge import OURS, THEIRS, Conflict, Merging, difference, plain, same
from app.domain.rules import Violation, transition

TARGET = transition("operation.target", "An update or a deletion is of an entity that exists in the ontology.")
FUTURE = transition("operation.expected-version", "The expected version is one that the entity has had.")
REF_ONCE = transition("operation.ref", "A ref is given once in a change set.")
CREATED_ONCE = transition("operation.created-once", "An entity is created once.")


_BY_PEOPLE = frozenset({Origin.EDIT, Origin.DIRECT})


@dataclass(slots=True)
class Draft:
    """What the operations of a change set make of one entity so far; `ours` is None once it is deleted."""

    rid: str
    kind: Kind
    base: Entity | None
    head: Entity | None
    ours: Definition | None
    cascade: bool = False
    given: set[str] = field(default_factory=set)  # the fields that its updates name
    dropped: bool = False  # a resolution gave the entity to the other side


@dataclass
class Prepared:
    """Every touched entity as the change set would leave it, with what stands in the way."""

    drafts: dict[str, Draft]
    refs: dict[str, str]
    heads: Mapping[str, Entity]
    strict: bool = False
    since: int | None = None  # the revision at which the author of a change set began
    taken: frozenset[tuple[str, int]] = frozenset()  # what resolutions say ours to, with the version that they name
    violations: list[Violation] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def prepare(
    operations: Sequence[Operation],
    heads: Mapping[str, Entity],
    versions: Mapping[tuple[str, int], Entity],
    *,
    strict: bool,
    origin: Origin = Origin.EDIT,
    resolutions: Collection[Resolution] = (),
) -> Prepared:
    """Apply the operations in order to the versions that their authors saw, then merge with the heads.

    `heads` holds the newest version of every touched entity, deleted ones too; `versions` the older ones that operations
    name. With `strict` any difference between expected and current version is a conflict; otherwise it is merged. What
    people rename keeps its former name; a file or a rollback says itself which names there are.
    """
    refs: dict[str, str] = {}
    prepared = Prepared({}, refs, heads, strict)
    prepared.taken = frozenset((each.rid, each.theirs_version) for each in resolutions if each.path == "" and each.choice is Choice.OURS)
    for operation in operations:
        if operation.ref is not None:
            if operation.ref in refs:
                prepared.violations.append(REF_ONCE.broken("ref", f"The ref {operation.ref} is given twice.", value=operation.ref))
            refs[operation.ref] = operation.rid
    begin("PLAN", 2 * len(operations), "steps")  # each operation is worked out here, and its entity judged later
    for operation in counted(operations):
        _STEPS[operation.verb](operation, prepared, versions)
    if origin in _BY_PEOPLE:
        _keep_former_names(prepared.drafts.values())
    chosen: dict[str, list[Resolution]] = {}
    for resolution in resolutions:
        chosen.setdefault(resolution.rid, []).append(resolution)
    for draft in prepared.drafts.values():
        _settle(draft, prepared, chosen.get(draft.rid, []), strict=strict)
    return prepared


def parse(kind: Kind, fields: Mapping[str, Any], refs: Mapping[str, str] | None, rid: str = "") -> Definition | list[Violation]:
    """The definition that the JSON says, or what is wrong with its shape. `refs` None leaves `ref:NAME` as it is."""
    try:
        return KINDS[kind].model_validate(fields, context=None if refs is None else {"refs": refs})
    except ValidationError as refused:
        return [_shape(dict(error), rid) for error in refused.errors(include_url=False)]
    except RecursionError:
        return [SHAPE.broken("", "The definition is nested too deeply.", rid=rid)]


def _shape(error: dict[str, Any], rid: str) -> Violation:
    path = ""
    for part in error["loc"]:
        path = f"{path}[{part}]" if isinstance(part, int) else f"{path}.{part}" if path else str(part)
    given = error.get("input")
    shown = given if isinstance(given, (int, float, bool)) or given is None else str(given)[:120]
    return SHAPE.broken(path, f"{path or 'The definition'}: {error['msg']}.".replace("..", "."), value=shown, rid=rid)


def _create(operation: Operation, prepared: Prepared, _: Mapping[tuple[str, int], Entity]) -> None:
    head = prepared.heads.get(operation.rid)
    if operation.rid in prepared.drafts or (head is not None and not (head.deleted and operation.restores is not None)):
        prepared.violations.append(CREATED_ONCE.broken("", value=operation.rid, rid=operation.rid))
        return
    parsed = parse(operation.kind, operation.fields, prepared.refs, operation.rid)
    if isinstance(parsed, list):
        prepared.violations.extend(parsed)
    else:
        prepared.drafts[operation.rid] = Draft(operation.rid, operation.kind, None, head, parsed)


def _update(operation: Operation, prepared: Prepared, versions: Mapping[tuple[str, int], Entity]) -> None:
    draft = _draft(operation, prepared, versions)
    if draft is None:
        return
    if draft.ours is None:
        prepared.violations.append(TARGET.broken("", "The change set deletes what it updates afterwards.", rid=draft.rid))
        return
    patched = draft.ours.canonical()
    for name, value in operation.fields.items():
        if value is None:
            patched.pop(name, None)
        else:
            patched[name] = value
    parsed = parse(draft.kind, patched, prepared.refs, draft.rid)
    if isinstance(parsed, list):
        prepared.violations.extend(parsed)
    else:
        draft.ours = parsed
        draft.given |= operation.fields.keys()


def _delete(operation: Operation, prepared: Prepared, versions: Mapping[tuple[str, int], Entity]) -> None:
    draft = _draft(operation, prepared, versions)
    if draft is None:
        return
    if draft.base is None:
        del prepared.drafts[draft.rid]  # what a change set creates and deletes never was
        return
    draft.ours = None
    draft.cascade |= operation.cascade


_STEPS = {Verb.CREATE: _create, Verb.UPDATE: _update, Verb.DELETE: _delete}


def _keep_former_names(drafts: Collection[Draft]) -> None:
    renamed = [each for each in drafts if each.base is not None and each.ours and each.ours.api_name != each.base.definition.api_name]
    if not renamed:
        return
    taken = {name.key for draft in drafts if draft.ours is not None for name in draft.ours.names()}
    for draft in renamed:
        if draft.ours is not None and draft.base is not None:
            kept = draft.ours.renamed(draft.base.definition, taken)
            if not draft.given & kept.differs(draft.ours):
                draft.ours = kept


def _draft(operation: Operation, prepared: Prepared, versions: Mapping[tuple[str, int], Entity]) -> Draft | None:
    """The draft of an entity that is there, begun at the version that the author saw."""
    rid = prepared.refs.get(operation.rid.removeprefix("ref:"), operation.rid) if operation.rid.startswith("ref:") else operation.rid
    found = prepared.drafts.get(rid)
    if found is not None:
        return found
    head = prepared.heads.get(rid)
    if head is None or head.kind is not operation.kind:
        prepared.violations.append(TARGET.broken("", f"There is no {operation.kind.words} {rid}.", value=rid, rid=rid))
        return None
    expected = operation.expected_version if operation.expected_version is not None else head.version
    base = head if expected == head.version else versions.get((rid, expected))
    if base is None:
        sentence = f"Version {expected} of {rid} does not exist; it is at version {head.version}."
        if prepared.strict:
            prepared.conflicts.append(Conflict(rid, "", None, None, None, head.version, head.updated_by, head.updated_at, sentence))
            return None
        prepared.violations.append(FUTURE.broken("expectedVersion", sentence, value=expected, bound=head.version, rid=rid))
        return None
    if base.deleted:
        prepared.violations.append(TARGET.broken("", f"The {operation.kind.words} {rid} is deleted.", value=rid, rid=rid))
        return None
    draft = Draft(rid, operation.kind, base, head, base.definition)
    prepared.drafts[rid] = draft
    return draft


def _settle(draft: Draft, prepared: Prepared, resolutions: list[Resolution], *, strict: bool) -> None:
    base, head = draft.base, draft.head
    if head is not None:
        whole = next((each for each in resolutions if each.path == "" and each.theirs_version == head.version), None)
        if whole is not None and whole.choice is Choice.THEIRS:
            draft.dropped = True
            return
        if whole is not None and whole.choice is Choice.OURS:
            return  # where they deleted it, it comes back
    if base is None or head is None or base.version == head.version:
        return
    if strict:
        prepared.conflicts.extend(_strict(draft, base, head))
    elif head.deleted or draft.ours is None:
        _deletion(draft, prepared, base, head)
    else:
        _merge(draft, prepared, base, head, [each for each in resolutions if each.theirs_version == head.version])


def _deletion(draft: Draft, prepared: Prepared, base: Entity, head: Entity) -> None:
    if draft.ours is None and head.deleted:
        draft.dropped = True  # both deleted it
        return
    if draft.ours is None and same(base.definition, head.definition):
        return  # what was done to it was undone since
    who = "deleted here and changed there" if draft.ours is None else "changed here and deleted there"
    prepared.conflicts.append(
        _conflict(draft, head, "", base.definition, draft.ours, None if head.deleted else head.definition, f"It was {who}.")
    )


def _merge(draft: Draft, prepared: Prepared, base: Entity, head: Entity, resolutions: list[Resolution]) -> None:
    answers: dict[str, Any] = {}
    for resolution in resolutions:
        answers[resolution.path] = {Choice.OURS: OURS, Choice.THEIRS: THEIRS}.get(resolution.choice, resolution.value)
    merging = Merging(answers)
    merged = merging.merge(base.definition, draft.ours, head.definition)
    for path, was, ours, theirs in merging.conflicts:
        prepared.conflicts.append(_conflict(draft, head, path, was, ours, theirs, f"Both sides changed {path}."))
    if merging.conflicts:
        return
    if any(resolution.choice is Choice.VALUE for resolution in resolutions):
        parsed = parse(
            draft.kind, merged.model_dump(mode="json", by_alias=True, exclude_defaults=True, warnings=False), prepared.refs, draft.rid
        )
        if isinstance(parsed, list):
            prepared.violations.extend(parsed)
            return
        merged = parsed
    draft.ours = merged


def _strict(draft: Draft, base: Entity, head: Entity) -> Iterable[Conflict]:
    if head.deleted:
        yield _conflict(draft, head, "", base.definition, draft.ours, None, "It was deleted in the meantime.")
        return
    moved = difference(base.definition, head.definition)
    ours = {path: new for path, (_, new) in difference(base.definition, draft.ours).items()} if draft.ours else {}
    for path, (was, now) in moved.items() or {"": (None, None)}.items():
        sentence = f"It is at version {head.version}, not {base.version}."
        yield Conflict(draft.rid, path, was, ours.get(path, was), now, head.version, head.updated_by, head.updated_at, sentence)


def _conflict(draft: Draft, head: Entity, path: str, base: Any, ours: Any, theirs: Any, message: str) -> Conflict:
    return Conflict(draft.rid, path, plain(base), plain(ours), plain(theirs), head.version, head.updated_by, head.updated_at, message)
