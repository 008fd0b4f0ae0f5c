"""The editor page and the ontology that it shows: 2,000 object types, 24,000 properties, 6,000 links, 100 interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.actor import Actor, Role
from app.domain.change_set import Operation, Verb
from app.domain.kind import Kind
from app.services.editing import Editing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.persistence.database import Database

AUTHOR = Actor("bench", "Bench", frozenset({Role.EDITOR}))
TYPES, PROPERTIES, LINKS, INTERFACES = 2_000, 12, 3, 100
BASES = ("STRING", "INTEGER", "DOUBLE", "BOOLEAN", "TIMESTAMP", "DATE", "GEOPOINT")
CARDINALITIES = ("ONE_TO_ONE", "ONE_TO_MANY", "MANY_TO_ONE", "MANY_TO_MANY")
BATCH = 500  # object types at once, with their properties
# As autovacuum does a minute later.
SETTLED = "BEGIN; SET LOCAL statement_timeout = 0; ANALYZE entity, entity_version, entity_reference, entity_name; COMMIT"
PAGE = """
query Editor($first: Int!, $after: String) {
  ontology { objectTypes(first: $first, after: $after) {
    edges { node { rid apiName displayName description status version
      properties(first: 100) { nodes { rid apiName displayName baseType required } }
      links(first: 100) { nodes { apiName cardinality other { apiName displayName } } }
      interfaces { apiName } } }
    pageInfo { hasNextPage endCursor } } } }
"""


async def fill(database: Database) -> None:
    """Write the ontology by the one write path, in batches."""
    editing = Editing(database)
    refs: dict[str, str] = {}

    async def apply(operations: list[Operation]) -> None:
        refs.update((await editing.apply(AUTHOR, "main", operations)).refs)
        await database.pool.execute(SETTLED)

    await apply(list(_interfaces()))
    for begin in range(1, TYPES + 1, BATCH):
        await apply([each for number in range(begin, begin + BATCH) for each in _object_type(number, refs)])
    for begin in range(1, TYPES + 1, BATCH):
        await apply([each for number in range(begin, begin + BATCH) for each in _links(number, refs)])


def _created(kind: Kind, ref: str, **fields: object) -> Operation:
    return Operation(Verb.CREATE, kind, ref=ref, fields=fields)


def _interfaces() -> Iterator[Operation]:
    for number in range(1, INTERFACES + 1):
        yield _created(Kind.INTERFACE, f"i{number}", apiName=f"Interface{number}", displayName=f"Interface {number}")


def _key(number: int) -> int:
    """The first property of an object type that is a STRING."""
    return 7 - number % 7


def _object_type(number: int, refs: dict[str, str]) -> Iterator[Operation]:
    implemented = sorted({1 + (number + k * 37) % INTERFACES for k in (1, 2)})
    yield _created(
        Kind.OBJECT_TYPE, f"t{number}", apiName=f"ObjectType{number:05}", displayName=f"Object Type {number}",
        description=f"Describes the business entity number {number} as it is maintained by the operations team.",
        primaryKey=f"ref:p{number}.{_key(number)}", implements=[{"interface": refs[f"i{each}"], "mapping": []} for each in implemented],
    )  # fmt: skip
    for k in range(1, PROPERTIES + 1):
        required = {"required": True} if k % 3 == 0 else {}
        yield _created(
            Kind.PROPERTY, f"p{number}.{k}", apiName=f"property{k}", displayName=f"Property {k}", objectType=f"ref:t{number}",
            type={"base": BASES[(number + k) % 7]}, **required,
        )  # fmt: skip


def _links(number: int, refs: dict[str, str]) -> Iterator[Operation]:
    for k in range(1, LINKS + 1):
        target = 1 + (number * 7 + k * 131) % TYPES
        near = {"objectType": refs[f"t{number}"], "apiName": f"link{k}"}
        far = {"objectType": refs[f"t{target}"], "apiName": f"from{number}by{k}"}
        cardinality = CARDINALITIES[(number + k) % 4]
        a, b, many = near, far, target
        if cardinality == "MANY_TO_ONE":  # the same link told from its other end
            cardinality, a, b, many = "ONE_TO_MANY", far, near, number
        backing = {"type": "JOIN"} if cardinality == "MANY_TO_MANY" else {"type": "FOREIGN_KEY", "property": refs[f"p{many}.{_key(many)}"]}
        yield _created(
            Kind.LINK_TYPE, f"l{number}.{k}", apiName=f"link{number}by{k}", displayName=f"Link {k} of {number}",
            a=a, b=b, cardinality=cardinality, backing=backing,
        )  # fmt: skip
