"""What values a property holds: the narrowest base type that holds all its data ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rdflib import OWL, XSD, BNode, Literal, URIRef

from app.domain.datatype import BaseType
from app.transfer.rdf.facets import constraints_of
from app.transfer.rdf.vocabulary import BASE_TYPES, RANGES, local_name
from app.transfer.receipt import Code

if TYPE_CHECKING:
    from app.transfer.rdf.facts import Facts
    from app.transfer.rdf.scope import Scope

_NUMBERS = (BaseType.BYTE, BaseType.SHORT, BaseType.INTEGER, BaseType.LONG, BaseType.FLOAT, BaseType.DOUBLE)
_TIMES = (BaseType.DATE, BaseType.TIMESTAMP)


@dataclass(frozen=True)
class Held:
    """A base type, with the value type or the constraints that say more about it where there is exactly one range."""

    base: BaseType
    value_type: URIRef | None = None
    constraints: list[dict[str, Any]] = field(default_factory=list)

    @property
    def type(self) -> dict[str, Any]:
        """The data type's JSON."""
        return data_type(self.base)


def data_type(base: BaseType) -> dict[str, Any]:
    """The JSON of a base type; xsd:decimal has no bounds, so a DECIMAL has the most digits there are."""
    if base is BaseType.DECIMAL:
        return {"base": base.value, "precision": 38, "scale": 18}
    return {"base": base.value}


def base_of(datatype: URIRef, scope: Scope) -> BaseType | None:
    """The base type of a datatype by itself or by what it is below; None where there is none."""
    if datatype in scope.enumerations:
        return BaseType.STRING
    waiting = [datatype]
    for current in waiting:
        if current in BASE_TYPES:
            return BASE_TYPES[current]
        waiting.extend(each for each in scope.supers.get(current, ()) if each not in waiting)
    return None


def held(iri: URIRef, ranges: list[URIRef], facts: Facts, scope: Scope) -> Held:
    """What the data ranges of a property come to; what they lose on the way is listed."""
    if not ranges:
        facts.tally.add(Code.RANGE_MISSING, str(iri), "The file does not say what it holds; it became a STRING.")
        return Held(BaseType.STRING)
    bases = {each: base_of(each, scope) for each in ranges}
    for each, base in bases.items():
        if base is None and each not in scope.supers:
            facts.tally.add(Code.TYPE_WITHOUT_EQUAL, str(iri), f"{local_name(each)} has no equal among the base types; it became a STRING.")
    if len(ranges) == 1:
        single = ranges[0]
        carried = single in scope.enumerations or single in scope.datatypes
        return Held(bases[single] or BaseType.STRING, single if carried else None)
    made = _narrowest({base or BaseType.STRING for base in bases.values()})
    names = ", ".join(local_name(each) for each in ranges)
    facts.tally.add(Code.TYPE_WIDENED, str(iri), f"It holds any of {names}; it became a {made}.")
    return Held(made)


def unnamed(iri: URIRef, facts: Facts) -> Held | None:
    """What the property holds where its one range is a datatype without a name: a restricted one, or a list of literals."""
    ranges = list(facts.of(iri, RANGES))
    if len(ranges) != 1:
        return None
    [(predicate, node)] = ranges
    if not isinstance(node, BNode) or (base := _base_of_unnamed(node, facts)) is None:
        return None
    facts.carry(iri, predicate, node)
    return Held(base, constraints=constraints_of(facts, node, base))


def _base_of_unnamed(node: BNode, facts: Facts) -> BaseType | None:
    restricted = facts.things(node, OWL.onDatatype)
    items = [item for head in facts.things(node, OWL.oneOf) for item in facts.collected(head)]
    if len(restricted) == 1 and not items:
        return BASE_TYPES.get(restricted[0]) if isinstance(restricted[0], URIRef) else None
    if not items or restricted or not all(isinstance(item, Literal) for item in items):
        return None
    return _narrowest({BASE_TYPES.get(getattr(item, "datatype", None) or XSD.string, BaseType.STRING) for item in items})


def _narrowest(bases: set[BaseType]) -> BaseType:
    if len(bases) == 1:
        return next(iter(bases))
    for order in (_NUMBERS, _TIMES):
        if bases <= set(order):
            widest = max(bases, key=order.index)
            # A FLOAT has too few digits for whole numbers beyond a SHORT.
            return BaseType.DOUBLE if widest is BaseType.FLOAT and bases & {BaseType.INTEGER, BaseType.LONG} else widest
    if BaseType.DECIMAL in bases and bases <= {*_NUMBERS, BaseType.DECIMAL}:
        return BaseType.DOUBLE if bases & {BaseType.FLOAT, BaseType.DOUBLE} else BaseType.DECIMAL
    return BaseType.STRING
