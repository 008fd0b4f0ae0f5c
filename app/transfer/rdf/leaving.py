"""What earlier files brought and a newer one no longer says: what of it goes, and what stays and is listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.definition import Status
from app.transfer.rdf.vocabulary import namespace_of
from app.transfer.receipt import Code, Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.change_set import Operation
    from app.domain.definition import Definition
    from app.domain.entity import Entity


@dataclass(frozen=True)
class Leaving:
    """The rids that are deleted, in the order of their kinds and names, and a line for each entity that stays behind."""

    deleted: tuple[str, ...]
    lines: tuple[Line, ...]


def leaving(
    operations: Sequence[Operation], held: Mapping[str, Entity], after: Mapping[str, Definition], said: Iterable[str],
    words: Mapping[str, dict[str, Any]], *, home: str, prune: bool,
) -> Leaving:  # fmt: skip
    """`said` are the rids that the file speaks of, `after` what is held as the import leaves it."""
    spoken = set(said)
    file = {str(each.fields["sourceIri"]) for each in operations if "sourceIri" in each.fields}
    left = {rid: _source(rid, held) for rid in words if rid in held and rid not in spoken}
    left = {rid: iri for rid, iri in left.items() if iri in file or namespace_of(iri) == home}
    wished = {rid for rid, iri in left.items() if (prune or iri in file) and after[rid].status is not Status.ACTIVE}
    going = _free(wished, after)
    lines = [
        Line(Code.NO_LONGER_IN_FILE, left[rid], f"The {held[rid].kind.words} {after[rid].api_name} {_why(rid, wished)}; it stays.")
        for rid in left
        if rid not in going
    ]
    order = sorted(going, key=lambda rid: (held[rid].kind.value, after[rid].api_name, rid))
    return Leaving(tuple(order), tuple(lines))


def _why(rid: str, wished: set[str]) -> str:
    return "is no longer in the file, and others refer to it or it is ACTIVE" if rid in wished else "is no longer in the file"


def _source(rid: str, held: Mapping[str, Entity]) -> str:
    """The IRI that an entity is about; of a generated property that of its object type."""
    definition = held[rid].definition
    if definition.source_iri:
        return definition.source_iri
    owner = held.get(getattr(definition, "object_type", ""))
    return (owner.definition.source_iri or "") if owner is not None else ""


def _free(wished: set[str], after: Mapping[str, Definition]) -> set[str]:
    """Those of the wished that nothing refers to which stays."""
    referrers: dict[str, set[str]] = {rid: set() for rid in wished}
    for rid, definition in after.items():
        for reference in definition.references():
            if reference.target in referrers and rid != reference.target:
                referrers[reference.target].add(rid)
    going = set(wished)
    while True:
        bound = {rid for rid in going if not referrers[rid] <= going}
        if not bound:
            return going
        going -= bound
