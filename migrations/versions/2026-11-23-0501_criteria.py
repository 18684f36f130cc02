"""Criteria sets.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.fence import fence_writes

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHILDREN = ("criteria_groups", "criteria", "criteria_map")

# "A published set never changes": its content is compared without what a transition or a reorganisation touches.
_FROZEN = """
CREATE FUNCTION criteria_set_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    open CONSTANT text[] := '{unit_id,unit_path,status,retired_at,version,updated_at}';
BEGIN
    IF OLD.status <> 'draft' AND (to_jsonb(OLD) - open) IS DISTINCT FROM (to_jsonb(NEW) - open) THEN
        RAISE EXCEPTION 'a published set never changes' USING ERRCODE = '23514', CONSTRAINT = 'ck_criteria_sets_frozen';
    END IF;
    RETURN NEW;
END
$$
"""


def _only_while_draft() -> None:
    """Nobody writes groups, criteria or maps of a set that is not a draft; cascades of the database itself may."""
    for table in _CHILDREN:
        rule = f"EXISTS (SELECT 1 FROM criteria_sets AS s WHERE s.id = {table}.set_id AND s.status = 'draft')"
        op.execute(f"CREATE POLICY {table}_draft_insert ON {table} AS RESTRICTIVE FOR INSERT WITH CHECK ({rule})")
        op.execute(f"CREATE POLICY {table}_draft_update ON {table} AS RESTRICTIVE FOR UPDATE USING ({rule})")
        op.execute(f"CREATE POLICY {table}_draft_delete ON {table} AS RESTRICTIVE FOR DELETE USING ({rule})")
    op.execute(
        "CREATE POLICY criteria_sets_draft_delete ON criteria_sets AS RESTRICTIVE FOR DELETE USING (status = 'draft')"
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "criteria_sets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("set_version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=False),
        sa.Column("notice", sa.String(length=20000), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("legal_basis", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("applies_to_kinds", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("recognised_by", sa.String(length=20), nullable=False),
        sa.Column("pass_rule_kind", sa.String(length=20), nullable=False),
        sa.Column("pass_rule_minimum", sa.Integer(), nullable=True),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'draft') = (published_at IS NULL)", name=op.f("ck_criteria_sets_published")),
        sa.CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name=op.f("ck_criteria_sets_retired")),
        sa.CheckConstraint(
            "pass_rule_kind IN ('all_required', 'minimum_met', 'minimum_score')",
            name=op.f("ck_criteria_sets_pass_rule_kind"),
        ),
        sa.CheckConstraint(
            "recognised_by IN ('province', 'district', 'commune', 'managing_unit')",
            name=op.f("ck_criteria_sets_recognised_by"),
        ),
        sa.CheckConstraint("status IN ('draft', 'published', 'retired')", name=op.f("ck_criteria_sets_status")),
        sa.CheckConstraint("pass_rule_minimum >= 0", name=op.f("ck_criteria_sets_pass_rule_minimum")),
        sa.CheckConstraint("set_version >= 1", name=op.f("ck_criteria_sets_set_version")),
        sa.ForeignKeyConstraint(["previous_id"], ["criteria_sets.id"], name=op.f("fk_criteria_sets_previous_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_criteria_sets_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria_sets")),
        sa.UniqueConstraint("unit_id", "code", "set_version", name="uq_criteria_sets_unit_code_version"),
    )
    op.create_index("ix_criteria_sets_code", "criteria_sets", ["code", "set_version"], unique=False)
    op.create_index("ix_criteria_sets_previous_id", "criteria_sets", ["previous_id"], unique=False)
    op.create_index(
        "uq_criteria_sets_draft", "criteria_sets", ["unit_id", "code"], unique=True, postgresql_where="status = 'draft'"
    )
    op.create_table(
        "criteria_groups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["criteria_groups.id"], name=op.f("fk_criteria_groups_parent_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["set_id"], ["criteria_sets.id"], name=op.f("fk_criteria_groups_set_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_criteria_groups_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria_groups")),
        sa.UniqueConstraint("set_id", "code", name=op.f("uq_criteria_groups_set_id_code")),
    )
    op.create_index("ix_criteria_groups_parent_id", "criteria_groups", ["parent_id"], unique=False)
    op.create_table(
        "criteria",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=True),
        sa.Column("description", sa.String(length=20000), nullable=True),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("threshold", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("comparison", sa.String(length=20), nullable=True),
        sa.Column("unit_of_count", sa.String(length=100), nullable=True),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("evidence_needed", sa.Boolean(), nullable=False),
        sa.Column("weight", sa.Numeric(precision=18, scale=4), server_default="1", nullable=False),
        sa.Column("text_status", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("comparison IN ('at_least', 'at_most')", name=op.f("ck_criteria_comparison")),
        sa.CheckConstraint("measure IN ('yes_no', 'number', 'percentage', 'count')", name=op.f("ck_criteria_measure")),
        sa.CheckConstraint(
            "text_status IN ('sourced', 'to_be_entered', 'proposal')", name=op.f("ck_criteria_text_status")
        ),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_criteria_weight")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["criteria_groups.id"], name=op.f("fk_criteria_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["set_id"], ["criteria_sets.id"], name=op.f("fk_criteria_set_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_criteria_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_criteria")),
        sa.UniqueConstraint("set_id", "code", name=op.f("uq_criteria_set_id_code")),
    )
    op.create_index("ix_criteria_group_id", "criteria", ["group_id"], unique=False)
    op.create_table(
        "criteria_map",
        sa.Column("old_criterion_id", sa.Uuid(), nullable=False),
        sa.Column("new_criterion_id", sa.Uuid(), nullable=False),
        sa.Column("set_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["new_criterion_id"], ["criteria.id"], name=op.f("fk_criteria_map_new_criterion_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["old_criterion_id"], ["criteria.id"], name=op.f("fk_criteria_map_old_criterion_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["set_id"], ["criteria_sets.id"], name=op.f("fk_criteria_map_set_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_criteria_map_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("old_criterion_id", "new_criterion_id", name=op.f("pk_criteria_map")),
    )
    op.create_index(op.f("ix_criteria_map_new_criterion_id"), "criteria_map", ["new_criterion_id"], unique=False)
    op.create_index("ix_criteria_map_set_id", "criteria_map", ["set_id"], unique=False)
    for table in ("criteria_sets", *_CHILDREN):
        fence_writes(table)
    _only_while_draft()
    op.execute(_FROZEN)
    op.execute(
        "CREATE TRIGGER criteria_sets_frozen BEFORE UPDATE ON criteria_sets"
        " FOR EACH ROW EXECUTE FUNCTION criteria_set_frozen()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_criteria_map_set_id", table_name="criteria_map")
    op.drop_index(op.f("ix_criteria_map_new_criterion_id"), table_name="criteria_map")
    op.drop_table("criteria_map")
    op.drop_index("ix_criteria_group_id", table_name="criteria")
    op.drop_table("criteria")
    op.drop_index("ix_criteria_groups_parent_id", table_name="criteria_groups")
    op.drop_table("criteria_groups")
    op.drop_index("uq_criteria_sets_draft", table_name="criteria_sets", postgresql_where="status = 'draft'")
    op.drop_index("ix_criteria_sets_previous_id", table_name="criteria_sets")
    op.drop_index("ix_criteria_sets_code", table_name="criteria_sets")
    op.drop_table("criteria_sets")
    op.execute("DROP FUNCTION criteria_set_frozen()")
