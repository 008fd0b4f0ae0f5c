"""Edit locks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE lease_token")
    op.create_table(
        "lease",
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("holder_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("token", sa.BigInteger(), server_default=sa.text("nextval('lease_token'::regclass)"), nullable=False),
        sa.Column("acquired_at", TIMESTAMP(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("until", TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ontology"], ["ontology.rid"]),
        sa.ForeignKeyConstraint(["rid"], ["entity.rid"]),
        sa.PrimaryKeyConstraint("rid"),
    )
    op.create_index("lease_by_ontology", "lease", ["ontology", "until"])
    op.create_index("lease_by_holder", "lease", ["holder", "until"])
    op.create_index("lease_by_token", "lease", ["token"], unique=True)


def downgrade() -> None:
    op.drop_table("lease")
    op.execute("DROP SEQUENCE lease_token")
