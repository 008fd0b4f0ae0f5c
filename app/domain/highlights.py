"""Which parts of which texts of a definition a query has found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.search import Highlight, Mark
from app.domain.words import found, paired, plain, without_particle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.domain.search import Term
    from app.domain.searched import Searched

LONGEST = 160  # characters of a fragment
BEFORE = 40  # of them before the first mark
MOST = 5  # texts of one hit

Place = tuple[int, int]


def highlights(texts: Iterable[Searched], asked: Iterable[Term], meant: frozenset[str]) -> tuple[Highlight, ...]:
    """The texts in which a word is a query's, or one that the query meant; the first few of them."""
    matches = _matcher(tuple(asked), meant)
    made = []
    for text in texts:
        places = list(matches(text.text))
        if places:
            made.append(_shortened(text.path, text.text, places))
        if len(made) == MOST:
            break
    return tuple(made)


def _matcher(asked: tuple[Term, ...], meant: frozenset[str]) -> Callable[[str], Iterable[Place]]:
    wholes = tuple(dict.fromkeys(word for term in asked for word in (term.whole, *term.parts)))
    nouns = tuple(dict.fromkeys(without_particle(word) for word in wholes if paired(word)))

    def hit(word: str) -> bool:
        return word in meant or any(word.startswith(whole) for whole in wholes)

    def places(text: str) -> Iterable[Place]:
        for each in found(text):
            if nouns and paired(each.whole):
                inside = next((noun for noun in nouns if noun in each.whole), None)
                if inside is not None:
                    at = each.start + max(text[each.start : each.end].find(inside), 0)
                    yield at, min(at + len(inside), each.end)
            elif hit(each.whole):
                yield each.start, each.end
            elif any(map(hit, each.parts)):
                yield from _parts(text, each.start, each.parts, hit)

    return places


def _parts(text: str, start: int, parts: tuple[str, ...], hit: Callable[[str], bool]) -> Iterable[Place]:
    """The places of the parts of a code name that match; parts whose letters changed in length end the search."""
    for part in parts:
        end = start + len(part)
        if plain(text[start:end]) != part:
            return
        if hit(part):
            yield start, end
        start = end


def _shortened(path: str, text: str, places: list[Place]) -> Highlight:
    begin = max(places[0][0] - BEFORE, 0) if len(text) > LONGEST else 0
    shown = text[begin : begin + LONGEST]
    inside = [(start - begin, min(end - begin, len(shown))) for start, end in places if start - begin < len(shown)]
    return Highlight(path, shown, tuple(Mark(_units(shown[:start]), _units(shown[:end])) for start, end in inside))


def _units(text: str) -> int:
    return len(text) + sum(ord(letter) > 0xFFFF for letter in text)  # noqa: PLR2004 - beyond, UTF-16 takes two
