"""The statements of a graph, indexed once and always walked in one order, each accounted for at the end."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from rdflib import RDF, BNode, Graph, Literal, URIRef
from rdflib.term import Node

from app.domain.gauge import begin
from app.transfer.rdf.vocabulary import SETS
from app.transfer.receipt import Code, Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.transfer.rdf.statements import Statements

Statement = tuple[Node, URIRef, Node]
_Index = dict[Node, dict[URIRef, list[Node]]]


class Facts:
    """What the file says, and which of it is accounted for: carried by an entity, or counted on a line."""

    def __init__(self, graph: Graph | Statements) -> None:
        self._out: dict[Node, dict[URIRef, list[Node]]] = {}
        self._in: dict[Node, dict[URIRef, list[Node]]] = {}
        self._open: set[Statement] = set()
        self.statements = len(graph)
        for subject, predicate, thing in graph:
            if isinstance(predicate, URIRef):
                self._open.add((subject, predicate, thing))
                self._out.setdefault(subject, {}).setdefault(predicate, []).append(thing)
                self._in.setdefault(thing, {}).setdefault(predicate, []).append(subject)
        self._blank = _described(self._out)
        for index in (self._out, self._in):
            for predicates in index.values():
                for nodes in predicates.values():
                    if len(nodes) > 1:
                        nodes.sort(key=self._order)
        self.tally = Tally()
        self._tags = _spelled(getattr(graph, "tags", {}), self.tally)
        begin("MAP", self.statements, "statements", lambda: self.statements - len(self._open))

    def language(self, literal: Literal) -> str:
        """The literal's language tag as the file spells it; empty where it has none."""
        tag = literal.language or ""
        return self._tags.get(tag, tag)

    def _order(self, node: Node) -> tuple[str, str, str]:
        if isinstance(node, Literal):
            return (str(node), node.language or "", str(node.datatype or ""))
        # A blank node's own name is made up anew whenever the file is read; what it is described by stays.
        return ("", self._blank.get(node, ""), "") if isinstance(node, BNode) else (str(node), "", "")

    def subjects(self) -> list[URIRef]:
        """Every IRI that the file says something about, in order."""
        return sorted(subject for subject in self._out if isinstance(subject, URIRef))

    def of(self, subject: Node, predicates: Iterable[URIRef]) -> Iterator[tuple[URIRef, Node]]:
        """What the file says about the subject by any of the predicates."""
        known = self._out.get(subject, {})
        for predicate in sorted(predicates) if len(known) > 1 else known:
            if predicate in known and predicate in predicates:
                for thing in known[predicate]:
                    yield predicate, thing

    def about(self, subject: Node) -> Iterator[tuple[URIRef, Node]]:
        """All that the file says about the subject."""
        known = self._out.get(subject, {})
        for predicate in sorted(known):
            for thing in known[predicate]:
                yield predicate, thing

    def things(self, subject: Node, *predicates: URIRef) -> list[Node]:
        """The objects of the statements by any of the predicates, each once."""
        known = self._out.get(subject, {})
        if len(predicates) == 1:  # each statement is there once
            return list(known.get(predicates[0], ()))
        return list(dict.fromkeys(thing for predicate in predicates for thing in known.get(predicate, ())))

    def subjects_of(self, predicate: URIRef, thing: Node) -> list[Node]:
        """Who has the thing for an object of the predicate."""
        return self._in.get(thing, {}).get(predicate, [])

    def mentions(self, thing: Node) -> Iterator[tuple[Node, URIRef]]:
        """Every statement that has the thing for an object."""
        known = self._in.get(thing, {})
        for predicate in sorted(known):
            for subject in known[predicate]:
                yield subject, predicate

    def types(self, subject: Node) -> list[Node]:
        """What the file says the subject is."""
        return self._out.get(subject, {}).get(RDF.type, [])

    def collected(self, head: Node) -> list[Node]:
        """The items of an RDF list; one that is broken or circular ends where it breaks."""
        items: list[Node] = []
        seen: set[Node] = set()
        while head != RDF.nil and head not in seen:
            seen.add(head)
            items.extend(self.things(head, RDF.first)[:1])
            rest = self.things(head, RDF.rest)
            if not rest:
                break
            head = rest[0]
        return items

    def named(self, node: Node) -> list[URIRef]:
        """The IRIs that a domain or range stands for: itself, or the members of a union or intersection."""
        found: dict[URIRef, None] = {}
        waiting, seen = [node], {node}
        for current in waiting:
            if isinstance(current, URIRef):
                found[current] = None
                continue
            for head in self.things(current, *sorted(SETS)):
                for item in self.collected(head):
                    if item not in seen:
                        seen.add(item)
                        waiting.append(item)
        return sorted(found)

    def carry(self, subject: Node, predicate: URIRef, thing: Node) -> None:
        """An entity says what this statement says."""
        self._open.discard((subject, predicate, thing))

    def carry_expression(self, node: Node) -> None:
        """An entity says what the class expression below a blank node says."""
        waiting, seen = [node], {node}
        for current in waiting:
            for predicate, thing in self.about(current):
                self.carry(current, predicate, thing)
                if isinstance(thing, BNode) and thing not in seen:
                    seen.add(thing)
                    waiting.append(thing)

    def list_statement(self, code: Code, statement: Statement, sentence: str, *, subject: Node | None = None) -> None:
        """No entity says what this statement says: count it, unless it is accounted for."""
        if statement in self._open:
            self._open.remove(statement)
            about = statement[0] if subject is None else subject
            self.tally.add(code, str(about) if isinstance(about, URIRef) else "", sentence, 1)

    def remaining(self) -> list[Statement]:
        """What is not accounted for yet, in order."""
        return sorted(self._open, key=lambda each: (self._order(each[0]), str(each[1]), self._order(each[2])))

    def owner(self, node: Node) -> Node:
        """The IRI whose description holds a blank node, for people to find it: the nearest one, of those the first."""
        seen: set[Node] = {node}
        level: list[Node] = [node] if isinstance(node, BNode) else []
        while level:
            holders = {holder for each in level for holder, _ in self.mentions(each)} - seen
            if named := [holder for holder in holders if isinstance(holder, URIRef)]:
                return min(named)
            seen |= holders
            level = list(holders)
        return node


