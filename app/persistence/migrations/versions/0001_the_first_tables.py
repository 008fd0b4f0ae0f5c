"""The first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("root_field", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject", "key", "root_field"),
    )
    op.create_index("idempotency_key_by_age", "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "installation",
        sa.Column("single", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("single", name="installation_is_one"),
        sa.PrimaryKeyConstraint("single"),
    )
    op.create_table(
        "ontology",
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("api_name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("head_revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("head_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.Column("archived_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("rid"),
    )
    op.create_index("ontology_by_name", "ontology", [sa.literal_column("lower(api_name)")], unique=True)
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("change_set", sa.Text(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("before_version", sa.Integer(), nullable=True),
        sa.Column("after_version", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_log_by_actor", "audit_log", ["actor", "id"], unique=False)
    op.create_index("audit_log_by_entity", "audit_log", ["entity", "id"], unique=False)
    op.create_index("audit_log_by_ontology", "audit_log", ["ontology", "id"], unique=False)
    op.create_index("audit_log_by_rid", "audit_log", ["rid", "id"], unique=False)
    op.create_table(
        "change_set",
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("base_revision", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("labels", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("reviewers", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("operation_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_version", sa.Integer(), nullable=True),
        sa.Column("merged_revision", sa.BigInteger(), nullable=True),
        sa.Column("merged_by", sa.Text(), nullable=True),
        sa.Column("merged_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("rolls_back", sa.Text(), nullable=True),
        sa.Column("rolled_back_by", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.ForeignKeyConstraint(
            ["rolled_back_by"],
            ["change_set.rid"],
        ),
        sa.ForeignKeyConstraint(
            ["rolls_back"],
            ["change_set.rid"],
        ),
        sa.PrimaryKeyConstraint("rid"),
    )
    op.create_index(
        "change_set_by_revision",
        "change_set",
        ["ontology", "merged_revision"],
        unique=True,
        postgresql_where=sa.text("merged_revision IS NOT NULL"),
    )
    op.create_index("change_set_by_status", "change_set", ["ontology", "status", "updated_at", "rid"], unique=False)
    op.create_index("change_set_by_update", "change_set", ["ontology", "updated_at", "rid"], unique=False)
    op.create_table(
        "entity",
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("api_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("display_key", sa.Text(collation="C"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("position", sa.Text(collation="C"), nullable=True),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.PrimaryKeyConstraint("rid"),
    )
    op.create_index(
        "entity_by_creation", "entity", ["ontology", "kind", "created_at", "rid"], unique=False, postgresql_where=sa.text("NOT deleted")
    )
    op.create_index(
        "entity_by_display_name",
        "entity",
        ["ontology", "kind", "display_key", "rid"],
        unique=False,
        postgresql_where=sa.text("NOT deleted"),
    )
    op.create_index(
        "entity_by_name", "entity", ["ontology", "kind", "name_key", "rid"], unique=False, postgresql_where=sa.text("NOT deleted")
    )
    op.create_index(
        "entity_by_owner",
        "entity",
        ["owner", "position", "rid"],
        unique=False,
        postgresql_where=sa.text("NOT deleted AND owner IS NOT NULL"),
    )
    op.create_index(
        "entity_by_update", "entity", ["ontology", "kind", "updated_at", "rid"], unique=False, postgresql_where=sa.text("NOT deleted")
    )
    op.create_table(
        "ontology_counter",
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("change_set_events", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.PrimaryKeyConstraint("ontology"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("index", sa.Integer(), nullable=True),
        sa.Column("rid", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_unpublished", "outbox", ["id"], unique=False, postgresql_where=sa.text("published_at IS NULL"))
    op.create_table(
        "change",
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.ForeignKeyConstraint(["rid"], ["entity.rid"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("ontology", "revision", "index"),
    )
    op.create_index("change_by_rid", "change", ["rid", "version"], unique=False)
    op.create_table(
        "change_set_comment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("change_set", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("rid", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_set"],
            ["change_set.rid"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("change_set_comment_by_time", "change_set_comment", ["change_set", "id"], unique=False)
    op.create_table(
        "change_set_event",
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("change_set", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_set"],
            ["change_set.rid"],
        ),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.PrimaryKeyConstraint("ontology", "position"),
    )
    op.create_table(
        "entity_name",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("revision_from", sa.BigInteger(), nullable=False),
        sa.Column("revision_to", sa.BigInteger(), server_default=sa.text("9223372036854775807"), nullable=False),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.ForeignKeyConstraint(["rid"], ["entity.rid"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "ontology", "namespace", "name", "revision_to", deferrable=True, initially="DEFERRED", name="entity_name_is_unique"
        ),
    )
    op.create_index("entity_name_by_rid", "entity_name", ["rid", "revision_to"], unique=False)
    op.create_table(
        "entity_reference",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("edge", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("revision_from", sa.BigInteger(), nullable=False),
        sa.Column("revision_to", sa.BigInteger(), server_default=sa.text("9223372036854775807"), nullable=False),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.ForeignKeyConstraint(["source"], ["entity.rid"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["target"], ["entity.rid"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("entity_reference_by_source", "entity_reference", ["source", "revision_to"], unique=False)
    op.create_index("entity_reference_by_target", "entity_reference", ["target", "revision_to", "edge"], unique=False)
    op.create_table(
        "entity_version",
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(collation="C"), nullable=False),
        sa.Column("revision_from", sa.BigInteger(), nullable=False),
        sa.Column("revision_to", sa.BigInteger(), server_default=sa.text("9223372036854775807"), nullable=False),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("api_name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("display_key", sa.Text(collation="C"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("position", sa.Text(collation="C"), nullable=True),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("updated_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.ForeignKeyConstraint(["rid"], ["entity.rid"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("rid", "version"),
    )
    op.create_index("entity_version_by_name", "entity_version", ["ontology", "kind", "name_key", "rid", "revision_from"], unique=False)
    op.create_index(
        "entity_version_by_owner",
        "entity_version",
        ["owner", "position", "rid"],
        unique=False,
        postgresql_where=sa.text("owner IS NOT NULL"),
    )
    op.create_index("entity_version_by_revision", "entity_version", ["ontology", "revision_from"], unique=False)
    op.create_table(
        "operation",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("change_set", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rid", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("expected_version", sa.Integer(), nullable=True),
        sa.Column("cascade", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("restores", sa.Integer(), nullable=True),
        sa.Column("staged_by", sa.Text(), nullable=False),
        sa.Column("staged_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_set"],
            ["change_set.rid"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("change_set", "position", deferrable=True, initially="DEFERRED", name="operation_has_one_place"),
    )
    op.create_index("operation_by_ref", "operation", ["change_set", "ref"], unique=True, postgresql_where=sa.text("ref IS NOT NULL"))
    op.create_index("operation_by_rid", "operation", ["rid"], unique=False)
    op.create_table(
        "revision",
        sa.Column("ontology", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("change_set", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("request_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=True),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_set"],
            ["change_set.rid"],
        ),
        sa.ForeignKeyConstraint(
            ["ontology"],
            ["ontology.rid"],
        ),
        sa.PrimaryKeyConstraint("ontology", "revision"),
    )
    op.create_index("revision_by_time", "revision", ["ontology", "at"], unique=False)
    op.execute("INSERT INTO installation DEFAULT VALUES")
    op.execute(
        """
        WITH made AS (
            INSERT INTO ontology (rid, api_name, display_name, created_by, updated_by)
            VALUES ('ri.ontology.main.ontology.' || gen_random_uuid(), 'main', 'Main', 'system', 'system')
            RETURNING rid
        )
        INSERT INTO ontology_counter (ontology) SELECT rid FROM made
        """
    )
    op.execute(
        """
        CREATE VIEW audit_entry AS
        SELECT log.*, before.definition AS before, after.definition AS after
        FROM audit_log AS log
        LEFT JOIN entity_version AS before ON before.rid = log.rid AND before.version = log.before_version
        LEFT JOIN entity_version AS after ON after.rid = log.rid AND after.version = log.after_version AND NOT after.deleted
        """
    )


def downgrade() -> None:
    op.execute("DROP VIEW audit_entry")
    op.drop_index("revision_by_time", table_name="revision")
    op.drop_table("revision")
    op.drop_index("operation_by_rid", table_name="operation")
    op.drop_index("operation_by_ref", table_name="operation", postgresql_where=sa.text("ref IS NOT NULL"))
    op.drop_table("operation")
    op.drop_index("entity_version_by_revision", table_name="entity_version")
    op.drop_index("entity_version_by_owner", table_name="entity_version", postgresql_where=sa.text("owner IS NOT NULL"))
    op.drop_index("entity_version_by_name", table_name="entity_version")
    op.drop_table("entity_version")
    op.drop_index("entity_reference_by_target", table_name="entity_reference")
    op.drop_index("entity_reference_by_source", table_name="entity_reference")
    op.drop_table("entity_reference")
    op.drop_index("entity_name_by_rid", table_name="entity_name")
    op.drop_table("entity_name")
    op.drop_table("change_set_event")
    op.drop_index("change_set_comment_by_time", table_name="change_set_comment")
    op.drop_table("change_set_comment")
    op.drop_index("change_by_rid", table_name="change")
    op.drop_table("change")
    op.drop_index("outbox_unpublished", table_name="outbox", postgresql_where=sa.text("published_at IS NULL"))
    op.drop_table("outbox")
    op.drop_table("ontology_counter")
    op.drop_index("entity_by_update", table_name="entity", postgresql_where=sa.text("NOT deleted"))
    op.drop_index("entity_by_owner", table_name="entity", postgresql_where=sa.text("NOT deleted AND owner IS NOT NULL"))
    op.drop_index("entity_by_name", table_name="entity", postgresql_where=sa.text("NOT deleted"))
    op.drop_index("entity_by_display_name", table_name="entity", postgresql_where=sa.text("NOT deleted"))
    op.drop_index("entity_by_creation", table_name="entity", postgresql_where=sa.text("NOT deleted"))
    op.drop_table("entity")
    op.drop_index("change_set_by_update", table_name="change_set")
    op.drop_index("change_set_by_status", table_name="change_set")
    op.drop_index("change_set_by_revision", table_name="change_set", postgresql_where=sa.text("merged_revision IS NOT NULL"))
    op.drop_table("change_set")
    op.drop_index("audit_log_by_rid", table_name="audit_log")
    op.drop_index("audit_log_by_ontology", table_name="audit_log")
    op.drop_index("audit_log_by_entity", table_name="audit_log")
    op.drop_index("audit_log_by_actor", table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_index("ontology_by_name", table_name="ontology")
    op.drop_table("ontology")
    op.drop_table("installation")
    op.drop_index("idempotency_key_by_age", table_name="idempotency_key")
    op.drop_table("idempotency_key")
