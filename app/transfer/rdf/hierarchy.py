"""Superclasses without cycles, and what is above what."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rdflib import URIRef


def without_cycles(supers: Mapping[URIRef, Sequence[URIRef]]) -> tuple[dict[URIRef, list[URIRef]], list[tuple[URIRef, URIRef]]]:
    """The hierarchy with one edge of each cycle cut, and the edges that were cut; the same ones whatever the order."""
    kept = {iri: list(above) for iri, above in supers.items()}
    cut: list[tuple[URIRef, URIRef]] = []
    done: set[URIRef] = set()
    for root in sorted(kept):
        path: dict[URIRef, int] = {}
        stack = [] if root in done else [root]
        while stack:
            current = stack[-1]
            place = path.setdefault(current, 0)
            if place >= len(kept[current]):
                stack.pop()
                del path[current]
                done.add(current)
                continue
            above = kept[current][place]
            if above in path:
                kept[current].remove(above)
                cut.append((current, above))
                continue
            path[current] += 1
            if above not in done:
                stack.append(above)
    return kept, cut


def ancestors(supers: Mapping[URIRef, Sequence[URIRef]]) -> dict[URIRef, frozenset[URIRef]]:
    """Of each class, all that is above it; the hierarchy has no cycle."""
    found: dict[URIRef, frozenset[URIRef]] = {}
    for root in supers:
        stack = [root]
        while stack:
            current = stack[-1]
            waiting = [above for above in supers[current] if above not in found]
            if waiting:
                stack.extend(waiting)
                continue
            stack.pop()
            found[current] = frozenset(supers[current]).union(*(found[above] for above in supers[current]))
    return found
