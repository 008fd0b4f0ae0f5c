"""Find entities by their words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LAST = 9_223_372_036_854_775_807
PAGE = 1_000


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "entity_search",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.Column("name_words", sa.Integer(), nullable=False),
        sa.Column("revision_from", sa.BigInteger(), nullable=False),
        sa.Column("revision_to", sa.BigInteger(), server_default=sa.text(str(LAST)), nullable=False),
        sa.ForeignKeyConstraint(["ontology"], ["ontology.rid"]),
        sa.ForeignKeyConstraint(["rid"], ["entity.rid"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "search_word",
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(collation="C"), nullable=False),
        sa.Column("stem", sa.Text(collation="C"), nullable=False),
        sa.Column("revision_from", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ontology"], ["ontology.rid"]),
        sa.PrimaryKeyConstraint("ontology", "word"),
    )
    _fill(op.get_bind())
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no index is made while references wait to be checked
    op.create_index(
        "entity_search_by_word", "entity_search", ["words"], postgresql_using="gin", postgresql_where=sa.text(f"revision_to = {LAST}")
    )
    op.create_index("entity_search_by_rid", "entity_search", ["rid", "revision_to"])
    op.create_index("entity_search_by_ontology", "entity_search", ["ontology", "revision_to"])
    op.create_index("search_word_by_trigram", "search_word", ["word"], postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"})
    op.create_index("search_word_by_stem", "search_word", ["ontology", "stem"])


def _fill(connection: sa.Connection) -> None:
    """The words of every version that there is; oldest first, so that the vocabulary knows since when it has each word."""
    from app.persistence.mapping import definition_of
    from app.persistence.search.writing import of

    after = (-1, "")
    while True:
        rows = connection.execute(
            sa.text(
                """
                SELECT rid, ontology, kind, definition, revision_from, revision_to FROM entity_version
                WHERE NOT deleted AND (revision_from, rid) > (:revision, :rid) ORDER BY revision_from, rid LIMIT :page
                """
            ),
            {"revision": after[0], "rid": after[1], "page": PAGE},
        ).all()
        if not rows:
            return
        made = [(row, of(definition_of(row.kind, row.definition))) for row in rows]
        connection.execute(
            sa.text(
                """
                INSERT INTO entity_search (ontology, rid, words, name_words, revision_from, revision_to)
                VALUES (:ontology, :rid, CAST(CAST(:words AS text) AS tsvector), :name_words, :revision_from, :revision_to)
                """
            ),
            [
                {
                    "ontology": row.ontology, "rid": row.rid, "words": words.vector, "name_words": words.name_words,
                    "revision_from": row.revision_from, "revision_to": row.revision_to,
                }
                for row, words in made
            ],
        )  # fmt: skip
        vocabulary = [
            {"ontology": row.ontology, "word": word, "revision": row.revision_from} for row, words in made for word in words.vocabulary
        ]
        if vocabulary:
            connection.execute(
                sa.text(
                    """
                    INSERT INTO search_word (ontology, word, stem, revision_from)
                    SELECT :ontology, word, coalesce((ts_lexize('english_stem', word))[1], word), :revision
                    FROM CAST(:word AS text) AS word ON CONFLICT DO NOTHING
                    """
                ),
                vocabulary,
            )
        after = (rows[-1].revision_from, rows[-1].rid)


def downgrade() -> None:
    op.drop_table("search_word")
    op.drop_table("entity_search")
