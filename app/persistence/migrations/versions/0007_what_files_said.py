"""Keep what an imported file said, where people's changes are kept beside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("operation", sa.Column("words", JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("operation", "words")
