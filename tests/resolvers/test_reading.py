"""Every kind with everything in its definition, read through the schema."""

from __future__ import annotations

import pytest

from app.domain.kind import Kind
from tests import given
from tests.given import EDITOR


async def test_an_object_type_is_read_with_its_properties_links_and_interfaces(ask, editing):
    merged = await editing.apply(
        EDITOR,
        "main",
        [
            given.type_group("people", colour="#aabbcc"),
            given.shared_property("email"),
            given.interface("Reachable", properties=[{"key": "email", "sharedProperty": "ref:email", "required": True}]),
            *given.object_type(
                "Person",
                properties={"email": {"sharedProperty": "ref:email", "type": {"base": "STRING"}}, "age": "INTEGER"},
                titleProperty="ref:Person.email",
                typeGroups=["ref:people"],
                icon={"name": "user", "colour": "#112233"},
                implements=[{"interface": "ref:Reachable", "mapping": [{"interfaceProperty": "email", "property": "ref:Person.email"}]}],
            ),
            *given.object_type("Company"),
            given.link_type("ref:Person", "ref:Company", "works"),
            given.link_type("ref:Person", "ref:Person", "knows"),
        ],
    )

    data = await ask.data(
        """{ ontology { revision cursor objectType(apiName: "Person") {
          id rid kind apiName displayName pluralDisplayName description status version revision visibility aliases createdBy sourceIri
          icon { name colour } primaryKey { apiName } titleProperty { apiName }
          properties { totalCount nodes { apiName baseType required type { base precision }
            sharedProperty { apiName } objectType { apiName } } }
          links { nodes { apiName cardinality side visibility other { apiName }
            linkType { apiName backing { ... on JoinBacking { type } } } } }
          interfaces { apiName properties { required sharedProperty { apiName } apiName baseType } }
          implementations { interface { apiName } mapping { interfaceProperty property { apiName } declaredBy { apiName } } }
          typeGroups { apiName colour objectTypes { nodes { apiName } } }
          usedBy { edges { edge path node { apiName kind } } }
          history { nodes { action version fields { path } changeSet { title status } } }
        } } }"""
    )

    person = data["ontology"]["objectType"]
    assert (data["ontology"]["revision"], data["ontology"]["cursor"]) == (1, "1.1")
    assert person["rid"] == person["id"] == merged.refs["Person"]
    assert (person["kind"], person["status"], person["visibility"], person["version"]) == ("OBJECT_TYPE", "EXPERIMENTAL", "NORMAL", 1)
    assert (person["description"], person["aliases"], person["sourceIri"], person["createdBy"]) == ("", [], None, "edith")
    assert person["icon"] == {"name": "user", "colour": "#112233"}
    assert (person["primaryKey"], person["titleProperty"]) == ({"apiName": "id"}, {"apiName": "email"})
    assert person["properties"]["totalCount"] == 3
    assert [node["apiName"] for node in person["properties"]["nodes"]] == ["id", "email", "age"]
    assert person["properties"]["nodes"][1] == {
        "apiName": "email",
        "baseType": "STRING",
        "required": False,
        "type": {"base": "STRING", "precision": None},
        "sharedProperty": {"apiName": "email"},
        "objectType": {"apiName": "Person"},
    }
    assert [(node["apiName"], node["side"], node["other"]["apiName"]) for node in person["links"]["nodes"]] == [
        ("knows", "A", "Person"),
        ("knowsOf", "B", "Person"),
        ("works", "A", "Company"),
    ]
    assert person["links"]["nodes"][2]["linkType"] == {"apiName": "works", "backing": {"type": "JOIN"}}
    assert person["interfaces"] == [
        {
            "apiName": "Reachable",
            "properties": [{"required": True, "sharedProperty": {"apiName": "email"}, "apiName": None, "baseType": None}],
        }
    ]
    assert person["implementations"][0]["mapping"] == [{"interfaceProperty": "email", "property": {"apiName": "email"}, "declaredBy": None}]
    assert person["typeGroups"] == [{"apiName": "people", "colour": "#aabbcc", "objectTypes": {"nodes": [{"apiName": "Person"}]}}]
    assert [(edge["edge"], edge["path"], edge["node"]["apiName"]) for edge in person["usedBy"]["edges"]] == [
        ("SIDE", "a.objectType", "knows"),
        ("SIDE", "b.objectType", "knows"),
        ("SIDE", "a.objectType", "works"),
    ]
    assert person["history"]["nodes"][0]["action"] == "CREATED"
    assert {"path": "apiName"} in person["history"]["nodes"][0]["fields"]
    assert ask.shared.cursors