def _spelled(tags: Mapping[str, set[str]], tally: Tally) -> dict[str, str]:
    """One spelling of each tag: of several the recommended one (RFC 5646, 2.1.1), else the plain one; the others are listed."""
    chosen: dict[str, str] = {}
    for tag, spellings in sorted(tags.items()):
        chosen[tag] = next((each for each in (_recommended(tag), tag) if each in spellings), min(spellings))
        for other in sorted(spellings - {chosen[tag]}):
            tally.add(Code.LANGUAGE_TAG_CHANGED, "", f"The language tag {other} is spelled {chosen[tag]} as well, and carried as that.")
    return chosen


def _recommended(tag: str) -> str:
    language, *rest = tag.split("-")
    made = [language]
    for part in rest:
        after_singleton = len(made[-1]) == 1
        made.append(part if after_singleton else {2: part.upper(), 4: part.title()}.get(len(part), part))
    return "-".join(made)


def _described(out: _Index) -> dict[Node, str]:
    """A digest of what each blank node says, of those below it too; where they form a circle it is cut."""
    found: dict[Node, str] = {}
    for root in out:
        stack: list[Node] = [root] if isinstance(root, BNode) and root not in found else []
        entered: set[Node] = set()
        while stack:
            current = stack[-1]
            below = [each for each in _blank_below(out, current) if each not in found and each not in entered]
            if current not in entered and below:
                entered.add(current)
                stack.extend(below)
                continue
            stack.pop()
            if current not in found:
                found[current] = _digest(out, current, found)
    return found


def _blank_below(out: _Index, node: Node) -> Iterator[BNode]:
    return (thing for things in out.get(node, {}).values() for thing in things if isinstance(thing, BNode))


def _digest(out: _Index, node: Node, found: dict[Node, str]) -> str:
    said = sorted(
        f"{predicate} {found.get(thing, '') if isinstance(thing, BNode) else thing.n3()}"
        for predicate, things in out.get(node, {}).items()
        for thing in things
    )
    return sha256("\n".join(said).encode(errors="surrogatepass")).hexdigest()
