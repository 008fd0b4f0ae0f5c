"""Find the events of a change set."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("change_set_event_by_change_set", "change_set_event", ["change_set", "position"])


def downgrade() -> None:
    op.drop_index("change_set_event_by_change_set", "change_set_event")
