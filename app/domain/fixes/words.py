"""What mends texts, names, statuses and keys."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from app.domain.action_rules import CRITERION_MESSAGE, PARAMETER_NAMES
from app.domain.change_set import Operation
from app.domain.common import (
    ACTIVE_DELETED,
    ANNOTATED,
    CHARACTERS,
    DEPRECATED_ONLY,
    DESCRIBED,
    DISPLAY,
    IRI_FORM,
    IRI_UNIQUE,
    KEYED,
    LANGUAGE,
    NAME_FORM,
    NAME_RESERVED,
    NAME_UNIQUE,
    REACTIVATED,
    RENAMED,
    REPLACED_BY_OTHER,
    SHAPE,
    SIZE,
    TRANSLATED,
)
from app.domain.datatype import STRUCT_FIELD_DISPLAY, STRUCT_FIELD_NAME, STRUCT_FIELD_UNIQUE
from app.domain.fixes.broken import Broken, Unfixed, except_for, fixes, unfixed
from app.domain.fixes.placing import GONE, identifier, parent
from app.domain.interface import UNIQUE as MEMBER_UNIQUE
from app.domain.object_type import ICON
from app.domain.planning import CREATED_ONCE, FUTURE, REF_ONCE, TARGET
from app.domain.property import MOVED, POSITIONED
from app.domain.text import CAMEL, DESCRIPTION, DISPLAY_NAME, KEBAB, PASCAL, refused_character, reserved
from app.domain.type_group import COLOURED
from app.domain.typed import FORMAT

LONGEST_NAME = 100  # characters
_WORD = re.compile(r"[A-Za-z0-9]+", re.ASCII)
_SHORT_COLOUR = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", re.ASCII)


def _cut(longest: int, text: str) -> str:
    return "".join(each for each in text if refused_character(each) is None)[:longest]


@fixes(DISPLAY)
def _display(broken: Broken) -> list[Operation]:
    """A long one is cut; an empty one is called as code calls it."""
    given = broken.at(broken.path) or ""
    if len(given) > DISPLAY_NAME:
        return broken.put(_cut(DISPLAY_NAME, given))
    name = broken.at(f"{parent(broken.path)}.apiName" if parent(broken.path) else "apiName")
    if not name:
        raise Unfixed
    return broken.put(name)


@fixes(DESCRIBED)
def _described(broken: Broken) -> list[Operation]:
    return broken.edit(lambda text: _cut(DESCRIPTION, text))


@fixes(CHARACTERS)
def _characters(broken: Broken) -> list[Operation]:
    """Without the characters; of an annotation, its text."""

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {**value, "text": _cut(DESCRIPTION, value.get("text", ""))}
        return _cut(DESCRIPTION, value) if isinstance(value, str) else _raised()

    return broken.edit(clean)


@fixes(ICON, FORMAT, STRUCT_FIELD_DISPLAY)
def _hint(broken: Broken) -> list[Operation]:
    return broken.edit(lambda text: _cut(DISPLAY_NAME, text))


@fixes(CRITERION_MESSAGE)
def _message(broken: Broken) -> list[Operation]:
    return broken.edit(lambda text: _cut(DESCRIPTION, text) if text.strip() else "This is not allowed.")


@fixes(TRANSLATED)
def _translated(broken: Broken) -> list[Operation]:
    """Under the tag that was meant (`ko_KR`), else without that translation."""
    tag = broken.path.removeprefix("translations.")
    held = broken.words.get("translations", {})
    if tag not in held:
        raise Unfixed  # there are too many, and which to leave out is the author's choice
    meant = tag.strip().replace("_", "-")
    kept = {language: text for language, text in held.items() if language != tag}
    if LANGUAGE.fullmatch(meant) and meant not in kept:
        kept[meant] = held[tag]
    return broken.put(kept, "translations")


@fixes(ANNOTATED)
def _annotated(broken: Broken) -> list[Operation]:
    """A long text is cut, what is no language is left out, and so is what stands under no key."""
    if broken.path == "annotations":
        held = {key: texts for key, texts in broken.words["annotations"].items() if key}
        return broken.put(held) if len(held) < len(broken.words["annotations"]) else _raised()

    def mended(annotation: dict[str, Any]) -> dict[str, Any]:
        language = annotation.get("language")
        kept = {"text": _cut(DESCRIPTION, annotation["text"])}
        return kept | ({"language": language} if language and LANGUAGE.fullmatch(language) else {})

    return broken.edit(mended)


@fixes(IRI_FORM)
def _iri(broken: Broken) -> list[Operation]:
    """White space is escaped; what is no IRI even then is left out."""
    given = broken.words.get("sourceIri") or ""
    escaped = "%20".join(given.split(" "))
    return broken.put(escaped if given.strip() and len(escaped) <= len(given) + 2 * given.count(" ") and _plain(escaped) else None)


def _plain(iri: str) -> bool:
    return len(iri) <= 2_048 and refused_character(iri) is None and not any(part.isspace() for part in iri)  # noqa: PLR2004 - as IRI_FORM


@fixes(IRI_UNIQUE)
def _iri_unique(broken: Broken) -> list[Operation]:
    return broken.put(None, "sourceIri")


@fixes(COLOURED)
def _colour(broken: Broken) -> list[Operation]:
    """Written out where it can be; else there is none."""
    match = _SHORT_COLOUR.fullmatch((broken.at(broken.path) or "").strip())
    if match is None:
        return broken.edit(lambda _: GONE) if "." in broken.path else broken.put(None)
    digits = match[1] if len(match[1]) > 3 else "".join(2 * each for each in match[1])  # noqa: PLR2004 - #abc is #aabbcc
    return broken.put(f"#{digits}")


@fixes(NAME_FORM, NAME_RESERVED, STRUCT_FIELD_NAME)
def _named(broken: Broken) -> list[Operation]:
    """The words of what was given, else those that people read; a reserved one gets `Term` after it."""
    if broken.path == "aliases":
        return _without_alias(broken)
    pattern = broken.entity.definition.api_name_pattern if broken.path == "apiName" else CAMEL
    given = broken.at(broken.path) or ""
    if not any(each.isalpha() for each in _folded(given)):
        given = broken.at(f"{parent(broken.path)}.displayName" if parent(broken.path) else "displayName") or ""
    return _renamed(broken, name_of(given, pattern), pattern)


@fixes(NAME_UNIQUE, MEMBER_UNIQUE, STRUCT_FIELD_UNIQUE, PARAMETER_NAMES)
def _numbered(broken: Broken) -> list[Operation]:
    """The next free number after it; an alias that others bear is given up."""
    if broken.path == "aliases":
        return _without_alias(broken)
    pattern = broken.entity.definition.api_name_pattern if broken.path == "apiName" else CAMEL
    return _renamed(broken, broken.at(broken.path), pattern, least=2)


def _renamed(broken: Broken, name: str, pattern: re.Pattern[str], *, least: int = 1) -> list[Operation]:
    taken = {key for _, key in broken.taken()} | _siblings(broken)
    joint = "-" if pattern is KEBAB else ""
    for number in range(least, least + 1_000):
        wished = name if number == 1 else f"{name[: LONGEST_NAME - 5]}{joint}{number}"
        if wished.lower() not in taken and pattern.fullmatch(wished):
            return broken.put(wished)
    raise Unfixed


def _siblings(broken: Broken) -> set[str]:
    """The names of the items beside the one that is renamed."""
    listed = broken.at(parent(parent(broken.path))) if broken.path.endswith("].apiName") else None
    renamed = broken.at(parent(broken.path))
    return {str(item.get("apiName", "")).lower() for item in listed or () if item is not renamed}


def name_of(text: str, pattern: re.Pattern[str]) -> str:
    """The text as a name of the form; Unfixed where no letter is left."""
    parts = [part for part in _WORD.findall(_folded(text)) if part]
    while parts and parts[0][0].isdigit():
        parts[0] = parts[0].lstrip("0123456789")
        parts = parts if parts[0] else parts[1:]
    if not parts:
        raise Unfixed
    if pattern is KEBAB:
        name = "-".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", part).lower() for part in parts)
    else:
        first, *rest = parts
        head = first[0].upper() if pattern is PASCAL else first[0].lower()
        name = head + first[1:] + "".join(part[0].upper() + part[1:] for part in rest)
    name = name[:LONGEST_NAME].rstrip("-")
    return (f"{name}-term" if pattern is KEBAB else f"{name}Term") if reserved(name) else name


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _without_alias(broken: Broken) -> list[Operation]:
    held, seen = broken.words.get("aliases", []), {str(broken.words["apiName"]).lower()}
    if broken.violation.rule != NAME_UNIQUE.id:
        return broken.put([alias for alias in held if alias[:120] != broken.violation.value])
    kept = []
    for alias in held:
        twice = alias.lower() in seen or (alias == broken.violation.value and broken.entity.rid not in broken.violation.by)
        if not twice:
            kept.append(alias)
        seen.add(alias.lower())
    return broken.put(kept)


@fixes(RENAMED)
def _restored_name(broken: Broken) -> list[Operation]:
    return broken.put(broken.violation.bound)


@fixes(REACTIVATED)
def _restored_status(broken: Broken) -> list[Operation]:
    return broken.put("DEPRECATED", "status")


@fixes(MOVED)
def _restored_owner(broken: Broken) -> list[Operation]:
    return broken.put(broken.violation.bound)


@fixes(DEPRECATED_ONLY)
def _deprecation(broken: Broken) -> list[Operation]:
    return broken.put(None, "deprecation")


@fixes(REPLACED_BY_OTHER)
def _replaced(broken: Broken) -> list[Operation]:
    return broken.edit(lambda _: GONE)


@fixes(POSITIONED)
def _position(broken: Broken) -> list[Operation]:
    """Without a position it goes after its siblings."""
    return broken.put(None, "position")


@fixes(KEYED)
def _keys(broken: Broken) -> list[Operation]:
    """An item without a usable key of its own gets one; of two that cannot have two the first stays."""
    items, seen = broken.at(broken.path), set[str]()
    kept: list[Any] = []
    for index, item in enumerate(items):
        mark = identifier(item, index)
        if mark in seen or not 1 <= len(mark) <= 500 or refused_character(mark):  # noqa: PLR2004 - as KEYED
            if "key" not in item:
                continue
            stem = _cut(400, mark) or "item"
            mark = next(f"{stem}{number}" for number in range(2, len(items) + 3) if f"{stem}{number}" not in seen)
            item = {**item, "key": mark}  # noqa: PLW2901 - the item as it is kept
        seen.add(mark)
        kept.append(item)
    return broken.put(kept)


def _raised() -> Any:
    raise Unfixed


unfixed("What was meant cannot be read.", SHAPE, TARGET)
unfixed("Which words to leave out is the author's choice.", SIZE)
unfixed("Whoever deletes it has to deprecate it first, in a change set of its own.", ACTIVE_DELETED)
unfixed("It is the operation that is wrong: drop or amend it.", FUTURE, REF_ONCE, CREATED_ONCE)

except_for("None where there are too many: which to leave out is the author's choice.", TRANSLATED, ANNOTATED)
except_for("None for an empty name that nothing else says: of a function only its author knows it.", DISPLAY)
except_for("None where neither the name nor the display name has a letter that a name may have.", NAME_FORM)
