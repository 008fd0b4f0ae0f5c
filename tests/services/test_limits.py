"""The bounds of an ontology hold on the write path: what is at the bound is stored, and with one more nothing is."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from app.domain.change_set import IMPORTED_OPERATIONS, OPERATIONS, Operation, Origin
from app.domain.common import DEFINITION_SIZE
from app.domain.errors import ChangeSetTooLarge, DefinitionTooLarge, UnsafeRegex, ValidationFailed
from app.domain.interface import EXTENDED
from app.domain.object_type import PROPERTIES
from app.persistence.database import Database
from app.services.change_sets import ChangeSets
from app.services.editing import Editing, checked
from tests import given
from tests.given import EDITOR

CONDITION = {"operator": "EQUAL", "left": {"source": "CONSTANT", "constant": 1}, "right": {"source": "CONSTANT", "constant": 1}}


def of_bytes(size: int) -> Operation:
    """A type group whose canonical JSON has exactly so many bytes."""

    def words(last: int) -> dict[str, Any]:
        texts = [*([10_000] * 26), last]
        return {
            "apiName": "large", "displayName": "Large", "annotations": {f"k{place:02}": [{"text": "x" * length}] for place, length in enumerate(texts)},
        }  # fmt: skip

    return given.type_group("large", **words(size - len(orjson.dumps(words(0)))))


def chain(length: int) -> list[Operation]:
    """Interfaces of which each extends the one before."""
    return [given.interface(f"I{place}", extends=[f"ref:I{place - 1}"] if place else []) for place in range(length)]


def parameters(count: int) -> Operation:
    items = [{"key": f"p{place}", "apiName": f"p{place}", "type": {"base": "STRING"}} for place in range(count)]
    return given.action_type("act", parameters=items)


def criteria(count: int) -> Operation:
    return given.action_type("act", criteria=[{"key": f"c{place}", "message": "No.", "condition": CONDITION} for place in range(count)])


BOUNDS = {
    "properties": (lambda more: given.object_type("Wide", properties={f"n{place}": "LONG" for place in range(PROPERTIES - 1 + more)}), "object-type.properties"),
    "extended interfaces": (lambda more: chain(EXTENDED + 1 + more), "interface.extends"),
    "parameters": (lambda more: [parameters(1_000 + more)], "action-type.size"),
    "criteria": (lambda more: [criteria(1_000 + more)], "action-type.size"),
    "annotations": (lambda more: [given.type_group("a", annotations={f"k{place}": [] for place in range(100 + more)})], "annotations.bounds"),
    "annotation": (lambda more: [given.type_group("a", annotations={"k": [{"text": "x" * (10_000 + more)}]})], "annotations.bounds"),
    "translations": (
        lambda more: [given.type_group("a", translations={f"de-x-{place}": {"displayName": "A"} for place in range(100 + more)})],
        "translations.language",
    ),
    "description": (lambda more: [given.type_group("a", description="x" * (10_000 + more))], "description.length"),
    "display name": (lambda more: [given.type_group("a", displayName="x" * (200 + more))], "display-name.length"),
    "api name": (lambda more: [given.type_group("a" * (100 + more))], "api-name.form"),
    "one of": (
        lambda more: [given.value_type("v", constraints=[{"key": "o", "type": "ONE_OF", "values": [f"v{place}" for place in range(1_000 + more)]}])],
        "constraint.values",
    ),
}  # fmt: skip


async def stored(database: Database) -> tuple[int, ...]:
    return tuple(
        [await database.pool.fetchval(f"SELECT count(*) FROM {table}") for table in ("entity", "change_set", "revision", "outbox")]
    )


@pytest.mark.parametrize("name", BOUNDS)
async def test_at_the_bound_it_is_stored_and_one_more_stores_nothing(database: Database, name: str) -> None:
    make, rule = BOUNDS[name]
    with pytest.raises(ValidationFailed) as refused:
        await Editing(database).apply(EDITOR, "main", make(1))
    assert {each.rule for each in refused.value.violations} == {rule}
    assert await stored(database) == (0, 0, 0, 0)

    merged = await Editing(database).apply(EDITOR, "main", make(0))

    assert len(merged.changes) == len(make(0))


async def test_a_definition_of_256_kib_is_stored_and_one_byte_more_is_too_large(database: Database) -> None:
    with pytest.raises(DefinitionTooLarge) as refused:
        await Editing(database).apply(EDITOR, "main", [of_bytes(DEFINITION_SIZE + 1)])
    assert (refused.value.data["value"], refused.value.data["bound"]) == (DEFINITION_SIZE + 1, DEFINITION_SIZE)
    assert await stored(database) == (0, 0, 0, 0)

    await Editing(database).apply(EDITOR, "main", [of_bytes(DEFINITION_SIZE)])

    [kept] = await database.pool.fetch("SELECT definition FROM entity")
    assert len(orjson.dumps(kept["definition"])) == DEFINITION_SIZE


async def test_a_pattern_that_could_blow_up_has_a_code_of_its_own_and_stands_beside_others_as_a_violation(database: Database) -> None:
    unsafe = given.value_type("v", constraints=[{"key": "r", "type": "REGEX", "pattern": "(a)\\1"}])
    with pytest.raises(UnsafeRegex) as alone:
        await Editing(database).apply(EDITOR, "main", [unsafe])
    with pytest.raises(ValidationFailed) as beside:
        await Editing(database).apply(EDITOR, "main", [unsafe, given.type_group("a", displayName="")])

    assert (alone.value.data["rule"], alone.value.data["path"]) == ("constraint.regex", "constraints[r].pattern")
    assert {each.rule for each in beside.value.violations} == {"constraint.regex", "display-name.length"}
    assert await stored(database) == (0, 0, 0, 0)


async def test_a_change_set_takes_ten_thousand_operations_and_no_more(database: Database) -> None:
    change_sets = ChangeSets(database)
    full = await change_sets.open(EDITOR, "main", title="Full", operations=[given.type_group(f"g{place}") for place in range(OPERATIONS)])
    before = await stored(database)

    with pytest.raises(ChangeSetTooLarge):
        await change_sets.stage(EDITOR, full.rid, [given.type_group("more")])
    with pytest.raises(ChangeSetTooLarge):
        await change_sets.open(EDITOR, "main", title="Fuller", operations=[given.type_group("g")] * (OPERATIONS + 1))

    assert full.operation_count == OPERATIONS
    assert await stored(database) == before


@pytest.mark.parametrize("origin", [Origin.IMPORT, Origin.APPLY])
async def test_a_file_may_bring_two_hundred_thousand_operations_and_no_more(database: Database, origin: Origin) -> None:
    one = given.type_group("g")
    assert len(checked([one] * IMPORTED_OPERATIONS, origin)) == IMPORTED_OPERATIONS
    with pytest.raises(ChangeSetTooLarge):
        await Editing(database).apply(EDITOR, "main", [one] * (IMPORTED_OPERATIONS + 1), origin=origin)
    assert await stored(database) == (0, 0, 0, 0)
