"""An exported file to the document that it was made from, with the account of every statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rdflib import RDF, BNode, Literal, URIRef

from app.domain.errors import BadInput
from app.transfer.document.form import FORMAT as DOCUMENT
from app.transfer.document.form import PARTS, SECTIONS, called
from app.transfer.owl.terms import CLASSES, FORMAT, VOCABULARY, Description, Iri, Tagged, Value, expanded, word
from app.transfer.owl.texts import FIELDS, Spelling, joined, spelling
from app.transfer.owl.views import Fact, Views
from app.transfer.owl.writing import declarations, header
from app.transfer.receipt import Code, Receipt, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rdflib.term import Node

    from app.domain.kind import Kind

DEEPEST = 64  # levels of blank nodes
_KINDS = {URIRef(expanded(term)): kind for kind, term in CLASSES.items()}
_FORMAT = URIRef(VOCABULARY + "fileFormat")
_SIDECAR = URIRef(VOCABULARY + "sidecar")
_TAG = URIRef(VOCABULARY + "languageTag")
_DEPRECATED = str(word("owl:deprecated"))
_ANNOTATION = URIRef(word("owl:AnnotationProperty"))
_VIEWS = frozenset(
    str(word(term))
    for term in ("rdf:type", "rdfs:subClassOf", "rdfs:subPropertyOf", "rdfs:domain", "rdfs:range", "owl:equivalentClass", "owl:inverseOf")
)
_Statement = tuple[Any, Any, Any]
_Thing = tuple[Value, list[_Statement]]  # a value, with the statements that it is made of


@dataclass(frozen=True)
class Said:
    """What a file that we wrote says, as the data of a document."""

    document: dict[str, Any]
    receipt: Receipt
    whole: bool  # nothing of the ontology is in a sidecar that was not read


def is_ours(statements: Iterable[_Statement]) -> bool:
    """Whether they say by our vocabulary what the file holds."""
    return any(predicate == _FORMAT for _, predicate, _ in statements)


def said(statements: Iterable[_Statement], sidecar: dict[str, Any] | None = None) -> Said:
    """The document of a file, and what of its statements is not read; what the sidecar holds is added, and prevails."""
    return _Reading(statements).said(sidecar)


class _Reading:
    def __init__(self, statements: Iterable[_Statement]) -> None:
        self._open = set(statements)
        self._statements = len(self._open)
        self._out: dict[Node, dict[URIRef, list[Node]]] = {}
        for subject, predicate, thing in self._open:
            self._out.setdefault(subject, {}).setdefault(predicate, []).append(thing)
        headers = [(subject, things) for subject, known in self._out.items() if (things := known.get(_FORMAT))]
        if len(headers) != 1 or [str(each) for each in headers[0][1]] != [FORMAT]:
            raise BadInput(f"The file does not say once, and in the form {FORMAT}, which ontology it holds.")
        self._header = headers[0][0]
        self._spelled = spelling(str(each) for each in self._things(self._header, _TAG))
        self._tally = Tally()
        self._entered: set[Node] = set()  # blank nodes that were read: what is shared could be read without end

    def said(self, sidecar: dict[str, Any] | None) -> Said:
        kinds = self._kinds()
        facts = {subject: self._fact(subject, kind) for subject, kind in kinds.items()}
        has_sidecar = bool(self._things(self._header, _SIDECAR))  # one that lies beside may be of an earlier export
        self._account(facts, has_sidecar=has_sidecar)
        if has_sidecar and sidecar is None:
            self._tally.add(Code.SIDECAR_MISSING, str(self._header), "What only the sidecar says is not read, since there is none.")
        lines = tuple(self._tally.lines())
        document = _document(facts)
        for section, entries in (sidecar or {}).items() if has_sidecar else ():
            if section != "format":
                held = document.get(section)
                document[section] = {**held, **entries} if isinstance(held, dict) and isinstance(entries, dict) else entries
        receipt = Receipt(self._statements, self._statements - sum(line.statements for line in lines), lines)
        return Said(document, receipt, whole=sidecar is not None or not has_sidecar)

    def _things(self, subject: Node, predicate: URIRef) -> list[Node]:
        return self._out.get(subject, {}).get(predicate, [])

    def _kinds(self) -> dict[Iri, Kind]:
        found: dict[Iri, Kind] = {}
        for subject, known in self._out.items():
            kinds = [_KINDS[thing] for thing in known.get(RDF.type, ()) if isinstance(thing, URIRef) and thing in _KINDS]
            if kinds and not isinstance(subject, URIRef):
                raise BadInput(f"A blank node cannot be a {kinds[0].words}.")
            if len(kinds) > 1:
                raise BadInput(f"{str(subject)[:200]} is both a {kinds[0].words} and a {kinds[1].words}.")
            found |= {Iri(subject): kinds[0]} if kinds else {}
        return dict(sorted(found.items()))

    def _fact(self, subject: Iri, kind: Kind) -> Fact:
        raw: dict[str, list[_Thing]] = {}
        for predicate, thing in self._about(URIRef(subject)):
            below: list[_Statement] = [(URIRef(subject), predicate, thing)]
            raw.setdefault(str(predicate), []).append((self._value(thing, below, 0), below))
        fields = self._fields(subject, raw)
        source = fields.get("sourceIri")
        if source is None and not subject.startswith(f"{self._header}#"):
            source = fields["sourceIri"] = str(subject)
        return Fact(kind, subject, fields, source)

    def _fields(self, subject: Iri, raw: dict[str, list[_Thing]]) -> dict[str, Any]:
        """What our vocabulary and the words that it leaves to others say of one entity; what OWL's words say after it is not read."""
        fields: dict[str, Any] = {}
        tagged: list[tuple[str, Tagged]] = []
        annotations: dict[str, list[Value]] = {}
        for predicate, things in sorted(raw.items()):
            values = [value for value, _ in things]
            if predicate in FIELDS:
                name = FIELDS[predicate]
                tagged += [(name, value) for value in values if isinstance(value, Tagged)]
                if plain := [value for value in values if not isinstance(value, Tagged)]:
                    fields[name] = _one(subject, predicate, plain)
            elif predicate == _DEPRECATED:
                fields |= {"status": "DEPRECATED"} if _one(subject, predicate, values) is True else {}
            elif predicate.startswith(VOCABULARY):
                fields[predicate.removeprefix(VOCABULARY)] = _decoded(_one(subject, predicate, values))
            elif predicate not in _VIEWS and all(isinstance(value, (str, Tagged)) and not isinstance(value, Iri) for value in values):
                annotations[predicate] = values
            else:
                continue
            self._open.difference_update(below for _, each in things for below in each)
        return joined(fields, iter(tagged), annotations)

    def _value(self, node: Node, below: list[_Statement], depth: int) -> Value:
        if depth > DEEPEST:
            raise BadInput(f"The file is nested more than {DEEPEST} levels deep.")
        if isinstance(node, Literal):
            return _plain(node, self._spelled)
        if isinstance(node, URIRef) and node != RDF.nil:
            return Iri(node)
        if node in self._entered and node != RDF.nil:
            raise BadInput("A blank node of the file stands in two places, or within itself.")
        self._entered.add(node)
        if node == RDF.nil or RDF.first in self._out.get(node, {}):
            return self._list(node, below, depth)
        made: dict[str, Value] = {}
        for predicate, thing in self._about(node):
            below.append((node, predicate, thing))
            if str(predicate) in made:
                raise BadInput(f"A blank node says two values of {str(predicate)[:200]}, where there is one.")
            made[str(predicate)] = self._value(thing, below, depth + 1)
        return made

    def _list(self, head: Node, below: list[_Statement], depth: int) -> list[Value]:
        items: list[Value] = []
        seen: set[Node] = set()
        while head != RDF.nil:
            first, rest = self._things(head, RDF.first), self._things(head, RDF.rest)
            if len(first) != 1 or len(rest) != 1 or head in seen or (seen and head in self._entered):
                raise BadInput("The file holds a list that is broken.")
            seen.add(head)
            self._entered.add(head)
            below += [(head, RDF.first, first[0]), (head, RDF.rest, rest[0])]
            items.append(self._value(first[0], below, depth + 1))
            head = rest[0]
        return items

    def _about(self, subject: Node) -> Iterator[tuple[URIRef, Node]]:
        for predicate, things in self._out.get(subject, {}).items():
            yield from ((predicate, thing) for thing in things)

    def _account(self, facts: dict[Iri, Fact], *, has_sidecar: bool) -> None:
        """Take out what OWL's words say after ours, and list the rest."""
        views = Views(facts)
        expected: list[Description] = []
        for fact in facts.values():
            types, seen = views.of(fact)
            expected += [Description(fact.subject, (CLASSES[fact.kind], *types), seen), *views.beside(fact)]
        for each in (header(Iri(self._header), self._spelled.values(), sidecar=has_sidecar), *declarations(), *expected):
            self._carry_view(each)
        for statement in list(self._open):
            if statement[1] == RDF.type and statement[2] == _ANNOTATION:
                self._open.discard(statement)
        for subject, predicate, _ in self._open:
            if isinstance(subject, URIRef) and Iri(subject) in facts:
                sentence = f"{predicate} is not read: our vocabulary says what the file holds."
                self._tally.add(Code.OUR_WORDS_PREVAIL, str(subject), sentence, 1)
            else:
                sentence = "It is not marked by our vocabulary, and the file is read by that."
                self._tally.add(Code.UNMARKED, str(subject) if isinstance(subject, URIRef) else "", sentence, 1)

    def _carry_view(self, expected: Description) -> None:
        subject = URIRef(expected.subject)
        self._open.difference_update((subject, RDF.type, URIRef(expanded(each))) for each in expected.types)
        wanted = [(URIRef(expanded(predicate)), _flat(value)) for predicate, value in expected.facts]
        for predicate, value in wanted:
            for thing in self._things(subject, predicate):
                if isinstance(thing, BNode) is not (value[0] in {"map", "list"}):
                    continue
                self._entered.clear()
                below: list[_Statement] = [(subject, predicate, thing)]
                if _flat(self._value(thing, below, 0)) == value:
                    self._open.difference_update(below)


