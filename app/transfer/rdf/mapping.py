"""From a graph to operations and a receipt: the parts in their order, and the account of every statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rdflib import OWL, RDF, RDFS, BNode, Graph, URIRef
from rdflib.namespace import SKOS

from app.domain.datatype import BaseType
from app.domain.kind import Kind
from app.transfer.rdf.facets import cells, constraints
from app.transfer.rdf.facts import Facts
from app.transfer.rdf.ground import Ground, create, to
from app.transfer.rdf.leftovers import list_leftovers
from app.transfer.rdf.links import Links
from app.transfer.rdf.naming import is_opaque
from app.transfer.rdf.properties import Owned
from app.transfer.rdf.ranges import base_of, data_type
from app.transfer.rdf.scope import scope_of
from app.transfer.rdf.texts import Texts
from app.transfer.rdf.uses import uses
from app.transfer.rdf.vocabulary import CLASSES, IN_SCHEME, local_name
from app.transfer.receipt import Code, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.domain.change_set import Operation
    from app.transfer.rdf.statements import Statements


@dataclass(frozen=True)
class Mapped:
    """What a file comes to."""

    operations: tuple[Operation, ...]
    receipt: Receipt
    home: str = ""  # the namespace of the file's own terms


def mapped(graph: Graph | Statements, *, languages: Sequence[str] = ("en",)) -> Mapped:
    """The operations that create what the graph describes; the same ones whatever the order of its statements."""
    facts = Facts(graph)
    scope = scope_of(facts)
    ground = Ground(facts, scope, Texts(facts, languages))
    found = uses(ground)
    owned = Owned(ground, found)
    links = Links(ground, found, owned)
    link_types = list(links.operations())
    operations = (
        *_value_types(ground),
        *owned.shared_operations(found),
        *_interfaces(ground, owned, links),
        *_object_types(ground, owned),
        *owned.operations(),
        *link_types,
    )
    list_leftovers(ground, (use.iri for use in found))
    lines = tuple(facts.tally.lines())
    return Mapped(operations, Receipt(facts.statements, facts.statements - sum(line.statements for line in lines), lines), scope.home)


def _value_types(ground: Ground) -> Iterator[Operation]:
    refs = {iri: to(Kind.VALUE_TYPE, name) for iri, name in ground.value_types.items()}
    for iri, name in sorted(ground.value_types.items(), key=lambda each: each[1]):
        members = ground.scope.enumerations.get(iri)
        base = base_of(iri, ground.scope)
        if base is None:
            sentence = f"Values of {local_name(iri)} have no equal among the base types; it became a STRING."
            ground.facts.tally.add(Code.TYPE_WITHOUT_EQUAL, str(iri), sentence)
        fields: dict[str, Any] = {
            "apiName": name,
            **ground.texts.fields(iri),
            **ground.status(iri, refs),
            "type": data_type(base or BaseType.STRING),
        }
        if members is not None:
            fields["constraints"] = [{"key": "oneOf", "type": "ONE_OF", "values": _values(ground, iri, members)}]
        elif faceted := constraints(ground.facts, iri, base or BaseType.STRING):
            fields["constraints"] = faceted
        _carry_class(ground, iri)
        yield create(Kind.VALUE_TYPE, name, fields)


def _values(ground: Ground, iri: URIRef, members: list[URIRef]) -> list[str]:
    """The members' local names, their labels where those are codes, their IRIs where two are alike."""
    values: list[str] = []
    for member in members:
        local = local_name(member)
        value = ground.texts.label(member) if is_opaque(local) or not local else local
        values.append(str(member) if value in values else value)
        for predicate in (RDF.type, *IN_SCHEME):
            ground.facts.carry(member, predicate, iri)
        ground.facts.carry(iri, SKOS.hasTopConcept, member)
    _carry_lists(ground.facts, iri, members)
    return values


def _carry_lists(facts: Facts, iri: URIRef, members: list[URIRef]) -> None:
    """That the enumeration is a list of individuals, where all of them became values."""
    for node in (iri, *facts.things(iri, OWL.equivalentClass)):
        for head in facts.things(node, OWL.oneOf):
            if not set(members).issuperset(facts.collected(head)):
                continue
            for statement in ((node, OWL.oneOf, head), *cells(facts, head)):
                facts.carry(*statement)
            if isinstance(node, BNode) and {predicate for predicate, _ in facts.about(node)} <= {RDF.type, OWL.oneOf}:
                facts.carry_expression(node)
                facts.carry(iri, OWL.equivalentClass, node)


def _carry_class(ground: Ground, iri: URIRef) -> None:
    """That it is a class, and what it is below as far as that is carried."""
    facts, scope = ground.facts, ground.scope
    for thing in facts.types(iri):
        if thing in CLASSES or not scope.is_object_type(iri):
            facts.carry(iri, RDF.type, thing)
    kept = set(ground.supers[iri]) if scope.is_object_type(iri) else {each for each in scope.supers[iri] if scope.is_data(each)}
    for thing in facts.things(iri, RDFS.subClassOf):
        if thing in kept or (iri in scope.enumerations and local_name(str(thing)) == "Enumeration"):
            facts.carry(iri, RDFS.subClassOf, thing)


def _interfaces(ground: Ground, owned: Owned, links: Links) -> Iterator[Operation]:
    refs = {iri: to(Kind.INTERFACE, name) for iri, name in ground.interfaces.items()}
    constraints = links.constraints()
    for iri, name in sorted(ground.interfaces.items(), key=lambda each: each[1]):
        fields: dict[str, Any] = {"apiName": name, **ground.texts.fields(iri), **ground.status(iri, refs)}
        if ground.supers[iri]:
            fields["extends"] = [refs[above] for above in ground.supers[iri]]
        if members := owned.members.get(iri):
            fields["properties"] = [{"key": use.name, "sharedProperty": to(Kind.SHARED_PROPERTY, use.name)} for use in members]
        if iri in constraints:
            fields["links"] = sorted(constraints[iri], key=lambda each: str(each["key"]))
        yield create(Kind.INTERFACE, name, fields)


def _object_types(ground: Ground, owned: Owned) -> Iterator[Operation]:
    refs = {iri: to(Kind.OBJECT_TYPE, name) for iri, name in ground.names.items()}
    for iri, name in sorted(ground.names.items(), key=lambda each: each[1]):
        fields: dict[str, Any] = {
            "apiName": name,
            **ground.texts.fields(iri),
            **ground.status(iri, refs),
            "primaryKey": to(Kind.PROPERTY, f"{name}.{owned.keys[iri]}"),
            "titleProperty": to(Kind.PROPERTY, f"{name}.{owned.title(iri)}"),
        }
        if implemented := ground.implemented(iri):
            fields["implements"] = [_implementation(ground, owned, iri, each) for each in implemented]
        _carry_class(ground, iri)
        yield create(Kind.OBJECT_TYPE, name, fields)


def _implementation(ground: Ground, owned: Owned, iri: URIRef, interface: URIRef) -> dict[str, Any]:
    mapping = owned.mapping(iri, interface)
    made: dict[str, Any] = {"interface": to(Kind.INTERFACE, ground.interfaces[interface])}
    return made | ({"mapping": mapping} if mapping else {})
