"""Documents: parsed, measured, validated and planned once, and remembered by their text."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from app.domain.actor import Role
from app.domain.errors import ErrorCode
from resolvers.levels.plans import Plans
from resolvers.purity import revision_pure
from resolvers.transport.analysis import COMPARISONS, comparisons, figures
from resolvers.transport.answer import OK, Refused
from resolvers.transport.cost import Pricing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import DocumentNode, GraphQLSchema, OperationType

    from app.domain.actor import Actor
    from app.limits import Limits
    from resolvers.transport.answer import GraphQLRequest
    from resolvers.transport.cost import Planned

FORBIDDEN = 403
REMEMBERED = 128  # documents; a parsed one of 1,000 tokens takes 0.7 MiB
HASH = re.compile(r"[0-9a-f]{64}")
CHEAP_RULES = (
    *(rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
)
DEAR_RULES = (OverlappingFieldsCanBeMergedRule,)  # quadratic, so only for what is right otherwise


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a valid document."""

    name: str | None
    kind: OperationType
    text: str  # of the whole document
    document: DocumentNode
    node: OperationDefinitionNode
    root_fields: frozenset[str]
    planned: Planned
    plans: Plans
    revision_pure: bool


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A valid document within all limits but that of the cost, which depends on variables."""

    operations: tuple[Operation, ...]

    def operation(self, name: str | None) -> Operation:
        """The one that is named, or the only one."""
        if name is not None:
            for each in self.operations:
                if each.name == name:
                    return each
            raise _refused(ErrorCode.BAD_REQUEST, "The document has no operation of the name in operationName.")
        if len(self.operations) > 1:
            raise _refused(ErrorCode.BAD_REQUEST, "The document has several operations: operationName must say which.")
        if not self.operations:
            raise _refused(ErrorCode.BAD_REQUEST, "The document has no operation.")
        return self.operations[0]


class Documents:
    """Reads documents; a valid one is remembered by its text."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, suggest: bool = True) -> None:
        self._schema = schema
        self._limits = limits
        self._suggest = suggest
        self.pricing = Pricing(schema, limits)
        self.read = lru_cache(REMEMBERED)(self._read)

    def _read(self, text: str) -> Document:
        node = parsed(text, self._limits)
        measured = figures(node)
        if excess := tuple(measured.excess(self._limits)):
            raise Refused(*excess)
        if measured.cycle:
            way = " → ".join(measured.cycle[:10])
            raise _refused(ErrorCode.GRAPHQL_VALIDATION_FAILED, f"A fragment spreads itself: {way}.")
        pairs = comparisons(node)
        if pairs > COMPARISONS:
            message = f"A document repeats fields in at most {COMPARISONS:,} pairs, not {pairs:,}."
            raise _refused(ErrorCode.QUERY_TOO_COMPLEX, message, limit=COMPARISONS, given=pairs)
        self._validate(node)
        operations = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)]
        return Document(tuple(self._operation(text, node, each) for each in operations))

    def _validate(self, node: DocumentNode) -> None:
        for rules in (CHEAP_RULES, DEAR_RULES):
            errors = validate(self._schema, node, rules, self._limits.errors_returned, hide_suggestions=not self._suggest)
            if errors:
                raise Refused(*(_coded(error, ErrorCode.GRAPHQL_VALIDATION_FAILED) for error in errors))

    def _operation(self, text: str, document: DocumentNode, node: OperationDefinitionNode) -> Operation:
        name = node.name.value if node.name else None
        planned = self.pricing.plan(document, node)
        return Operation(
            name,
            node.operation,
            text,
            document,
            node,
            root_fields(document, node),
            planned,
            Plans(document),
            revision_pure(self._schema, document, node),
        )


class PersistedQueries:
    """Automatic persisted queries: texts by their SHA-256, of those that were valid, the most recently used."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._texts: OrderedDict[str, str] = OrderedDict()

    def text(self, request: GraphQLRequest, _: Actor) -> str:
        """The text of the request's document, by its hash where the client left it out."""
        wanted = persisted_hash(request.extensions)
        if request.query is not None:
            if wanted is not None and sha256(request.query.encode()).hexdigest() != wanted:
                raise _refused(
                    ErrorCode.BAD_REQUEST, "extensions.persistedQuery.sha256Hash is not the hash of the query.", well_formed=False
                )
            return request.query
        if wanted is None:
            raise _refused(ErrorCode.BAD_REQUEST, "The request has no query.", well_formed=False)
        if wanted not in self._texts:
            error = GraphQLError("PersistedQueryNotFound", extensions={"code": ErrorCode.PERSISTED_QUERY_NOT_FOUND})
            raise Refused(error, status=OK)  # the client sends it again with its text
        self._texts.move_to_end(wanted)
        return self._texts[wanted]

    def remember(self, request: GraphQLRequest) -> None:
        """Keep the text of a request whose document proved valid."""
        wanted = persisted_hash(request.extensions)
        if wanted is not None and request.query is not None:
            self._texts[wanted] = request.query
            self._texts.move_to_end(wanted)
            if len(self._texts) > self._limit:
                self._texts.popitem(last=False)