def _one(subject: Iri, predicate: str, values: list[Value]) -> Value:
    if len(values) > 1:
        raise BadInput(f"{subject[:200]} says {len(values)} values of {predicate[:200]}, where there is one.")
    return values[0]


def _plain(node: Literal, spelled: Spelling) -> Value:
    if node.language:
        return Tagged(str(node), spelled.get(node.language.lower(), node.language.lower()))
    if node.datatype is None:
        return str(node)
    value = node.value
    if isinstance(value, (bool, int, str)):
        return value
    try:
        return float(value)  # whatever is no number raises
    except (TypeError, ValueError):
        raise BadInput(f"{str(node)[:200]!r} is not a {node.datatype}.") from None


def _decoded(value: Value) -> Any:
    """Values of statements as JSON; another entity stays an Iri."""
    if isinstance(value, dict):
        return {key.removeprefix(VOCABULARY): _decoded(each) for key, each in value.items()}
    return [_decoded(each) for each in value] if isinstance(value, list) else value


def _flat(value: Value) -> Any:
    """Something that is equal where two values say the same, whatever words or IRIs name the predicates."""
    if isinstance(value, dict):
        return (
            "map",
            frozenset((key if "://" in key or key.startswith("urn:") else expanded(key), _flat(each)) for key, each in value.items()),
        )
    if isinstance(value, list):
        return ("list", tuple(map(_flat, value)))
    return (type(value).__name__, value)


