"""Who is looking at which change set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    now = sa.text("clock_timestamp()")
    op.create_table(
        "presence",
        sa.Column("session", sa.Uuid(), nullable=False),
        sa.Column("change_set", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("rid", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("since", TIMESTAMP(timezone=True), server_default=now, nullable=False),
        sa.Column("looked_at", TIMESTAMP(timezone=True), server_default=now, nullable=False),
        sa.Column("until", TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["change_set"], ["change_set.rid"]),
        sa.PrimaryKeyConstraint("session"),
        prefixes=["UNLOGGED"],
    )
    op.create_index("presence_by_change_set", "presence", ["change_set", "until"])
    op.create_index("presence_by_end", "presence", ["until"])


def downgrade() -> None:
    op.drop_table("presence")
