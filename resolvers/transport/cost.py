"""How many objects an answer may hold, as its document asks for them.

A page counts its `first` or `last`, any other list a constant, introspection the schema's own averages. Of fields on
different object types only the dearest counts, since one object has one type. A plan is made once a document and
priced for each request's variables, each fragment once for each page size that it stands under.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    VariableNode,
    get_introspection_query,
    get_named_type,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import DocumentNode, GraphQLArgument, GraphQLCompositeType, GraphQLField, GraphQLSchema, SelectionSetNode, ValueNode

    from app.limits import Limits

CEILING = 1_000_000_000
INTROSPECTION_SLACK = 2  # times the standard query
INTROSPECTION_NESTING = 2  # lists within lists: the averages hold for one within `types`, and then no more
_PAGE_ARGUMENTS = ("first", "last")
_PAGED = ("edges", "nodes")
_LIMIT = "limit"  # the argument of a field whose lists hold so many
_MOST = 1_000  # of it
_INTROSPECTION = ("__schema", "__type")
_MULTIPLIES = frozenset({"types", "fields", "inputFields", "interfaces", "possibleTypes", "enumValues"})
_COMPOSITE = (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)


@dataclass(frozen=True, slots=True)
class Asked:
    """How many items a field asks for: by a variable where it has a value, else a constant."""

    constant: int
    variable: str | None = None
    most: int | None = None  # where it is not that of a page

    def given(self, variables: Mapping[str, object], most: int) -> int:
        """Clamped to what one page may hold: more is answered with an error and no item."""
        value = variables.get(self.variable) if self.variable else None
        if isinstance(value, list):
            return len(value)
        return min(max(value, 1), self.most or most) if isinstance(value, int) else self.constant


@dataclass(slots=True)
class Plan:
    """What a selection set selects: what counts always, and by object type that of which only the dearest counts."""

    always: list[Step | Plan] = field(default_factory=list)
    either: dict[str, list[Plan]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A field of objects: so many of them, or None for as many as the enclosing page holds."""

    below: Plan
    times: Asked | float | None = 1
    page: Asked | None = None  # of a connection
    multiplies: bool = False  # a list of the introspection


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of one operation; what describes the schema is apart, since it has a limit of its own."""

    objects: Plan
    introspection: Plan
    defaults: Mapping[str, int]  # of the operation's variables


class Pricing:
    """Plans and prices the operations of one schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits) -> None:
        self._schema = schema
        self._default_page = limits.default_page_size
        self._most = limits.page_size
        self._sizes = _sizes(schema)
        self._limited = frozenset(_limited(schema))
        standard = parse(get_introspection_query(specified_by_url=True, directive_is_repeatable=True, input_value_deprecation=True))
        [operation] = [each for each in standard.definitions if isinstance(each, OperationDefinitionNode)]
        self.introspection_limit = INTROSPECTION_SLACK * self.price(self.plan(standard, operation).introspection, {})

    def plan(self, document: DocumentNode, operation: OperationDefinitionNode) -> Planned:
        """Plan one operation of a document that nests no deeper than its limit; unknown names count nothing."""
        root = self._schema.get_root_type(operation.operation)
        planner = _Planner(self._schema, document, self._default_page, self._most, self._sizes, self._limited)
        objects = planner.selection(operation.selection_set, root) if root else Plan()
        defaults = {
            each.variable.name.value: int(each.default_value.value)
            for each in operation.variable_definitions or ()
            if isinstance(each.default_value, IntValueNode)
        }
        return Planned(objects, planner.introspection, defaults)

    def price(self, plan: Plan, variables: Mapping[str, object]) -> int:
        """The objects, at most CEILING; linear in the plan."""
        return ceil(_Sum(variables, self._most, self._default_page).selected(plan, self._default_page))


class _Sum:
    """The objects of one request; methods, since functions that call each other from within one would be left to the collector."""

    __slots__ = ("_default_page", "_known", "_most", "_variables")

    def __init__(self, variables: Mapping[str, object], most: int, default_page: int) -> None:
        self._variables = variables
        self._most = most
        self._default_page = default_page
        self._known: dict[tuple[int, int], float] = {}

    def selected(self, what: Plan, page: int) -> float:
        key = (id(what), page)
        if key not in self._known:
            dearest = max((sum(self.selected(each, page) for each in plans) for plans in what.either.values()), default=0)
            always = sum(self.selected(each, page) if isinstance(each, Plan) else self._stepped(each, page) for each in what.always)
            self._known[key] = min(always + dearest, CEILING)
        return self._known[key]

    def _stepped(self, step: Step, page: int) -> float:
        inner = step.page.given(self._variables, self._most) if step.page else self._default_page
        times = page if step.times is None else step.times
        count = times.given(self._variables, self._most) if isinstance(times, Asked) else times
        return count * (1 + self.selected(step.below, inner))


def nested_lists(plan: Plan) -> int:
    """How many lists of the introspection stand within one another."""
    known: dict[int, int] = {}

    def deepest(what: Plan) -> int:
        if id(what) not in known:
            below = [each for plans in what.either.values() for each in plans]
            plans = (deepest(each) for each in [*below, *(each for each in what.always if isinstance(each, Plan))])
            steps = (each.multiplies + deepest(each.below) for each in what.always if isinstance(each, Step))
            known[id(what)] = max((*plans, *steps), default=0)
        return known[id(what)]

    return deepest(plan)


