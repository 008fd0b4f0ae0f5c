"""What a job is to do is kept until it ends, with its file, so that another process can take it over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("work", JSONB(), nullable=True))
    op.add_column("job", sa.Column("holder", sa.Uuid(), nullable=True))
    op.add_column("job", sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_index("job_kept", "job", ["created_at", "rid"], postgresql_where=sa.text("work IS NOT NULL"))
    op.create_table(
        "job_file",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("piece", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["job.rid"]),
        sa.PrimaryKeyConstraint("job", "number"),
    )
    op.execute("ALTER TABLE job_file ALTER COLUMN piece SET STORAGE EXTERNAL")  # it lives for a minute: packing it costs more than it saves


def downgrade() -> None:
    op.drop_table("job_file")
    op.drop_index("job_kept", "job")
    op.drop_column("job", "attempts")
    op.drop_column("job", "holder")
    op.drop_column("job", "work")
