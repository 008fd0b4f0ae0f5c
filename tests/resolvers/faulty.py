"""A schema in which everything goes wrong that can: what resolvers raise, return and forget, at every kind of place."""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry.scalars import JSON

from app.domain.errors import BadInput, NotFound


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.interface
class Named:
    name: str


class Careless:
    """Has what is asked of it, right or wrong."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "broken":
            raise NotFound("leaf", "1")
        return None


@strawberry.type
class Leaf(Named):
    number: int | None = None
    sure: int = 1
    flag: bool | None = None
    colour: Colour | None = None
    ratio: float | None = None
    anything: JSON | None = None
    broken: str | None = None
    names: list[str] = strawberry.field(default_factory=list)

    @strawberry.field
    def other(self) -> Leaf | None:
        return Leaf(name="other", number=2**40 if self.name == "huge" else 7)

    @strawberry.field
    async def late(self) -> Leaf:
        await asyncio.sleep(0)
        if self.name == "b":
            raise BadInput("b has nothing late.")
        return Leaf(name=f"{self.name}'", colour=Colour.RED)


@strawberry.type
class Stray:
    name: str


Either = Annotated[Leaf | Stray, strawberry.union("Either")]


@strawberry.type
class Query:
    @strawberry.field
    def leaves(self) -> list[Leaf]:
        return [Leaf(name="a", colour=Colour.BLUE), Leaf(name="b", number=1), Leaf(name="c", anything={"x": [None]})]

    @strawberry.field
    async def maybe(self) -> list[Leaf | None] | None:
        return [Leaf(name="a"), None, Careless(name=None, number="many"), Leaf(name="b", names=["x", None])]  # type: ignore[list-item]

    @strawberry.field
    def holes(self) -> list[Leaf]:
        return [Leaf(name="a"), None]  # type: ignore[list-item]

    @strawberry.field
    def wrong(self) -> Leaf | None:
        return Careless(name=5, sure=None, flag="yes", colour="green", ratio="x", names="no list", anything=object())  # type: ignore[return-value]

    @strawberry.field
    def awaited(self) -> Leaf | None:
        async def name() -> str:
            return "later"

        return Leaf(name="a", broken=name(), names=[])  # type: ignore[arg-type]

    @strawberry.field
    def returned(self) -> Leaf | None:
        return NotFound("leaf", "2")  # type: ignore[return-value]

    @strawberry.field
    async def raised(self) -> Leaf:
        raise NotFound("leaf", "3")

    @strawberry.field
    def raised_at_once(self) -> list[Leaf] | None:
        raise TimeoutError

    @strawberry.field
    def huge(self) -> Leaf:
        return Leaf(name="huge", number=2**31, flag=True, ratio=float("nan"))

    @strawberry.field
    def named(self) -> list[Named | None]:
        return [Leaf(name="a"), None, Stray(name="s"), Careless(name="c")]  # type: ignore[list-item]

    @strawberry.field
    def either(self) -> list[Either | None]:
        return [Leaf(name="a"), Stray(name="s"), "neither"]  # type: ignore[list-item]

    @strawberry.field
    async def nobody(self) -> Leaf:
        return None  # type: ignore[return-value]

    @strawberry.field
    async def slow(self) -> Leaf | None:
        await asyncio.sleep(3600)
        return None


SCHEMA = strawberry.Schema(Query, types=[Leaf, Stray])
