"""The texts of a term: display name, description, translations, annotations, status and source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rdflib import OWL, RDF, RDFS, Literal, URIRef
from rdflib.namespace import SKOS

from app.domain.common import ANNOTATION_TEXT, ANNOTATIONS, IRI, LANGUAGE, LANGUAGES
from app.domain.text import DESCRIPTION, DISPLAY_NAME, nfc, refused_character
from app.transfer.rdf.vocabulary import (
    COMMENTS,
    DISJOINTNESS,
    DOMAINS,
    EQUIVALENCES,
    INVERSES,
    LABELS,
    RANGES,
    SUPERSEDED,
    local_name,
)  # fmt: skip
from app.transfer.receipt import Code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.transfer.rdf.facts import Facts

# What the mapping reads for itself; whatever else the file says about a term is an annotation.
_READ = (
    DOMAINS | RANGES | INVERSES | SUPERSEDED | EQUIVALENCES | DISJOINTNESS | frozenset(LABELS) | frozenset(COMMENTS)
    | {RDF.type, RDFS.subClassOf, RDFS.subPropertyOf, OWL.deprecated, OWL.oneOf, OWL.unionOf, OWL.intersectionOf, OWL.hasKey,
       OWL.propertyChainAxiom, OWL.onDatatype, SKOS.hasTopConcept, OWL.withRestrictions}
)  # fmt: skip

Found = tuple[URIRef, Literal]


class Texts:
    """Reads what a term is called, in the wished languages first."""

    def __init__(self, facts: Facts, languages: Sequence[str] = ("en",)) -> None:
        self._facts = facts
        self._languages = [language.lower() for language in languages]
        self._fields: dict[URIRef, dict[str, Any]] = {}

    def label(self, iri: URIRef) -> str:
        """What the term is called in the first language there is; its local name where it has no label."""
        return self._called(iri, self._best(self._literals(iri, LABELS)))

    def fields(self, iri: URIRef) -> dict[str, Any]:
        """The fields that every kind has, but for apiName and status; the statements behind them are carried."""
        # A class with subclasses is asked for twice: for its object type, and for its interface.
        if (known := self._fields.get(iri)) is None:
            known = self._fields[iri] = self._read(iri)
        return dict(known)

    def _read(self, iri: URIRef) -> dict[str, Any]:
        labels, comments = self._literals(iri, LABELS), self._literals(iri, COMMENTS)
        label, comment = self._best(labels), self._best(comments)
        fields: dict[str, Any] = {"displayName": self._clean(iri, "label", self._called(iri, label), DISPLAY_NAME, local_name(iri))}
        if comment is not None and (description := self._clean(iri, "comment", str(comment[1]), DESCRIPTION)):
            fields["description"] = description
        translations: dict[str, dict[str, str]] = {}
        annotations: dict[str, list[dict[str, str]]] = {}
        self._rest(iri, labels, label, "displayName", DISPLAY_NAME, translations, annotations)
        self._rest(iri, comments, comment, "description", DESCRIPTION, translations, annotations)
        self._annotate(iri, annotations)
        if translations:
            fields["translations"] = {language: translations[language] for language in sorted(translations)}
        if annotations:
            fields["annotations"] = {key: annotations[key] for key in sorted(annotations)}
        if 1 <= len(iri) <= IRI and not refused_character(iri) and not any(part.isspace() for part in iri):
            fields["sourceIri"] = nfc(str(iri))
        return fields

    def _called(self, iri: URIRef, label: Found | None) -> str:
        return str(label[1]) if label is not None and str(label[1]).strip() else local_name(iri) or str(iri)

    def _literals(self, iri: URIRef, predicates: Sequence[URIRef]) -> list[Found]:
        return [
            (predicate, thing) for predicate in predicates for thing in self._facts.things(iri, predicate) if isinstance(thing, Literal)
        ]

    def _best(self, literals: list[Found]) -> Found | None:
        """The first in the order: wished languages, no language, the others by their tag; of equals the first by text."""
        if len(literals) <= 1:
            return literals[0] if literals else None

        def order(found: Found) -> tuple[int, str]:
            language = (found[1].language or "").lower()
            for rank, wished in enumerate(self._languages):
                if language == wished or language.startswith(f"{wished}-"):
                    return (rank, language)
            return (len(self._languages) + (1 if language else 0), language)

        return min(literals, key=order)

    def _rest(
        self, iri: URIRef, literals: list[Found], chosen: Found | None, name: str, longest: int,
        translations: dict[str, dict[str, str]], annotations: dict[str, list[dict[str, str]]],
    ) -> None:  # fmt: skip
        """Labels and comments beside the chosen one: translations, and annotations where a language has one already."""
        for found in literals:
            predicate, literal = found
            self._facts.carry(iri, predicate, literal)
            if found is chosen:
                continue
            language = self._facts.language(literal)
            fits = LANGUAGE.fullmatch(language) and name not in translations.get(language, {})
            if fits and (language in translations or len(translations) < LANGUAGES):
                translations.setdefault(language, {})[name] = self._clean(iri, name, str(literal), longest)
            else:
                annotations.setdefault(str(predicate), []).append(self._annotation(iri, literal))

    def _annotate(self, iri: URIRef, annotations: dict[str, list[dict[str, str]]]) -> None:
        for predicate, thing in self._facts.about(iri):
            if predicate in _READ:
                continue
            key = nfc(str(predicate))
            if not self._has_room(key, annotations):
                sentence = f"More than {ANNOTATIONS} annotations, or one whose name is no text: {predicate} is not carried."
                self._facts.list_statement(Code.ANNOTATION_NOT_CARRIED, (iri, predicate, thing), sentence)
            elif isinstance(thing, Literal):
                annotations.setdefault(key, []).append(self._annotation(iri, thing))
                self._facts.carry(iri, predicate, thing)
            elif isinstance(thing, URIRef):
                annotations.setdefault(key, []).append({"text": self._clean(iri, key, str(thing), ANNOTATION_TEXT)})
                self._facts.carry(iri, predicate, thing)
                self._facts.tally.add(
                    Code.IRI_AS_TEXT, str(iri), f"{local_name(predicate)} <{thing}> is kept as the text of an annotation."
                )

    def _has_room(self, key: str, annotations: dict[str, list[dict[str, str]]]) -> bool:
        return 1 <= len(key) <= IRI and not refused_character(key) and (key in annotations or len(annotations) < ANNOTATIONS)

    def _annotation(self, iri: URIRef, literal: Literal) -> dict[str, str]:
        made = {"text": self._clean(iri, "annotation", str(literal), ANNOTATION_TEXT)}
        if literal.language:
            made["language"] = self._facts.language(literal)
        return made

    def _clean(self, iri: URIRef, what: str, text: str, longest: int, otherwise: str = "") -> str:
        """The text as a definition may hold it; what had to be changed is listed."""
        made = nfc(text)
        while (refused := refused_character(made)) is not None:
            made = made.replace(chr(int(refused.removeprefix("U+"), base=16)), "")
        if len(made) > longest:
            made = made[: longest - 1] + "…"
        if not made.strip() and otherwise:
            made = otherwise
        if made != nfc(text):
            self._facts.tally.add(
                Code.TEXT_CHANGED, str(iri), f"The {what} was longer than {longest:,} characters or held what no text may hold."
            )
        return made
