"""The one schema of a process, and its text."""

from __future__ import annotations

from functools import cache

import strawberry
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, Undefined, get_named_type
from strawberry.schema.config import StrawberryConfig

from resolvers.authorization import undeclared
from resolvers.mutation import Mutation
from resolvers.query import Query
from resolvers.scalars import SCALARS
from resolvers.subscription import Subscription
from resolvers.types.entity import TYPES


class Undeclared(Exception):
    """Root fields that name no role: nobody may use what nobody was said to be allowed to use."""


@cache
def schema() -> strawberry.Schema:
    """Queries, mutations and subscriptions; Undeclared where a root field names no role."""
    nameless = list(undeclared(Query, Mutation, Subscription))
    if nameless:
        raise Undeclared(", ".join(nameless))
    made = strawberry.Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=list(TYPES.values()),
        config=StrawberryConfig(scalar_map=dict(SCALARS)),
    )
    _tidy(made)
    return made


def print_schema() -> str:
    """The schema in the schema definition language, as it is committed."""
    return schema().as_str() + "\n"


def _tidy(made: strawberry.Schema) -> None:
    """An argument that may be left out has no default, since `= null` would say it of every one of them; an input says itself what it is."""
    for kind in made._schema.type_map.values():  # noqa: SLF001 - Strawberry has no public way to its graphql-core schema
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            inputs = [argument for field in kind.fields.values() for argument in field.args.values()]
        elif isinstance(kind, GraphQLInputObjectType):
            inputs = list(kind.fields.values())
        else:
            continue
        for each in inputs:
            if each.default_value is None:
                each.default_value = Undefined
            of = get_named_type(each.type)
            if each.description is None and isinstance(of, GraphQLInputObjectType):
                each.description = of.description
