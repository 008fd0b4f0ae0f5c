"""A newer file of an ontology that is there already: the difference, and what people changed in the meantime is kept.

Three ways, as every merge: base = the words of the earlier imports, ours = the file's, theirs = what is held now. What only
people changed stays, what only the file changed is taken, and where both did the file's word stands and is listed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind
from app.domain.kinds import KINDS
from app.domain.merge import OURS, Merging, same
from app.domain.merge import difference as moved
from app.domain.planning import parse
from app.domain.property import PropertyDefinition
from app.domain.rid import REF
from app.transfer.document.walk import rewritten
from app.transfer.rdf.identity import identity, identity_of
from app.transfer.rdf.leaving import leaving
from app.transfer.rdf.numbering import Numbering
from app.transfer.receipt import Code, Line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.domain.definition import Definition
    from app.domain.entity import Entity

_WITHOUT_A_PLACE = (Kind.VALUE_TYPE, Kind.SHARED_PROPERTY, Kind.INTERFACE, Kind.OBJECT_TYPE)
_PLACED = (Kind.PROPERTY, Kind.LINK_TYPE)


@dataclass(frozen=True)
class Renewal:
    """What a newer file comes to, and what became of people's changes and of what the file no longer says."""

    operations: tuple[Operation, ...]
    lines: tuple[Line, ...]


@dataclass
class _Renewing:
    held: Mapping[str, Entity]
    words: Mapping[str, dict[str, Any]]
    rids: dict[str, str] = field(default_factory=dict)  # of what is there already, by the ref of its creation
    after: dict[str, Definition] = field(default_factory=dict)  # what is there, as the import leaves it
    lines: list[Line] = field(default_factory=list)

    def resolved(self, _: str, text: str, __: str) -> str:
        return self.rids.get(text.removeprefix(REF), text) if text.startswith(REF) else text

    def say(self, code: Code, definition: Definition, sentence: str) -> None:
        self.lines.append(Line(code, definition.source_iri or "", sentence))


def renewal(
    operations: Sequence[Operation], held: Sequence[Entity], words: Mapping[str, dict[str, Any]], *, home: str, prune: bool = False
) -> Renewal:
    """Turn the creations that a file comes to into the difference from what is held.

    `words` are the definitions' JSON as earlier files said them, by rid. What earlier files brought and this one no longer
    says goes where the file moved it, and with `prune` everywhere in its `home`; but never what others refer to.
    """
    work = _Renewing({entity.rid: entity for entity in held}, words)
    _recognise(operations, work)
    fresh: list[Operation] = []
    updates: list[Operation] = []
    for operation in operations:
        fields = rewritten(KINDS[operation.kind], operation.fields, work.resolved)
        rid = work.rids.get(operation.ref or "")
        if rid is None:
            fresh.append(Operation(Verb.CREATE, operation.kind, ref=operation.ref, fields=_unplaced(fields)))
        else:
            updates.extend(_update(work.held[rid], fields, work))
    gone = leaving(operations, work.held, work.after, work.rids.values(), words, home=home, prune=prune)
    numbering = Numbering(definition for rid, definition in work.after.items() if rid not in gone.deleted)
    created = [numbering.free(operation) for operation in fresh]
    deletions = (Operation(Verb.DELETE, work.held[rid].kind, rid, expected_version=work.held[rid].version) for rid in gone.deleted)
    return Renewal((*created, *updates, *deletions), tuple(sorted((*work.lines, *numbering.lines, *gone.lines))))


def _recognise(operations: Sequence[Operation], work: _Renewing) -> None:
    """Find what is there already: by IRI and place; the places first, since a place is known by its rid."""
    known = {key: entity.rid for entity in work.held.values() if (key := identity_of(entity)) is not None}
    for kinds in (_WITHOUT_A_PLACE, _PLACED):
        for operation in operations:
            if operation.kind in kinds and operation.ref is not None:
                key = identity(operation.kind, rewritten(KINDS[operation.kind], operation.fields, work.resolved))
                if key is not None and key in known:
                    work.rids[operation.ref] = known.pop(key)
    work.after.update({rid: entity.definition for rid, entity in work.held.items()})


def _unplaced(fields: dict[str, Any]) -> dict[str, Any]:
    """A new property of an object type that is there already comes after its siblings."""
    owned = str(fields.get("objectType", REF))
    return fields if owned.startswith(REF) else {name: value for name, value in fields.items() if name != "position"}


def _update(entity: Entity, said: dict[str, Any], work: _Renewing) -> Iterator[Operation]:
    theirs = entity.definition
    ours = _named(parse(entity.kind, said, None), theirs)
    if ours is None:
        return
    merged = _merged(entity, said, ours, work)
    work.after[entity.rid] = merged
    if same(merged, theirs):
        return
    now, then = theirs.canonical(), merged.canonical()
    changed = {name: then.get(name) for name in dict.fromkeys((*then, *now)) if not same(then.get(name), now.get(name))}
    file = ours.canonical()
    kept = any(not same(then.get(name), file.get(name)) for name in changed)
    words = {name: file.get(name) for name in changed} if kept else None
    yield Operation(Verb.UPDATE, entity.kind, entity.rid, expected_version=entity.version, fields=changed, words=words)


def _merged(entity: Entity, said: dict[str, Any], ours: Definition, work: _Renewing) -> Definition:
    theirs = entity.definition
    base = _named(parse(entity.kind, work.words[entity.rid], None), theirs) if entity.rid in work.words else None
    if base is None:
        # Nobody knows what an earlier file said: what this one says stands, and what it is silent about stays.
        parsed = parse(entity.kind, theirs.canonical() | {name: ours.canonical()[name] for name in said if name in ours.canonical()}, None)
        return ours if isinstance(parsed, list) else parsed
    merging = Merging()
    merged = merging.merge(base, ours, theirs)
    if merging.conflicts:
        paths = [path for path, *_ in merging.conflicts]
        merged = Merging(dict.fromkeys(paths, OURS)).merge(base, ours, theirs)
        said_by_both = f"{', '.join(paths)} was edited after the last import and has changed in the file"
        work.say(Code.EDIT_OVERWRITTEN, ours, f"{said_by_both}, whose word stands.")
    if edited := sorted(path for path in moved(ours, merged) if path):
        work.say(Code.EDIT_KEPT, ours, f"{', '.join(edited)} was edited after the last import and is kept.")
    return merged  # type: ignore[no-any-return]  # a merge of definitions is one


def _named(parsed: Definition | list[Any], held: Definition) -> Definition | None:
    """With the names and the place that it has: code relies on them, whatever else a file brings."""
    if isinstance(parsed, list):
        return None
    update: dict[str, Any] = {"api_name": held.api_name}
    if isinstance(parsed, PropertyDefinition) and isinstance(held, PropertyDefinition):
        update["position"] = held.position
    for side in ("a", "b"):
        mine, other = getattr(parsed, side, None), getattr(held, side, None)
        if mine is not None and other is not None:
            update[side] = mine.model_copy(update={"api_name": other.api_name})
    return parsed.model_copy(update=update)
