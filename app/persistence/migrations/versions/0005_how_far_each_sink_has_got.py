"""How far each sink has got."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "sink_state",
        sa.Column("sink", sa.Text(), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        _now("updated_at"),
        sa.ForeignKeyConstraint(["ontology"], ["ontology.rid"]),
        sa.PrimaryKeyConstraint("sink", "ontology"),
    )
    op.create_table(
        "sink_incident",
        sa.Column("sink", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _now("since"),
        _now("told_at"),
        sa.PrimaryKeyConstraint("sink"),
    )
    op.create_table(
        "dead_letter",
        sa.Column("sink", sa.Text(), nullable=False),
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("discarded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _now("first_at"),
        _now("last_at"),
        sa.ForeignKeyConstraint(["ontology"], ["ontology.rid"]),
        sa.ForeignKeyConstraint(["rid"], ["entity.rid"]),
        sa.PrimaryKeyConstraint("sink", "rid"),
    )
    op.create_index("dead_letter_by_ontology", "dead_letter", ["ontology", "sink", "rid"])


def downgrade() -> None:
    op.drop_table("dead_letter")
    op.drop_table("sink_incident")
    op.drop_table("sink_state")
