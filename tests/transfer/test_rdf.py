"""The mapping of RDF, rule by rule, on small files."""

from __future__ import annotations

import pytest

from app.domain.kind import Kind
from app.transfer.rdf.mapping import mapped
from app.transfer.rdf.reading import graph_of
from app.transfer.rdf.syntax import Syntax
from app.transfer.receipt import Code
from tests.transfer.rdf import PREFIXES, codes, fields, names, read


def test_a_class_is_an_object_type_with_a_generated_key():
    made = read(':Person a owl:Class ; rdfs:label "Person" ; rdfs:comment "Somebody." .')
    person = fields(made, "object-type:Person")
    key = fields(made, "property:Person.iri")
    assert (person["displayName"], person["description"], person["sourceIri"]) == ("Person", "Somebody.", "https://example.org/o#Person")
    assert person["primaryKey"] == person["titleProperty"] == "ref:property:Person.iri"
    assert (key["type"], key["required"]) == ({"base": "STRING"}, True)
    assert key["annotations"] == {"urn:oms:generated": [{"text": "primary key"}]}


@pytest.mark.parametrize(
    ("local", "name"),
    [
        ("person", "Person"), ("3DModel", "Type3DModel"), ("Property", "PropertyTerm"), ("F31_Performance", "F31Performance"),
        ("Caf%C3%A9", "CafC3A9"), ("Stra\u00dfe", "Strae"), ("Caf\u00e9", "Cafe"), ("object", "ObjectTerm"),
    ],
)  # fmt: skip
def test_a_name_is_pascal_case_and_never_reserved(local: str, name: str):
    assert names(read(f"<https://example.org/o#{local}> a owl:Class ."), Kind.OBJECT_TYPE) == [name]


def test_a_class_with_an_opaque_code_is_named_after_its_label_in_the_wished_language():
    turtle = ':GO_0008150 a owl:Class ; rdfs:label "biological process"@en , "proceso biol\u00f3gico"@es .'
    assert names(read(turtle), Kind.OBJECT_TYPE) == ["BiologicalProcess"]
    made = read(turtle, "es")
    assert names(made, Kind.OBJECT_TYPE) == ["ProcesoBiologico"]
    assert fields(made, "object-type:ProcesoBiologico")["translations"] == {"en": {"displayName": "biological process"}}


def test_of_colliding_names_the_live_and_unchanged_one_comes_first():
    made = read(":a-b a owl:Class . :AB a owl:Class . :aB a owl:Class ; owl:deprecated true .")
    by_iri = {
        each.fields["sourceIri"][-3:].lstrip("#/o"): each.fields["apiName"] for each in made.operations if each.kind is Kind.OBJECT_TYPE
    }
    assert by_iri == {"AB": "AB", "a-b": "AB2", "aB": "AB3"}
    assert {(Code.RENAMED, "a-b"), (Code.RENAMED, "aB")} <= codes(made)


def test_names_in_another_script_get_a_name_that_stays():
    one = names(read("<https://example.org/o#\uc0ac\ub78c> a owl:Class ."), Kind.OBJECT_TYPE)
    assert one == names(read("<https://example.org/o#\uc0ac\ub78c> a owl:Class ; rdfs:label '\uc0ac\ub78c'@ko ."), Kind.OBJECT_TYPE)
    assert one[0].startswith("Type")


def test_a_class_with_subclasses_is_an_interface_that_those_implement():
    made = read(":Agent a owl:Class . :Person a owl:Class ; rdfs:subClassOf :Agent . :Author a owl:Class ; rdfs:subClassOf :Person .")
    assert names(made, Kind.INTERFACE) == ["AgentInterface", "PersonInterface"]
    assert fields(made, "interface:PersonInterface")["extends"] == ["ref:interface:AgentInterface"]
    implemented = {
        name: [each["interface"] for each in fields(made, f"object-type:{name}")["implements"]] for name in ("Agent", "Person", "Author")
    }
    assert implemented == {
        "Agent": ["ref:interface:AgentInterface"], "Person": ["ref:interface:PersonInterface"], "Author": ["ref:interface:PersonInterface"],
    }  # fmt: skip


