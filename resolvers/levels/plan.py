"""Plans: what a selection set makes of a value, as functions that are put together once for each document.

The function of an object writes its leaves at once, in the order of the document, and notes each field that has a
resolver: those are called a level at a time, by the executor. No name of a document gets into the text of a function.
"""

from __future__ import annotations

from collections.abc import Callable
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLAbstractType,
    GraphQLObjectType,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import collect_fields, collect_subfields
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry import Info
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema_converter import get_arguments
from strawberry.types.base import get_object_definition, has_object_definition
from strawberry.types.field import StrawberryField

from resolvers.levels.columns import BACKREF, Columns, origin_of
from resolvers.levels.functions import Item, OfRows, attribute, compiled, plain, worded
from resolvers.levels.leaves import Unusual, inline, leaf
from resolvers.levels.shapes import Shapes, spliced
from resolvers.paging import Paged
from resolvers.types.entity import COLUMNS, READ_BY, REFERS, RID, TYPES, Entity, entity
from resolvers.types.reading import Read, Row

if TYPE_CHECKING:
    from graphql import GraphQLField, GraphQLList, GraphQLOutputType, ValueNode
    from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
    from graphql.execution.values import VariableValues

    from resolvers.levels.executor import LevelExecutor
    from resolvers.levels.functions import Name
    from resolvers.levels.shapes import Written

Completed = Callable[[Any, "Run"], Any]
Call = Callable[[Any], Any]


class Run:
    """One execution of a plan: what the fields of the next level wait for, each with its parents and where answers go."""

    __slots__ = ("executor", "waiting")

    def __init__(self, executor: LevelExecutor) -> None:
        self.executor = executor
        self.waiting: dict[Edge, list[tuple[Any, dict[str, Any]]]] = {}

    def wait(self, edge: Edge, source: Any, answer: dict[str, Any]) -> None:
        """The field of one more parent."""
        self.waiting.setdefault(edge, []).append((source, answer))


class LevelInfo(Info[Any, Any]):
    """What a resolver gets to see: the same for all parents of a level.

    `only` says which columns the plan reads of the entities that it returns, `written` in which shape it takes them as texts, and `walked`
    is what paging worked out for the parent before.
    """

    only: frozenset[str] | None = None
    written: Written | None = None
    walked: tuple[Any, ...] | None = None


class Edge:
    """A field with a resolver, below one type of object."""

    __slots__ = (
        "_constant", "_definition", "_details", "_field", "_given", "_parent", "complete", "lists", "name", "of_rows", "only", "refers", "written",
    )  # fmt: skip

    def __init__(
        self, name: str, parent: GraphQLObjectType, definition: GraphQLField, details: FieldDetailsList, complete: Completed,
        of_rows: OfRows | None, only: frozenset[str] | None, written: Written | None,
    ) -> None:  # fmt: skip
        self.name = name
        self.complete = complete
        self.of_rows = of_rows
        self._parent = parent
        self._definition = definition
        self._details = details
        field = definition.extensions.get(BACKREF)
        self.only = only
        self.written = written
        self._constant = not any(_varies(each.value) for each in details[0].node.arguments or ())
        self._given: dict[str, Any] | None = None  # what the resolver is given beside `info`, where that is always the same
        self._field = field if isinstance(field, StrawberryField) and not field.extensions and field.base_resolver else None
        self.lists = READ_BY.get(details[0].node.name.value) == RID and issubclass(
            origin_of(parent), Entity
        )  # so its value follows from the rid
        # Takes the rid of the one entity that the field leads to from its object, where that is all to be known.
        self.refers: Callable[[Any], str | None] | None = self._field.metadata.get(REFERS) if self._field and of_rows else None

    def call(self, executor: LevelExecutor) -> Call:
        """The resolver with its arguments, which are the same for every parent."""
        definition = self._definition
        info = executor.build_resolve_info(
            definition, [each.node for each in self._details], self._parent, Path(None, self.name, self._parent.name)
        )
        field = self._field
        resolver = field.base_resolver if field else None
        if field is None or resolver is None or not resolver.self_parameter:
            resolve = definition.resolve or executor.field_resolver
            given = self._values(executor)
            return lambda source: resolve(source, info, **given)
        described: LevelInfo = LevelInfo(_raw_info=info, _field=field)
        described.only, described.written = self.only, self.written
        named = self._given if self._given is not None else self._named(executor, field, described)
        if resolver.info_parameter:
            named = {**named, resolver.info_parameter.name: described}
        function: Any = resolver.wrapped_func
        return lambda source: function(source, **named)

    def _values(self, executor: LevelExecutor) -> dict[str, Any]:
        node = self._details[0].node
        if not self._definition.args and not node.arguments:
            return {}
        return get_argument_values(self._definition, node, executor.variable_values, None, executor.hide_suggestions)

    def _named(self, executor: LevelExecutor, field: StrawberryField, info: LevelInfo) -> dict[str, Any]:
        schema = executor.strawberry
        _, named = get_arguments(
            field=field, source=None, info=info, kwargs=self._values(executor), config=schema.config,
            scalar_registry=schema.schema_converter.scalar_registry,
        )  # fmt: skip
        if self._constant:
            self._given = {name: value for name, value in named.items() if value is not info}
        return named


