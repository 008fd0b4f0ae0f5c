"""Resource identifiers: `ri.<service>.<instance>.<type>.<locator>`, random, immutable, safe to log.

The form is that of Palantir's public resource-identifier specification.
"""

from __future__ import annotations

import re
from typing import Annotated
from uuid import uuid4

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from app.domain.kind import Kind

PATTERN = re.compile(r"ri\.[a-z][a-z0-9-]*\.(?:[a-z0-9][a-z0-9-]*)?\.[a-z][a-z0-9-]*\.[a-zA-Z0-9._-]+", re.ASCII)
LONGEST = 200  # characters
REF = "ref:"

_SERVICE = {Kind.ACTION_TYPE: "actions"}


def mint(kind: Kind) -> str:
    """A new rid for an entity of the kind."""
    return f"ri.{_SERVICE.get(kind, 'ontology')}.main.{kind.slug}.{uuid4()}"


def mint_ontology() -> str:
    """A new rid for an ontology."""
    return f"ri.ontology.main.ontology.{uuid4()}"


def mint_job() -> str:
    """A new rid for a job."""
    return f"ri.ontology.main.job.{uuid4()}"


def mint_change_set() -> str:
    """A new rid for a change set."""
    return f"ri.ontology.main.changeset.{uuid4()}"


def well_formed(text: str) -> bool:
    """Whether the text has the form of a rid."""
    return len(text) <= LONGEST and PATTERN.fullmatch(text) is not None


def _resolved(text: str, info: ValidationInfo) -> str:
    """The rid that a `ref:NAME` stands for, where the refs of a change set are at hand."""
    if text.startswith(REF):
        refs = (info.context or {}).get("refs")
        if refs is None:
            return text
        try:
            return str(refs[text.removeprefix(REF)])
        except KeyError:
            raise PydanticCustomError("unknown_ref", "No operation of this change set has the ref {ref}.", {"ref": text}) from None
    if not well_formed(text):
        raise PydanticCustomError("malformed_rid", "This is neither a rid nor `ref:NAME`.")
    return text


Rid = Annotated[str, AfterValidator(_resolved)]