def test_named_members_of_an_intersection_are_superclasses():
    made = read(":A a owl:Class . :B a owl:Class . :C a owl:Class ; rdfs:subClassOf [ owl:intersectionOf ( :A :B ) ] .")
    assert len(fields(made, "object-type:C")["implements"]) == 2


def test_a_cycle_is_cut_at_one_edge_always_the_same():
    made = read(":A a owl:Class ; rdfs:subClassOf :C . :B a owl:Class ; rdfs:subClassOf :A . :C a owl:Class ; rdfs:subClassOf :B .")
    assert [line.subject[-1] for line in made.receipt.lines if line.code is Code.CYCLE_CUT] == ["B"]


def test_an_enumeration_is_a_value_type_with_its_members():
    made = read(":Colour a owl:Class ; owl:oneOf ( :Red :Green ) . :Red a :Colour . :Green a :Colour ; rdfs:label 'green' .")
    assert fields(made, "value-type:colour")["constraints"] == [{"key": "oneOf", "type": "ONE_OF", "values": ["Green", "Red"]}]
    assert names(made, Kind.OBJECT_TYPE) == []
    assert (Code.INDIVIDUAL, "Green") in codes(made)


def test_what_has_superclasses_is_a_class_whatever_else_it_is():
    made = read(
        ":Business a owl:Class . :Branch a owl:Class ; rdfs:subClassOf schema:Enumeration . :Dental a :Branch ; rdfs:subClassOf :Business ; "
        "rdfs:label 'Dental' . :Legal a :Branch . schema:Enumeration a owl:Class ; rdfs:label 'Enumeration' ."
    )
    assert fields(made, "value-type:branch")["constraints"][0]["values"] == ["Dental", "Legal"]
    assert fields(made, "object-type:Dental")["implements"] == [{"interface": "ref:interface:BusinessInterface"}]
    assert {(Code.IMPLIED_TERM, "Dental"), (Code.INDIVIDUAL, "Legal")} & codes(made) == {(Code.IMPLIED_TERM, "Dental")}
    assert [line.code for line in made.receipt.lines if line.statements] == [Code.ONTOLOGY_HEADER]


@pytest.mark.parametrize(
    "turtle",
    [
        ":Colour a owl:Class ; rdfs:subClassOf schema:Enumeration . :Red a :Colour . :hue a rdf:Property ; rdfs:domain :Colour .",
        ":Colour a owl:Class ; rdfs:subClassOf schema:Enumeration .",
        ":Colour a owl:Class ; rdfs:subClassOf schema:Enumeration . "
        + " ".join(f":c{each} a :Colour ." for each in range(1_001)),
    ],
)  # fmt: skip
def test_an_enumeration_that_cannot_be_a_list_stays_an_object_type(turtle: str):
    made = read(f"schema:Enumeration a owl:Class ; rdfs:label 'Enumeration' . {turtle}")
    assert "Colour" in names(made, Kind.OBJECT_TYPE)
    assert (Code.ENUMERATION_AS_OBJECT_TYPE, "Colour") in codes(made)


@pytest.mark.parametrize(
    ("datatype", "base"),
    [("integer", "LONG"), ("dateTime", "TIMESTAMP"), ("boolean", "BOOLEAN"), ("float", "FLOAT"), ("anyURI", "STRING"), ("gYear", "STRING")],
)
def test_built_in_datatypes_are_base_types(datatype: str, base: str):
    made = read(f":A a owl:Class . :p a owl:DatatypeProperty ; rdfs:domain :A ; rdfs:range xsd:{datatype} .")
    assert fields(made, "property:A.p")["type"] == {"base": base}
    assert ((Code.TYPE_WITHOUT_EQUAL, "p") in codes(made)) == (datatype == "gYear")


