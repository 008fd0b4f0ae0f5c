"""Translations and annotations: tagged texts and plain statements where these say exactly the same, else lists of ours.

Readers of RDF may change the case of a language tag, so a file spells each one that is not in lower case in its header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.common import LANGUAGE
from app.transfer.owl.terms import Iri, Tagged, Value, usable, word

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

TEXTS = {"displayName": "rdfs:label", "description": "rdfs:comment"}
FIELDS = {str(word(term)): name for name, term in TEXTS.items()}


Spelling = dict[str, str]
"""How each language tag is spelled, by its lower case."""


def spelling(tags: Iterable[str]) -> Spelling:
    """One spelling for each tag, the first of several."""
    return {tag.lower(): tag for tag in sorted(tags, reverse=True)}


def languages(fields: Mapping[str, Any]) -> Iterator[str]:
    """The tags of all texts of an entity."""
    yield from fields.get("translations", ())
    for texts in fields.get("annotations", {}).values():
        yield from (each["language"] for each in texts if each.get("language"))


def split(fields: dict[str, Any], taken: Container[str], spelled: Spelling) -> tuple[dict[str, Any], list[tuple[str, Value]]]:
    """The fields that our vocabulary says, and the texts that need none of it; what is `taken` is the name of something else."""
    kept = dict(fields)
    said: list[tuple[str, Value]] = []
    translations = kept.get("translations", {})
    if _tagged(translations, spelled):
        kept.pop("translations", None)
        said += [(TEXTS[name], Tagged(texts[name], tag)) for tag, texts in translations.items() for name in TEXTS if name in texts]
    else:
        kept["translations"] = [{"language": language, **texts} for language, texts in translations.items()]
    annotations = kept.pop("annotations", {})
    plain = {key: texts for key, texts in annotations.items() if key not in taken and _unordered(key, texts, spelled)}
    if len(plain) < len(annotations):
        rest = {key: texts for key, texts in annotations.items() if key not in plain}
        kept["annotations"] = [{"key": key, "texts": texts} for key, texts in rest.items()]
    return kept, said + [(Iri(key), _literal(each)) for key, texts in plain.items() for each in texts]


def joined(fields: dict[str, Any], tagged: Iterator[tuple[str, Tagged]], annotations: dict[str, list[Value]]) -> dict[str, Any]:
    """The fields with their texts, from what `split` makes of them."""
    made = dict(fields)
    translations: dict[str, Any] = {}
    for each in _maps(made.pop("translations", None)):
        translations[str(each.pop("language", ""))] = each
    for name, text in tagged:
        translations.setdefault(text.language, {})[name] = text.text
    notes = {key: sorted(map(_annotation, texts), key=_order) for key, texts in annotations.items()}
    for each in _maps(made.pop("annotations", None)):
        notes[str(each.get("key", ""))] = each.get("texts", [])
    if translations:
        made["translations"] = translations
    if notes:
        made["annotations"] = notes
    return made


def _tagged(translations: dict[str, Any], spelled: Spelling) -> bool:
    """Whether tagged labels and comments say the same: every tag spelled as elsewhere, and nothing without a text."""
    return all(translations.values()) and all(map(LANGUAGE.fullmatch, translations)) and _as_spelled(translations, spelled)


def _unordered(key: str, texts: list[dict[str, Any]], spelled: Spelling) -> bool:
    """Whether statements without an order say the same."""
    if not usable(key) or not texts or not _as_spelled((each["language"] for each in texts if each.get("language")), spelled):
        return False
    order = [_order(each) for each in texts]
    return order == sorted(set(order))


def _as_spelled(tags: Iterable[str], spelled: Spelling) -> bool:
    return all(spelled.get(tag.lower()) == tag for tag in tags)


def _order(annotation: dict[str, Any]) -> tuple[str, str]:
    return annotation["text"], annotation.get("language", "")


def _literal(annotation: dict[str, Any]) -> str | Tagged:
    language = annotation.get("language")
    return Tagged(annotation["text"], language) if language else str(annotation["text"])


def _annotation(value: Value) -> dict[str, Any]:
    return {"text": value.text, "language": value.language} if isinstance(value, Tagged) else {"text": str(value)}


def _maps(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
