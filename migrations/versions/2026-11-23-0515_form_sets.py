"""Statistical forms as data.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.fence import fence_writes

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# "A published set never changes": its content is compared without what a transition or a reorganisation touches.
_FROZEN = """
CREATE FUNCTION form_set_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    open CONSTANT text[] := '{unit_id,unit_path,status,retired_at,version,updated_at}';
BEGIN
    IF OLD.status <> 'draft' AND (to_jsonb(OLD) - open) IS DISTINCT FROM (to_jsonb(NEW) - open) THEN
        RAISE EXCEPTION 'a published set never changes' USING ERRCODE = '23514', CONSTRAINT = 'ck_form_sets_frozen';
    END IF;
    RETURN NEW;
END
$$
"""


def _form_sets() -> None:
    op.create_table(
        "form_sets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("set_version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=False),
        sa.Column("notice", sa.String(length=20000), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(status = 'draft') = (published_at IS NULL)", name=op.f("ck_form_sets_published")),
        sa.CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_form_sets_retired")),
        sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name=op.f("ck_form_sets_status")),
        sa.CheckConstraint("set_version >= 1", name=op.f("ck_form_sets_set_version")),
        sa.CheckConstraint("jsonb_typeof(definition -> 'forms') = 'array'", name=op.f("ck_form_sets_definition")),
        sa.ForeignKeyConstraint(["previous_id"], ["form_sets.id"], name=op.f("fk_form_sets_previous_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_form_sets_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_sets")),
        sa.UniqueConstraint("unit_id", "code", "set_version", name="uq_form_sets_unit_code_version"),
    )
    op.create_index("ix_form_sets_code", "form_sets", ["code", "set_version"], unique=False)
    op.create_index("ix_form_sets_previous_id", "form_sets", ["previous_id"], unique=False)
    op.create_index(
        "uq_form_sets_draft", "form_sets", ["unit_id", "code"], unique=True, postgresql_where="status = 'draft'"
    )


def _campaign_forms() -> None:
    op.create_table(
        "campaign_forms",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("form_set_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pinned_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_forms_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["form_set_id"], ["form_sets.id"], name=op.f("fk_campaign_forms_form_set_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_campaign_forms_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign_forms")),
    )
    op.create_index("ix_campaign_forms_form_set_id", "campaign_forms", ["form_set_id"], unique=False)
    op.create_index("ix_campaign_forms_unit_path", "campaign_forms", ["unit_path"], unique=False)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _form_sets()
    _campaign_forms()
    fence_writes("form_sets")
    fence_writes("campaign_forms")
    op.execute("CREATE POLICY form_sets_draft_delete ON form_sets AS RESTRICTIVE FOR DELETE USING (status = 'draft')")
    op.execute(_FROZEN)
    op.execute(
        "CREATE TRIGGER form_sets_frozen BEFORE UPDATE ON form_sets FOR EACH ROW EXECUTE FUNCTION form_set_frozen()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_campaign_forms_unit_path", table_name="campaign_forms")
    op.drop_index("ix_campaign_forms_form_set_id", table_name="campaign_forms")
    op.drop_table("campaign_forms")
    op.drop_index("uq_form_sets_draft", table_name="form_sets", postgresql_where="status = 'draft'")
    op.drop_index("ix_form_sets_previous_id", table_name="form_sets")
    op.drop_index("ix_form_sets_code", table_name="form_sets")
    op.drop_table("form_sets")
    op.execute("DROP FUNCTION form_set_frozen()")
