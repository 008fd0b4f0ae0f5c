"""Graphs of every sort for Hypothesis: whatever statements stand beside each other, the mapping must cope."""

from __future__ import annotations

from hypothesis import strategies as st
from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, SKOS

HOME = Namespace("https://example.org/o#")
OTHER = Namespace("https://other.example/")
SCHEMA = Namespace("https://schema.org/")

_NAMES = (
    "A",
    "B",
    "a-b",
    "AB",
    "3D",
    "Property",
    "GO_0000001",
    "GO_0000002",
    "p",
    "q",
    "name",
    "iri",
    "caf\u00e9",
    "\uc0ac\ub78c",
    "x%20y",
    "",
)
TERMS = [*(HOME[each] for each in _NAMES), OTHER["Thing"], OTHER["p"], URIRef("urn:x:y"), SCHEMA["Enumeration"]]
BLANKS = [BNode(f"b{each}") for each in range(5)]
KINDS = [
    RDFS.Class, OWL.Class, OWL.DeprecatedClass, RDFS.Datatype, RDF.Property, OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty,
    OWL.FunctionalProperty, OWL.InverseFunctionalProperty, OWL.SymmetricProperty, OWL.TransitiveProperty, OWL.Ontology, OWL.Restriction,
    OWL.NamedIndividual, SKOS.Concept, SKOS.ConceptScheme, OWL.AllDisjointClasses, RDFS.Class, OWL.Class, OWL.ObjectProperty,
]  # fmt: skip
_AXIOMS = [
    RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range, OWL.inverseOf, OWL.equivalentClass, OWL.equivalentProperty, OWL.disjointWith,
    OWL.complementOf, OWL.onProperty, OWL.someValuesFrom, OWL.allValuesFrom, OWL.hasValue, OWL.onDatatype, OWL.sameAs, OWL.imports, RDF.type,
    SCHEMA["domainIncludes"], SCHEMA["rangeIncludes"], SCHEMA["supersededBy"], DCTERMS.isReplacedBy, SKOS.broader, SKOS.inScheme,
    SKOS.topConceptOf, SKOS.exactMatch, RDFS.seeAlso, RDFS.isDefinedBy, OTHER["said"],
]  # fmt: skip
_LISTS = [OWL.unionOf, OWL.intersectionOf, OWL.oneOf, OWL.withRestrictions, OWL.hasKey, OWL.propertyChainAxiom, OWL.members]
_SAYINGS = [RDFS.label, RDFS.comment, SKOS.prefLabel, SKOS.definition, SKOS.altLabel, OWL.versionInfo, OWL.deprecated, OTHER["note"], XSD.minInclusive,
            XSD.pattern, OWL.maxCardinality, SKOS.notation]  # fmt: skip
_DATATYPES = [XSD.string, XSD.integer, XSD.decimal, XSD.dateTime, XSD.gYear, RDFS.Literal, OWL.Thing, XSD.boolean]

_texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")), max_size=12)
literals = st.one_of(
    _texts.map(Literal),
    st.builds(lambda text, language: Literal(text, lang=language), _texts, st.sampled_from(["en", "ko", "de-AT"])),
    st.sampled_from(
        [Literal("true", datatype=XSD.boolean), Literal("1", datatype=XSD.integer), Literal("x", datatype=XSD.date), Literal("[a-z]+")]
    ),
)
subjects = st.sampled_from([*TERMS[:-1], *BLANKS])
things = st.sampled_from([*TERMS, *BLANKS, *_DATATYPES])
_plain = st.one_of(
    st.tuples(subjects, st.just(RDF.type), st.sampled_from([*KINDS, *TERMS])),
    st.tuples(st.sampled_from(TERMS[:-1]), st.just(RDF.type), st.sampled_from(KINDS)),
    st.tuples(subjects, st.sampled_from(_AXIOMS), things),
    st.tuples(st.sampled_from(TERMS[:-1]), st.sampled_from([RDFS.subClassOf, RDFS.domain, RDFS.range]), things),
    st.tuples(subjects, st.sampled_from(_SAYINGS), literals),
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Up to 40 statements, a few lists among them."""
    graph = Graph(bind_namespaces="none")
    for statement in draw(st.lists(_plain, min_size=1, max_size=40)):
        graph.add(statement)
    for number in range(draw(st.integers(0, 3))):
        items = draw(st.lists(st.one_of(things, literals), max_size=4))
        cells = [BNode(f"l{number}x{place}") for place in range(len(items))]
        for place, item in enumerate(items):
            graph.add((cells[place], RDF.first, item))
            graph.add((cells[place], RDF.rest, cells[place + 1] if place + 1 < len(items) else RDF.nil))
        graph.add((draw(subjects), draw(st.sampled_from(_LISTS)), cells[0] if cells else RDF.nil))
    return graph