def _varies(value: ValueNode) -> bool:
    """Whether an argument holds a variable."""
    if isinstance(value, ListValueNode):
        return any(map(_varies, value.values))
    if isinstance(value, ObjectValueNode):
        return any(_varies(each.value) for each in value.fields)
    return isinstance(value, VariableNode)


class Planner:
    """Makes the functions of one operation, for one choice of what its directives include: `variables` holds no other ones."""

    def __init__(self, executor: LevelExecutor, variables: VariableValues) -> None:
        self._schema = executor.schema
        self._fragments = executor.fragments
        self._operation = executor.operation
        self._variables = variables
        self._hidden = executor.hide_suggestions
        self._of_rows: dict[Completed, OfRows] = {}  # by the function of the entity

    def root(self) -> Completed:
        """The function of an operation's root."""
        kind = self._schema.get_root_type(self._operation.operation)
        if kind is None:
            raise Unusual
        collected = collect_fields(self._schema, self._fragments, self._variables, kind, self._operation, self._hidden)
        if collected.new_defer_usages:
            raise Unusual
        return self._object(kind, collected.grouped_field_set, None)

    def value(self, kind: GraphQLOutputType, details: FieldDetailsList, *, nullable: bool = True) -> Completed:
        """The function of what a field of this type returns."""
        if is_non_null_type(kind):
            return self.value(kind.of_type, details, nullable=False)
        complete: Completed
        if is_leaf_type(kind):
            of = leaf(kind, nullable=nullable)
            return lambda value, _: of(value)
        if is_list_type(kind):
            complete = _listed(self.value(kind.of_type, details))
        elif is_object_type(kind):
            complete = self._below(kind, details)
        elif is_abstract_type(kind):
            complete = self._abstract(kind, details)
        else:
            raise Unusual
        if not nullable:
            return complete
        found = _nullable(complete)
        if complete in self._of_rows:
            self._of_rows[found] = self._of_rows[complete]
        return found

    def _subfields(self, kind: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
        collected = collect_subfields(self._schema, self._fragments, self._variables, self._operation, kind, details, self._hidden)
        if collected.new_defer_usages:
            raise Unusual
        return collected.grouped_field_set

    def _below(self, kind: GraphQLObjectType, details: FieldDetailsList, of: type | None = None) -> Completed:
        return self._object(kind, self._subfields(kind, details), _Checked(kind, of, details))

    def _abstract(self, kind: GraphQLAbstractType, details: FieldDetailsList) -> Completed:
        known: dict[type, Completed] = {}

        def complete(value: Any, run: Run) -> Any:
            found = known.get(value.__class__)
            if found is None:
                found = known[value.__class__] = self._below(_runtime_type(kind, value, run, details), details, value.__class__)
            return found(value, run)

        return complete

    def _object(self, kind: GraphQLObjectType, fields: GroupedFieldSet, checked: _Checked | None) -> Completed:
        names: dict[str, Any] = {}

        def name(value: Any) -> str:
            key = f"n{len(names)}"
            names[key] = value
            return key

        of = checked.of if checked else None
        lines = []
        if checked is not None:
            lines.append(
                f"if o.__class__ is not {name(of)}: raise unusual"
                if of
                else f"if o.__class__ not in {name(checked.plain)} and not {name(checked)}(o, run): raise unusual"
            )
        if of is not None and issubclass(of, (Read, Row)):
            lines.append("r, a = o._record, o._at" if issubclass(of, (Entity, Row)) else "j, a = o._json, o._at")
        items: list[Item] = []
        edges = []
        for response, details in fields.items():
            place = name(response)
            field = details[0].node.name.value
            if field == "__typename":
                items.append(plain(place, name(kind.name)))
                continue
            definition = self._schema.get_field(kind, field)
            if definition is None:
                raise Unusual
            basic = definition.extensions.get(BACKREF)
            if not isinstance(basic, StrawberryField) or not basic.is_basic_field:
                complete = self.value(definition.type, details)
                below = get_named_type(definition.type)
                only, written = Columns(self._subfields).of(below, details), Shapes(self._subfields).of(below, details)
                edge = Edge(response, kind, definition, details, complete, self._of_rows.get(complete), only, written)
                items.append(plain(place, "None"))
                edges.append(f"wait({name(edge)}, o, d)")
                continue
            items.append(self._basic(place, basic, definition, details, of, name))
        made, of_rows = compiled(kind.name, [key for key, each in TYPES.items() if each is of], lines, items, edges, names)
        if of_rows is not None:
            self._of_rows[made] = of_rows
        return made

    def _basic(
        self, place: str, field: StrawberryField, definition: GraphQLField, details: FieldDetailsList, of: type | None, name: Name
    ) -> Item:
        """A field that is an attribute of its object."""
        value = attribute(field.python_name, of, name)
        kind = definition.type
        inner = kind.of_type if is_non_null_type(kind) else kind
        if field.python_name == "nodes" and is_list_type(inner):
            return Item(place, f"{name(self._nodes(inner, details))}(o, run)")
        if not is_leaf_type(inner):
            return Item(place, f"{name(self.value(kind, details))}({value}, run)")
        completed = name(leaf(inner, nullable=not is_non_null_type(kind)))
        whole, word = inline(inner, value, completed), worded(field.python_name, of, name)
        if word is None:
            return plain(place, whole) if field.python_name in COLUMNS else Item(place, whole)
        return Item(place, whole, inline(inner, word.value, completed), word.column)

    def _nodes(self, kind: GraphQLList[Any], details: FieldDetailsList) -> Completed:
        """The items of a page: as they were written; from its rows, where these are entities of which nothing but columns is read."""
        item = self.value(kind.of_type, details)
        listed, of_rows = _listed(item), self._of_rows.get(item)

        def complete(page: Any, run: Run) -> Any:
            if page.__class__ is Paged and page.written is not None:
                return spliced(page.written)
            rows = page.rows(entity) if of_rows is not None and page.__class__ is Paged else None
            return listed(page.nodes, run) if rows is None or of_rows is None else of_rows.many(rows, page.at, run)

        return complete


class _Checked:
    """What a value must be to be an object of a type; `of` where its class alone says it."""

    def __init__(self, kind: GraphQLObjectType, of: type | None, details: FieldDetailsList) -> None:
        self._is_type_of = kind.is_type_of
        self._details = details
        self.plain: set[type] = set()  # classes all of whose values are
        origin = origin_of(kind)
        self.of = of if of is not None else origin if issubclass(origin, (Read, Row)) else None

    def __call__(self, value: Any, run: Run) -> bool:
        if value is None or value is Undefined or isinstance(value, Exception) or optimized_is_awaitable(value):
            return False
        if self._is_type_of is not None:
            return bool(self._is_type_of(value, run.executor.bare_info(self._details)))
        if not isinstance(value, GeneratorType) and type(value) is value.__class__:  # of generators some are awaitable
            self.plain.add(type(value))
        return True


def _listed(item: Completed) -> Completed:
    def complete(value: Any, run: Run) -> Any:
        if value.__class__ is not list and value.__class__ is not tuple:
            raise Unusual
        return [item(each, run) for each in value]

    return complete


def _nullable(complete: Completed) -> Completed:
    return lambda value, run: None if value is None else complete(value, run)


def _runtime_type(kind: GraphQLAbstractType, value: Any, run: Run, details: FieldDetailsList) -> GraphQLObjectType:
    """The type of an object, where its class alone says which."""
    if not has_object_definition(value) or get_object_definition(value, strict=True).is_graphql_generic:
        raise Unusual
    executor = run.executor
    info = executor.bare_info(details)
    name = (kind.resolve_type or executor.type_resolver)(value, info, kind)
    found = executor.ensure_valid_runtime_type(name, kind, details, info, value)
    if found.is_type_of is not None and not found.is_type_of(value, info):
        raise Unusual
    return found