@pytest.mark.parametrize(
    ("ranges", "base"),
    [
        ("xsd:int , xsd:long", "LONG"), ("xsd:float , xsd:int", "DOUBLE"), ("xsd:decimal , xsd:int", "DECIMAL"),
        ("xsd:date , xsd:dateTime", "TIMESTAMP"),
        ("xsd:date , xsd:int", "STRING"), ("xsd:decimal , xsd:double", "DOUBLE"), ("xsd:string , xsd:anyURI", "STRING"),
    ],
)  # fmt: skip
def test_several_data_ranges_become_the_narrowest_type_that_holds_all(ranges: str, base: str):
    made = read(f":A a owl:Class . :p a rdf:Property ; rdfs:domain :A ; schema:rangeIncludes {ranges} .")
    assert fields(made, "property:A.p")["type"]["base"] == base
    assert (Code.TYPE_WIDENED, "p") in codes(made)


def test_a_datatype_of_the_file_is_a_value_type_with_its_facets():
    made = read(
        ":Age a rdfs:Datatype ; owl:equivalentClass [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; "
        "owl:withRestrictions ( [ xsd:minInclusive 0 ] [ xsd:maxExclusive 150 ] ) ] . "
        ":Code a rdfs:Datatype ; owl:onDatatype xsd:string ; owl:withRestrictions ( [ xsd:pattern '[A-Z]+' ] [ xsd:length 3 ] ) . "
        ":Odd a rdfs:Datatype ; owl:onDatatype xsd:string ; owl:withRestrictions ( [ xsd:pattern '(?=a)' ] ) . "
        ":Size a rdfs:Datatype ; owl:equivalentClass [ a rdfs:Datatype ; owl:oneOf ( 'S' 'M' ) ] . "
        ":A a owl:Class . :age a owl:DatatypeProperty ; rdfs:domain :A ; rdfs:range :Age ."
    )
    assert (fields(made, "value-type:age")["type"], fields(made, "value-type:age")["constraints"]) == (
        {"base": "LONG"}, [{"key": "range", "type": "RANGE", "min": 0, "max": 149}],
    )  # fmt: skip
    assert fields(made, "value-type:code")["constraints"] == [
        {"key": "regex", "type": "REGEX", "pattern": "^(?:[A-Z]+)$"}, {"key": "length", "type": "LENGTH", "min": 3, "max": 3},
    ]  # fmt: skip
    assert fields(made, "value-type:size")["constraints"] == [{"key": "oneOf", "type": "ONE_OF", "values": ["S", "M"]}]
    assert "constraints" not in fields(made, "value-type:odd"), "RE2 has no look-ahead"
    assert fields(made, "property:A.age")["valueType"] == "ref:value-type:age"
    assert (Code.CLASS_EXPRESSION, "Odd") in codes(made)
    assert (Code.CLASS_EXPRESSION, "Age") not in codes(made)


def test_ends_that_are_missing_are_taken_from_restrictions_pair_by_pair():
    made = read(
        ":A a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:someValuesFrom :B ] . :B a owl:Class . "
        ":C a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:allValuesFrom :D ] . :D a owl:Class . "
        ":p a owl:ObjectProperty . :q a owl:ObjectProperty ; rdfs:range :B ."
    )
    assert names(made, Kind.LINK_TYPE) == ["aPB", "cPD"]
    assert {(Code.ENDS_FROM_RESTRICTIONS, "p"), (Code.PROPERTY_NOT_CARRIED, "q")} <= codes(made)


def test_a_property_of_several_domains_or_of_an_interface_follows_a_shared_one():
    made = read(
        ":A a owl:Class . :B a owl:Class . :C a owl:Class ; rdfs:subClassOf :A . :one a owl:DatatypeProperty ; rdfs:domain :C . "
        ":two a owl:DatatypeProperty ; schema:domainIncludes :B , :C . "
        ":above a owl:DatatypeProperty ; rdfs:domain :A . :none a owl:DatatypeProperty ."
    )
    assert names(made, Kind.SHARED_PROPERTY) == ["above", "none", "two"]
    assert "sharedProperty" not in fields(made, "property:C.one")
    assert fields(made, "property:B.two")["sharedProperty"] == "ref:shared-property:two"
    assert fields(made, "interface:AInterface")["properties"] == [{"key": "above", "sharedProperty": "ref:shared-property:above"}]
    assert fields(made, "object-type:A")["implements"] == [
        {"interface": "ref:interface:AInterface", "mapping": [{"interfaceProperty": "above", "property": "ref:property:A.above"}]},
    ]
    assert not [each for each in made.operations if each.ref == "property:C.above"], "nothing inherited is copied"


