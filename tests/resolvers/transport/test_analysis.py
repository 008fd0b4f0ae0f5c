"""The analyser: what it counts, what it refuses, and that it takes no longer for a hostile document."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    get_introspection_query,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ErrorCode
from app.limits import Limits
from resolvers.transport.analysis import CEILING, Figures, comparisons, figures
from resolvers.transport.answer import Refused
from resolvers.transport.documents import parsed

LIMITS = Limits()
INTROSPECTION = get_introspection_query(
    specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True, one_of=True
)


def named(count: int, of: str = "") -> str:
    return " ".join(f"a{n}{of}" for n in range(count))


def measured(text: str) -> Figures:
    return figures(parse(text, allow_empty_selection_sets=False))


def codes(text: str, limits: Limits = LIMITS) -> list[ErrorCode]:
    return [error.extensions["code"] for error in measured(text).excess(limits)]


def test_everything_is_counted_with_fragments_expanded() -> None:
    found = measured("query Q { a: x ...f y { ...f } } fragment f on T { b: z @include(if: true) { w } }")

    assert (found.fields, found.aliases, found.directives, found.depth) == (6, 3, 1, 3)
    assert [count for _, count in found.root_fields] == [3]


def test_introspection_of_graphiql_is_fifteen_deep_and_within_every_limit() -> None:
    assert measured(INTROSPECTION).depth == 15
    assert codes(INTROSPECTION) == []


@pytest.mark.parametrize(
    ("within", "beyond", "code"),
    [
        ("{" + "a{" * 19 + "b" + "}" * 20, "{" + "a{" * 20 + "b" + "}" * 21, ErrorCode.QUERY_TOO_DEEP),
        (
            "{x{" + named(30, ":b") + "}}",
            "{x{" + named(31, ":b") + "}}",
            ErrorCode.TOO_MANY_ALIASES,
        ),
        (
            "{" + named(20) + "}",
            "{" + named(21) + "}",
            ErrorCode.TOO_MANY_ROOT_FIELDS,
        ),
        ("mutation{a b c d e}", "mutation{a b c d e f}", ErrorCode.TOO_MANY_ROOT_FIELDS),
        ("mutation{...m e}fragment m on M{a b c d}", "mutation{...m e f}fragment m on M{a b c d}", ErrorCode.TOO_MANY_ROOT_FIELDS),
        ("subscription{a}", "subscription{a b}", ErrorCode.TOO_MANY_ROOT_FIELDS),
        ("{a " + "@d" * 50 + "}", "{a " + "@d" * 51 + "}", ErrorCode.TOO_MANY_DIRECTIVES),
        ("{x{" + "a " * 5 + "}}", "{x{" + "a " * 6 + "}}", ErrorCode.QUERY_TOO_COMPLEX),
        ("{x{a a a ...f}}fragment f on T{a a}", "{x{a a a ...f}}fragment f on T{a a a}", ErrorCode.QUERY_TOO_COMPLEX),
        (
            "{x{" + named(499) + "}}",
            "{x{" + named(500) + "}}",
            ErrorCode.QUERY_TOO_COMPLEX,
        ),
        ("{a(x:" + "[" * 32 + "]" * 32 + ")}", "{a(x:" + "[" * 33 + "]" * 33 + ")}", ErrorCode.QUERY_TOO_DEEP),
        ("{a(x:" + "9" * 100 + ")}", "{a(x:" + "9" * 101 + ")}", ErrorCode.QUERY_TOO_COMPLEX),
        ("{" + "...{" * 79 + "a" + "}" * 80, "{" + "...{" * 80 + "a" + "}" * 81, ErrorCode.QUERY_TOO_DEEP),
    ],
)
def test_each_limit_holds_to_the_figure(within: str, beyond: str, code: ErrorCode) -> None:
    assert codes(within) == []
    assert codes(beyond) == [code]


def test_fields_on_different_types_do_not_count_as_repeated() -> None:
    kinds = " ".join(f"... on K{n} {{ name }}" for n in range(8))

    assert measured(f"{{x{{ {kinds} }}}}").repeated[0] == 1
    assert measured(f"{{x{{ name name {kinds} ... on K1 {{ name }} }}}}").repeated == (4, "name")


def test_pairs_at_one_place_are_counted_through_all_that_is_merged_there() -> None:
    assert comparisons(parse("{a{b} a{b c} ...f ...f} fragment f on Q {a{b} d}")) == 3 + 3
    assert comparisons(parse("{a{b c} d{b c}}")) == 0


def test_an_excess_names_the_limit_and_the_figure() -> None:
    [error] = measured("mutation{a b c d e f}").excess(LIMITS)

    assert error.message == "A mutation has at most 5 root fields, not 6."
    assert error.extensions == {"code": ErrorCode.TOO_MANY_ROOT_FIELDS, "limit": 5, "given": 6}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{" + "a" * (16 * 1024) + "}", ErrorCode.DOCUMENT_TOO_LARGE),
        ("{" + "é" * 9000 + "}", ErrorCode.DOCUMENT_TOO_LARGE),
        ("{" + "a " * 1000 + "}", ErrorCode.TOO_MANY_TOKENS),
        ("{a}" + "#\n" * 1000, ErrorCode.TOO_MANY_TOKENS),
        ("{" * 400 + "}" * 400, ErrorCode.GRAPHQL_PARSE_FAILED),
        ("{a" * 400 + "}" * 400, ErrorCode.QUERY_TOO_DEEP),
        ("{a(x:" + "[" * 400 + "]" * 400 + ")}", ErrorCode.QUERY_TOO_DEEP),
        ("{}", ErrorCode.GRAPHQL_PARSE_FAILED),
        ("", ErrorCode.GRAPHQL_PARSE_FAILED),
        ("{a", ErrorCode.GRAPHQL_PARSE_FAILED),
        ("query ($x: Int = ) {a}", ErrorCode.GRAPHQL_PARSE_FAILED),
    ],
)
def test_what_cannot_be_parsed_within_the_limits_is_refused_with_its_code(text: str, code: ErrorCode) -> None:
    with pytest.raises(Refused) as refused:
        parsed(text, LIMITS)

    assert [error.extensions["code"] for error in refused.value.errors] == [code]


def fan(width: int, leaves: int) -> str:
    chain = "".join(f"fragment f{n} on T {{x{n} " + " ".join(f"...f{m}" for m in range(n + 1, width)) + "}" for n in range(width - 1))
    return "{...f0}" + chain + f"fragment f{width - 1} on T {{" + " ".join(f"a{n}" for n in range(leaves)) + "}"


HOSTILE = {
    "bomb": "{...f0}" + "".join(f"fragment f{n} on T {{...f{n + 1} ...f{n + 1}}}" for n in range(30)) + "fragment f30 on T {a}",
    "fan": fan(20, 380),
    "levels": "{" + "a{...f b}" * 80 + "}fragment f on T {" + named(480) + "}",
    "spreads": "{...f}fragment f on T {" + named(480) + "}fragment g on T {" + "...f " * 240 + "}",
    "chain": "{...f0}" + "".join(f"fragment f{n} on T {{...f{n + 1}}}" for n in range(120)) + "fragment f120 on T {a}",
    "types": "{" + "".join(f"... on T{n}{{...f a}}" for n in range(70)) + "}fragment f on T {" + named(400) + "}",
    "directives": "{a " + "@d" * 490 + "}",
    "aliases": "{" + "a:b " * 330 + "}",
    "operations": "".join(f"query q{n}{{...f}}" for n in range(130)) + "fragment f on T{a b c d}",
}


INSTRUCTIONS = 3_000_000  # of the interpreter; the largest document below took 1.9 million in 10 ms


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_judged_with_few_instructions(name: str) -> None:
    document = parse(HOSTILE[name], max_tokens=LIMITS.tokens, allow_empty_selection_sets=False)
    taken, tracer = 0, sys.gettrace()

    def count(frame: FrameType, event: str, _: object) -> Callable[[FrameType, str, object], Any]:
        nonlocal taken
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        taken += event == "opcode"
        return count

    sys.settrace(count)  # a time would be that of the machine, too
    try:
        excess = list(figures(document).excess(LIMITS))
    finally:
        sys.settrace(tracer)

    assert 0 < taken < INSTRUCTIONS
    assert excess


def test_a_bomb_is_measured_without_being_expanded() -> None:
    assert measured(HOSTILE["bomb"]).fields == CEILING


def test_a_fragment_that_spreads_itself_is_found_and_named() -> None:
    assert measured("{...a} fragment a on T {...b} fragment b on T {c{...a}}").cycle == ("a", "b", "a")
    assert measured("{...a} fragment a on T {b ...a}").cycle == ("a", "a")
    assert measured("{...a ...b} fragment a on T {...c} fragment b on T {...c} fragment c on T {d}").cycle == ()


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Documents of fragments that spread only later ones, so that none spreads itself."""
    count = draw(st.integers(0, 5))

    def selections(first: int, depth: int) -> str:
        parts = [draw(st.sampled_from(["a", "b", "c: a", "d: b @skip(if: false)"]))]
        for _ in range(draw(st.integers(0, 3))):
            kind = draw(st.integers(0, 3))
            if kind == 0 and depth < 4:
                parts.append(f"x{draw(st.integers(0, 1))} {{{selections(first, depth + 1)}}}")
            elif kind == 1 and depth < 4:
                parts.append(f"... {{{selections(first, depth + 1)}}}")
            elif kind == 2 and first < count:
                parts.append(f"...f{draw(st.integers(first, count - 1))}")
            else:
                parts.append(draw(st.sampled_from(["a", "b", "e"])))
        return " ".join(parts)

    fragments = [f"fragment f{n} on T {{{selections(n + 1, 0)}}}" for n in range(count)]
    spread_all = " ".join(f"...f{n}" for n in range(count))
    return f"{{{selections(0, 0)} {spread_all}}} " + " ".join(fragments)


