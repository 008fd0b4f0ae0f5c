"""What the schema promises as a whole: roles, descriptions, plain leaves, complete kinds, Relay's shapes."""

from __future__ import annotations

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    IntValueNode,
    NullValueNode,
    StringValueNode,
    get_named_type,
    is_leaf_type,
    validate_schema,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries

from app.domain.actor import Actor, Role
from app.domain.kinds import KINDS
from resolvers.authorization import declared, requires, undeclared
from resolvers.schema import print_schema, schema
from resolvers.types.entity import TYPES
from tests.given import ADMIN, EDITOR, action_type, interface, link_type, object_type, type_group

CORE = schema()._schema
OWN = {name: kind for name, kind in CORE.type_map.items() if not name.startswith("__")}
COMPOSITE = {name: kind for name, kind in OWN.items() if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType))}
ROOTS = [root for root in (CORE.query_type, CORE.mutation_type, CORE.subscription_type) if root]


def backed(field):
    return field.extensions["strawberry-definition"]


def test_the_schema_is_valid():
    assert validate_schema(CORE) == []


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.name)
def test_every_root_field_names_its_role(root):
    assert [name for name, field in root.fields.items() if declared(backed(field)) is None] == []


def test_who_writes_is_at_least_an_editor():
    roles = {name: declared(backed(field)) for name, field in CORE.mutation_type.fields.items()} if CORE.mutation_type else {}

    assert [name for name, role in roles.items() if not role.includes(Role.EDITOR)] == []


def test_a_root_field_without_a_role_is_found():
    @strawberry.type
    class Root:
        @strawberry.field(extensions=[requires(Role.VIEWER)])
        def kept(self) -> int:
            return 1

        @strawberry.field
        def forgotten(self) -> int:
            return 1

    assert list(undeclared(Root, None)) == ["Root.forgotten"]


async def test_who_has_no_role_reads_nothing(ask, editing):
    await editing.apply(EDITOR, "main", object_type("Person"))
    nobody = Actor("nobody", "Nobody", frozenset())
    fields = {
        "node": 'node(id: "x") { id }', "nodes": 'nodes(ids: ["x"]) { id }', "ontology": "ontology { rid }",
        "ontologies": "ontologies { totalCount }", "objectType": 'objectType(apiName: "Person") { rid }',
        "search": "search { totalCount }", "suggest": 'suggest(prefix: "x") { text }', "changeSet": 'changeSet(rid: "x") { rid }', "job": 'job(rid: "x") { rid }',
        "exportOntology": "exportOntology(form: YAML) { content }", "me": "me { id }", "deadLetters": "deadLetters { rid }", "serverStatus": "serverStatus { version }",
    }  # fmt: skip

    assert set(fields) == set(CORE.query_type.fields)
    for field in fields.values():
        answer = await ask.answer(f"{{ {field} }}", actor=nobody)
        assert [error["extensions"]["code"] for error in answer.errors] == ["FORBIDDEN"], field
        assert not answer.data or set(answer.data.values()) == {None}, field


@pytest.mark.parametrize("actor", [EDITOR, ADMIN])
async def test_a_higher_role_includes_the_lower(ask, actor):
    assert await ask.codes("{ ontology { revision } }", actor=actor) == []


def test_everything_is_described():
    silent = []
    for name, kind in OWN.items():
        if not kind.description:
            silent.append(name)
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            for field, definition in kind.fields.items():
                silent += [f"{name}.{field}"] if not definition.description else []
                silent += [f"{name}.{field}({argument}:)" for argument, given in definition.args.items() if not given.description]
        elif isinstance(kind, GraphQLInputObjectType):
            silent += [f"{name}.{field}" for field, definition in kind.fields.items() if not definition.description]
        elif isinstance(kind, GraphQLEnumType):
            silent += [f"{name}.{value}" for value, definition in kind.values.items() if not definition.description]

    assert silent == []


def readable():
    """What a query can reach; a payload of a mutation is made once, so its leaves may be looked up."""
    seen, waiting = set(), [CORE.query_type]
    while waiting:
        kind = waiting.pop()
        if kind.name in seen:
            continue
        seen.add(kind.name)
        below = [get_named_type(field.type) for field in kind.fields.values()] if hasattr(kind, "fields") else list(kind.types)
        waiting += [each for each in below if each.name in OWN and not is_leaf_type(each)]
    return {name: COMPOSITE[name] for name in seen & set(COMPOSITE) if COMPOSITE[name] not in ROOTS}


LOOKED_UP = {
    "ChangeSet.behind",  # the ontology's head
    "AuditEntry.before", "AuditEntry.after",  # a definition, of any version
}  # fmt: skip


def test_leaves_are_plain_attributes():
    """A function on a leaf costs more than the rest of the answer; what must be looked up is an edge."""
    functions = {
        f"{name}.{field}"
        for name, kind in readable().items()
        for field, definition in kind.fields.items()
        if is_leaf_type(get_named_type(definition.type)) and backed(definition).base_resolver is not None
    }

    assert functions == LOOKED_UP


def test_no_field_but_roots_has_an_extension():
    extended = [
        f"{name}.{field}"
        for name, kind in COMPOSITE.items()
        if kind not in ROOTS
        for field, definition in kind.fields.items()
        if backed(definition).extensions
    ]

    assert extended == []