def _document(facts: dict[Iri, Fact]) -> dict[str, Any]:
    """The facts in their sections, each under its name, with names for the IRIs of others."""
    names = {subject: str(fact.fields.get("apiName", "")) for subject, fact in facts.items()}
    for subject, fact in facts.items():
        if fact.kind in PARTS:
            names[subject] = called(names[subject], names.get(_owner(fact), ""))
    document: dict[str, Any] = {"format": DOCUMENT}
    for section, kind in SECTIONS.items():
        entries: dict[str, Any] = {}
        for fact in (each for each in facts.values() if each.kind is kind):
            _enter(entries, fact, names)
        if entries:
            document[section] = entries
    for fact in (each for each in facts.values() if each.kind in PARTS):
        whole, place, _ = PARTS[fact.kind]
        section = next(name for name, kind in SECTIONS.items() if kind is whole)
        holder = document.get(section, {}).get(names.get(_owner(fact), ""))
        if holder is None:
            raise BadInput(f"{fact.subject[:200]} does not say of which {whole.words} it is.")
        _enter(holder.setdefault(place, {}), fact, names)
    return document


def _owner(fact: Fact) -> Iri:
    return Iri(str(fact.fields.get(PARTS[fact.kind][2], "")))


def _enter(entries: dict[str, Any], fact: Fact, names: dict[Iri, str]) -> None:
    fields = _unlinked(fact.fields, names)
    name = fields.pop("apiName", None)
    if fact.kind in PARTS:
        fields.pop(PARTS[fact.kind][2], None)
    if not isinstance(name, str) or not name:
        raise BadInput(f"{fact.subject[:200]} has no oms:apiName.")
    if name in entries:
        raise BadInput(f"Two of the file are named {name[:200]!r}.")
    entries[name] = fields


def _unlinked(value: Any, names: dict[Iri, str]) -> Any:
    if isinstance(value, dict):
        return {key: _unlinked(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_unlinked(each, names) for each in value]
    return names.get(value, str(value)) if isinstance(value, Iri) else value
