"""Executes an operation level by level, and whatever is unusual the inherited way.

On a level every resolver is called, for every parent; what they want is read at once, by the set-based functions that
the loaders call; and the plan's functions write what was found into the answer. As soon as anything happens that is not
an ordinary answer (a resolver raises, a value is not of its type, null stands where it may not) the work is dropped and
the operation is executed by graphql-core's own executor, on the same snapshot and with what was read already. So every
error, its path and its order, and every null that spreads, is the inherited executor's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, cast

from graphql import ExecutionResult, OperationType
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from dataloaders.wanted import Wanted
from resolvers.levels.plan import Planner, Run
from resolvers.levels.plans import Plans

if TYPE_CHECKING:
    import strawberry
    from graphql import GraphQLOutputType, GraphQLResolveInfo
    from graphql.execution.collect_fields import FieldDetailsList
    from graphql.execution.values import VariableValues

    from dataloaders.wanted import Loader
    from resolvers.levels.plan import Completed, Edge

    Level = dict[Edge, list[tuple[Any, dict[str, Any]]]]
    Found = list[tuple[Edge, dict[str, Any], Any]]


class LevelExecutor(StrawberryGraphQLCoreExecutionContext):
    """The executor of every operation of the service."""

    def __init__(self, *given: Any, plans: Plans, **named: Any) -> None:
        super().__init__(*given, **named)
        self._plans = plans
        self.unusual: Exception | None = None  # why the inherited way was gone, if it was

    @property
    def strawberry(self) -> strawberry.Schema:
        """The schema that graphql-core's was made from."""
        return cast("strawberry.Schema", self.schema._strawberry_schema)  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way back

    def bare_info(self, details: FieldDetailsList) -> GraphQLResolveInfo[Any]:
        """What the functions that tell types apart get to see: the schema and the field's name."""
        root = self.schema.query_type
        if root is None:
            message = "a schema has queries"
            raise TypeError(message)
        anything = next(iter(root.fields.values()))
        return self.build_resolve_info(anything, [each.node for each in details], root, NOWHERE)

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001 - inherited
        """Of a mutation the root fields are executed as ever, one after the other, and what they return level by level."""
        if self._mutates or self.abort_signal is not None:
            return super().execute_operation(serially)
        plan = self._plans.get(None, self.variable_values, lambda variables: Planner(self, variables).root())
        return super().execute_operation(serially) if plan is None else self._by_levels(plan)

    async def _by_levels(self, plan: Completed) -> Any:
        try:
            return ExecutionResult(await self._answered(plan, self.root_value), None)
        except Exception as unusual:  # noqa: BLE001 - whatever it is, the inherited way comes to it again and says it
            self.unusual = unusual
        self.collected_errors = CollectedErrors()
        return await _settled(super().execute_operation())

    def complete_value(
        self, return_type: GraphQLOutputType, field_details_list: FieldDetailsList, info: GraphQLResolveInfo[Any], path: Path, result: Any,
        position_context: Any,
    ) -> Any:  # fmt: skip
        """What the root field of a mutation returned is answered level by level, if it can be."""
        given = (return_type, field_details_list, info, path, result, position_context)
        if path.prev is not None or not self._mutates or self.abort_signal is not None:
            return super().complete_value(*given)

        def make(variables: VariableValues) -> Completed:
            return Planner(self, variables).value(return_type, field_details_list)

        plan = self._plans.get(path.key, self.variable_values, make)
        return super().complete_value(*given) if plan is None else self._completed(plan, given)

    async def _completed(self, plan: Completed, given: tuple[Any, ...]) -> Any:
        try:
            return await self._answered(plan, given[RESULT])
        except Exception as unusual:  # noqa: BLE001 - as above
            self.unusual = unusual
        return await _settled(super().complete_value(*given))

    @property
    def _mutates(self) -> bool:
        return self.operation.operation is OperationType.MUTATION

    async def _answered(self, plan: Completed, value: Any) -> Any:
        run = Run(self)
        answer = plan(value, run)
        while run.waiting:
            level, run.waiting = run.waiting, {}
            for edge, place, found in await self._read(level):
                place[edge.name] = edge.complete(found, run)
        return answer

    async def _read(self, level: Level) -> Found:
        """Call every field of a level for every parent, and read what they want at once."""
        found: Found = []
        wanted: dict[Loader[Any, Any], list[int]] = {}
        awaited: list[int] = []
        try:
            for edge, parents in level.items():
                call = edge.call(self)
                for source, place in parents:
                    value = call(source)
                    if value.__class__ is Wanted:
                        wanted.setdefault(value.loader, []).append(len(found))
                    elif optimized_is_awaitable(value):
                        awaited.append(len(found))
                    found.append((edge, place, value))
        except BaseException:
            for number in awaited:
                if isinstance(coroutine := found[number][2], Coroutine):
                    coroutine.close()
            raise
        if awaited and not wanted and len(awaited) == 1:
            _put(found, awaited[0], await found[awaited[0]][2])
        elif awaited:
            await _together(found, awaited, wanted)
        else:
            await _wanted(found, wanted)
        return found


NOWHERE = Path(None, "", None)
RESULT = 4  # which of the arguments of complete_value


async def _together(found: Found, awaited: list[int], wanted: dict[Loader[Any, Any], list[int]]) -> None:
    """Nothing is left running, however it ends."""
    tasks = [asyncio.ensure_future(found[number][2]) for number in awaited]
    try:
        await _wanted(found, wanted)
        values = await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    for number, value in zip(awaited, values, strict=True):
        _put(found, number, value)


async def _wanted(found: Found, wanted: dict[Loader[Any, Any], list[int]]) -> None:
    for loader, numbers in wanted.items():
        keys = [key for number in numbers for key in found[number][2].keys]
        values = await loader.level(keys)
        begin = 0
        for number in numbers:
            want = found[number][2]
            end = begin + len(want.keys)
            _put(found, number, want.made(values[begin:end], *want.given))
            begin = end


def _put(found: Found, number: int, value: Any) -> None:
    edge, place, _ = found[number]
    found[number] = (edge, place, value)


async def _settled(value: Any) -> Any:
    return await value if optimized_is_awaitable(value) else value
