"""How large a document is, found in one pass before anything else looks at it.

Each definition is walked once and each fragment summed up once, so the time is linear in the document and not in what
its fragments would expand to. Nothing here needs the schema; what an answer may hold is in cost.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

from graphql import (
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
)

from app.domain.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from graphql import DirectiveNode, DocumentNode, SelectionSetNode, ValueNode

    from app.limits import Limits

CEILING = 1_000_000_000  # a figure that is this large is not counted further
NESTING_A_DEPTH = 4  # fragments do not count as depth, but cannot nest without end either
ROOT_FIELDS_SUBSCRIPTION = 1
COMPARISONS = 2_000  # pairs of fields in one place; validation compares each with each, in about 10 µs
_TIMES = itemgetter(1)

Names = dict[tuple[str | None, str], int]  # how often by type condition and response name


@dataclass(slots=True)
class Level:
    """The fields that stand beside each other, inline fragments dissolved and spreads not yet.

    A name counts for the type that its fragment is on, if any: fields on different types do not meet in one answer.
    """

    depth: int
    names: Names = field(default_factory=dict)
    spreads: dict[str, tuple[int, int]] = field(default_factory=dict)  # fragment: how often, how deep at most


@dataclass(slots=True)
class Sketch:
    """What one definition says by itself."""

    levels: list[Level]
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    nesting: int = 0
    literal_depth: int = 0
    longest_number: int = 0


@dataclass(frozen=True, slots=True)
class Extent:
    """A definition with all its fragments expanded."""

    fields: int
    aliases: int
    depth: int
    nesting: int
    names: Names
    repeated: tuple[int, str]  # how often the most repeated response name of a selection set stands there


@dataclass(frozen=True, slots=True)
class Figures:
    """The sizes of a document: sums over its operations, and of depths the greatest."""

    fields: int
    aliases: int
    directives: int
    depth: int
    nesting: int
    literal_depth: int
    longest_number: int
    repeated: tuple[int, str]
    root_fields: tuple[tuple[OperationType, int], ...]
    cycle: tuple[str, ...] = ()

    def excess(self, limits: Limits) -> Iterator[GraphQLError]:
        """One error for each limit that the document exceeds."""
        times, name = self.repeated
        yield from _over(ErrorCode.TOO_MANY_ALIASES, "A document has at most {} aliases, not {}.", limits.aliases, self.aliases)
        yield from _over(ErrorCode.TOO_MANY_DIRECTIVES, "A document has at most {} directives, not {}.", limits.directives, self.directives)
        for kind, count in self.root_fields:
            text = f"A {kind.value} has at most {{}} root fields, not {{}}."
            yield from _over(ErrorCode.TOO_MANY_ROOT_FIELDS, text, _root_limit(kind, limits), count)
        deepest = "A document is nested at most {} deep, not {}."
        yield from _over(ErrorCode.QUERY_TOO_DEEP, deepest, limits.depth, self.depth)
        nested = "Fragments and fields are nested at most {} deep, not {}."
        yield from _over(ErrorCode.QUERY_TOO_DEEP, nested, limits.depth * NESTING_A_DEPTH, self.nesting)
        literals = "Values are nested at most {} deep, not {}."
        yield from _over(ErrorCode.QUERY_TOO_DEEP, literals, limits.json_depth, self.literal_depth)
        expanded = "A document has at most {} fields with its fragments expanded, not {}."
        yield from _over(ErrorCode.QUERY_TOO_COMPLEX, expanded, limits.fields, self.fields)
        same = f"A selection set holds one response name at most {{}} times; {name!r} stands there {{}} times."
        yield from _over(ErrorCode.QUERY_TOO_COMPLEX, same, limits.same_response_name, times)
        digits = "A number has at most {} digits, not {}."
        yield from _over(ErrorCode.QUERY_TOO_COMPLEX, digits, limits.json_digits, self.longest_number)


def figures(document: DocumentNode) -> Figures:
    """Measure a document; a fragment that spreads itself is named in `cycle` and counted once."""
    fragments: dict[str, Sketch] = {}
    operations: list[tuple[OperationDefinitionNode, Sketch]] = []
    shadowed: list[Sketch] = []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            operations.append((definition, sketch(definition)))
        elif isinstance(definition, FragmentDefinitionNode):
            if definition.name.value in fragments:  # refused later, by name; its size counts now
                shadowed.append(fragments[definition.name.value])
            fragments[definition.name.value] = sketch(definition)
    extents, cycle = _extents(fragments)
    spread = {name for each in _all(fragments, operations, shadowed) for level in each.levels for name in level.spreads}
    roots = [(kind.operation, extent(each, extents)) for kind, each in operations]
    unused = [whole for name, whole in extents.items() if name not in spread] + [extent(each, extents) for each in shadowed]
    wholes = [whole for _, whole in roots] + unused
    sketches = list(_all(fragments, operations, shadowed))
    return Figures(
        fields=_sum(whole.fields for whole in wholes),
        aliases=_sum(whole.aliases for whole in wholes),
        directives=_sum(each.directives for each in sketches),
        depth=max((whole.depth for whole in wholes), default=0),
        nesting=max((whole.nesting for whole in wholes), default=0),
        literal_depth=max((each.literal_depth for each in sketches), default=0),
        longest_number=max((each.longest_number for each in sketches), default=0),
        repeated=max((whole.repeated for whole in [*wholes, *extents.values()]), default=(0, "")),
        root_fields=tuple((kind, min(sum(whole.names.values()), CEILING)) for kind, whole in roots),
        cycle=cycle,
    )


def sketch(definition: OperationDefinitionNode | FragmentDefinitionNode) -> Sketch:
    """Walk one definition without recursion: a document may nest deeper than the interpreter."""
    condition = definition.type_condition.name.value if isinstance(definition, FragmentDefinitionNode) else None
    top = Level(depth=1)
    drawn = Sketch([top])
    _directives(drawn, definition.directives)
    for variable in definition.variable_definitions or ():
        _directives(drawn, variable.directives)
        if variable.default_value:
            _literal(drawn, variable.default_value)
    pending: list[tuple[SelectionSetNode, Level, str | None, int]] = [(definition.selection_set, top, condition, 1)]
    while pending:
        selections, level, condition, nesting = pending.pop()
        drawn.nesting = max(drawn.nesting, nesting)
        for selection in selections.selections:
            _directives(drawn, selection.directives)
            if isinstance(selection, FieldNode):
                _field(drawn, level, condition, selection)
                if selection.selection_set:
                    drawn.levels.append(Level(level.depth + 1))
                    pending.append((selection.selection_set, drawn.levels[-1], None, nesting + 1))
            elif isinstance(selection, InlineFragmentNode):
                on = selection.type_condition.name.value if selection.type_condition else condition
                pending.append((selection.selection_set, level, on, nesting + 1))
            elif isinstance(selection, FragmentSpreadNode):
                times, deepest = level.spreads.get(selection.name.value, (0, 0))
                level.spreads[selection.name.value] = (times + 1, max(deepest, nesting))
    return drawn


def extent(drawn: Sketch, fragments: dict[str, Extent]) -> Extent:
    """Sum up a definition, given its fragments summed up before."""
    fields, aliases, depth, nesting = drawn.fields, drawn.aliases, 0, drawn.nesting
    repeated, top = (0, ""), drawn.levels[0].names
    for level in drawn.levels:
        names = level.names
        depth = max(depth, level.depth) if names else depth
        for name, (times, at) in level.spreads.items():
            whole = fragments.get(name)
            if whole is None:  # unknown, or a cycle: refused elsewhere
                continue
            names = _added(names, whole.names, times)
            fields, aliases = fields + times * whole.fields, aliases + times * whole.aliases
            depth, nesting = max(depth, level.depth - 1 + whole.depth), max(nesting, at + whole.nesting)
        repeated = max(repeated, _repeated(names))
        if level is drawn.levels[0]:
            top = names
    return Extent(min(fields, CEILING), min(aliases, CEILING), depth, nesting, top, repeated)


def comparisons(document: DocumentNode) -> int:
    """How many pairs of fields validation has to compare, because they stand at one place of the answer.

    It writes the fragments out: only for a document whose expanded fields are within their limit.
    """
    fragments = {each.name.value: each.selection_set for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    pending = [[each.selection_set] for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    pairs = 0
    while pending:
        merged = _merged(pending.pop(), fragments)
        pairs += sum(len(nodes) * (len(nodes) - 1) // 2 for nodes in merged.values())
        below = ([node.selection_set for node in nodes if node.selection_set] for nodes in merged.values())
        pending.extend(group for group in below if group)
    return pairs


def _merged(group: list[SelectionSetNode], fragments: dict[str, SelectionSetNode]) -> dict[str, list[FieldNode]]:
    """The fields of one place by response name, each fragment once, as validation and execution have them."""
    merged: dict[str, list[FieldNode]] = {}
    spread: set[str] = set()
    pending = list(group)
    while pending:
        for node in pending.pop().selections:
            if isinstance(node, FieldNode):
                merged.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                pending.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments and node.name.value not in spread:
                spread.add(node.name.value)
                pending.append(fragments[node.name.value])
    return merged


def _extents(fragments: dict[str, Sketch]) -> tuple[dict[str, Extent], tuple[str, ...]]:
    """Every fragment after those that it spreads; the first cycle that is found is named."""
    extents: dict[str, Extent] = {}
    entered: dict[str, None] = {}  # the way from the root to here, in order
    cycle: tuple[str, ...] = ()
    for root in fragments:
        pending: list[tuple[str, bool]] = [(root, False)]
        while pending:
            name, left = pending.pop()
            if left:
                del entered[name]
                extents[name] = extent(fragments[name], extents)
            elif name in entered:
                way = list(entered)
                cycle = cycle or (*way[way.index(name) :], name)
            elif name not in extents:
                entered[name] = None
                pending.append((name, True))
                pending.extend((to, False) for to in _spread(fragments[name]) if to in fragments and to not in extents)
    return extents, cycle


def _spread(drawn: Sketch) -> list[str]:
    return list(dict.fromkeys(name for level in drawn.levels for name in level.spreads))


def _field(drawn: Sketch, level: Level, condition: str | None, node: FieldNode) -> None:
    drawn.fields += 1
    drawn.aliases += node.alias is not None
    key = (condition, (node.alias or node.name).value)
    level.names[key] = level.names.get(key, 0) + 1
    for argument in node.arguments or ():
        _literal(drawn, argument.value)


def _directives(drawn: Sketch, directives: Sequence[DirectiveNode] | None) -> None:
    for directive in directives or ():
        drawn.directives += 1
        for argument in directive.arguments or ():
            _literal(drawn, argument.value)


def _literal(drawn: Sketch, literal: ValueNode) -> None:
    pending: list[tuple[ValueNode, int]] = [(literal, 0)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, ListValueNode):
            pending.extend((item, depth + 1) for item in value.values or ())
        elif isinstance(value, ObjectValueNode):
            pending.extend((item.value, depth + 1) for item in value.fields or ())
        elif isinstance(value, IntValueNode | FloatValueNode):
            drawn.longest_number = max(drawn.longest_number, len(value.value))
            continue
        else:
            continue
        drawn.literal_depth = max(drawn.literal_depth, depth + 1)


def _repeated(names: Names) -> tuple[int, str]:
    """The most frequent name; what stands without a condition meets what stands under one."""
    everywhere = {name: times for (on, name), times in names.items() if on is None}
    if not names or len(everywhere) in (0, len(names)):
        (_, name), times = max(names.items(), key=_TIMES, default=((None, ""), 0))
    else:
        met = ((times + (everywhere.get(name, 0) if on else 0), name) for (on, name), times in names.items())
        times, name = max(met)
    return min(times, CEILING), name


def _added(names: Names, more: Names, times: int) -> Names:
    """New counts, or one of the two where the other adds nothing: chains of fragments then share theirs."""
    if not more or (not names and times == 1):
        return more or names
    added, before = names.copy(), names.get
    for key, count in more.items():
        added[key] = before(key, 0) + times * count
    return added


def _all(
    fragments: dict[str, Sketch], operations: list[tuple[OperationDefinitionNode, Sketch]], shadowed: list[Sketch]
) -> Iterator[Sketch]:
    yield from fragments.values()
    yield from (each for _, each in operations)
    yield from shadowed


def _sum(numbers: Iterable[int]) -> int:
    return min(sum(numbers), CEILING)


def _root_limit(kind: OperationType, limits: Limits) -> int:
    if kind is OperationType.MUTATION:
        return limits.root_fields_mutation
    return limits.root_fields_query if kind is OperationType.QUERY else ROOT_FIELDS_SUBSCRIPTION


def _over(code: ErrorCode, text: str, limit: int, given: int) -> Iterator[GraphQLError]:
    if given > limit:
        figure = f"{given:,}" if given < CEILING else f"{CEILING:,} or more"
        yield GraphQLError(text.format(f"{limit:,}", figure), extensions={"code": code, "limit": limit, "given": given})