def test_an_own_property_that_a_superclass_has_too_implements_it():
    made = read(":A a owl:Class . :B a owl:Class ; rdfs:subClassOf :A . :p a owl:DatatypeProperty ; schema:domainIncludes :A , :B .")
    assert fields(made, "object-type:B")["implements"][0]["mapping"] == [{"interfaceProperty": "p", "property": "ref:property:B.p"}]


def test_a_generated_key_avoids_the_names_that_are_inherited():
    made = read(":A a owl:Class . :B a owl:Class ; rdfs:subClassOf :A . :iri a owl:DatatypeProperty ; rdfs:domain :A .")
    assert fields(made, "object-type:B")["primaryKey"] == "ref:property:B.iri2"


def test_the_title_is_the_name_the_title_or_the_label():
    made = read(":A a owl:Class . :label a owl:DatatypeProperty ; rdfs:domain :A . :title a owl:DatatypeProperty ; rdfs:domain :A .")
    assert fields(made, "object-type:A")["titleProperty"] == "ref:property:A.title"


def test_a_class_range_is_a_link_type_for_each_pair():
    made = read(
        ":A a owl:Class . :B a owl:Class . :C a owl:Class . :p a rdf:Property ; "
        "schema:domainIncludes :A , :B ; schema:rangeIncludes :B , :C ."
    )
    assert names(made, Kind.LINK_TYPE) == ["aPB", "aPC", "bPB", "bPC"]
    link = fields(made, "link-type:aPB")
    assert (link["a"]["apiName"], link["b"]["apiName"]) == ("pB", "pOfA")
    assert (link["cardinality"], link["backing"]) == ("MANY_TO_MANY", {"type": "JOIN"})


def test_a_property_with_data_and_class_ranges_is_both():
    made = read(":A a owl:Class . :B a owl:Class . :p a rdf:Property ; rdfs:domain :A ; schema:rangeIncludes :B , xsd:string .")
    assert fields(made, "property:A.p")["type"] == {"base": "STRING"}
    assert fields(made, "link-type:aPB")["a"]["apiName"] == "pB"


def test_a_pair_of_inverses_is_one_link_type():
    made = read(
        ":A a owl:Class . :B a owl:Class . :has a owl:ObjectProperty ; rdfs:domain :A ; rdfs:range :B ; owl:inverseOf :partOf . "
        ":partOf a owl:ObjectProperty ; rdfs:domain :B ; rdfs:range :A ; rdfs:comment 'The whole.' ."
    )
    assert names(made, Kind.LINK_TYPE) == ["aHas"]
    link = fields(made, "link-type:aHas")
    assert [link[side]["apiName"] for side in "ab"] == ["has", "partOf"]
    assert link["annotations"] == {
        "http://www.w3.org/2000/01/rdf-schema#comment": [{"text": "The whole."}],
        "http://www.w3.org/2002/07/owl#inverseOf": [{"text": "https://example.org/o#partOf"}],
    }


def test_a_symmetric_property_is_one_link_type():
    made = read(
        ":A a owl:Class . :B a owl:Class . :near a owl:SymmetricProperty ; schema:domainIncludes :A , :B ; schema:rangeIncludes :A , :B ."
    )
    assert len(names(made, Kind.LINK_TYPE)) == 3


