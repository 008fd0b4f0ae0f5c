"""Fractional positions: keys of letters and digits that sort bytewise, so that moving one item touches one item.

No key ends in the lowest digit, so that there is always room before it (the scheme of Figma's fractional indexing).
"""

from __future__ import annotations

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_WIDTH = 4  # digits that count upward when items are appended: 14 million of them
_TAIL = "V"


def between(low: str, high: str | None) -> str:
    """A key above `low` (empty: the start) and below `high` (None: the end)."""
    if high is not None and low >= high:
        message = "the lower position is not below the higher"
        raise ValueError(message)
    place, made = 0, ""
    while True:
        floor = DIGITS.index(low[place]) if place < len(low) else 0
        ceiling = DIGITS.index(high[place]) if high is not None and place < len(high) else len(DIGITS)
        if floor == ceiling:
            made += DIGITS[floor]
        elif ceiling - floor > 1:
            return made + DIGITS[(floor + ceiling) // 2]
        else:
            made += DIGITS[floor]
            high = None
        place += 1


def following(last: str) -> str:
    """The key for an item that is appended after `last` (empty: the first)."""
    number = 0
    for digit in last[:_WIDTH].ljust(_WIDTH, DIGITS[0]):
        number = number * len(DIGITS) + DIGITS.index(digit)
    number += 1
    if number >= len(DIGITS) ** _WIDTH:
        return between(last, None)
    made = ""
    for _ in range(_WIDTH):
        number, digit_value = divmod(number, len(DIGITS))
        made = DIGITS[digit_value] + made
    return made + _TAIL
