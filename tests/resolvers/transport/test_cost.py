"""The cost: the objects that an answer may hold."""

from __future__ import annotations

import pytest
from graphql import get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st

from app.limits import Limits
from resolvers.transport.cost import CEILING, Pricing, nested_lists
from tests.resolvers.transport.library import schema

PRICING = Pricing(schema._schema, Limits())
STANDARD = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True)


def cost(text: str, **variables: object) -> int:
    document = parse(text)
    planned = PRICING.plan(document, document.definitions[0])
    return PRICING.price(planned.objects, {**planned.defaults, **variables})


def introspection(text: str) -> int:
    document = parse(text)
    return PRICING.price(PRICING.plan(document, document.definitions[0]).introspection, {})


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        ("{ me }", 0),
        ("{ thing { name } }", 1),
        ("{ thing { references { name } } }", 1 + 10),
        ("{ things { nodes { name } } }", 1 + 10),
        ("{ things(first: 50) { nodes { name } } }", 1 + 50),
        ("{ things(last: 7) { nodes { name } } }", 1 + 7),
        ("{ things(first: 50) { pageInfo { hasNextPage } } }", 1 + 1),
        ("{ things(first: 5) { nodes { properties(first: 4) { edges { node { name } } } } } }", 1 + 5 * (1 + 1 + 4 * 2)),
        ("{ things(first: 100000) { nodes { name } } }", 1 + 100),
        ("{ things(first: -3) { nodes { name } } }", 1 + 1),
        ('{ nodes(ids: ["a", "b", "c"]) { name } }', 3),
        ("{ found { ... on Thing { references { name } } ... on Property { owner { name } } } }", 1 + 10),
        ("{ found { ... on Named { name } ... on Property { owner { name } } } }", 1 + 1),
        ("{ thing { ...f } things(first: 2) { nodes { ...f } } } fragment f on Thing { references { name } }", 11 + 1 + 2 * 11),
        (
            "{ thing { ...f } } fragment f on Thing { properties(last: 7) { ...c } } fragment c on PropertyConnection { nodes { name } }",
            1 + 1 + 7,
        ),
        ("{ nowhere { name } thing { nothing { x } } ...missing ... on Nothing { a { b } } }", 1),
    ],
)
def test_the_objects_of_an_answer_are_counted(text: str, objects: int) -> None:
    assert cost(text) == objects


def test_a_page_size_in_a_variable_is_looked_up() -> None:
    text = "query ($n: Int = 20) { things(first: $n) { nodes { name } } }"

    assert cost(text) == 21
    assert cost(text, n=3) == 4
    assert cost(text, n=1_000_000) == 101
    assert cost(text, n=None) == 11
    assert cost(text, n="many") == 11


def test_a_list_in_a_variable_counts_its_items() -> None:
    assert cost("query ($ids: [ID!]!) { nodes(ids: $ids) { name } }", ids=["a"] * 40) == 40


def test_a_bomb_stops_at_the_ceiling() -> None:
    doubled = "".join(f"fragment f{n} on Thing {{ ...f{n + 1} ...f{n + 1} }}" for n in range(40))

    assert cost("{ thing { ...f0 } }" + doubled + "fragment f40 on Thing { references { name } }") == CEILING


def test_the_schema_is_counted_apart_and_graphiql_may_read_it() -> None:
    assert cost(STANDARD) == 0
    assert 0 < introspection(STANDARD) <= PRICING.introspection_limit


def test_reading_the_schema_twenty_times_exceeds_the_limit_of_introspection() -> None:
    again = " ".join(f"s{n}: __schema {{ types {{ fields {{ args {{ type {{ ofType {{ name }} }} }} }} }} }}" for n in range(20))

    assert introspection(f"{{ {again} }}") > PRICING.introspection_limit


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        (STANDARD, 2),
        ('{ __type(name: "Thing") { fields { type { fields { name } } } } }', 2),
        ("{ __schema { types { fields { type { fields { name } } } } } }", 3),
        (
            "{ ...q } fragment q on Query { __schema { ...s } } fragment s on __Schema { types { interfaces { possibleTypes { name } } } }",
            3,
        ),
    ],
)
def test_lists_of_the_introspection_that_multiply_each_other_are_counted(text: str, lists: int) -> None:
    document = parse(text)

    assert nested_lists(PRICING.plan(document, document.definitions[0]).introspection) == lists


@given(st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_nested_pages_multiply(sizes: list[int]) -> None:
    text, expected = "name", 0
    for size in reversed(sizes):
        text = f"owner {{ properties(first: {size}) {{ nodes {{ {text} }} }} }}"
        expected = 1 + 1 + size * (1 + expected)

    found = cost(f"{{ things(first: 1) {{ nodes {{ properties(first: 1) {{ nodes {{ {text} }} }} }} }} }}")

    assert found == min(1 + 1 + 1 + 1 + expected, CEILING)


@given(st.integers(1, 100), st.integers(1, 100))
def test_asking_for_more_never_costs_less(one: int, other: int) -> None:
    text = "query ($n: Int) { things(first: $n) { nodes { properties(first: $n) { nodes { name } } } } }"

    assert (cost(text, n=one) <= cost(text, n=other)) == (one <= other)