async def test_action_value_and_interface_types_are_read_whole(ask, editing):
    await editing.apply(
        EDITOR,
        "main",
        [
            given.value_type("email", constraints=[{"type": "REGEX", "pattern": ".+@.+"}, {"type": "LENGTH", "max": 100}]),
            given.interface("Thing"),
            given.interface(
                "Place",
                extends=["ref:Thing"],
                properties=[{"apiName": "where", "displayName": "Where", "type": {"base": "GEOPOINT"}}],
                links=[{"apiName": "near", "displayName": "Near", "target": "ref:Thing", "multiplicity": "MANY"}],
            ),
            *given.object_type("City", properties={"mail": {"valueType": "ref:email", "type": {"base": "STRING"}}}),
            given.action_type(
                "rename-city",
                parameters=[
                    {"apiName": "city", "kind": "OBJECT_REFERENCE", "objectType": "ref:City"},
                    {"apiName": "name", "type": {"base": "STRING"}, "default": "x"},
                ],
                rules=[
                    {
                        "type": "MODIFY_OBJECT",
                        "parameter": "city",
                        "assignments": [{"property": "ref:City.mail", "value": {"source": "PARAMETER", "parameter": "name"}}],
                    }
                ],
            ),
        ],
    )

    data = await ask.data(
        """{ ontology {
          actionType(apiName: "rename-city") {
            parameters { key apiName kind baseType type { base } list required visibility default allowedValues
              objectType { apiName } interface { apiName } }
            rules { key type parameter function { name }
              assignments { key property { apiName } value { source parameter constant property { apiName } } } }
            criteria { message conditionJson condition { operator conditions { operator } left { source constant } right { constant } } }
          }
          valueType(apiName: "email") { baseType properties { nodes { apiName } }
            constraints { key type pattern min max values field constraint { type } } }
          interface(apiName: "Place") {
            extends { apiName extendedBy { nodes { apiName } } }
            properties { key apiName displayName baseType type { base } required }
            links { key apiName target { __typename ... on Interface { apiName } } multiplicity required }
          }
          objectType(apiName: "City") { actions { nodes { apiName } } }
        } }"""
    )

    action = data["ontology"]["actionType"]
    assert [parameter["kind"] for parameter in action["parameters"]] == ["OBJECT_REFERENCE", "VALUE"]
    assert action["parameters"][0]["objectType"] == {"apiName": "City"}
    assert action["parameters"][1] == {
        "key": "name", "apiName": "name", "kind": "VALUE", "baseType": "STRING", "type": {"base": "STRING"}, "list": False,
        "required": True, "visibility": "EDITABLE", "default": "x", "allowedValues": [], "objectType": None, "interface": None,
    }  # fmt: skip
    assert action["rules"][0]["assignments"][0]["property"] == {"apiName": "mail"}
    assert action["criteria"][0]["condition"]["left"] == {"source": "CONSTANT", "constant": 1}
    assert [(each["type"], each["pattern"], each["max"]) for each in data["ontology"]["valueType"]["constraints"]] == [
        ("REGEX", ".+@.+", None),
        ("LENGTH", None, 100),
    ]
    place = data["ontology"]["interface"]
    assert place["extends"] == [{"apiName": "Thing", "extendedBy": {"nodes": [{"apiName": "Place"}]}}]
    assert place["links"][0]["target"] == {"__typename": "Interface", "apiName": "Thing"}
    assert place["properties"][0]["baseType"] == "GEOPOINT"
    assert data["ontology"]["objectType"]["actions"]["nodes"] == [{"apiName": "rename-city"}]


async def test_texts_of_every_kind_are_read(ask, editing):
    await editing.apply(
        EDITOR,
        "main",
        [
            given.type_group("new"),
            given.type_group(
                "old",
                description="Was good",
                status="DEPRECATED",
                deprecation={"message": "Use new", "deadline": "2027-01-31", "replacedBy": "ref:new"},
                translations={"ko": {"displayName": "옛것"}},
                annotations={"note": [{"text": "hm", "language": "en"}, {"text": "so"}]},
                sourceIri="https://example.org/old",
            ),
        ],
    )

    data = await ask.data(
        """{ ontology { typeGroup(apiName: "old") { description status sourceIri deprecation { message deadline replacedBy { apiName } }
          translations { language displayName description } annotations { key texts { text language } } } } }"""
    )

    assert data["ontology"]["typeGroup"] == {
        "description": "Was good",
        "status": "DEPRECATED",
        "sourceIri": "https://example.org/old",
        "deprecation": {"message": "Use new", "deadline": "2027-01-31", "replacedBy": {"apiName": "new"}},
        "translations": [{"language": "ko", "displayName": "옛것", "description": ""}],
        "annotations": [{"key": "note", "texts": [{"text": "hm", "language": "en"}, {"text": "so", "language": None}]}],
    }


