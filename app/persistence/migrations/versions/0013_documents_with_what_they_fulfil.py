"""Search documents name every interface that is implemented by way of another one: those that were written before are written again.

Until a worker has done so, PostgreSQL answers searches.
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

AGAIN = "UPDATE sink_state SET revision = -1, built = built + 1, updated_at = clock_timestamp() WHERE sink = 'opensearch'"


def upgrade() -> None:
    op.execute(AGAIN)


def downgrade() -> None:
    op.execute(AGAIN)
