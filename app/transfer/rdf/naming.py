"""Names out of IRIs: the same terms always get the same apiNames, and no two of a namespace the same."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from typing import TYPE_CHECKING

from app.domain.text import reserved
from app.transfer.rdf.vocabulary import local_name, namespace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rdflib import URIRef

LONGEST = 100  # characters of an apiName
_OPAQUE = re.compile(r"[A-Za-z]{1,8}[_:-]\d{2,}|[A-Z]{1,3}\d{2,}|\d{2,}", re.ASCII)
_WORDS = re.compile(r"[A-Za-z0-9]+", re.ASCII)


def is_opaque(name: str) -> bool:
    """Whether a local name is a code that tells people nothing, such as `GO_0008150`."""
    return _OPAQUE.fullmatch(name) is not None


def pascal(text: str, prefix: str = "Type") -> str:
    """The text as a PascalCase name: accents folded, what is no letter or digit dropped; empty where nothing is left."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    joined = "".join(word[0].upper() + word[1:] for word in _WORDS.findall(folded))
    return (prefix + joined if joined[:1].isdigit() else joined)[:LONGEST]


def camel(text: str, prefix: str = "type") -> str:
    """The text as a camelCase name; a leading acronym becomes lower case as a whole."""
    name = pascal(text, prefix)
    leading = re.match(r"[A-Z]+", name)
    if leading is None:
        return name
    run = leading.end()
    if run > 1 and run < len(name) and name[run].islower():
        run -= 1  # the last capital begins the next word
    return name[:run].lower() + name[run:]


def fallback(iri: str, prefix: str) -> str:
    """A name for a term whose own has no ASCII letter or digit."""
    return prefix + sha256(iri.encode()).hexdigest()[:8]


class Names:
    """The names of one namespace, compared without case; a colliding one gets 2, 3, …"""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.lower() for name in taken}

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._taken

    def take(self, wished: str) -> str:
        """The wished name, with a suffix where it is reserved and a number where it is taken."""
        name = f"{wished[: LONGEST - 4]}Term" if reserved(wished) else wished
        made, count = name, 2
        while made.lower() in self._taken:
            made = f"{name[: LONGEST - len(str(count))]}{count}"
            count += 1
        self._taken.add(made.lower())
        return made


def assigned(
    terms: Iterable[URIRef], form: Callable[[str], str], label: Callable[[URIRef], str], *, home: str, deprecated: set[URIRef], names: Names
) -> dict[URIRef, str]:
    """A name for each term: home namespace first, live before deprecated, unchanged before changed, then by IRI."""
    wished = {iri: _wished(iri, form, label) for iri in terms}

    def order(iri: URIRef) -> tuple[bool, bool, bool, str]:
        return (namespace_of(iri) != home, iri in deprecated, wished[iri] != local_name(iri), str(iri))

    return {iri: names.take(wished[iri]) for iri in sorted(wished, key=order)}


def _wished(iri: URIRef, form: Callable[[str], str], label: Callable[[URIRef], str]) -> str:
    local = local_name(iri)
    if is_opaque(local) and (called := form(label(iri))):
        return called
    return form(local) or form(label(iri)) or fallback(iri, form("type"))
