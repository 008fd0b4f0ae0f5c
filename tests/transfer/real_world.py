"""Small ontologies in the manner of those that people import, written for these tests."""

from __future__ import annotations

from app.transfer.files import Form

PEOPLE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<!DOCTYPE rdf:RDF [
  <!ENTITY owl "http://www.w3.org/2002/07/owl#">
  <!ENTITY xsd "http://www.w3.org/2001/XMLSchema#">
  <!ENTITY net "http://people.example/net/0.1/">
]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xmlns:owl="&owl;"
    xmlns:vs="http://status.example/ns#" xmlns="&net;">
  <owl:Ontology rdf:about="&net;"><rdfs:label>Friends and colleagues</rdfs:label></owl:Ontology>
  <rdfs:Class rdf:about="&net;Agent" rdfs:label="Agent" vs:term_status="stable">
    <rdf:type rdf:resource="&owl;Class"/>
    <owl:equivalentClass rdf:resource="http://purl.org/dc/terms/Agent"/>
  </rdfs:Class>
  <rdfs:Class rdf:about="&net;Person" rdfs:label="Person"><rdfs:subClassOf rdf:resource="&net;Agent"/>
    <owl:disjointWith rdf:resource="&net;Organization"/></rdfs:Class>
  <rdfs:Class rdf:about="&net;Organization" rdfs:label="Organization" rdfs:comment="Caf\xe9s too."><rdfs:subClassOf rdf:resource="&net;Agent"/></rdfs:Class>
  <rdf:Property rdf:about="&net;mbox" rdfs:label="personal mailbox">
    <rdf:type rdf:resource="&owl;InverseFunctionalProperty"/><rdf:type rdf:resource="&owl;ObjectProperty"/>
    <rdfs:domain rdf:resource="&net;Agent"/><rdfs:range rdf:resource="&owl;Thing"/>
  </rdf:Property>
  <rdf:Property rdf:about="&net;givenname" rdfs:label="Given name"><rdfs:domain rdf:resource="&net;Person"/></rdf:Property>
  <owl:DatatypeProperty rdf:about="&net;birthday"><rdfs:domain rdf:resource="&net;Agent"/><rdfs:range rdf:resource="&xsd;date"/></owl:DatatypeProperty>
  <owl:ObjectProperty rdf:about="&net;knows"><rdfs:domain rdf:resource="&net;Person"/><rdfs:range rdf:resource="&net;Person"/></owl:ObjectProperty>
  <owl:ObjectProperty rdf:about="&net;member"><rdfs:domain rdf:resource="&net;Organization"/><rdfs:range rdf:resource="&net;Agent"/>
    <owl:inverseOf><owl:ObjectProperty rdf:about="&net;memberOf"><rdfs:domain rdf:resource="&net;Agent"/>
      <rdfs:range rdf:resource="&net;Organization"/></owl:ObjectProperty></owl:inverseOf></owl:ObjectProperty>
</rdf:RDF>"""

PIZZA = """
@prefix : <http://food.example/pizza#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<http://food.example/pizza> a owl:Ontology ; owl:imports <http://food.example/upper> ; owl:versionInfo "2.0" ; rdfs:comment "Pizzas."@en .
:Food a owl:Class . :Pizza a owl:Class ; rdfs:subClassOf :Food , [ a owl:Restriction ; owl:onProperty :hasBase ; owl:someValuesFrom :PizzaBase ] ;
  rdfs:label "Pizza"@en , "\ud53c\uc790"@ko ; skos:definition "A baked dish."@en .
:PizzaBase a owl:Class ; rdfs:subClassOf :Food ; rdfs:label "BaseDaPizza"@pt . :PizzaTopping a owl:Class ; rdfs:subClassOf :Food .
:CheeseTopping a owl:Class ; rdfs:subClassOf :PizzaTopping ; owl:disjointWith :MeatTopping . :MeatTopping a owl:Class ; rdfs:subClassOf :PizzaTopping .
:Spiciness a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:oneOf ( :Hot :Medium :Mild ) ] .
:Hot a owl:NamedIndividual , :Spiciness . :Medium a :Spiciness . :Mild a :Spiciness .
:MeatyPizza a owl:Class ; owl:equivalentClass [ owl:intersectionOf ( :Pizza [ a owl:Restriction ; owl:onProperty :hasTopping ;
  owl:someValuesFrom :MeatTopping ] ) ] .
:VegetarianPizza a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:intersectionOf ( :Pizza [ a owl:Class ; owl:complementOf
  [ a owl:Restriction ; owl:onProperty :hasTopping ; owl:someValuesFrom :MeatTopping ] ] ) ] .
