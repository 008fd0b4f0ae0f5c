"""What readers who know OWL and not our vocabulary see: derived from our facts, and never read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.domain.kind import Kind
from app.transfer.owl.terms import INVERSE, Description, Iri, Value, word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

View = tuple[tuple[str, ...], tuple[tuple[str, Value], ...]]

# The datatype that holds the same values; what has none is any literal.
_DATATYPES = {
    "STRING": "xsd:string", "BOOLEAN": "xsd:boolean", "BYTE": "xsd:byte", "SHORT": "xsd:short", "INTEGER": "xsd:int", "LONG": "xsd:long",
    "FLOAT": "xsd:float", "DOUBLE": "xsd:double", "DECIMAL": "xsd:decimal", "DATE": "xsd:date", "TIMESTAMP": "xsd:dateTime",
    "GEOPOINT": "geo:wktLiteral", "GEOSHAPE": "geo:wktLiteral", "ATTACHMENT": "xsd:anyURI", "MEDIA_REFERENCE": "xsd:anyURI",
    "MARKING": "xsd:string", "CIPHER_TEXT": "xsd:string",
}  # fmt: skip
_ANY = "rdfs:Literal"
_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_FACETS = {"LENGTH": ("xsd:minLength", "xsd:maxLength"), "RANGE": ("xsd:minInclusive", "xsd:maxInclusive")}


@dataclass(frozen=True, slots=True)
class Fact:
    """One entity as our vocabulary says it: its fields with an Iri wherever another entity is named."""

    kind: Kind
    subject: Iri
    fields: dict[str, Any]
    source: str | None  # its sourceIri, whether that is its subject or not


class Views:
    """The words of OWL for all facts of a file."""

    def __init__(self, facts: Mapping[Iri, Fact]) -> None:
        self._facts = facts

    def of(self, fact: Fact) -> View:
        """What OWL says the entity is, and what follows from it."""
        if fact.kind is Kind.OBJECT_TYPE:
            return ("owl:Class",), self._below(fact, [_map(each).get("interface") for each in _list(fact.fields.get("implements"))])
        if fact.kind is Kind.INTERFACE:
            if self._class_of(fact.subject) != fact.subject:
                return (), ()
            return ("owl:Class",), self._below(fact, _list(fact.fields.get("extends")))
        if fact.kind in {Kind.PROPERTY, Kind.SHARED_PROPERTY}:
            return self._property(fact)
        if fact.kind is Kind.VALUE_TYPE:
            return ("rdfs:Datatype",), tuple(_equivalent(fact.fields))
        return self._link(fact) if fact.kind is Kind.LINK_TYPE else ((), ())

    def beside(self, fact: Fact) -> Iterator[Description]:
        """Subjects that only OWL needs: the other direction of a link."""
        if fact.kind is Kind.LINK_TYPE:
            side = _map(fact.fields.get("b"))
            label = side.get("displayName") or side.get("apiName") or ""
            facts = (("owl:inverseOf", fact.subject), ("rdfs:label", label))
            yield Description(Iri(fact.subject + INVERSE), ("owl:ObjectProperty",), facts)

    def twin(self, fact: Fact) -> Fact | None:
        """The object type of the class that an interface stands for too."""
        found = self._facts.get(Iri(fact.source)) if fact.kind is Kind.INTERFACE and fact.source else None
        return found if found is not None and found.kind is Kind.OBJECT_TYPE else None

    def _class_of(self, iri: Any) -> Iri | None:
        fact = self._facts.get(iri) if isinstance(iri, Iri) else None
        if fact is None or fact.kind not in {Kind.OBJECT_TYPE, Kind.INTERFACE}:
            return None
        twin = self.twin(fact)
        return twin.subject if twin is not None else fact.subject

    def _below(self, fact: Fact, interfaces: list[Any]) -> tuple[tuple[str, Value], ...]:
        above: list[Iri] = []
        for each in interfaces:
            found = self._class_of(each)
            if found == fact.subject:  # its own interface: what is above that is above the class
                above += [iri for own in _list(self._facts[each].fields.get("extends")) if (iri := self._class_of(own)) is not None]
            elif found is not None:
                above.append(found)
        return tuple(("rdfs:subClassOf", iri) for iri in dict.fromkeys(above) if iri != fact.subject)

    def _property(self, fact: Fact) -> View:
        data, fields = _map(fact.fields.get("type")), fact.fields
        many = data.get("base") == "ARRAY"
        named = self._facts.get(fields["valueType"]) if isinstance(fields.get("valueType"), Iri) else None
        views: list[tuple[str, Value]] = []
        if (domain := self._class_of(fields.get("objectType"))) is not None:
            views.append(("rdfs:domain", domain))
        views.append(("rdfs:range", named.subject if named is not None and not many else word(_datatype(data))))
        shared = fields.get("sharedProperty")
        if isinstance(shared, Iri) and shared in self._facts:
            views.append(("rdfs:subPropertyOf", shared))
        return ("owl:DatatypeProperty", *(() if many else ("owl:FunctionalProperty",))), tuple(views)

    def _link(self, fact: Fact) -> View:
        cardinality = fact.fields.get("cardinality")
        types = ["owl:ObjectProperty"]
        if cardinality == "ONE_TO_ONE":
            types.append("owl:FunctionalProperty")
        if cardinality in {"ONE_TO_ONE", "ONE_TO_MANY"}:
            types.append("owl:InverseFunctionalProperty")
        ends = ((name, self._class_of(_map(fact.fields.get(side)).get("objectType"))) for name, side in (("domain", "a"), ("range", "b")))
        return tuple(types), tuple((f"rdfs:{name}", end) for name, end in ends if end is not None)


def _datatype(data: dict[str, Any]) -> str:
    return _DATATYPES.get(str(_map(data.get("of")).get("base") if data.get("base") == "ARRAY" else data.get("base")), _ANY)


def _equivalent(fields: dict[str, Any]) -> Iterator[tuple[str, Value]]:
    """The data range that has the same values, as far as facets say it."""
    data = _map(fields.get("type"))
    datatype = _datatype(data)
    if datatype == _ANY or data.get("base") == "ARRAY":
        return
    texts = data.get("base") in {"DATE", "TIMESTAMP", "DECIMAL"}  # their bounds and values are texts here and something else there
    facets: list[Value] = []
    for constraint in map(_map, _list(fields.get("constraints"))):
        if texts:
            continue
        if constraint.get("type") == "ONE_OF":
            yield "owl:equivalentClass", {"rdf:type": word("rdfs:Datatype"), "owl:oneOf": _list(constraint.get("values"))}
        elif constraint.get("type") == "UUID":
            facets.append({"xsd:pattern": _UUID})
        else:
            names = _FACETS.get(str(constraint.get("type")), ())
            facets += [{name: constraint[bound]} for name, bound in zip(names, ("min", "max"), strict=False) if bound in constraint]
    if facets:
        restricted = {"rdf:type": word("rdfs:Datatype"), "owl:onDatatype": word(datatype), "owl:withRestrictions": facets}
        yield "owl:equivalentClass", restricted
    elif not fields.get("constraints"):
        yield "owl:equivalentClass", word(datatype)


def _map(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
