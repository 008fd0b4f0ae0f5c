"""The facets of a datatype of the file: constraints where there are equal ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rdflib import OWL, RDF, XSD, BNode, Literal, URIRef

from app.domain.constraints import Constraint
from app.domain.datatype import NUMBERS, BaseType, DataType

if TYPE_CHECKING:
    from rdflib.term import Node

    from app.transfer.rdf.facts import Facts, Statement

_DIGITS = 18  # of a whole number that 64 bits hold, whatever it is
_WHOLE = frozenset({BaseType.BYTE, BaseType.SHORT, BaseType.INTEGER, BaseType.LONG})
_BOUNDS = {
    XSD.minLength: ("LENGTH", ("min",), 0),
    XSD.maxLength: ("LENGTH", ("max",), 0),
    XSD.length: ("LENGTH", ("min", "max"), 0),
    XSD.minInclusive: ("RANGE", ("min",), 0),
    XSD.maxInclusive: ("RANGE", ("max",), 0),
    XSD.minExclusive: ("RANGE", ("min",), 1),
    XSD.maxExclusive: ("RANGE", ("max",), -1),
}


def definitions(facts: Facts, iri: URIRef) -> list[Node]:
    """The nodes that say what the datatype is: itself, and the expressions that it is equal to."""
    return [iri, *(node for node in facts.things(iri, OWL.equivalentClass) if isinstance(node, BNode))]


def constraints(facts: Facts, iri: URIRef, base: BaseType) -> list[dict[str, Any]]:
    """What the facets come to; the statements behind those that have no equal stay for the receipt."""
    made: dict[str, dict[str, Any]] = {}
    for node in definitions(facts, iri):
        if _faceted(facts, node, base, made) and isinstance(node, BNode):
            facts.carry_expression(node)
            facts.carry(iri, OWL.equivalentClass, node)
    return [each for each in made.values() if _holds(each, base)]


def constraints_of(facts: Facts, node: BNode, base: BaseType) -> list[dict[str, Any]]:
    """The same of a datatype without a name; its own statements are carried by whoever has it for a range."""
    made: dict[str, dict[str, Any]] = {}
    if _faceted(facts, node, base, made):
        facts.carry_expression(node)
    else:
        for predicate in (RDF.type, OWL.onDatatype):
            for thing in facts.things(node, predicate):
                facts.carry(node, predicate, thing)
    return [each for each in made.values() if _holds(each, base)]


def _faceted(facts: Facts, node: Node, base: BaseType, made: dict[str, dict[str, Any]]) -> bool:
    """Take what the node says, and answer whether that was all of it."""
    carried: list[Statement] = []
    complete = True
    for head in facts.things(node, OWL.withRestrictions):
        for item in facts.collected(head):
            for predicate, value in facts.about(item):
                if _take(made, predicate, value, base):
                    carried.append((item, predicate, value))
                else:
                    complete = False
    complete = _listed(facts, node, base, made) and complete
    for statement in carried:
        facts.carry(*statement)
    return complete


def _take(made: dict[str, dict[str, Any]], predicate: URIRef, value: Node, base: BaseType) -> bool:
    if not isinstance(value, Literal):
        return False
    if predicate == XSD.pattern and base is BaseType.STRING and "REGEX" not in made:
        # XSD patterns are of the whole text.
        return _keep(made, {"key": "regex", "type": "REGEX", "pattern": f"^(?:{value})$"}, base)
    if predicate not in _BOUNDS:
        return False
    sort, sides, step = _BOUNDS[predicate]
    bound = _bound(value, base if sort == "RANGE" else BaseType.LONG)
    if bound is None or (step and (base not in _WHOLE or not isinstance(bound, int))):
        return False
    wished: dict[str, Any] = {"key": sort.lower(), "type": sort, **made.get(sort, {})}
    wished |= {side: bound + step if isinstance(bound, int) else bound for side in sides}
    return _keep(made, wished, base)


def _keep(made: dict[str, dict[str, Any]], wished: dict[str, Any], base: BaseType) -> bool:
    if not _holds(wished, base):
        return False
    made[wished["type"]] = wished
    return True


def _holds(wished: dict[str, Any], base: BaseType) -> bool:
    """Whether the constraint breaks no rule."""
    return not list(Constraint.model_validate(wished).violations(DataType(base=base), ""))


def _bound(value: Literal, base: BaseType) -> int | float | str | None:
    text = str(value).strip()
    try:
        if base in _WHOLE:
            whole = int(text[:_DIGITS])
            return whole if len(text) < _DIGITS else None
        return float(text) if base in NUMBERS and base is not BaseType.DECIMAL else text
    except ValueError:
        return None


def _listed(facts: Facts, node: Node, base: BaseType, made: dict[str, dict[str, Any]]) -> bool:
    """A datatype that is a list of literals."""
    for head in facts.things(node, OWL.oneOf):
        items = facts.collected(head)
        values = [_bound(item, base) if isinstance(item, Literal) and base is not BaseType.BOOLEAN else None for item in items]
        if None in values or not _keep(made, {"key": "oneOf", "type": "ONE_OF", "values": values}, base):
            return False
        for statement in cells(facts, head):
            facts.carry(*statement)
    return True


def cells(facts: Facts, head: Node) -> list[Statement]:
    """The statements that a list is made of."""
    found: list[Statement] = []
    seen: set[Node] = set()
    while head != RDF.nil and head not in seen:
        seen.add(head)
        cell = [(head, predicate, thing) for predicate, thing in facts.about(head)]
        found.extend(cell)
        head = next((thing for _, predicate, thing in cell if predicate == RDF.rest), RDF.nil)
    return found