def test_nothing_is_read_by_two_int_bits_too_few():
    wide = {
        f"{name}.{field}"
        for name, kind in COMPOSITE.items()
        for field, definition in kind.fields.items()
        if get_named_type(definition.type).name == "Int" and any(word in field.lower() for word in ("revision", "epoch", "position"))
    }

    assert wide <= {"ChangeSetOperation.position"}  # at most 200,000


ELSEWHERE = {
    # a definition's field: where the type shows it
    ("object_type", "implements"): "implementations",
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
def test_a_kind_shows_everything_in_its_definition(kind):
    shown = CORE.type_map[TYPES[kind.value].__strawberry_definition__.name].fields
    missing = [
        field.alias for field in KINDS[kind].model_fields.values() if ELSEWHERE.get((kind.value, field.alias), field.alias) not in shown
    ]

    assert missing == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
def test_a_part_of_a_kind_shows_everything_in_it(kind):
    seen, waiting, missing = set(), [TYPES[kind.value]], []
    while waiting:
        cls = waiting.pop()
        if cls in seen or getattr(cls, "_model", None) is None:
            continue
        seen.add(cls)
        definition = cls.__strawberry_definition__
        shown = CORE.type_map[definition.name].fields
        for name, field in cls._model.model_fields.items():
            if ELSEWHERE.get((kind.value, field.alias), field.alias) not in shown:
                missing.append(f"{definition.name}.{name}")
        for field in definition.fields:
            of = field.type
            while hasattr(of, "of_type"):
                of = of.of_type
            if isinstance(of, type):
                waiting.append(of)

    assert missing == []


def test_every_kind_has_a_type_and_a_list_and_every_list_is_a_connection():
    ontology = CORE.type_map["Ontology"].fields
    listed = {get_named_type(field.type).name for field in ontology.values()}

    assert set(TYPES) == {kind.value for kind in KINDS}
    assert {f"{TYPES[kind.value].__name__}Connection" for kind in KINDS} <= listed
    for name, kind in COMPOSITE.items():
        for field, definition in kind.fields.items():
            if get_named_type(definition.type).name.endswith("Connection"):
                assert {"first", "after"} <= set(definition.args), f"{name}.{field}"


def test_connections_have_the_form_of_relays_specification():
    page_info = CORE.type_map["PageInfo"].fields
    connections = [kind for name, kind in OWN.items() if name.endswith("Connection")]

    assert {name: str(field.type) for name, field in page_info.items()} == {
        "hasNextPage": "Boolean!", "hasPreviousPage": "Boolean!", "startCursor": "String", "endCursor": "String",
    }  # fmt: skip
    assert connections
    for connection in connections:
        edge = get_named_type(connection.fields["edges"].type)
        assert str(connection.fields["pageInfo"].type) == "PageInfo!"
        assert isinstance(connection.fields["edges"].type.of_type, GraphQLList)
        assert edge.name.endswith("Edge")
        assert {"node", "cursor"} <= set(edge.fields)
        assert str(edge.fields["cursor"].type) == "String!"


def test_nodes_have_the_form_of_relays_specification():
    node = CORE.type_map["Node"]

    assert str(CORE.query_type.fields["node"].type) == "Node"
    assert str(CORE.query_type.fields["nodes"].type) == "[Node]!"
    assert {name: str(field.type) for name, field in node.fields.items()} == {"id": "ID!"}
    assert {kind.name for kind in CORE.get_possible_types(node)} == {TYPES[kind.value].__name__ for kind in KINDS} | {
        "ChangeSet",
        "Ontology",
    }
    assert {kind.name for kind in CORE.get_possible_types(CORE.type_map["Entity"])} == {TYPES[kind.value].__name__ for kind in KINDS}


def test_the_roles_stand_in_the_printed_schema():
    assert "directive @requires(" in print_schema()
    assert "@requires(role: VIEWER)" in print_schema()


TEXTS = st.one_of(
    st.sampled_from(
        ["", "main", "Person", "'", "\\", "x" * 3_000, "ri.ontology.main.object-type.x", "1.1", "2026-01-01T00:00:00Z", "한글"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
)
NUMBERS = st.integers(0, 2**62).map(lambda number: IntValueNode(value=str(number)))
SCALARS = {
    "DateTime": st.just(StringValueNode(value="2026-01-01T00:00:00Z")),
    "Date": st.just(StringValueNode(value="2026-01-01")),
    "Revision": NUMBERS,
    "BigInt": NUMBERS,
    "RevisionOrTime": st.integers(0, 3).map(lambda number: IntValueNode(value=str(number))),
    "Rid": TEXTS.map(lambda text: StringValueNode(value=text)),
    "JSON": st.just(NullValueNode()),
}


@pytest.fixture
async def filled(editing, change_sets):
    person = [*object_type("Person", properties={"age": "INTEGER"}), link_type("ref:Person", "ref:Person", "knows")]
    await editing.apply(EDITOR, "main", [*person, interface("Named"), action_type("act")])
    opened = await change_sets.open(EDITOR, "main", title="Open", operations=[type_group("g")])
    await change_sets.comment(EDITOR, opened.rid, "Hm")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(document=queries(print_schema(), custom_scalars=SCALARS))
async def test_no_query_that_the_schema_allows_is_a_fault_of_ours(ask, filled, document):
    assert "INTERNAL_SERVER_ERROR" not in await ask.codes(document)
