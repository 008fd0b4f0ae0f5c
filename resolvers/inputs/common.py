"""What authors write of every kind: names, texts, status, translations, annotations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

import strawberry

from resolvers.enums import Status
from resolvers.inputs.words import ByKey, Words, absent, needed, words

RID = "A rid, or `ref:NAME` of a creation in the same change set"


@words(description="What a DEPRECATED entity tells its users.")
class DeprecationInput(Words):
    message: str | None = absent("Why, and what to do instead; up to 10,000 characters.")
    deadline: date | None = absent("The day after which it may be gone.")
    replaced_by: strawberry.ID | None = absent(f"What replaces it, of the same kind. {RID}.")


@words(description="The texts of an entity in one more language.")
class TranslationInput(Words):
    language: str = needed("A BCP 47 language tag, such as `ko` or `pt-BR`; each at most once.")
    display_name: str | None = absent("The display name in that language.")
    description: str | None = absent("The description in that language.")


@words(description="One text of an annotation.")
class AnnotationTextInput(Words):
    text: str = needed("Up to 10,000 characters.")
    language: str | None = absent("The language of the text, as a BCP 47 tag.")


@words(description="An annotation: texts under a key.")
class AnnotationInput(Words):
    key: str = needed("Such as the IRI of an annotation property; each at most once.")
    texts: list[AnnotationTextInput] = needed("The texts, in the author's order.")


@words(description="What may be written of every kind.")
class DescribedInput(Words):
    maps: ClassVar[Mapping[str, ByKey]] = {"translations": ByKey("language"), "annotations": ByKey("key", "texts")}

    description: str | None = absent("What it stands for, in up to 10,000 characters.")
    status: Status | None = absent("Where it is in its life; EXPERIMENTAL where nothing is said.")
    deprecation: DeprecationInput | None = absent("Only of what is DEPRECATED.")
    translations: list[TranslationInput] | None = absent("All translations; the list replaces what was there.")
    source_iri: str | None = absent("The IRI that it was imported from; unique among its kind.")
    annotations: list[AnnotationInput] | None = absent("All annotations, at most 100 keys; the list replaces what was there.")
