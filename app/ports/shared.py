"""What processes share beside the database: it may be away at any time, and nobody waits for it."""

from __future__ import annotations


class Away(Exception):
    """It does not answer, or is left alone for a while since it did not."""
