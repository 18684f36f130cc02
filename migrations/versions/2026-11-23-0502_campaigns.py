"""Campaigns, outline, deadlines, obligations, extensions.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.fence import fence, fence_writes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=300), nullable=True),
        sa.Column("title", sa.String(length=1000), nullable=False),
        sa.Column("issuing_body", sa.String(length=300), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("programme", sa.String(length=40), server_default="exemplary_units", nullable=False),
        sa.Column("window_from", sa.Date(), nullable=False),
        sa.Column("window_to", sa.Date(), nullable=False),
        sa.Column("years", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column(
            "legal_basis",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("status", sa.String(length=10), server_default="draft", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_campaigns_closed")),
        sa.CheckConstraint("status = 'draft' OR opened_at IS NOT NULL", name=op.f("ck_campaigns_opened")),
        sa.CheckConstraint("status IN ('draft', 'open', 'closed')", name=op.f("ck_campaigns_status")),
        sa.CheckConstraint("window_to >= window_from", name=op.f("ck_campaigns_window")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_campaigns_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("unit_id", "code", name=op.f("uq_campaigns_unit_id_code")),
    )
    op.create_index("ix_campaigns_unit_path", "campaigns", ["unit_path"], unique=False)
    op.create_index("ix_campaigns_updated_at", "campaigns", ["updated_at", "id"], unique=False)
    op.create_table(
        "outline_sections",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=1000), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=True),
        sa.Column("parent_code", sa.String(length=40), nullable=True),
        sa.Column("writable", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_outline_sections_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_outline_sections_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "code", name=op.f("pk_outline_sections")),
        sa.UniqueConstraint("campaign_id", "position", name=op.f("uq_outline_sections_campaign_id_position")),
    )
    op.create_index("ix_outline_sections_unit_path", "outline_sections", ["unit_path"], unique=False)
    op.create_table(
        "deadlines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("task", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("parent_level", sa.String(length=10), nullable=True),
        sa.Column("due_before", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "level IN ('central', 'province', 'district', 'commune', 'base')", name=op.f("ck_deadlines_level")
        ),
        sa.CheckConstraint(
            "parent_level IN ('central', 'province', 'district', 'commune', 'base')",
            name=op.f("ck_deadlines_parent_level"),
        ),
        sa.CheckConstraint("task IN ('report', 'conference')", name=op.f("ck_deadlines_task")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_deadlines_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_deadlines_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadlines")),
        sa.UniqueConstraint(
            "campaign_id",
            "task",
            "level",
            "parent_level",
            name=op.f("uq_deadlines_campaign_id_task_level_parent_level"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_deadlines_unit_path", "deadlines", ["unit_path"], unique=False)
    op.create_table(
        "obligations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("task", sa.String(length=20), nullable=False),
        sa.Column("deadline_id", sa.Uuid(), nullable=False),
        sa.Column("due_before", sa.Date(), nullable=False),
        sa.Column("extended_to", sa.Date(), nullable=True),
        sa.Column("status", sa.String(length=20), server_default="not_started", nullable=False),
        sa.Column("first_counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_reason", sa.String(length=2000), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("left_reason", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('not_started', 'drafting', 'submitted', 'returned', 'accepted')",
            name=op.f("ck_obligations_status"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('submitted', 'accepted') OR first_counted_at IS NOT NULL",
            name=op.f("ck_obligations_counted"),
        ),
        sa.CheckConstraint("task IN ('report', 'conference')", name=op.f("ck_obligations_task")),
        sa.CheckConstraint("(left_on IS NULL) = (left_reason IS NULL)", name=op.f("ck_obligations_left")),
        sa.CheckConstraint("extended_to > due_before", name=op.f("ck_obligations_extension")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_obligations_campaign_id")),
        sa.ForeignKeyConstraint(["deadline_id"], ["deadlines.id"], name=op.f("fk_obligations_deadline_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_obligations_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligations")),
        sa.UniqueConstraint("campaign_id", "task", "unit_id", name=op.f("uq_obligations_campaign_id_task_unit_id")),
    )
    op.create_index(
        "ix_obligations_campaign_id_task_unit_path", "obligations", ["campaign_id", "task", "unit_path"], unique=False
    )
    op.create_index("ix_obligations_unit_id", "obligations", ["unit_id"], unique=False)
    op.create_index("ix_obligations_unit_path", "obligations", ["unit_path", "campaign_id"], unique=False)
    op.create_index("ix_obligations_updated_at", "obligations", ["updated_at", "id"], unique=False)
    op.create_table(
        "extensions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("due_before", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligations.id"], name=op.f("fk_extensions_obligation_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_extensions_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extensions")),
    )
    op.create_index("ix_extensions_obligation_id", "extensions", ["obligation_id", "id"], unique=False)
    op.create_index("ix_extensions_unit_path", "extensions", ["unit_path"], unique=False)
    fence_writes("campaigns")
    fence_writes("outline_sections")
    fence_writes("deadlines")
    fence("obligations", commands="SELECT, INSERT, UPDATE")
    fence("extensions", commands="SELECT, INSERT")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_extensions_unit_path", table_name="extensions")
    op.drop_index("ix_extensions_obligation_id", table_name="extensions")
    op.drop_table("extensions")
    op.drop_index("ix_obligations_updated_at", table_name="obligations")
    op.drop_index("ix_obligations_unit_path", table_name="obligations")
    op.drop_index("ix_obligations_unit_id", table_name="obligations")
    op.drop_index("ix_obligations_campaign_id_task_unit_path", table_name="obligations")
    op.drop_table("obligations")
    op.drop_index("ix_deadlines_unit_path", table_name="deadlines")
    op.drop_table("deadlines")
    op.drop_index("ix_outline_sections_unit_path", table_name="outline_sections")
    op.drop_table("outline_sections")
    op.drop_index("ix_campaigns_updated_at", table_name="campaigns")
    op.drop_index("ix_campaigns_unit_path", table_name="campaigns")
    op.drop_table("campaigns")
