"""Entities to the document: kinds in one order, names in theirs, and a name wherever a rid stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.closure import Closure
from app.domain.interface import members
from app.domain.rid import well_formed
from app.transfer.document.form import PARTS, SECTIONS, called
from app.transfer.document.walk import Change, rewritten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from app.domain.conformance import Implementation, Mapped
    from app.domain.entity import Entity
    from app.domain.kind import Kind


class Writing:
    """One ontology as it is written; the same entities give the same document, whatever their order, rids and versions."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self.closure = Closure(entities)
        self._names: dict[str, str] = {}
        self._by_place: dict[tuple[Kind, str], list[Entity]] = {}
        for entity in self.closure:
            self._by_place.setdefault((entity.kind, self._whole(entity)), []).append(entity)
            whole = self.closure.get(self._whole(entity))
            self._names[entity.rid] = called(entity.definition.api_name, whole.definition.api_name if whole else None)

    def sections(self, kinds: Collection[Kind] = ()) -> Iterator[tuple[str, Iterator[tuple[str, dict[str, Any]]]]]:
        """Each section that is not empty (of some kinds only, where they are named), with its entries one by one."""
        for name, kind in SECTIONS.items():
            if (kind, "") in self._by_place and (not kinds or kind in kinds):
                yield name, self._entries(kind, "")

    def entities(self) -> Iterator[Entity]:
        """All of them in the order of the document, each followed by its parts."""
        for kind in SECTIONS.values():
            for entity in self._in_order(kind, ""):
                yield entity
                for part, (whole, _, _) in PARTS.items():
                    if whole is kind:
                        yield from self._in_order(part, entity.rid)

    def called(self, rid: str) -> str:
        """How the document calls an entity; a rid that it does not hold stays as it is."""
        return self._names.get(rid, rid)

    def fields(self, entity: Entity, change: Change | None = None) -> dict[str, Any]:
        """The entity's JSON with a name, or whatever `change` makes of it, wherever a rid stood."""
        definition = entity.definition
        made: dict[str, Any] = rewritten(type(definition), definition.canonical(), change or self._named)
        if implements := getattr(definition, "implements", ()):
            made["implements"] = [self._implementation(each, written) for each, written in zip(implements, made["implements"], strict=True)]
        return made

    def _in_order(self, kind: Kind, whole: str) -> list[Entity]:
        return sorted(self._by_place.get((kind, whole), ()), key=lambda each: (each.definition.api_name, each.rid))

    def _entries(self, kind: Kind, whole: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for entity in self._in_order(kind, whole):
            yield entity.definition.api_name, self._entry(entity)

    def _entry(self, entity: Entity) -> dict[str, Any]:
        made = self.fields(entity)
        del made["apiName"]
        if entity.kind in PARTS:
            del made[PARTS[entity.kind][2]]
        for part, (whole, place, _) in PARTS.items():
            if whole is entity.kind and (part, entity.rid) in self._by_place:
                made[place] = dict(self._entries(part, entity.rid))
        return made

    def _whole(self, entity: Entity) -> str:
        if entity.kind not in PARTS:
            return ""
        owner = PARTS[entity.kind][2]
        return next((reference.target for reference in entity.references if reference.path == owner), "")

    def _named(self, _: str, text: str, __: str) -> str:
        return self._names.get(text, text)

    def _implementation(self, each: Implementation, written: dict[str, Any]) -> dict[str, Any]:
        """A mapping may say a shared property's rid; its key in the interface says the same and is the same in every file."""
        if not any(well_formed(mapped.interface_property) for mapped in each.mapping):
            return written
        keys = {member.item.shared_property: member.item.key for member in members(each.interface, self.closure)}
        return written | {
            "mapping": [self._mapped(mapped, said, keys) for mapped, said in zip(each.mapping, written["mapping"], strict=True)],
        }

    @staticmethod
    def _mapped(mapped: Mapped, said: dict[str, Any], keys: dict[str | None, str]) -> dict[str, Any]:
        return said | {"interfaceProperty": keys.get(mapped.interface_property, mapped.interface_property)}