def expanded(text: str) -> tuple[int, int, int, int]:
    """The same figures the slow way: by writing every fragment out."""
    document = parse(text)
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    [operation] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    fields = aliases = deepest = most = 0

    def walk(selections, depth: int, names: dict[str, int]) -> None:
        nonlocal fields, aliases, deepest, most
        for node in selections:
            if isinstance(node, FieldNode):
                fields, aliases, deepest = fields + 1, aliases + (node.alias is not None), max(deepest, depth)
                name = (node.alias or node.name).value
                names[name] = names.get(name, 0) + 1
                most = max(most, names[name])
                if node.selection_set:
                    walk(node.selection_set.selections, depth + 1, {})
            elif isinstance(node, FragmentSpreadNode):
                walk(fragments[node.name.value].selection_set.selections, depth, names)
            else:
                walk(node.selection_set.selections, depth, names)

    walk(operation.selection_set.selections, 1, {})
    return fields, aliases, deepest, most


@given(documents())
def test_the_figures_are_those_of_the_document_written_out(text: str) -> None:
    found = measured(text)

    assert (found.fields, found.aliases, found.depth, found.repeated[0]) == expanded(text)


@given(st.integers(1, 300))
def test_the_work_grows_with_the_document_and_not_with_what_it_expands_to(doublings: int) -> None:
    text = (
        "{...f0}"
        + "".join(f"fragment f{n} on T {{...f{n + 1} ...f{n + 1}}}" for n in range(doublings))
        + f"fragment f{doublings} on T {{a}}"
    )

    assert measured(text).fields == min(2**doublings, CEILING)


def test_a_type_system_document_has_no_figures() -> None:
    try:
        found = measured("type T { a: Int }")
    except GraphQLError:  # pragma: no cover - the parser takes it
        pytest.fail("the parser takes it")

    assert (found.fields, found.root_fields) == (0, ())
