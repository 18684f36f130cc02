"""Units with their dated facts, the event log, identity; the fenced role and its policies.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.fence import APP_ROLE, allow, fence, fence_writes, make_roles, open_to_owner, within

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    make_roles()
    op.execute(sa.schema.CreateSequence(sa.Sequence("unit_label")))
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("private_pem", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_keys")),
    )
    op.create_table(
        "units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Integer(), server_default=sa.text("nextval('unit_label')"), nullable=False),
        sa.Column("path", sa.String(collation="C"), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(length=35), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.LargeBinary(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(parent_id IS NULL) = (level = 'central')", name=op.f("ck_units_root")),
        sa.CheckConstraint(
            "level IN ('central', 'province', 'district', 'commune', 'base')", name=op.f("ck_units_level")
        ),
        sa.CheckConstraint("path ~ '^([0-9a-z]{6}[.])+$'", name=op.f("ck_units_path")),
        sa.CheckConstraint("successor_id IS NULL OR ended_on IS NOT NULL", name=op.f("ck_units_successor")),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_units_parent_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["units.id"], name=op.f("fk_units_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_units")),
        sa.UniqueConstraint("id", "path", name="uq_units_id_path"),
        sa.UniqueConstraint("label", name=op.f("uq_units_label")),
        sa.UniqueConstraint("path", name=op.f("uq_units_path")),
    )
    op.create_index("ix_units_parent_id", "units", ["parent_id"], unique=False)
    op.create_index("ix_units_level", "units", ["level", "path"], unique=False)
    op.create_index("ix_units_sort_key", "units", ["sort_key", "id"], unique=False)
    op.create_index("uq_units_living_code", "units", ["code"], unique=True, postgresql_where="ended_on IS NULL")
    op.create_table(
        "audit_events",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("verb", sa.String(length=60), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("path_then", sa.String(collation="C"), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_audit_events_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_events")),
        sa.UniqueConstraint("id", name=op.f("uq_audit_events_id")),
    )
    op.create_index("ix_audit_events_actor_id", "audit_events", ["actor_id", "seq"], unique=False)
    op.create_index("ix_audit_events_subject", "audit_events", ["subject_kind", "subject_id", "seq"], unique=False)
    op.create_index("ix_audit_events_unit_path", "audit_events", ["unit_path", "seq"], unique=False)
    op.create_table(
        "service_accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_service_accounts_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_accounts")),
    )
    op.create_index("ix_service_accounts_unit_path", "service_accounts", ["unit_path", "name"], unique=False)
    op.create_index("uq_service_accounts_unit_id_name", "service_accounts", ["unit_id", "name"], unique=True)
    op.create_table(
        "unit_facts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.String(collation="C"), nullable=False),
        sa.Column("code", sa.String(length=35), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("short_name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.LargeBinary(), nullable=False),
        sa.Column("legal_basis", sa.String(length=300), nullable=True),
        sa.Column(
            "span",
            postgresql.INT8RANGE(),
            sa.Computed(
                "int8range(label::bigint * 1000000 + (valid_from - date '1900-01-01'), label::bigint * 1000000 + (coalesce(valid_to, date '4600-01-01') - date '1900-01-01'))",
                persisted=True,
            ),
            nullable=False,
        ),
        postgresql.ExcludeConstraint((sa.column("span"), "&&"), using="gist", name="ex_unit_facts_span"),
        sa.CheckConstraint(
            "level IN ('central', 'province', 'district', 'commune', 'base')", name=op.f("ck_unit_facts_level")
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_unit_facts_validity")),
        sa.ForeignKeyConstraint(["parent_id"], ["units.id"], name=op.f("fk_unit_facts_parent_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_unit_facts_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_facts")),
        sa.UniqueConstraint("unit_id", "valid_from", name=op.f("uq_unit_facts_unit_id_valid_from")),
    )
    op.create_index("ix_unit_facts_code", "unit_facts", ["code"], unique=False)
    op.create_index(
        "ix_unit_facts_ended",
        "unit_facts",
        ["unit_id", "valid_to"],
        unique=False,
        postgresql_where="valid_to IS NOT NULL",
    )
    op.create_index("ix_unit_facts_parent_id", "unit_facts", ["parent_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_confirmed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("username ~ '^[a-z0-9][a-z0-9._-]{2,63}$'", name=op.f("ck_users_username")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_users_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_index("ix_users_unit_path", "users", ["unit_path", "username"], unique=False)
    op.create_index("uq_users_username", "users", ["username"], unique=True)
    op.create_table(
        "grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("service_account_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "role IN ('viewer', 'editor', 'approver', 'awards_officer', 'coordinator', 'administrator', 'auditor', 'integrator')",
            name=op.f("ck_grants_role"),
        ),
        sa.CheckConstraint("(user_id IS NULL) <> (service_account_id IS NULL)", name=op.f("ck_grants_holder")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_grants_validity")),
        sa.ForeignKeyConstraint(
            ["service_account_id"], ["service_accounts.id"], name=op.f("fk_grants_service_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_grants_unit", onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_grants_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_service_account_id", "grants", ["service_account_id"], unique=False)
    op.create_index("ix_grants_unit_path", "grants", ["unit_path"], unique=False)
    op.create_index("ix_grants_user_id", "grants", ["user_id"], unique=False)
    op.create_table(
        "service_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("permissions", postgresql.ARRAY(sa.String(length=60)), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_account_id"], ["service_accounts.id"], name=op.f("fk_service_keys_service_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_service_keys_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_keys")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_service_keys_secret_hash")),
    )
    op.create_index("ix_service_keys_service_account_id", "service_keys", ["service_account_id"], unique=False)
    op.create_index("ix_service_keys_unit_path", "service_keys", ["unit_path"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("family_hash", sa.LargeBinary(), nullable=False),
        sa.Column("refresh_hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=True),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(length=300), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("family_hash", name=op.f("uq_sessions_family_hash")),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)
    op.create_table(
        "sign_in_failures",
        sa.Column("bucket", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_sign_in_failures")),
    )
    op.create_index("ix_sign_in_failures_last_at", "sign_in_failures", ["last_at"], unique=False)
    fence_writes("units", column="path", commands="SELECT, INSERT, UPDATE")
    op.execute(f"GRANT USAGE ON SEQUENCE unit_label TO {APP_ROLE}")
    op.execute("ALTER TABLE unit_facts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE unit_facts FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY unit_facts_select ON unit_facts FOR SELECT USING (true)")
    of_unit = "EXISTS (SELECT FROM units u WHERE u.id = unit_id AND u.path >= current_setting('app.scope_from', true)"
    of_unit += " AND u.path < current_setting('app.scope_to', true))"
    op.execute(f"CREATE POLICY unit_facts_insert ON unit_facts FOR INSERT WITH CHECK ({of_unit})")
    op.execute(f"CREATE POLICY unit_facts_update ON unit_facts FOR UPDATE USING ({of_unit}) WITH CHECK ({of_unit})")
    op.execute(f"CREATE POLICY unit_facts_delete ON unit_facts FOR DELETE USING ({of_unit})")
    allow("unit_facts", "SELECT, INSERT, UPDATE")

    # Append-only: whoever acts may append; only an auditor's scope reads; nobody updates or deletes.
    fence("audit_events", commands="SELECT, INSERT")
    op.execute("ALTER POLICY audit_events_insert ON audit_events WITH CHECK (true)")

    for table in ("users", "service_accounts", "grants", "service_keys"):
        fence(table, commands="SELECT, INSERT, UPDATE")
        open_to_owner(table)
    op.execute("ALTER TABLE sessions ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE sessions FORCE ROW LEVEL SECURITY")
    mine = "user_id::text = current_setting('app.actor_id', true) OR EXISTS (SELECT FROM users u WHERE u.id = user_id)"
    op.execute(f"CREATE POLICY sessions_mine ON sessions TO {APP_ROLE} USING ({mine}) WITH CHECK ({mine})")
    open_to_owner("sessions")
    allow("sessions", "SELECT, UPDATE")
    # An administrator who sets a new password also ends the account's back-off.
    allow("sign_in_failures", "SELECT, DELETE")
    # Whether somebody's rights reach beyond the caller's own scope, which the fence itself would hide from the caller.
    op.execute(
        f"""CREATE FUNCTION holds_beyond_scope(holder uuid, today date) RETURNS boolean
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
            SELECT EXISTS (SELECT FROM grants WHERE holder IN (user_id, service_account_id)
                AND (valid_to IS NULL OR valid_to > today) AND ({within("unit_path")}) IS NOT TRUE)
        $$"""
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP FUNCTION holds_beyond_scope")
    op.drop_table("sign_in_failures")
    op.drop_index("ix_sessions_user_id", table_name="sessions")
    op.drop_table("sessions")
    op.drop_index("ix_service_keys_unit_path", table_name="service_keys")
    op.drop_index("ix_service_keys_service_account_id", table_name="service_keys")
    op.drop_table("service_keys")
    op.drop_index("ix_grants_user_id", table_name="grants")
    op.drop_index("ix_grants_unit_path", table_name="grants")
    op.drop_index("ix_grants_service_account_id", table_name="grants")
    op.drop_table("grants")
    op.drop_index("uq_users_username", table_name="users")
    op.drop_index("ix_users_unit_path", table_name="users")
    op.drop_table("users")
    op.drop_index("ix_unit_facts_parent_id", table_name="unit_facts")
    op.drop_index("ix_unit_facts_ended", table_name="unit_facts", postgresql_where="valid_to IS NOT NULL")
    op.drop_index("ix_unit_facts_code", table_name="unit_facts")
    op.drop_table("unit_facts")
    op.drop_index("uq_service_accounts_unit_id_name", table_name="service_accounts")
    op.drop_index("ix_service_accounts_unit_path", table_name="service_accounts")
    op.drop_table("service_accounts")
    op.drop_index("ix_audit_events_unit_path", table_name="audit_events")
    op.drop_index("ix_audit_events_subject", table_name="audit_events")
    op.drop_index("ix_audit_events_actor_id", table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_index("uq_units_living_code", table_name="units", postgresql_where="ended_on IS NULL")
    op.drop_index("ix_units_sort_key", table_name="units")
    op.drop_index("ix_units_level", table_name="units")
    op.drop_index("ix_units_parent_id", table_name="units")
    op.drop_table("units")
    op.execute(sa.schema.DropSequence(sa.Sequence("unit_label")))
    op.drop_table("signing_keys")
    # The role stays: another database of the same server may use it.