class _Planner:
    """Plans the selection sets of one operation, each fragment once."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, default_page: int, most: int, sizes: Mapping[str, float], limited: frozenset[str],
    ) -> None:  # fmt: skip
        self._schema = schema
        self._fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        self._default_page = default_page
        self._most = most
        self._sizes = sizes
        self._known: dict[str, Plan] = {}
        self._limited = limited
        self.introspection = Plan()

    def selection(self, selections: SelectionSetNode, parent: GraphQLCompositeType) -> Plan:
        plan = Plan()
        for node in selections.selections:
            if isinstance(node, FieldNode):
                self._field(plan, node, parent)
            elif isinstance(node, InlineFragmentNode):
                condition = self._composite(node.type_condition.name.value) if node.type_condition else parent
                if condition is not None:
                    _join(plan, self.selection(node.selection_set, condition), parent, condition)
            elif isinstance(node, FragmentSpreadNode) and node.name.value in self._fragments:
                fragment = self._fragments[node.name.value]
                condition = self._composite(fragment.type_condition.name.value)
                if condition is not None:
                    _join(plan, self._fragment(fragment, condition), parent, condition)
        return plan

    def _fragment(self, fragment: FragmentDefinitionNode, condition: GraphQLCompositeType) -> Plan:
        name = fragment.name.value
        if name not in self._known:
            self._known[name] = self.selection(fragment.selection_set, condition)
        return self._known[name]

    def _field(self, plan: Plan, node: FieldNode, parent: GraphQLCompositeType) -> None:
        definition = self._schema.get_field(parent, node.name.value)
        named = get_named_type(definition.type) if definition else None
        if definition is None or node.selection_set is None or not isinstance(named, _COMPOSITE):
            return
        below = self.selection(node.selection_set, named)
        if node.name.value in _INTROSPECTION:
            self.introspection.always.append(Step(below))
        elif parent.name.startswith("__"):
            size = self._sizes.get(node.name.value, 1) if _is_list(definition) else 1
            plan.always.append(Step(below, size, multiplies=node.name.value in _MULTIPLIES))
        elif _is_connection(named):
            plan.always.append(Step(below, page=self._page(definition, node) or Asked(self._default_page)))
        elif _LIMIT in definition.args:
            plan.always.append(Step(below, page=self._limit(definition.args[_LIMIT], node)))
        elif _is_list(definition):
            paged = parent.name in self._limited or (_is_connection(parent) and node.name.value in _PAGED)
            page = None if paged else self._listed(definition, node)
            plan.always.append(Step(below, page))
        else:
            plan.always.append(Step(below))

    def _page(self, definition: GraphQLField, node: FieldNode) -> Asked | None:
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        known = [name for name in _PAGE_ARGUMENTS if name in definition.args]
        for name in known:
            if name in given:
                return self._number(definition.args[name], given[name])
        return self._number(definition.args[known[0]], None) if known else None

    def _limit(self, argument: GraphQLArgument, node: FieldNode) -> Asked:
        given = next((each.value for each in node.arguments or () if each.name.value == _LIMIT), None)
        asked = self._number(argument, given if isinstance(given, VariableNode) else None)
        constant = min(max(int(given.value), 1), _MOST) if isinstance(given, IntValueNode) else asked.constant
        return Asked(constant, asked.variable, _MOST)

    def _number(self, argument: GraphQLArgument, value: ValueNode | None) -> Asked:
        default = argument.default_value if isinstance(argument.default_value, int) else self._default_page
        if isinstance(value, VariableNode):
            return Asked(default, value.name.value)
        return Asked(min(max(int(value.value), 1), self._most) if isinstance(value, IntValueNode) else default)

    def _listed(self, definition: GraphQLField, node: FieldNode) -> Asked:
        """A list holds as many as its list argument names, `nodes(ids:)` above all, and else a page's worth."""
        for argument in node.arguments or ():
            kind = definition.args.get(argument.name.value)
            if kind is not None and _is_list(kind):
                if isinstance(argument.value, ListValueNode):
                    return Asked(len(argument.value.values or ()))
                if isinstance(argument.value, VariableNode):
                    return Asked(self._default_page, argument.value.name.value)
        return self._page(definition, node) or Asked(self._default_page)

    def _composite(self, name: str) -> GraphQLCompositeType | None:
        named = self._schema.get_type(name)
        return named if isinstance(named, _COMPOSITE) else None


def _join(plan: Plan, below: Plan, parent: GraphQLCompositeType, condition: GraphQLCompositeType) -> None:
    if isinstance(condition, GraphQLObjectType) and condition is not parent:
        plan.either.setdefault(condition.name, []).append(below)
    else:
        plan.always.append(below)


def _is_list(definition: GraphQLField | GraphQLArgument) -> bool:
    kind = definition.type
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def _is_connection(named: GraphQLCompositeType) -> bool:
    return isinstance(named, GraphQLObjectType) and "pageInfo" in named.fields and any(name in named.fields for name in _PAGED)


def _limited(schema: GraphQLSchema) -> Iterator[str]:
    """The types whose lists hold as many as the `limit` of the field that they come by."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType):
            yield from (get_named_type(each.type).name for each in kind.fields.values() if _LIMIT in each.args)


def _sizes(schema: GraphQLSchema) -> dict[str, float]:
    """How many items each list of the introspection holds on average."""
    types = list(schema.type_map.values())
    fields = [each for kind in types if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) for each in kind.fields.values()]
    totals = {
        "fields": len(fields),
        "inputFields": sum(len(kind.fields) for kind in types if isinstance(kind, GraphQLInputObjectType)),
        "enumValues": sum(len(kind.values) for kind in types if isinstance(kind, GraphQLEnumType)),
        "interfaces": sum(len(kind.interfaces) for kind in types if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)),
        "possibleTypes": sum(
            len(schema.get_possible_types(kind)) for kind in types if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType)
        ),
    }
    return {name: total / len(types) for name, total in totals.items()} | {
        "types": len(types),
        "directives": len(schema.directives),
        "args": sum(len(each.args) for each in fields) / max(len(fields), 1),
    }
