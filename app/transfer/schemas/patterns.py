"""Patterns of RE2 in other dialects: only what all of them read alike."""

from __future__ import annotations

import re

# Groups other than plain ones, classes by name, and escapes that ECMA 262 reads otherwise or not at all.
_OTHERWISE = re.compile(r"\(\?(?!:)|\[\[:|\\[AzZQECapPxKUL]|\{,|\+\+|\*\+|\?\+|&&")


def portable(pattern: str) -> bool:
    """Whether JavaScript and Python read it as RE2 does."""
    if _OTHERWISE.search(pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
