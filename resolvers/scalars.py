"""Scalars beyond those of the specification: moments, whole numbers beyond 32 bits, and points in an ontology's history."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NewType

from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition, scalar

BigInt = NewType("BigInt", int)
Revision = NewType("Revision", int)
RevisionOrTime = NewType("RevisionOrTime", object)
Rid = NewType("Rid", str)

GREATEST = 2**63 - 1
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DIGITS = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def moment(value: object) -> datetime:
    """A moment as RFC 3339 writes it, with its offset."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        whole, fraction, offset = re.fullmatch(r"([^.]+?)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", value).groups()  # type: ignore[union-attr]  # as just matched
        try:
            return datetime.fromisoformat(f"{whole.upper()}{(fraction or '')[:7]}{offset.upper()}").astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise StrawberryInputCoercionError(f"{_shown(value)} is not a moment such as 2026-11-24T08:30:00Z.")


def written(value: datetime) -> str:
    """A moment in UTC with a `Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _day(value: object) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise StrawberryInputCoercionError(f"{_shown(value)} is not a day such as 2026-11-24.")


def _day_written(value: Any) -> str:
    return value if isinstance(value, str) else value.isoformat()  # a definition's JSON holds it as text


def whole(value: object) -> int:
    """A whole number from 0 on, as a number or as digits."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= GREATEST:
        return value
    raise StrawberryInputCoercionError(f"{_shown(value)} is not a whole number of 0 or more.")


def _point(value: object) -> int | datetime:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return moment(value)
    try:
        return whole(value)
    except StrawberryInputCoercionError:
        raise StrawberryInputCoercionError(f"{_shown(value)} is neither a revision nor a moment such as 2026-11-24T08:30:00Z.") from None


def _rid(value: object) -> str:
    if isinstance(value, str):
        return value
    raise StrawberryInputCoercionError(f"{_shown(value)} is not a text.")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + "…"  # noqa: PLR2004 - enough to recognise it


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: scalar(
        name="DateTime", description="A moment as RFC 3339 writes it; answers are in UTC.", specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=written, parse_value=moment,
    ),
    date: scalar(name="Date", description="A day, such as 2026-11-24.", serialize=_day_written, parse_value=_day),
    BigInt: scalar(
        name="BigInt",
        description="A whole number from 0 to 2^63 - 1, which may exceed the 32 bits of Int; given as a number or as digits.",
        serialize=int, parse_value=whole,
    ),
    Revision: scalar(
        name="Revision",
        description="The number of a merge within its ontology: 0 before the first, without holes, in the order of the commits.",
        serialize=int, parse_value=whole,
    ),
    RevisionOrTime: scalar(
        name="RevisionOrTime",
        description="A point in an ontology's history: a revision (`42`), or a moment (`\"2026-11-24T08:30:00Z\"`), "
        "which stands for the last revision at or before it.",
        serialize=str, parse_value=_point,
    ),
    Rid: scalar(
        name="Rid",
        description="A resource identifier: random, immutable, unique across ontologies, safe to log; the same text as the `id`.",
        serialize=str, parse_value=_rid,
    ),
    JSON: scalar(
        name="JSON", description="Any JSON value.", specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=lambda value: value, parse_value=lambda value: value
    ),
}  # fmt: skip
