"""Entities to descriptions: each fact in one place, in OWL's words where they say exactly that, else in ours."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from app.domain.kind import Kind
from app.domain.kinds import KINDS
from app.transfer.document.walk import fields_below
from app.transfer.owl.terms import (
    CLASSES,
    FORMAT,
    Description,
    Iri,
    Value,
    base_of,
    header_of,
    local,
    usable,
    word,
)
from app.transfer.owl.texts import TEXTS, languages, spelling, split
from app.transfer.owl.views import Fact, Views

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.domain.entity import Entity
    from app.transfer.document.writing import Writing

# Whose sourceIri is the IRI of the file where several bear the same one: the first of these.
_CLAIMS = (Kind.OBJECT_TYPE, Kind.SHARED_PROPERTY, Kind.VALUE_TYPE, Kind.LINK_TYPE, Kind.PROPERTY, Kind.INTERFACE, Kind.TYPE_GROUP)


class Statements:
    """What a file of statements says of one ontology."""

    def __init__(self, writing: Writing, ontology: str) -> None:
        self._writing = writing
        self.ontology = ontology
        self.base = base_of(ontology)
        self._entities = [each for each in writing.entities() if each.kind in CLASSES]
        self.unsaid = [each for each in writing.entities() if each.kind not in CLASSES]
        self._subjects = self._named()
        self._taken = set(self._subjects.values())
        self.facts = {self._subjects[each.rid]: self._fact(each) for each in self._entities}
        self._spelling = spelling({tag for fact in self.facts.values() for tag in languages(fact.fields)})

    def descriptions(self) -> Iterator[Description]:
        """The header, the words that are used, then every entity in the order of the document."""
        said = list(self._said())
        yield header(header_of(self.ontology), self._spelling.values(), sidecar=bool(self.unsaid))
        yield from declarations()
        keys = {predicate for each in said for predicate, _ in each.facts if isinstance(predicate, Iri)}
        for key in sorted(keys):
            yield Description(key, ("owl:AnnotationProperty",), ())
        yield from said

    def _said(self) -> Iterator[Description]:
        views = Views(self.facts)
        for subject, fact in self.facts.items():
            types, seen = views.of(fact)
            yield Description(subject, (CLASSES[fact.kind], *types), (*self._lines(fact), *seen))
            yield from views.beside(fact)

    def _named(self) -> dict[str, Iri]:
        """The IRI of each entity: its sourceIri, where that is one and nobody else has it."""
        named: dict[str, Iri] = {}
        claimed: set[str] = set()
        for kind in _CLAIMS:
            for entity in self._entities:
                if entity.kind is not kind:
                    continue
                source = entity.definition.source_iri
                if source and usable(source) and source not in claimed:
                    claimed.add(source)
                    named[entity.rid] = Iri(source)
                else:
                    named[entity.rid] = Iri(self.base + local(kind, self._writing.called(entity.rid)))
        return named

    def _fact(self, entity: Entity) -> Fact:
        def change(_: str, rid: str, __: str) -> Any:
            return self._subjects.get(rid, rid)

        return Fact(entity.kind, self._subjects[entity.rid], self._writing.fields(entity, change), entity.definition.source_iri)

    def _lines(self, fact: Fact) -> Iterator[tuple[str, Value]]:
        fields, texts = split(fact.fields, self._taken, self._spelling)
        if fields.get("sourceIri") == fact.subject:
            del fields["sourceIri"]
        if fields.get("status") == "DEPRECATED":
            del fields["status"]
            yield "owl:deprecated", True
        for name, value in fields.items():
            yield TEXTS.get(name, f"oms:{name}"), encoded(value)
        yield from texts


def header(subject: Iri, tags: Iterable[str], *, sidecar: bool) -> Description:
    """The ontology as a whole: how language tags are spelled in it, and whether a sidecar says more of it."""
    facts: list[tuple[str, Value]] = [("oms:fileFormat", FORMAT)]
    facts += [("oms:sidecar", True)] if sidecar else []
    facts += [("oms:languageTag", tag) for tag in sorted(tags) if tag != tag.lower()]
    return Description(subject, ("owl:Ontology",), tuple(facts))


def encoded(value: Any) -> Value:
    """JSON as values of statements: each key of a map is a word of ours."""
    if isinstance(value, dict):
        return {f"oms:{key}": encoded(each) for key, each in value.items()}
    return [encoded(each) for each in value] if isinstance(value, list) else value


@cache
def declarations() -> tuple[Description, ...]:
    """Every word of the vocabulary, so that tools need not guess what it is."""
    names = {"fileFormat", "sidecar", "languageTag", "text", "translations", "annotations", "key", "texts", "language"}
    for kind in CLASSES:
        names.update(fields_below(KINDS[kind]))
    words = {f"oms:{name}" for name in names}
    classes = [Description(word(term), ("owl:Class",), ()) for term in sorted(CLASSES.values())]
    return (*classes, *(Description(word(term), ("owl:AnnotationProperty",), ()) for term in sorted(words)))
