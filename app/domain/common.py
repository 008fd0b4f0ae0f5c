"""The rules of every kind: texts, names, status, annotations, references."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson
from pydantic.alias_generators import to_camel

from app.domain.closure import Closure
from app.domain.definition import Definition, Status
from app.domain.entity import Entity
from app.domain.merge import join
from app.domain.rules import Answer, Rule, Violation, state, transition
from app.domain.text import DESCRIPTION, DISPLAY_NAME, refused_character, reserved
from app.domain.value import Item, Value

DEFINITION_SIZE = 256 * 1024  # bytes of the canonical JSON
ANNOTATIONS = 100
ANNOTATION_TEXT = 10_000  # characters
IRI = 2_048  # characters
LANGUAGES = 100
KEY = 500  # characters
LONG = 1_000  # characters; shorter texts alone cannot reach the size

LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)  # BCP 47, by form

SHAPE = state("definition.shape", "A definition has the fields of its kind, each of its type.")
KEYED = state("definition.keys", "Every item of a list has a key of 1 to 500 plain characters, which no other item of the list has.")
SIZE = state("definition.size", "A canonical definition is at most 256 KiB.", Answer.DEFINITION_TOO_LARGE)
NAME_FORM = state("api-name.form", "An apiName has the form of its kind.")
NAME_RESERVED = state("api-name.reserved", "Some names are kept for the language itself.")
NAME_UNIQUE = state("api-name.unique", "A name is used once in its namespace, whatever its case.", Answer.NAME_TAKEN)
IRI_UNIQUE = state("source-iri.unique", "A source IRI is used once in its namespace.", Answer.NAME_TAKEN)
IRI_FORM = state("source-iri.form", "A source IRI has 1 to 2,048 plain characters and no white space.")
DISPLAY = state("display-name.length", "A display name has 1 to 200 characters.")
DESCRIBED = state("description.length", "A description has up to 10,000 characters.")
CHARACTERS = state("text.characters", "A text holds no control characters but newline and tab, and no bidirectional overrides.")
TRANSLATED = state("translations.language", "Translations are keyed by a BCP 47 language tag, at most 100 of them.")
ANNOTATED = state("annotations.bounds", "At most 100 annotation keys, each text up to 10,000 characters in a language with a BCP 47 tag.")
DEPRECATED_ONLY = state("deprecation.status", "Only what is DEPRECATED carries a deprecation.")
REPLACED_BY_OTHER = state("deprecation.replaced-by", "Nothing is replaced by itself.")
EXISTS = state("reference.exists", "What is referred to exists in the ontology.")
OF_KIND = state("reference.kind", "What is referred to is of a kind that fits.")
REFERENCED = state("delete.referenced", "Nothing is deleted while something refers to it.", Answer.STILL_REFERENCED)

ACTIVE_DELETED = transition("delete.active", "What is ACTIVE cannot be deleted.")
RENAMED = transition("api-name.frozen", "An apiName changes only while EXPERIMENTAL.")
REACTIVATED = transition("status.reactivated", "What is DEPRECATED becomes ACTIVE again only by a rollback.")


def violations(entity: Entity, closure: Closure) -> Iterator[Violation]:
    """The STATE rules that every kind obeys."""
    definition = entity.definition
    yield from api_name(definition.api_name, "apiName", definition.api_name_pattern, definition.api_name_form)
    yield from text(definition.display_name, "displayName", longest=DISPLAY_NAME, shortest=1)
    yield from text(definition.description, "description", longest=DESCRIPTION)
    yield from _lifecycle(entity)
    yield from _translations(definition)
    yield from _annotations(definition)
    yield from _references(entity, closure)
    yield from _keys(definition, "")
    size = len(orjson.dumps(definition.canonical())) if _may_be_large(definition) else 0
    if size > DEFINITION_SIZE:
        yield SIZE.broken("", value=size, bound=DEFINITION_SIZE)


def step_violations(before: Entity, after: Entity | None) -> Iterator[Violation]:
    """The TRANSITION rules that every kind obeys; `after` is None for a deletion."""
    old = before.definition
    if after is None:
        if old.status is Status.ACTIVE:
            yield ACTIVE_DELETED.broken("status", f"{old.api_name} is ACTIVE: deprecate it before it is deleted.", value=old.status)
        return
    new = after.definition
    if old.api_name != new.api_name and old.status is not Status.EXPERIMENTAL:
        yield RENAMED.broken("apiName", f"{old.api_name} is {old.status}: its apiName is fixed.", value=new.api_name, bound=old.api_name)
    if old.status is Status.DEPRECATED and new.status is Status.ACTIVE:
        yield REACTIVATED.broken("status", value=new.status, bound=old.status)


def api_name(name: str, path: str, pattern: re.Pattern[str], form: str) -> Iterator[Violation]:
    """What is wrong with a name of the given form."""
    if not pattern.fullmatch(name):
        yield NAME_FORM.broken(path, f"{name[:120]!r} is not {form}.", value=name[:120], bound=pattern.pattern)
    elif reserved(name):
        yield NAME_RESERVED.broken(path, f"{name!r} is reserved.", value=name)


def text(value: str, path: str, *, longest: int, shortest: int = 0, rule: Rule | None = None) -> Iterator[Violation]:
    """What is wrong with a text for people; lengths are in characters, and a rule of their own may say so."""
    if not shortest <= len(value) <= longest or (shortest and not value.strip()):
        rule = rule or (DESCRIBED if longest == DESCRIPTION else DISPLAY)
        yield rule.broken(path, f"{path} has {shortest:,} to {longest:,} characters, not {len(value):,}.", value=len(value), bound=longest)
    if (refused := refused_character(value)) is not None:
        yield CHARACTERS.broken(path, f"{path} holds the character {refused}, which no text may hold.", value=refused)


def _may_be_large(definition: Definition) -> bool:
    # Dumping every definition would cost more than all other rules: only long texts and long lists can reach the bound.
    return not definition.small or len(definition.description) > LONG or bool(definition.annotations or definition.translations)


def _keys(value: Value, path: str) -> Iterator[Violation]:
    """Lists merge by the keys of their items: of two with one key a merge would keep one."""
    for name in type(value).model_fields:
        part = getattr(value, name)
        if isinstance(part, Value):
            yield from _keys(part, join(path, to_camel(name)))
        elif isinstance(part, tuple) and part and isinstance(part[0], Item):
            place = join(path, to_camel(name))
            seen: set[str] = set()
            for item in part:
                key = item.identifier
                if key in seen or not 1 <= len(key) <= KEY or refused_character(key):
                    yield KEYED.broken(place, value=key[:120], bound=KEY)
                seen.add(key)
                yield from _keys(item, f"{place}[{key}]")


def _lifecycle(entity: Entity) -> Iterator[Violation]:
    definition = entity.definition
    if definition.deprecation is None:
        return
    if definition.status is not Status.DEPRECATED:
        yield DEPRECATED_ONLY.broken("deprecation", value=definition.status, bound=Status.DEPRECATED)
    if definition.deprecation.replaced_by == entity.rid:
        yield REPLACED_BY_OTHER.broken("deprecation.replacedBy", value=entity.rid)
    yield from text(definition.deprecation.message, "deprecation.message", longest=DESCRIPTION)


def _translations(definition: Definition) -> Iterator[Violation]:
    if len(definition.translations) > LANGUAGES:
        yield TRANSLATED.broken("translations", value=len(definition.translations), bound=LANGUAGES)
    for language, translation in definition.translations.items():
        if not LANGUAGE.fullmatch(language):
            yield TRANSLATED.broken(f"translations.{language}", f"{language[:40]!r} is not a language tag.", value=language[:40])
        yield from text(translation.display_name, f"translations.{language}.displayName", longest=DISPLAY_NAME)
        yield from text(translation.description, f"translations.{language}.description", longest=DESCRIPTION)


def _annotations(definition: Definition) -> Iterator[Violation]:
    if len(definition.annotations) > ANNOTATIONS:
        yield ANNOTATED.broken("annotations", value=len(definition.annotations), bound=ANNOTATIONS)
    for key, texts in definition.annotations.items():
        if not 1 <= len(key) <= IRI:
            yield ANNOTATED.broken("annotations", "An annotation's key has 1 to 2,048 characters.", value=key[:120], bound=IRI)
        yield from text(key, "annotations", longest=DESCRIPTION)
        for position, annotation in enumerate(texts):
            place = f"annotations.{key}[{position}]"
            yield from text(annotation.text, place, longest=ANNOTATION_TEXT, rule=ANNOTATED)
            if annotation.language is not None and not LANGUAGE.fullmatch(annotation.language):
                yield ANNOTATED.broken(place, f"{annotation.language[:40]!r} is not a language tag.", value=annotation.language[:40])
    iri = definition.source_iri
    if iri is not None and (not 1 <= len(iri) <= IRI or refused_character(iri) or any(part.isspace() for part in iri)):
        yield IRI_FORM.broken("sourceIri", value=iri[:120], bound=IRI)


def _references(entity: Entity, closure: Closure) -> Iterator[Violation]:
    for reference in entity.references:
        target = closure.get(reference.target)
        if target is None:
            yield EXISTS.broken(
                reference.path, f"{reference.path} refers to {reference.target}, which does not exist.", value=reference.target
            )
        elif target.kind not in reference.kinds:
            wanted = " or ".join(kind.words for kind in reference.kinds)
            yield OF_KIND.broken(
                reference.path,
                f"{reference.path} refers to a {target.kind.words}, not to {wanted}.",
                value=target.kind,
                bound=list(reference.kinds),
            )
