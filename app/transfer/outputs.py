"""An ontology in any of the forms that are written, with what the form cannot say: its receipt, and a sidecar where one helps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.transfer.document.text import json_of, yaml_of
from app.transfer.owl.json_ld import json_ld
from app.transfer.owl.turtle import turtle
from app.transfer.owl.writing import Statements
from app.transfer.receipt import Loss, Receipt, Tally
from app.transfer.schemas.graphql import GraphQLSchema
from app.transfer.schemas.json_schema import JsonSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.transfer.document.writing import Writing


class Output(StrEnum):
    """What an export is written in."""

    YAML = "yaml"
    JSON = "json"
    TURTLE = "turtle"
    JSON_LD = "json-ld"
    JSON_SCHEMA = "json-schema"
    GRAPHQL = "graphql"


ENDINGS = {
    ".yaml": Output.YAML, ".yml": Output.YAML, ".json": Output.JSON, ".ttl": Output.TURTLE, ".jsonld": Output.JSON_LD,
    ".schema.json": Output.JSON_SCHEMA, ".graphql": Output.GRAPHQL, ".graphqls": Output.GRAPHQL,
}  # fmt: skip
MEDIA = {
    Output.YAML: "application/yaml", Output.JSON: "application/json", Output.TURTLE: "text/turtle", Output.JSON_LD: "application/ld+json",
    Output.JSON_SCHEMA: "application/schema+json", Output.GRAPHQL: "application/graphql",
}  # fmt: skip
SIDECAR = ".oms.yaml"  # in place of the file's own ending


@dataclass(frozen=True)
class Written:
    """One file in pieces, its sidecar where it needs one, and what it does not say without that."""

    pieces: Iterable[str]
    sidecar: str | None
    receipt: Receipt


def written(writing: Writing, output: Output, ontology: str) -> Written:
    """The ontology in the wished form; the same entities give the same bytes."""
    return _WRITERS[output](writing, ontology)


def _whole(text_of: Callable[[Writing], Iterator[str]]) -> Callable[[Writing, str], Written]:
    def write(writing: Writing, _: str) -> Written:
        facts = sum(len(writing.fields(each)) for each in writing.entities())
        return Written(text_of(writing), None, Receipt(facts, facts))

    return write


def _statements(text_of: Callable[[Statements], Iterator[str]]) -> Callable[[Writing, str], Written]:
    def write(writing: Writing, ontology: str) -> Written:
        statements = Statements(writing, ontology)
        tally = Tally()
        unsaid = 0
        for entity in statements.unsaid:
            facts = len(writing.fields(entity))
            unsaid += facts
            sentence = "What people may do to objects is no statement about them: only the sidecar says it."
            tally.add(Loss.IN_SIDECAR, f"{entity.kind.words} {writing.called(entity.rid)}", sentence, facts)
        carried = sum(len(each.fields) for each in statements.facts.values())
        receipt = Receipt(carried + unsaid, carried, tuple(tally.lines()))
        kinds = {each.kind for each in statements.unsaid}
        return Written(text_of(statements), "".join(yaml_of(writing, kinds)) if kinds else None, receipt)

    return write


def _json_schema(writing: Writing, ontology: str) -> Written:
    made = JsonSchema(writing, ontology)
    return Written(made.text(), None, made.account.receipt())


def _graphql(writing: Writing, _: str) -> Written:
    made = GraphQLSchema(writing)
    return Written(made.text(), None, made.account.receipt())


_WRITERS: dict[Output, Callable[[Writing, str], Written]] = {
    Output.YAML: _whole(yaml_of),
    Output.JSON: _whole(json_of),
    Output.TURTLE: _statements(lambda statements: turtle(statements.descriptions(), statements.base)),
    Output.JSON_LD: _statements(lambda statements: json_ld(statements.descriptions(), statements.base)),
    Output.JSON_SCHEMA: _json_schema,
    Output.GRAPHQL: _graphql,
}