class TrustedDocuments:
    """The only documents that run, by their SHA-256; an Ontology Admin, who may do everything else, may send any."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(texts)

    def text(self, request: GraphQLRequest, actor: Actor) -> str:
        """The text of the request's document, named by its hash or sent as it is in the manifest."""
        wanted = persisted_hash(request.extensions)
        if request.query is None:
            if wanted is None:
                raise _refused(ErrorCode.BAD_REQUEST, "The request has no query.", well_formed=False)
            found = self._texts.get(wanted)
        else:
            digest = sha256(request.query.encode()).hexdigest()
            if wanted not in (None, digest):
                message = "extensions.persistedQuery.sha256Hash is not the hash of the query."
                raise _refused(ErrorCode.BAD_REQUEST, message, well_formed=False)
            found = request.query if actor.may(Role.ADMIN) else self._texts.get(digest)
        if found is None:
            error = GraphQLError("Only trusted documents run here.", extensions={"code": ErrorCode.OPERATION_NOT_ALLOWED})
            raise Refused(error, status=FORBIDDEN, well_formed=False)
        return found

    def remember(self, request: GraphQLRequest) -> None:
        """Nothing: the list is closed."""


def persisted_hash(extensions: Mapping[str, Any]) -> str | None:
    """The hash that the request names its document by."""
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    if not isinstance(persisted, Mapping) or persisted.get("version") != 1:
        raise _refused(ErrorCode.BAD_REQUEST, "extensions.persistedQuery must be an object of version 1.", well_formed=False)
    wanted = persisted.get("sha256Hash")
    if not isinstance(wanted, str) or not HASH.fullmatch(wanted):
        message = "extensions.persistedQuery.sha256Hash must be 64 hexadecimal digits in lower case."
        raise _refused(ErrorCode.BAD_REQUEST, message, well_formed=False)
    return wanted


def parsed(text: str, limits: Limits) -> DocumentNode:
    """Parse, within the limits of bytes and tokens."""
    size = len(text.encode())
    if size > limits.document_bytes:
        message = f"A document has at most {limits.document_bytes:,} bytes, not {size:,}."
        raise _refused(ErrorCode.DOCUMENT_TOO_LARGE, message, limit=limits.document_bytes, given=size)
    try:
        return parse(text, max_tokens=limits.tokens, allow_empty_selection_sets=False)
    except GraphQLError as error:
        if f"more than {limits.tokens} tokens" in error.message:
            message = f"A document has at most {limits.tokens:,} tokens."
            raise _refused(ErrorCode.TOO_MANY_TOKENS, message, limit=limits.tokens) from error
        if "nested too deeply" in error.message:
            message = f"A document is nested at most {limits.depth} deep, and this one is far deeper."
            raise _refused(ErrorCode.QUERY_TOO_DEEP, message, limit=limits.depth) from error
        raise Refused(_coded(error, ErrorCode.GRAPHQL_PARSE_FAILED)) from error


def root_fields(document: DocumentNode, operation: OperationDefinitionNode) -> frozenset[str]:
    """The names of the operation's root fields, those in its fragments too."""
    fragments = {each.name.value: each.selection_set for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    names: set[str] = set()
    pending = [operation.selection_set]
    while pending:
        for node in pending.pop().selections:
            if isinstance(node, FieldNode):
                names.add(node.name.value)
            elif isinstance(node, InlineFragmentNode):
                pending.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and (below := fragments.pop(node.name.value, None)) is not None:
                pending.append(below)
    return frozenset(names)


def refusals(errors: Iterable[GraphQLError], code: ErrorCode) -> Refused:
    """One refusal of several errors that graphql-core found."""
    return Refused(*(_coded(error, code) for error in errors))


def _coded(error: GraphQLError, code: ErrorCode) -> GraphQLError:
    return GraphQLError(error.message, error.nodes, error.source, error.positions, extensions={"code": code})


def _refused(code: ErrorCode, message: str, *, well_formed: bool = True, **data: int) -> Refused:
    return Refused(GraphQLError(message, extensions={"code": code, **data}), well_formed=well_formed)
