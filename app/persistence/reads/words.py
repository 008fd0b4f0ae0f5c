"""Words of definitions as columns: a text, or yes or no, that is read in place of the whole definition.

To parse a definition takes the driver some two microseconds, and a large page has hundreds of which one word is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WHOLE = "definition"
_PREFIX = f"{WHOLE}."
_FLAG = "?"


def text(path: Sequence[str]) -> str:
    """The name of the column for the text at a path within the definition; null where it was left out."""
    return _PREFIX + ".".join(path)


def flag(path: Sequence[str]) -> str:
    """Likewise for what is true or false."""
    return text(path) + _FLAG


def is_word(name: str) -> bool:
    """Whether a column is one of these."""
    return name.startswith(_PREFIX)


def columns(alias: str, only: Iterable[str]) -> list[str]:
    """As SQL, those of these columns that are words; neither can fail, whatever the definition holds there."""
    return [_column(alias, name) for name in sorted(filter(is_word, only))]


def _column(alias: str, name: str) -> str:
    path = ",".join(name.removeprefix(_PREFIX).removesuffix(_FLAG).split("."))
    if name.endswith(_FLAG):
        return f"""{alias}.definition #> '{{{path}}}' = 'true'::jsonb AS "{name}\""""
    return f"""{alias}.definition #>> '{{{path}}}' AS "{name}\""""
