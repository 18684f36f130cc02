"""Keys: networks, last use, rotation. The event log: the key's name, and what is gone.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.fence import APP_ROLE

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_BY_KEY = (
    ("attachments", "created_with_key"),
    ("directives", "created_with_key"),
    ("practices", "created_with_key"),
    ("report_signatures", "signed_with_key"),
)
"""Where it is shown who made a row."""
_CATALOGUES = "'award_form', 'award_quota', 'campaign', 'criteria_set', 'document_template', 'form_set'"


def _tell_of_catalogues() -> None:
    """Everyone reads catalogues, and so has to learn what is gone from them, wherever its owner stands in the tree: the
    id and the instant of a deletion, and nothing else of the log. For this one question the scope is the whole range."""
    op.execute(
        f"""
        CREATE FUNCTION deleted_catalogue_entries(wanted text, since timestamptz)
        RETURNS TABLE (id uuid, deleted_at timestamptz) LANGUAGE plpgsql AS $$
        DECLARE
            scope text[] := ARRAY[current_setting('app.scope_from', true), current_setting('app.scope_to', true),
                current_setting('app.scope_list', true)];
        BEGIN
            PERFORM set_config('app.scope_from', '0', true), set_config('app.scope_to', '~', true),
                set_config('app.scope_list', '', true);
            RETURN QUERY SELECT subject_id, max(at) FROM audit_events
                WHERE verb LIKE '%.delete' AND subject_kind IN ({_CATALOGUES}) AND subject_kind = wanted AND at >= since
                GROUP BY subject_id ORDER BY max(at), subject_id;
            PERFORM set_config('app.scope_from', scope[1], true), set_config('app.scope_to', scope[2], true),
                set_config('app.scope_list', scope[3], true);
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION deleted_catalogue_entries FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION deleted_catalogue_entries TO {APP_ROLE}")


def _tell_of_files() -> None:
    """A deleted record takes its files with it by its foreign key, and nothing in the application sees them go. At the
    end of the transaction each one's event is written after that of its record: same actor, same instant."""
    op.execute(
        """
        CREATE FUNCTION tell_of_deleted_attachment() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            this bigint := pg_current_xact_id()::text::bigint;
        BEGIN
            IF NOT EXISTS (
                SELECT FROM audit_events
                WHERE xact = this AND subject_id = OLD.id AND verb = 'attachment.delete'
            ) THEN
                INSERT INTO audit_events (id, at, actor_kind, actor_id, actor_name, session_id, key_id, key_name, request_id,
                    verb, subject_kind, subject_id, unit_id, unit_path, path_then, before)
                SELECT gen_random_uuid(), at, actor_kind, actor_id, actor_name, session_id, key_id, key_name, request_id,
                    'attachment.delete', 'attachment', OLD.id, OLD.unit_id, OLD.unit_path, OLD.unit_path,
                    jsonb_build_object('title', OLD.title, 'file_name', OLD.file_name, 'size_bytes', OLD.size_bytes,
                        'sha256', OLD.sha256, 'deleted_with', subject_kind)
                FROM audit_events WHERE xact = this AND verb LIKE '%.delete' AND subject_kind <> 'attachment'
                ORDER BY seq DESC LIMIT 1;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER attachments_deleted AFTER DELETE ON attachments DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION tell_of_deleted_attachment()"
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("service_keys", sa.Column("networks", postgresql.ARRAY(postgresql.CIDR()), nullable=True))
    op.add_column("service_keys", sa.Column("replaced_by", sa.Uuid(), nullable=True))
    op.add_column("service_keys", sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("service_keys", sa.Column("last_used_address", sa.String(length=45), nullable=True))
    op.create_check_constraint(op.f("ck_service_keys_networks"), "service_keys", "cardinality(networks) > 0")
    op.create_foreign_key(op.f("fk_service_keys_replaced_by"), "service_keys", "service_keys", ["replaced_by"], ["id"])
    op.add_column("audit_events", sa.Column("key_name", sa.String(length=100), nullable=True))
    op.create_index(
        "ix_audit_events_deleted",
        "audit_events",
        ["subject_kind", "at"],
        unique=False,
        postgresql_where="verb LIKE '%.delete'",
    )
    for table, column in _BY_KEY:
        op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
    _tell_of_catalogues()
    _tell_of_files()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER attachments_deleted ON attachments")
    op.execute("DROP FUNCTION tell_of_deleted_attachment")
    op.execute("DROP FUNCTION deleted_catalogue_entries")
    for table, column in _BY_KEY:
        op.drop_column(table, column)
    op.drop_index("ix_audit_events_deleted", table_name="audit_events", postgresql_where="verb LIKE '%.delete'")
    op.drop_column("audit_events", "key_name")
    op.drop_constraint(op.f("fk_service_keys_replaced_by"), "service_keys", type_="foreignkey")
    op.drop_constraint(op.f("ck_service_keys_networks"), "service_keys", type_="check")
    for dropped in ("last_used_address", "last_used_at", "replaced_by", "networks"):
        op.drop_column("service_keys", dropped)
