"""Which subscriptions share one execution: those that differ in nothing but where they begin."""

from __future__ import annotations

import pytest
import strawberry

from app.limits import Limits
from resolvers.transport.documents import Documents
from resolvers.transport.shape import shape
from tests.sockets import Mutation, Query, Subscription

DOCUMENTS = Documents(strawberry.Schema(Query, Mutation, Subscription)._schema, Limits())
PLAIN = 'subscription ($after: String, $o: String! = "main") { changed(after: $after, ontology: $o) { revision } }'


def key(query: str, name: str | None = None, **variables):
    return shape(DOCUMENTS.read(query).operation(name)).key(variables)


@pytest.mark.parametrize(("one", "other"), [("1.1", "1.2"), ("1.1", None), (None, "x")])
def test_where_a_subscription_begins_makes_no_difference(one, other):
    assert key(PLAIN, after=one) == key(PLAIN, after=other) == key(PLAIN)
    literal = "subscription {{ changed(after: {}) {{ revision }} }}"
    assert key(literal.format('"1.1"')) == key(literal.format("null")) == key("subscription { changed { revision } }")


def test_everything_else_makes_a_difference():
    keys = [
        key(PLAIN),
        key(PLAIN, o="sample"),
        key(PLAIN.replace("revision }", "revision cursor }")),
        key(PLAIN.replace("changed(", "other: changed(")),
        key(PLAIN.replace("revision }", "revision @include(if: false) }")),
        key('subscription { changed(ontology: "sample") { revision } }'),
        key("subscription { changed { revision } }"),
    ]
    assert len(set(keys)) == len(keys)


def test_the_order_of_variables_makes_no_difference():
    query = 'subscription ($a: Int! = 0, $o: String! = "main") { changed(pad: $a, ontology: $o) { revision } }'
    assert key(query, a=1, o="x") == key(query, o="x", a=1)


def test_a_cursor_that_is_used_elsewhere_too_stays_in_the_key():
    query = 'subscription ($after: String! = "") { changed(after: $after, ontology: $after) { revision } }'
    assert key(query, after="1.1") != key(query, after="1.2")


def test_the_argument_is_found_in_fragments_and_only_on_the_subscription():
    query = "subscription ($after: String) { ...f } fragment f on Subscription { changed(after: $after) { revision } }"
    assert key(query, after="1.1") == key(query, after="1.2")


def test_of_several_operations_each_has_its_own_shape():
    query = "subscription a { changed { revision } } subscription b { changed { revision } }"
    assert key(query, "a") != key(query, "b")