@pytest.mark.parametrize(
    ("kinds", "cardinality", "holder", "ends"),
    [
        ("owl:FunctionalProperty", "ONE_TO_MANY", "A.pIri", ("B", "A")),
        ("owl:InverseFunctionalProperty", "ONE_TO_MANY", "B.pOfAIri", ("A", "B")),
        ("owl:FunctionalProperty , owl:InverseFunctionalProperty", "ONE_TO_ONE", "A.pIri", ("A", "B")),
    ],
)
def test_a_functional_property_is_backed_by_a_foreign_key_on_the_many_side(
    kinds: str, cardinality: str, holder: str, ends: tuple[str, str]
):
    made = read(f":A a owl:Class . :B a owl:Class . :p a owl:ObjectProperty , {kinds} ; rdfs:domain :A ; rdfs:range :B .")
    link = fields(made, "link-type:aP")
    assert (link["cardinality"], link["backing"]) == (cardinality, {"type": "FOREIGN_KEY", "property": f"ref:property:{holder}"})
    assert tuple(link[side]["objectType"].rpartition(":")[2] for side in "ab") == ends


def test_a_link_of_an_interface_is_an_optional_constraint_that_is_not_repeated_below():
    made = read(
        ":A a owl:Class . :B a owl:Class ; rdfs:subClassOf :A . :C a owl:Class ; rdfs:subClassOf :B . :T a owl:Class . "
        ":p a owl:ObjectProperty ; schema:domainIncludes :A , :B ; rdfs:range :T ."
    )
    assert fields(made, "interface:AInterface")["links"] == [
        {"key": "p", "apiName": "p", "displayName": "p", "target": "ref:object-type:T"}
    ]
    assert "links" not in fields(made, "interface:BInterface")
    assert names(made, Kind.LINK_TYPE) == ["aP", "bP"]


def test_two_constraints_of_one_name_that_meet_below_get_different_names():
    made = read(
        ":A a owl:Class . :B a owl:Class . :AB a owl:Class ; rdfs:subClassOf :A , :B . "
        ":Z a owl:Class ; rdfs:subClassOf :AB . :T a owl:Class . "
        ":p a owl:ObjectProperty ; schema:domainIncludes :A , :B ; rdfs:range :T ."
    )
    assert [fields(made, f"interface:{name}Interface")["links"][0]["apiName"] for name in "AB"] == ["p", "pOfB"]
    assert (Code.LINK_CONSTRAINT_RENAMED, "p") in codes(made)


def test_what_is_deprecated_says_what_replaces_it():
    made = read(
        ":A a owl:Class . :old a rdf:Property ; rdfs:domain :A ; rdfs:range xsd:string ; schema:supersededBy :new . "
        ":new a rdf:Property ; rdfs:domain :A ; rdfs:range xsd:string . :Gone a owl:Class , owl:DeprecatedClass ."
    )
    old = fields(made, "property:A.old")
    assert (old["status"], old["deprecation"]) == ("DEPRECATED", {"message": "Superseded by new.", "replacedBy": "ref:property:A.new"})
    assert fields(made, "object-type:Gone")["status"] == "DEPRECATED"


TAGGED = {
    Syntax.TURTLE: ':A a owl:Class ; rdfs:label "a"@en , "b"@pt-BR , "c"@zh-hant ; rdfs:seeAlso "d"@de-CH .',
    Syntax.RDF_XML: """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#">
        <rdfs:Class rdf:about="https://example.org/o#A"><rdfs:label xml:lang="en">a</rdfs:label><rdfs:label xml:lang="pt-BR">b</rdfs:label>
        <rdfs:label xml:lang="zh-hant">c</rdfs:label><rdfs:seeAlso xml:lang="de-CH">d</rdfs:seeAlso></rdfs:Class></rdf:RDF>""",
    Syntax.N_QUADS: "".join(
        f'<https://example.org/o#A> <http://www.w3.org/2000/01/rdf-schema#{name}> "{text}"@{tag} .\n'
        for name, text, tag in (("label", "a", "en"), ("label", "b", "pt-BR"), ("label", "c", "zh-hant"), ("seeAlso", "d", "de-CH"))
    )
    + "<https://example.org/o#A> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/2002/07/owl#Class> .",
    Syntax.JSON_LD: """{"@context": {"rdfs": "http://www.w3.org/2000/01/rdf-schema#"}, "@id": "https://example.org/o#A", "@type": "rdfs:Class",
        "rdfs:label": [{"@value": "a", "@language": "en"}, {"@value": "b", "@language": "pt-BR"}, {"@value": "c", "@language": "zh-hant"}],
        "rdfs:seeAlso": {"@value": "d", "@language": "de-CH"}}""",
}


