"""Which fields are revision-pure: made of definitions and of the log, so that their answer at a revision is the same for ever.

What is not declared here is not pure, and a test wants every type and every field with a resolver declared one way or
the other. A connection and its edges are as pure as the field that leads to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, get_named_type

if TYPE_CHECKING:
    from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, SelectionSetNode

CONTAINERS = ("Connection", "Edge")


class Purity(NamedTuple):
    """Of one type: its fields with a resolver that are pure, and those that are not; its other fields are, but for the named ones."""

    pure: frozenset[str] = frozenset()
    impure: frozenset[str] = frozenset()


def _purity(pure: str = "", impure: str = "") -> Purity:
    return Purity(frozenset(pure.split()), frozenset(impure.split()))


_ENTITY = "ontology history usedBy blame"
PURE: dict[str, Purity] = {
    # The ontology's own texts and settings change without a revision; what its rid alone leads to may come into being in another ontology.
    "Query": _purity("ontology", "node nodes ontologies objectType changeSet search suggest deadLetters exportOntology job me serverStatus"),
    "Ontology": _purity(
        "objectTypes properties sharedProperties linkTypes interfaces actionTypes valueTypes typeGroups objectType sharedProperty linkType interface "
        "actionType valueType typeGroup entity entities history revisions mergedRevision statistics",
        "changeSets locks auditLog search suggest graph apiName displayName description settings version updatedAt updatedBy archivedAt",
    ),
    "Node": _purity(),
    "Entity": _purity(_ENTITY, "lock indexStatus"),
    "ObjectType": _purity(f"{_ENTITY} primaryKey titleProperty properties links interfaces actions typeGroups", "lock indexStatus"),
    "Property": _purity(f"{_ENTITY} objectType sharedProperty valueType", "lock indexStatus"),
    "SharedProperty": _purity(f"{_ENTITY} valueType properties interfaces", "lock indexStatus"),
    "LinkType": _purity(f"{_ENTITY} backing", "lock indexStatus"),
    "Interface": _purity(f"{_ENTITY} extends extendedBy implementedBy", "lock indexStatus"),
    "ActionType": _purity(_ENTITY, "lock indexStatus"),
    "ValueType": _purity(f"{_ENTITY} properties sharedProperties", "lock indexStatus"),
    "TypeGroup": _purity(f"{_ENTITY} objectTypes", "lock indexStatus"),
    "ObjectTypeLink": _purity("other"),
    "Implementation": _purity("interface"),
    "PropertyMapping": _purity("declaredBy property"),
    "LinkSide": _purity("objectType"),
    "ForeignKeyBacking": _purity("property"),
    "IntermediaryBacking": _purity("objectType linkA linkB"),
    "InterfaceProperty": _purity("sharedProperty valueType"),
    "InterfaceLink": _purity("target"),
    "ActionParameter": _purity("objectType interface"),
    "ActionRule": _purity("objectType interface linkType"),
    "Assignment": _purity("property"),
    "Operand": _purity("property"),
    "Deprecation": _purity("replacedBy"),
    "FieldBlame": _purity("", "changeSet"),
    "EntityChange": _purity("entity before fields", "changeSet"),
    "MergedRevision": _purity("ontology changes", "changeSet"),
    **dict.fromkeys(
        (
            "ActionFunction", "ExportReceiptLine", "OntologyExport", "Annotation", "AnnotationText", "Condition", "Constraint", "DataType", "FieldChange", "FunctionArgument", "Icon",
            "JoinBacking", "KindCounts", "KindStatistics", "OntologyStatistics", "PageInfo", "PropertyFormat", "StatusCount", "StructField",
            "SubmissionCriterion", "Translation",
        ),
        _purity(),
    ),
}  # fmt: skip


def revision_pure(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> bool:
    """Whether every field that the operation may select is pure."""
    root = schema.get_root_type(operation.operation)
    if root is None or root is not schema.query_type:
        return False
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    seen: set[str] = set()
    waiting: list[tuple[Any, SelectionSetNode]] = [(root, operation.selection_set)]
    while waiting:
        kind, below = waiting.pop()
        for node in below.selections:
            if isinstance(node, FieldNode):
                name = node.name.value
                if name == "__typename":
                    continue
                if not pure(kind.name, name, basic=_basic(kind, name)):
                    return False
                if node.selection_set is not None:
                    waiting.append((get_named_type(kind.fields[name].type), node.selection_set))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                waiting.append((schema.type_map[condition.name.value] if condition else kind, node.selection_set))
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = fragments[node.name.value]
                waiting.append((schema.type_map[fragment.type_condition.name.value], fragment.selection_set))
    return True


def pure(kind: str, field: str, *, basic: bool) -> bool:
    """Whether a field of a type is; `basic` ones have no resolver."""
    if kind.endswith(CONTAINERS):
        return basic
    known = PURE.get(kind)
    if known is None:
        return False
    return field not in known.impure if basic else field in known.pure


def _basic(kind: Any, field: str) -> bool:
    definition = kind.fields.get(field)
    declared = definition.extensions.get("strawberry-definition") if definition is not None else None
    return cast("bool", getattr(declared, "is_basic_field", False))
