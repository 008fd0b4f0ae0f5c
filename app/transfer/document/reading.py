"""The document to operations: the difference between what a file says and what the ontology holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.domain.change_set import REF_LENGTH, Operation, Verb
from app.domain.common import EXISTS, SHAPE
from app.domain.errors import BadInput, ValidationFailed
from app.domain.gauge import begin, counted
from app.domain.kinds import KINDS
from app.domain.merge import same
from app.domain.planning import parse
from app.domain.rid import REF, well_formed
from app.transfer.document.form import FIELDS, FORMAT, PARTS, SECTIONS, called
from app.transfer.document.walk import rewritten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.domain.definition import Definition
    from app.domain.entity import Entity
    from app.domain.kind import Kind
    from app.domain.rules import Violation


@dataclass
class Entry:
    """One entity as the file says it."""

    kind: Kind
    name: str
    whole: str | None
    fields: dict[str, Any]
    path: str
    held: Entity | None = None

    @property
    def called(self) -> str:
        return called(self.name, self.whole)

    @property
    def ref(self) -> str:
        made = f"{self.kind.slug}:{self.called}"
        return made[:REF_LENGTH]

    @property
    def rid(self) -> str:
        """What a reference to it says: its rid, or the ref of its creation."""
        return self.held.rid if self.held is not None else f"{REF}{self.ref}"


@dataclass
class _Reading:
    entries: dict[tuple[Kind, str], Entry] = field(default_factory=dict)
    held: dict[tuple[Kind, str], Entity] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)


def operations_of(document: Any, held: Iterable[Entity], *, prune: bool = False) -> tuple[Operation, ...]:
    """What turns the held entities into those of the document; ValidationFailed names everything that it says wrongly.

    An entity that the document does not mention stays, unless `prune` asks for the ontology to hold nothing else.
    """
    reading = _Reading(held=_by_name(held))
    for entry in entries_of(document):
        entry.held = reading.held.get((entry.kind, entry.called))
        reading.entries[entry.kind, entry.called] = entry
    begin("MAP", len(reading.entries), "entities")
    operations = [operation for entry in counted(reading.entries.values()) for operation in _operation(entry, reading, prune=prune)]
    if reading.violations:
        raise ValidationFailed(reading.violations)
    if prune:
        operations.extend(_deletions(reading))
    return tuple(operations)


def _by_name(held: Iterable[Entity]) -> dict[tuple[Kind, str], Entity]:
    entities = {entity.rid: entity for entity in held}
    found: dict[tuple[Kind, str], Entity] = {}
    for entity in entities.values():
        whole = None
        if entity.kind in PARTS:
            owner = next((reference.target for reference in entity.references if reference.path == PARTS[entity.kind][2]), "")
            whole = entities[owner].definition.api_name if owner in entities else None
        found[entity.kind, called(entity.definition.api_name, whole)] = entity
    return found


def entries_of(document: Any) -> Iterator[Entry]:
    """Each entity that the document says, parts after what they are part of; BadInput where it is no document."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadInput(f"The file is not an ontology: it does not begin with `format: {FORMAT}`.")
    for name, entries in document.items():
        if name == "format":
            continue
        if name not in SECTIONS:
            raise BadInput(f"The file has a section {str(name)[:100]!r}; the sections are {', '.join(SECTIONS)}.")
        yield from _of_section(SECTIONS[name], entries, name, None)


def _of_section(kind: Kind, entries: Any, path: str, whole: str | None) -> Iterator[Entry]:
    if entries is None:
        return
    if not isinstance(entries, dict):
        raise BadInput(f"{path} must be a map from names to definitions.", path=path)
    for name, fields in entries.items():
        place = f"{path}.{name}"
        if not isinstance(fields, dict):
            raise BadInput(f"{place} must be a map of fields.", path=place)
        own = dict(fields)
        parts = [(part, where, own.pop(where)) for part, (of, where, _) in PARTS.items() if of is kind and where in own]
        yield Entry(kind, str(name), whole, own, place)
        for part, where, inside in parts:
            yield from _of_section(part, inside, f"{place}.{where}", called(str(name), whole))


def _operation(entry: Entry, reading: _Reading, *, prune: bool) -> Iterator[Operation]:
    definition = _definition(entry, reading, prune=prune)
    if definition is None:
        return
    said = definition.canonical()
    if entry.held is None:
        yield Operation(Verb.CREATE, entry.kind, ref=entry.ref, fields=said)
        return
    now = entry.held.definition.canonical()
    changed = {name: said.get(name) for name in dict.fromkeys((*said, *now)) if not same(said.get(name), now.get(name))}
    if changed:
        yield Operation(Verb.UPDATE, entry.kind, entry.held.rid, expected_version=entry.held.version, fields=changed)


def _definition(entry: Entry, reading: _Reading, *, prune: bool) -> Definition | None:
    """The entry as a definition with rids and refs for names, None when something is wrong with it."""
    before = len(reading.violations)
    for name in ("apiName", *([PARTS[entry.kind][2]] if entry.kind in PARTS else ())):
        if name in entry.fields:
            reading.violations.append(SHAPE.broken(f"{entry.path}.{name}", f"{entry.path} says {name}, which its place says already."))

    def resolved(place: str, text: str, path: str) -> str:
        return _resolved(entry, reading, place, text, path, prune=prune)

    fields = {"apiName": entry.name, **rewritten(KINDS[entry.kind], entry.fields, resolved, entry.path)}
    if entry.kind in PARTS:
        whole, _, owner = PARTS[entry.kind]
        fields[owner] = reading.entries[whole, entry.whole or ""].rid
    if entry.held is not None and "position" in entry.held.definition.canonical() and not fields.get("position"):
        fields["position"] = entry.held.definition.canonical()["position"]  # a file written by hand need not say it
    parsed = parse(entry.kind, fields, None)
    if isinstance(parsed, list):
        reading.violations.extend(
            SHAPE.broken(f"{entry.path}.{found.path}" if found.path else entry.path, f"{entry.path}: {found.message}", value=found.value)
            for found in parsed
        )
    return None if len(reading.violations) > before or isinstance(parsed, list) else parsed


def _resolved(entry: Entry, reading: _Reading, place: str, text: str, path: str, *, prune: bool) -> str:
    if well_formed(text):
        return text
    kinds = FIELDS[place] or (entry.kind,)
    for kind in kinds:
        if (kind, text) in reading.entries:
            return reading.entries[kind, text].rid
        if (kind, text) in reading.held and not prune:
            return reading.held[kind, text].rid
    words = " or ".join(kind.words for kind in kinds)
    reading.violations.append(EXISTS.broken(path, f"{path}: there is no {words} {text[:200]!r}.", value=text[:200]))
    return f"{REF}none"  # said once is enough: the shape of the name is not judged as well


def _deletions(reading: _Reading) -> Iterator[Operation]:
    for key, entity in sorted(reading.held.items(), key=lambda each: (each[0][0].value, each[0][1])):
        if key not in reading.entries:
            yield Operation(Verb.DELETE, entity.kind, entity.rid, expected_version=entity.version)
