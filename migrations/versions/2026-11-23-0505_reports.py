"""Reports.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from migrations.fence import fence

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("review_method", sa.String(length=20), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("number", sa.String(length=300), nullable=True),
        sa.Column("signer_name", sa.String(length=300), nullable=True),
        sa.Column("signer_position", sa.String(length=300), nullable=True),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("submit_note", sa.String(length=2000), nullable=True),
        sa.Column("return_note", sa.String(length=2000), nullable=True),
        sa.Column("first_counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("review_method IN ('conference', 'in_writing')", name=op.f("ck_reports_review_method")),
        sa.CheckConstraint("status <> 'accepted' OR accepted_at IS NOT NULL", name=op.f("ck_reports_accepted")),
        sa.CheckConstraint("status <> 'submitted' OR submitted_at IS NOT NULL", name=op.f("ck_reports_submitted")),
        sa.CheckConstraint("status IN ('draft', 'submitted', 'returned', 'accepted')", name=op.f("ck_reports_status")),
        sa.CheckConstraint(
            "status NOT IN ('submitted', 'accepted') OR first_counted_at IS NOT NULL", name=op.f("ck_reports_counted")
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaigns.id"], name=op.f("fk_reports_campaign_id")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_reports_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("campaign_id", "unit_id", name=op.f("uq_reports_campaign_id_unit_id")),
    )
    op.create_index("ix_reports_unit_path", "reports", ["unit_path", "campaign_id"], unique=False)
    op.create_index("ix_reports_updated_at", "reports", ["updated_at", "id"], unique=False)
    op.create_table(
        "report_sections",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_sections_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_report_sections_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "code", name=op.f("pk_report_sections")),
    )
    op.create_index("ix_report_sections_unit_path", "report_sections", ["unit_path"], unique=False)
    fence("reports")
    fence("report_sections")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_report_sections_unit_path", table_name="report_sections")
    op.drop_table("report_sections")
    op.drop_index("ix_reports_updated_at", table_name="reports")
    op.drop_index("ix_reports_unit_path", table_name="reports")
    op.drop_table("reports")
