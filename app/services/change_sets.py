"""Change sets, from the first operation to the merge and its rollback."""

from __future__ import annotations

from app.services.fixing import Fixing
from app.services.reviewing import Reviewing
from app.services.settling import Settling


class ChangeSets(Fixing, Reviewing, Settling):
    """The parts of a change set's life as one service."""