async def test_a_former_name_resolves_until_something_bears_it(ask, editing):
    merged = await editing.apply(EDITOR, "main", given.object_type("Person", aliases=["Human"]))

    by_alias = await ask.data('{ objectType(apiName: "Human") { apiName } }')
    by_case = await ask.data('{ objectType(apiName: "human") { apiName } }')
    by_rid = await ask.data("query($rid: ID!) { objectType(rid: $rid) { apiName } }", rid=merged.refs["Person"])
    of_another_kind = await ask.data('{ ontology { interface(apiName: "Human") { apiName } } }')

    assert by_alias == by_rid == {"objectType": {"apiName": "Person"}}
    assert by_case == {"objectType": None}
    assert of_another_kind == {"ontology": {"interface": None}}


async def test_anything_is_found_again_by_its_id(ask, editing):
    merged = await editing.apply(EDITOR, "main", [*given.object_type("Person"), given.type_group("people")])
    ids = [merged.refs["Person"], merged.refs["people"], merged.change_set.rid, merged.ontology, "ri.ontology.main.property.none", "x", ""]

    data = await ask.data("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Entity { apiName } } }", ids=ids)

    assert [node and (node["__typename"], node["id"]) for node in data["nodes"]] == [
        ("ObjectType", ids[0]),
        ("TypeGroup", ids[1]),
        ("ChangeSet", ids[2]),
        ("Ontology", ids[3]),
        None,
        None,
        None,
    ]
    assert (await ask.data("query($id: ID!) { node(id: $id) { id } }", id=ids[2]))["node"] == {"id": ids[2]}
    assert (await ask.data("query($id: ID!) { node(id: $id) { id } }", id="nobody"))["node"] is None


async def test_who_asks_and_what_serves(ask):
    data = await ask.data(
        "{ me { id name roles } serverStatus { version epoch startedAt } ontologies { totalCount nodes { apiName revision } } }"
    )

    assert data["me"] == {"id": "vera", "name": "Vera Viewer", "roles": ["VIEWER"]}
    assert data["serverStatus"]["version"] == "test"
    assert data["ontologies"] == {"totalCount": 1, "nodes": [{"apiName": "main", "revision": 0}]}


async def test_statistics_count_every_kind(ask, editing):
    await editing.apply(EDITOR, "main", [*given.object_type("A"), *given.object_type("B"), given.type_group("g", status="ACTIVE")])

    data = await ask.data("{ ontology { statistics { count kinds { kind count byStatus { status count } } } } }")

    kinds = {each["kind"]: each for each in data["ontology"]["statistics"]["kinds"]}
    assert data["ontology"]["statistics"]["count"] == 5
    assert len(kinds) == len(Kind)
    assert kinds["OBJECT_TYPE"]["byStatus"] == [{"status": "EXPERIMENTAL", "count": 2}]
    assert kinds["TYPE_GROUP"]["byStatus"] == [{"status": "ACTIVE", "count": 1}]
    assert kinds["LINK_TYPE"] == {"kind": "LINK_TYPE", "count": 0, "byStatus": []}


async def test_the_parameters_of_every_type_are_read(ask, editing):
    types = {
        "price": {"base": "DECIMAL", "precision": 10, "scale": 2},
        "tags": {"base": "ARRAY", "of": {"base": "STRING"}},
        "meaning": {"base": "VECTOR", "dimension": 3, "similarity": "COSINE"},
        "heat": {"base": "TIME_SERIES", "of": {"base": "DOUBLE"}},
        "place": {"base": "STRUCT", "fields": [{"apiName": "street", "type": {"base": "STRING"}, "displayName": "Street"}]},
    }
    await editing.apply(EDITOR, "main", given.object_type("Thing", properties={name: {"type": of} for name, of in types.items()}))

    data = await ask.data(
        """{ objectType(apiName: "Thing") { properties { nodes { apiName baseType type {
          base precision scale dimension similarity of { base } fields { key apiName displayName type { base of { base } } } } } } } }"""
    )

    found = {node["apiName"]: node["type"] for node in data["objectType"]["properties"]["nodes"]}
    plain = {"precision": None, "scale": None, "dimension": None, "similarity": None, "of": None, "fields": []}
    street = {"key": "street", "apiName": "street", "displayName": "Street", "type": {"base": "STRING", "of": None}}
    assert found == {
        "id": {**plain, "base": "STRING"},
        "price": {**plain, "base": "DECIMAL", "precision": 10, "scale": 2},
        "tags": {**plain, "base": "ARRAY", "of": {"base": "STRING"}},
        "meaning": {**plain, "base": "VECTOR", "dimension": 3, "similarity": "COSINE"},
        "heat": {**plain, "base": "TIME_SERIES", "of": {"base": "DOUBLE"}},
        "place": {**plain, "base": "STRUCT", "fields": [street]},
    }
    assert [node["baseType"] for node in data["objectType"]["properties"]["nodes"]] == [
        "STRING", "DECIMAL", "ARRAY", "VECTOR", "TIME_SERIES", "STRUCT",
    ]  # fmt: skip


