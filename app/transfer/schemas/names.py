"""Names that a schema gives in one namespace, each once."""

from __future__ import annotations


class Given:
    """Compares without case, since what reads schemas often does; a name that is taken gets a suffix, then 2, 3, …"""

    def __init__(self, *taken: str) -> None:
        self._taken = {each.lower() for each in taken}

    def take(self, wished: str, suffix: str) -> str:
        """The wished name where it is free."""
        made, count = wished, 1
        while made.lower() in self._taken:
            made = f"{wished}{suffix}{count if count > 1 else ''}"
            count += 1
        self._taken.add(made.lower())
        return made
