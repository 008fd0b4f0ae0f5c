"""How many entities of each kind there are at each revision, so that nobody has to count them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_FILL = sa.text(
    """
    WITH moved AS (
        SELECT kind, revision_from AS revision, 1 AS by FROM entity_version WHERE ontology = :ontology AND NOT deleted
        UNION ALL
        SELECT kind, revision_to, -1 FROM entity_version
        WHERE ontology = :ontology AND NOT deleted AND revision_to < 9223372036854775807
    ), step AS (
        SELECT kind, revision, sum(by) AS by FROM moved GROUP BY kind, revision
    ), running AS (
        SELECT r.revision, k.kind, sum(coalesce(s.by, 0)) OVER (PARTITION BY k.kind ORDER BY r.revision) AS total
        FROM revision AS r LEFT JOIN (SELECT DISTINCT kind FROM step) AS k ON true
        LEFT JOIN step AS s ON s.kind = k.kind AND s.revision = r.revision
        WHERE r.ontology = :ontology
    ), counted AS (
        SELECT revision, coalesce(jsonb_object_agg(kind, total) FILTER (WHERE total > 0), '{}') AS totals FROM running GROUP BY revision
    )
    UPDATE revision AS r SET totals = c.totals FROM counted AS c WHERE r.ontology = :ontology AND c.revision = r.revision
    """
)


def upgrade() -> None:
    op.add_column("revision", sa.Column("totals", postgresql.JSONB(), nullable=True))
    connection = op.get_bind()
    # What a release that knows no totals writes from here on stays NULL, and is counted by the first merge that knows them.
    for ontology in connection.execute(sa.text("SELECT rid FROM ontology ORDER BY rid")).scalars().all():
        connection.execute(_FILL, {"ontology": ontology})


def downgrade() -> None:
    op.drop_column("revision", "totals")
