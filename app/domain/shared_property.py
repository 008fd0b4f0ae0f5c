"""Shared property: a property without an owner, which object types and interfaces use."""

from __future__ import annotations

from app.domain.kind import Kind
from app.domain.typed import TypedDefinition


class SharedPropertyDefinition(TypedDefinition):
    """Written once, followed by many."""

    kind = Kind.SHARED_PROPERTY