@pytest.mark.parametrize("syntax", TAGGED)
def test_language_tags_stay_as_the_file_spells_them(syntax: Syntax) -> None:
    content = (PREFIXES if syntax is Syntax.TURTLE else "") + TAGGED[syntax]
    made = mapped(graph_of(content.encode(), syntax))

    said = fields(made, "object-type:A")
    assert said["translations"] == {"pt-BR": {"displayName": "b"}, "zh-hant": {"displayName": "c"}}
    assert said["annotations"]["http://www.w3.org/2000/01/rdf-schema#seeAlso"] == [{"text": "d", "language": "de-CH"}]
    assert Code.LANGUAGE_TAG_CHANGED not in {line.code for line in made.receipt.lines}


def test_of_several_spellings_of_a_language_tag_one_is_taken_and_the_others_are_listed() -> None:
    labels = ('"one"@pt-br', '"two"@PT-BR', '"three"@pt-BR', '"four"@zh-hant', '"five"@ZH-hant', '"six"@en-x-us', '"seven"@en-X-us')
    terms = [f":T{place} a owl:Class ; rdfs:label {label} ." for place, label in enumerate(labels)]
    made = read("\n".join(terms), "de")

    assert made == read("\n".join(reversed(terms)), "de")
    listed = [line for line in made.receipt.lines if line.code is Code.LANGUAGE_TAG_CHANGED]
    assert [(line.subject, line.sentence, line.statements) for line in listed] == [
        ("", "The language tag PT-BR is spelled pt-BR as well, and carried as that.", 0),
        ("", "The language tag ZH-hant is spelled zh-hant as well, and carried as that.", 0),
        ("", "The language tag en-X-us is spelled en-x-us as well, and carried as that.", 0),
        ("", "The language tag pt-br is spelled pt-BR as well, and carried as that.", 0),
    ]


def test_a_range_that_is_a_datatype_without_a_name_is_its_base_type_with_the_facets():
    made = read(
        ":A a owl:Class . :B a owl:Class . "
        ":age a owl:DatatypeProperty ; rdfs:domain :A ; rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; "
        "owl:withRestrictions ( [ xsd:minInclusive 0 ] [ xsd:maxExclusive 150 ] ) ] . "
        ":size a owl:DatatypeProperty ; rdfs:domain :A , :B ; rdfs:range [ a rdfs:Datatype ; owl:oneOf ( 'S' 'M' ) ] . "
        ":weight a owl:DatatypeProperty ; rdfs:domain :A ; rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:decimal ; "
        "owl:withRestrictions ( [ xsd:minExclusive 0 ] ) ] ."
    )
    age, size = fields(made, "property:A.age"), fields(made, "property:B.size")
    assert (age["type"], age["constraints"]) == ({"base": "LONG"}, [{"key": "range", "type": "RANGE", "min": 0, "max": 149}])
    assert (size["type"], size["sharedProperty"]) == ({"base": "STRING"}, "ref:shared-property:size")
    assert size["constraints"] == fields(made, "shared-property:size")["constraints"]
    assert size["constraints"] == [{"key": "oneOf", "type": "ONE_OF", "values": ["S", "M"]}]
    weight = fields(made, "property:A.weight")
    assert (weight["type"]["base"], "constraints" in weight) == ("DECIMAL", False)
    listed = {line.subject.rpartition("#")[2] for line in made.receipt.lines if line.statements}
    assert listed == {"https://example.org/o", "weight"}
    assert not [line for line in made.receipt.lines if line.code in {Code.RANGE_MISSING, Code.RANGE_NOT_CARRIED}]
