"""No value of any field of any mutation's input is a fault: each is taken, answered as a problem, or refused by its code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLScalarType

from app.persistence.database import Database
from resolvers.schema import schema
from tests import given
from tests.resolvers.asking import Asking

FIELDS = schema()._schema.mutation_type.fields
TEXTS = [
    "",
    "\u0000",
    "\u202e",
    "x" * 20_000,
    "ri.ontology.main.object-type.\u0000",
    "ref:",
    "ref:none",
    "ri.ontology.main.type-group.none",
    "😀",
]
VALUES = {
    "String": TEXTS,
    "ID": TEXTS,
    "Int": [-1, 0, 2**31 - 1],
    "BigInt": [-1, 0, 2**31, 2**63 - 1, 2**63],
    "Boolean": [True, False],
    "JSON": [None, "\u0000", {"\u0000": 1}, {"a": {"b": ["\u0000"]}}, [], {}, -1, 2**64 - 1, 1e308, {"apiName": 5}, {"type": {"base": []}}],
    "Date": ["0001-01-01", "9999-12-31"],
}
DEEPEST = 6


def plain(kind: Any, depth: int = 0) -> Any:
    """The smallest value of the type, with its optional inputs one level deep."""
    if isinstance(kind, GraphQLNonNull):
        return plain(kind.of_type, depth)
    if isinstance(kind, GraphQLList):
        return [plain(kind.of_type, depth + 1)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLScalarType):
        return {"Int": 1, "BigInt": 1, "Boolean": False, "JSON": {}, "Date": "2026-01-01"}.get(
            kind.name, "ref:none" if kind.name == "ID" else "name"
        )
    if kind.is_one_of:
        name = next(iter(kind.fields))
        return {name: plain(kind.fields[name].type, depth + 1)}
    return {name: plain(field.type, depth + 1) for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)}


def hostile(kind: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The smallest value with one leaf replaced, for each leaf and each replacement; the path says which."""
    if isinstance(kind, GraphQLNonNull):
        yield from hostile(kind.of_type, depth)
    elif isinstance(kind, GraphQLList):
        for path, value in hostile(kind.of_type, depth + 1):
            yield f"[]{path}", [value]
    elif isinstance(kind, GraphQLScalarType):
        for value in VALUES[kind.name]:
            yield "", value
    elif isinstance(kind, GraphQLInputObjectType) and depth < DEEPEST:
        whole = plain(kind, depth)
        for name, field in kind.fields.items():
            for path, value in hostile(field.type, depth + 1):
                yield f".{name}{path}", {name: value} if kind.is_one_of else {**whole, name: value}


@pytest_asyncio.fixture
async def asking(database: Database):
    opened = Asking(database)
    yield opened
    assert opened.faults == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FIELDS))
async def test_no_value_is_a_fault(asking: Asking, name: str) -> None:
    group = await asking.mutate("createTypeGroup", {"typeGroup": {"apiName": "group", "displayName": "Group"}}, "typeGroup { rid }")
    staged = {"rid": group["typeGroup"]["rid"], "expectedVersion": 1, "update": {"typeGroup": {"displayName": "New"}}}
    opened = await asking.mutate(
        "openChangeSet", {"title": "Work", "operations": [staged]}, "changeSet { rid operations { nodes { operationId } } }"
    )
    real = {
        "rid": opened["changeSet"]["rid"]
        if "hangeSet" in name or "peration" in name or name == "requestReview"
        else group["typeGroup"]["rid"]
    }
    document = f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ __typename }} }}"
    kind = FIELDS[name].args["input"].type.of_type

    for path, value in hostile(kind):
        there = {key: held for key, held in real.items() if key in kind.fields and not path.startswith(f".{key}")}
        answer = await asking.answer(document, {"input": {**value, **there}}, by=given.ADMIN)
        codes = {error["extensions"]["code"] for error in answer.errors}
        assert "INTERNAL_SERVER_ERROR" not in codes, (path, str(value)[:300], asking.faults)
