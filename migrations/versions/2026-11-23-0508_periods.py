"""Reports lock the periods they cover; a campaign's window before.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from migrations.fence import fence

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("campaigns", sa.Column("before_from", sa.Date(), nullable=True))
    op.add_column("campaigns", sa.Column("before_to", sa.Date(), nullable=True))
    # As long as the reviewed window, ending the day before it: what a campaign without one of its own gets since.
    op.execute(
        "UPDATE campaigns SET before_to = window_from - 1, before_from = window_from - 1 - (window_to - window_from)"
    )
    op.alter_column("campaigns", "before_from", nullable=False)
    op.alter_column("campaigns", "before_to", nullable=False)
    op.create_check_constraint(
        op.f("ck_campaigns_before"), "campaigns", "before_to >= before_from AND before_to < window_from"
    )
    op.create_table(
        "period_locks",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("report_number", sa.String(length=300), nullable=True),
        sa.Column("window_from", sa.Date(), nullable=False),
        sa.Column("window_to", sa.Date(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("window_to >= window_from", name=op.f("ck_period_locks_window")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_period_locks_campaign_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_period_locks_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("unit_id", "campaign_id", name=op.f("pk_period_locks")),
    )
    op.create_index("ix_period_locks_unit_path", "period_locks", ["unit_path"], unique=False)
    fence("period_locks")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_period_locks_unit_path", table_name="period_locks")
    op.drop_table("period_locks")
    op.drop_constraint(op.f("ck_campaigns_before"), "campaigns", type_="check")
    op.drop_column("campaigns", "before_to")
    op.drop_column("campaigns", "before_from")
