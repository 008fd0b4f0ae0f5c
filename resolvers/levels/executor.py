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
from resolvers.levels.listed import Listed
from resolvers.levels.plan import Planner, Run
from resolvers.levels.plans import Plans
from resolvers.levels.referred import Referred
from resolvers.types.entity import one_of

if TYPE_CHECKING:
    import strawberry
    from graphql import GraphQLOutputType, GraphQLResolveInfo
    from graphql.execution.collect_fields import FieldDetailsList
    from graphql.execution.values import VariableValues

    from dataloaders.wanted import Loader
    from resolvers.levels.plan import Completed, Edge

    Parents = list[tuple[Any, dict[str, Any]]]
    Level = dict[Edge, Parents]
    Found = tuple[Edge, dict[str, Any], Any]


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
            await self._read(level, run)
        return answer

    async def _read(self, level: Level, run: Run) -> None:
        """Call every field of a level for every parent, read what they want at once, and write it into the answer."""
        wanted: dict[Loader[Any, Any], list[Found]] = {}
        awaited: list[Found] = []
        try:
            for edge, parents in level.items():
                if (referred := Referred.by(edge, parents)) is not None:
                    wanted.setdefault(self.context_value.loaders.entities(referred.at), []).append((edge, {}, referred))
                else:
                    self._call(edge, parents, run, wanted, awaited)
        except BaseException:
            for _, _, value in awaited:
                if isinstance(value, Coroutine):
                    value.close()
            raise
        if awaited and not wanted and len(awaited) == 1:
            [(edge, place, value)] = awaited
            place[edge.name] = edge.complete(await value, run)
        elif awaited:
            await _together(awaited, wanted, run)
        else:
            await _wanted(wanted, run)

    def _call(
        self, edge: Edge, parents: Parents, run: Run, wanted: dict[Loader[Any, Any], list[Found]], awaited: list[Found]
    ) -> None:  # fmt: skip
        """Call a field for every parent; what need not be waited for is in the answer at once."""
        call, complete, name = edge.call(self), edge.complete, edge.name
        for number, (source, place) in enumerate(parents):
            value = call(source)
            if value.__class__ is Wanted:
                if not number and (listed := Listed.by(edge, value, parents)) is not None:
                    wanted.setdefault(value.loader, []).append((edge, place, listed))
                    return
                wanted.setdefault(value.loader, []).append((edge, place, value))
            elif optimized_is_awaitable(value):
                awaited.append((edge, place, value))
            else:
                place[name] = complete(value, run)


NOWHERE = Path(None, "", None)
RESULT = 4  # which of the arguments of complete_value


async def _together(awaited: list[Found], wanted: dict[Loader[Any, Any], list[Found]], run: Run) -> None:
    """Nothing is left running, however it ends."""
    tasks = [asyncio.ensure_future(value) for _, _, value in awaited]
    try:
        await _wanted(wanted, run)
        values = await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    for (edge, place, _), value in zip(awaited, values, strict=True):
        place[edge.name] = edge.complete(value, run)


async def _wanted(wanted: dict[Loader[Any, Any], list[Found]], run: Run) -> None:
    for loader, those in wanted.items():
        values = await loader.level([key for _, _, want in those for key in want.keys])
        begin = 0
        for edge, place, want in those:
            end = begin + len(want.keys)
            found = values[begin:end]
            begin = end
            if isinstance(want, (Listed, Referred)):
                want.answer(found, run)
            elif edge.of_rows is not None and want.made is one_of and found[0] is not None:
                place[edge.name] = edge.of_rows.one(found[0], want.given[0], run)  # without an object for it
            else:
                place[edge.name] = edge.complete(want.made(found, *want.given), run)


async def _settled(value: Any) -> Any:
    return await value if optimized_is_awaitable(value) else value