:Margherita a owl:Class ; rdfs:subClassOf :Pizza , [ a owl:Restriction ; owl:onProperty :hasTopping ; owl:allValuesFrom
  [ a owl:Class ; owl:unionOf ( :CheeseTopping :PizzaTopping ) ] ] , [ a owl:Restriction ; owl:onProperty :hasTopping ; owl:minCardinality "1"^^xsd:integer ] .
:hasIngredient a owl:ObjectProperty , owl:TransitiveProperty ; rdfs:domain :Food ; rdfs:range :Food ; owl:inverseOf :isIngredientOf .
:isIngredientOf a owl:ObjectProperty ; rdfs:domain :Food ; rdfs:range :Food .
:hasTopping a owl:ObjectProperty , owl:InverseFunctionalProperty ; rdfs:subPropertyOf :hasIngredient ; rdfs:domain :Pizza ; rdfs:range :PizzaTopping .
:hasBase a owl:ObjectProperty , owl:FunctionalProperty ; rdfs:domain :Pizza ; rdfs:range :PizzaBase .
:hasSpiciness a owl:DatatypeProperty ; rdfs:domain :PizzaTopping ; rdfs:range :Spiciness .
:hasCalories a owl:DatatypeProperty ; rdfs:domain [ a owl:Class ; owl:unionOf ( :Pizza :PizzaTopping ) ] ; rdfs:range xsd:integer .
:IceCream a owl:DeprecatedClass ; rdfs:subClassOf :Food .
[] a owl:AllDisjointClasses ; owl:members ( :Pizza :PizzaBase :IceCream ) .
"""

COLOURS = """{
  "@context": {"skos": "http://www.w3.org/2004/02/skos/core#", "c": "http://voc.example/colours/", "dct": "http://purl.org/dc/terms/",
    "inScheme": {"@id": "skos:inScheme", "@type": "@id"}, "broader": {"@id": "skos:broader", "@type": "@id"},
    "prefLabel": {"@id": "skos:prefLabel", "@container": "@language"}},
  "@graph": [
    {"@id": "c:scheme", "@type": "skos:ConceptScheme", "prefLabel": {"en": "Colours", "ko": "\uc0c9"}, "dct:description": "Names of colours.",
     "skos:hasTopConcept": {"@id": "c:warm"}},
    {"@id": "c:warm", "@type": "skos:Concept", "prefLabel": {"en": "warm"}},
    {"@id": "c:red", "@type": "skos:Concept", "prefLabel": {"en": "red", "de": "rot"}, "skos:altLabel": "crimson", "inScheme": "c:scheme", "broader": "c:warm"},
    {"@id": "c:0042", "@type": "skos:Concept", "prefLabel": {"en": "burnt orange"}, "inScheme": "c:scheme", "broader": "c:warm"}
  ]
}"""

_GO = "http://genes.example/obo/"
_TYPE, _SUB = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "http://www.w3.org/2000/01/rdf-schema#subClassOf"
_LABEL, _OWL = "http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/2002/07/owl#"
_CODES = {
    "GX_0008150": "biological process",
    "GX_0009987": "cellular process",
    "GX_0000003": "reproduction",
    "GX_0000004": "cellular process",
}
GENES = (
    "".join(
        [f'<{_GO}{code}> <{_TYPE}> <{_OWL}Class> .\n<{_GO}{code}> <{_LABEL}> "{label}"@en .\n' for code, label in _CODES.items()]
        + [f"<{_GO}{code}> <{_SUB}> <{_GO}GX_0008150> .\n" for code in list(_CODES)[1:]]
    )
    + f"""<{_GO}GX_0000004> <{_OWL}deprecated> "true"^^<http://www.w3.org/2001/XMLSchema#boolean> .
<{_GO}GX_0000004> <http://purl.org/dc/terms/isReplacedBy> <{_GO}GX_0009987> .
<{_GO}BY_0000050> <{_TYPE}> <{_OWL}ObjectProperty> .
<{_GO}BY_0000050> <{_LABEL}> "part of"@en .
<{_GO}GX_0000003> <{_SUB}> _:r .
_:r <{_TYPE}> <{_OWL}Restriction> .
_:r <{_OWL}onProperty> <{_GO}BY_0000050> .
_:r <{_OWL}someValuesFrom> <{_GO}GX_0009987> .
"""
)

REAL = {
    "people": (PEOPLE.encode("latin-1"), Form.RDF_XML),
    "pizza": (PIZZA.encode(), Form.TURTLE),
    "colours": (COLOURS.encode(), Form.JSON_LD),
    "genes": (GENES.encode(), Form.N_TRIPLES),
}
