"""The words of RDFS, OWL, XSD and schema.org that the mapping understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rdflib import OWL, RDF, RDFS, XSD, BNode, Namespace, URIRef
from rdflib.namespace import DCTERMS, SKOS

from app.domain.datatype import BaseType

if TYPE_CHECKING:
    from rdflib.term import Node

_SCHEMAS = (Namespace("https://schema.org/"), Namespace("http://schema.org/"))
_GEO = Namespace("http://www.opengis.net/ont/geosparql#")


def _schema(*names: str) -> frozenset[URIRef]:
    return frozenset(namespace[name] for namespace in _SCHEMAS for name in names)


CLASSES = frozenset({RDFS.Class, OWL.Class, OWL.DeprecatedClass})
OBJECT_PROPERTIES = frozenset(
    {
        OWL.ObjectProperty, OWL.TransitiveProperty, OWL.SymmetricProperty, OWL.AsymmetricProperty, OWL.ReflexiveProperty,
        OWL.IrreflexiveProperty, OWL.InverseFunctionalProperty,
    },
)  # fmt: skip
CHARACTERISTICS = (OBJECT_PROPERTIES - {OWL.ObjectProperty}) | {OWL.FunctionalProperty}
PROPERTIES = OBJECT_PROPERTIES | {RDF.Property, OWL.DatatypeProperty, OWL.FunctionalProperty, OWL.DeprecatedProperty}
ANNOTATION_PROPERTIES = frozenset({OWL.AnnotationProperty, OWL.OntologyProperty})
DEPRECATED_TYPES = frozenset({OWL.DeprecatedClass, OWL.DeprecatedProperty})
DATATYPES = frozenset({RDFS.Datatype}) | _schema("DataType")

DOMAINS = frozenset({RDFS.domain}) | _schema("domainIncludes")
RANGES = frozenset({RDFS.range}) | _schema("rangeIncludes")
INVERSES = frozenset({OWL.inverseOf}) | _schema("inverseOf")
SUPERSEDED = _schema("supersededBy") | {DCTERMS.isReplacedBy}
ENUMERATIONS = _schema("Enumeration")
EQUIVALENCES = frozenset({OWL.equivalentClass, OWL.equivalentProperty, OWL.sameAs})
DISJOINTNESS = frozenset(
    {OWL.disjointWith, OWL.disjointUnionOf, OWL.complementOf, OWL.propertyDisjointWith, OWL.differentFrom},
)
SETS = frozenset({OWL.unionOf, OWL.intersectionOf})
LABELS = (RDFS.label, SKOS.prefLabel)
COMMENTS = (RDFS.comment, SKOS.definition, DCTERMS.description)

IN_SCHEME = (SKOS.inScheme, SKOS.topConceptOf)

BUILT_IN_NAMESPACES = frozenset(str(namespace) for namespace in (RDF, RDFS, OWL, XSD))  # terms of these are never entities

# What RDF and schema.org call a base type of ours. xsd:time and the durations have no equal: they are texts.
BASE_TYPES: dict[URIRef, BaseType] = {
    XSD.string: BaseType.STRING,
    XSD.normalizedString: BaseType.STRING,
    XSD.token: BaseType.STRING,
    XSD.anyURI: BaseType.STRING,
    XSD.language: BaseType.STRING,
    XSD.Name: BaseType.STRING,
    XSD.NCName: BaseType.STRING,
    RDF.langString: BaseType.STRING,
    RDFS.Literal: BaseType.STRING,
    XSD.boolean: BaseType.BOOLEAN,
    XSD.byte: BaseType.BYTE,
    XSD.unsignedByte: BaseType.SHORT,
    XSD.short: BaseType.SHORT,
    XSD.unsignedShort: BaseType.INTEGER,
    XSD.int: BaseType.INTEGER,
    XSD.unsignedInt: BaseType.LONG,
    XSD.long: BaseType.LONG,
    XSD.integer: BaseType.LONG,
    XSD.nonNegativeInteger: BaseType.LONG,
    XSD.positiveInteger: BaseType.LONG,
    XSD.nonPositiveInteger: BaseType.LONG,
    XSD.negativeInteger: BaseType.LONG,
    XSD.float: BaseType.FLOAT,
    XSD.double: BaseType.DOUBLE,
    XSD.decimal: BaseType.DECIMAL,
    XSD.date: BaseType.DATE,
    XSD.dateTime: BaseType.TIMESTAMP,
    XSD.dateTimeStamp: BaseType.TIMESTAMP,
    _GEO.wktLiteral: BaseType.GEOSHAPE,
    **dict.fromkeys(_schema("Text"), BaseType.STRING),
    **dict.fromkeys(_schema("Boolean"), BaseType.BOOLEAN),
    **dict.fromkeys(_schema("Number", "Float"), BaseType.DOUBLE),
    **dict.fromkeys(_schema("Integer"), BaseType.LONG),
    **dict.fromkeys(_schema("Date"), BaseType.DATE),
    **dict.fromkeys(_schema("DateTime"), BaseType.TIMESTAMP),
}

LITERAL_NAMESPACES = (str(XSD),)  # whatever else is in them is a datatype without an equal


def namespace_of(iri: str) -> str:
    """The part of an IRI up to its local name."""
    return iri[: max(iri.rfind("#"), iri.rfind("/"), iri.rfind(":")) + 1]


def local_name(iri: str) -> str:
    """The part of an IRI after its namespace."""
    return iri[len(namespace_of(iri)) :]


def called(node: Node) -> str:
    """What people are told a term is called; a blank node has no name, and the one that it is given is never the same twice."""
    if isinstance(node, BNode):
        return "an expression"
    return local_name(str(node)) or str(node)
