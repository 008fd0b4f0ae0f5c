"""Change sets, from the first operation to the merge and its rollback."""

from __future__ import annotations

from app.services.reviewing import Reviewing
from app.services.settling import Settling
from app.services.staging import Staging


class ChangeSets(Staging, Reviewing, Settling):
    """The three parts of a change set's life as one service."""
