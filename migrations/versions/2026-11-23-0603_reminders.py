"""Reminders, and everybody's inbox.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.fence import fence, fence_writes

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "reminder_plans",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("remind_days_before", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("escalate_days_after", postgresql.ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_reminder_plans_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_reminder_plans_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_reminder_plans")),
    )
    op.create_index("ix_reminder_plans_unit_path", "reminder_plans", ["unit_path"], unique=False)
    op.create_table(
        "reminders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due_before", sa.Date(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("sent_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('approaching', 'missed', 'by_hand')", name=op.f("ck_reminders_kind")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_reminders_campaign_id")),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligations.id"], name=op.f("fk_reminders_obligation_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_reminders_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint("obligation_id", "kind", "day", name=op.f("uq_reminders_obligation_id_kind_day")),
    )
    op.create_index("ix_reminders_campaign_id", "reminders", ["campaign_id", "id"], unique=False)
    op.create_index("ix_reminders_unit_path", "reminders", ["unit_path"], unique=False)
    op.create_table(
        "notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("reminder_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_status", sa.String(length=10), server_default="none", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('approaching', 'missed', 'by_hand', 'escalation')", name=op.f("ck_notices_kind")),
        sa.CheckConstraint("mail_status IN ('none', 'waiting', 'sent', 'failed')", name=op.f("ck_notices_mail_status")),
        sa.ForeignKeyConstraint(["reminder_id"], ["reminders.id"], name=op.f("fk_notices_reminder_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_notices_unit", onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notices_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("reminder_id", "user_id", name=op.f("uq_notices_reminder_id_user_id")),
    )
    op.create_index("ix_notices_unit_path", "notices", ["unit_path"], unique=False)
    op.create_index("ix_notices_user_id", "notices", ["user_id", "id"], unique=False)
    fence_writes("reminder_plans")
    fence("reminders")
    fence("notices")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_notices_user_id", table_name="notices")
    op.drop_index("ix_notices_unit_path", table_name="notices")
    op.drop_table("notices")
    op.drop_index("ix_reminders_unit_path", table_name="reminders")
    op.drop_index("ix_reminders_campaign_id", table_name="reminders")
    op.drop_table("reminders")
    op.drop_index("ix_reminder_plans_unit_path", table_name="reminder_plans")
    op.drop_table("reminder_plans")
