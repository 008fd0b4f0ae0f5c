"""What a client was promised is only taken away after a warning."""

import pytest

from app.commands.schema import RELEASED, breaking
from resolvers.schema import print_schema

PROMISED = """
type Query { n: Int old: Int @deprecated(reason: "use kept") kept(by: Int, gone: Int @deprecated(reason: "ignored")): Kind }
enum Kind { OLD @deprecated(reason: "never used") KEPT }
"""


def broken(served):
    return [change.description for change in breaking(PROMISED, served)]


def test_what_was_deprecated_may_go():
    assert broken("type Query { n: Int kept(by: Int): Kind } enum Kind { KEPT }") == []


def test_what_is_added_breaks_nobody():
    assert broken(PROMISED + " type Other { a: Int }") == []


@pytest.mark.parametrize(
    ("served", "sentence"),
    [
        ("type Query { n: Int old: Int } enum Kind { KEPT OLD }", "Field Query.kept was removed."),
        ("type Query { n: Int kept(by: Int): Kind } enum Kind { OLD }", "Enum value Kind.KEPT was removed."),
        ("type Query { n: Int kept: Kind } enum Kind { KEPT }", "Argument Query.kept(by:) was removed."),
        ("type Query { n: Int kept(by: Int!): Kind } enum Kind { KEPT }", "Argument Query.kept(by:) has changed type from Int to Int!."),
        ("type Query { n: Int kept(by: Int): String } enum Kind { KEPT }", "Field Query.kept changed type from Kind to String."),
    ],
)
def test_what_was_not_deprecated_may_not_go(served, sentence):
    assert broken(served) == [sentence]


def test_what_is_served_breaks_nothing_that_was_promised():
    assert [change.description for change in breaking(RELEASED.read_text(), print_schema())] == []