async def test_every_backing_of_a_link_is_read(ask, editing):
    refs = (
        await editing.apply(
            EDITOR,
            "main",
            [
                *given.object_type("Order", properties={"customer": "STRING"}),
                *given.object_type("Customer"),
                *given.object_type("Seat", properties={"order": "STRING", "customer": "STRING"}),
                given.link_type(
                    "ref:Customer", "ref:Order", "orders", cardinality="ONE_TO_MANY",
                    backing={"type": "FOREIGN_KEY", "property": "ref:Order.customer"},
                ),
                given.link_type(
                    "ref:Order", "ref:Seat", "seatsOfOrder", cardinality="ONE_TO_MANY",
                    backing={"type": "FOREIGN_KEY", "property": "ref:Seat.order"},
                ),
                given.link_type(
                    "ref:Customer", "ref:Seat", "seatsOfCustomer", cardinality="ONE_TO_MANY",
                    backing={"type": "FOREIGN_KEY", "property": "ref:Seat.customer"},
                ),
                given.link_type(
                    "ref:Order", "ref:Customer", "guests",
                    backing={"type": "INTERMEDIARY", "objectType": "ref:Seat", "linkA": "ref:seatsOfOrder", "linkB": "ref:seatsOfCustomer"},
                ),
            ],
        )
    ).refs  # fmt: skip

    data = await ask.data("""{ ontology { linkTypes { nodes { apiName a { apiName displayName objectType { apiName } } b { objectType { apiName } }
      backing { __typename ... on ForeignKeyBacking { type property { apiName } }
        ... on IntermediaryBacking { type objectType { apiName } linkA { apiName } linkB { rid } } } } } } }""")

    found = {node["apiName"]: node for node in data["ontology"]["linkTypes"]["nodes"]}
    assert found["orders"]["backing"] == {"__typename": "ForeignKeyBacking", "type": "FOREIGN_KEY", "property": {"apiName": "customer"}}
    assert found["guests"]["backing"] == {
        "__typename": "IntermediaryBacking", "type": "INTERMEDIARY", "objectType": {"apiName": "Seat"}, "linkA": {"apiName": "seatsOfOrder"},
        "linkB": {"rid": refs["seatsOfCustomer"]},
    }  # fmt: skip
    assert found["orders"]["a"] == {"apiName": "orders", "displayName": "", "objectType": {"apiName": "Customer"}}


async def test_an_unknown_ontology_is_an_error_and_leaves_the_rest_of_the_answer_alone(ask):
    answer = await ask.answer('{ gone: ontology(apiName: "gone") { rid } ontology { apiName } }')

    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [(["gone"], "NOT_FOUND")]
    assert answer.data == {"gone": None, "ontology": {"apiName": "main"}}


@pytest.mark.parametrize("arguments", ["", '(apiName: "A", rid: "x")'])
async def test_a_shortcut_wants_a_name_or_a_rid(ask, arguments):
    assert await ask.codes(f"{{ objectType{arguments} {{ rid }} }}") == ["BAD_USER_INPUT"]
    assert await ask.codes(f"{{ ontology {{ linkType{arguments} {{ rid }} }} }}") == ["BAD_USER_INPUT"]


async def test_at_most_100_things_are_asked_for_at_once(ask):
    many = ["x"] * 101

    assert await ask.codes("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=many) == ["LIST_TOO_LONG"]
    assert await ask.codes("query($ids: [ID!]!) { ontology { entities(rids: $ids) { id } } }", ids=many) == ["LIST_TOO_LONG"]
    assert await ask.data("query($ids: [ID!]!) { ontology { entities(rids: $ids) { id } } }", ids=["x"]) == {
        "ontology": {"entities": [None]}
    }
