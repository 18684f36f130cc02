"""Evidence files.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

from migrations.fence import fence

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=True),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("directive_id", sa.Uuid(), nullable=True),
        sa.Column("activity_id", sa.Uuid(), nullable=True),
        sa.Column("practice_id", sa.Uuid(), nullable=True),
        sa.Column("award_id", sa.Uuid(), nullable=True),
        sa.Column("criterion_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_attachments_sha256")),
        sa.CheckConstraint("criterion_id IS NULL OR evaluation_id IS NOT NULL", name=op.f("ck_attachments_criterion")),
        sa.CheckConstraint(
            "num_nonnulls(evaluation_id, report_id, directive_id, activity_id, practice_id, award_id) = 1",
            name=op.f("ck_attachments_subject"),
        ),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_attachments_size_bytes")),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["propaganda_activities.id"], name=op.f("fk_attachments_activity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["award_id"], ["awards.id"], name=op.f("fk_attachments_award_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["criterion_id"], ["criteria.id"], name=op.f("fk_attachments_criterion_id")),
        sa.ForeignKeyConstraint(
            ["directive_id"], ["directives.id"], name=op.f("fk_attachments_directive_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_attachments_evaluation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practices.id"], name=op.f("fk_attachments_practice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_attachments_report_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_attachments_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(
        "ix_attachments_activity_id",
        "attachments",
        ["activity_id"],
        unique=False,
        postgresql_where="activity_id IS NOT NULL",
    )
    op.create_index(
        "ix_attachments_award_id", "attachments", ["award_id"], unique=False, postgresql_where="award_id IS NOT NULL"
    )
    op.create_index(
        "ix_attachments_criterion_id",
        "attachments",
        ["criterion_id"],
        unique=False,
        postgresql_where="criterion_id IS NOT NULL",
    )
    op.create_index(
        "ix_attachments_directive_id",
        "attachments",
        ["directive_id"],
        unique=False,
        postgresql_where="directive_id IS NOT NULL",
    )
    op.create_index(
        "ix_attachments_practice_id",
        "attachments",
        ["practice_id"],
        unique=False,
        postgresql_where="practice_id IS NOT NULL",
    )
    op.create_index(
        "ix_attachments_report_id", "attachments", ["report_id"], unique=False, postgresql_where="report_id IS NOT NULL"
    )
    op.create_index("ix_attachments_sha256", "attachments", ["sha256"], unique=False)
    op.create_index("ix_attachments_unit_path", "attachments", ["unit_path", "id"], unique=False)
    op.create_index("ix_attachments_updated_at", "attachments", ["updated_at", "id"], unique=False)
    op.create_index(
        "uq_attachments_subject_sha256",
        "attachments",
        [
            "evaluation_id",
            "report_id",
            "directive_id",
            "activity_id",
            "practice_id",
            "award_id",
            "criterion_id",
            "sha256",
        ],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    fence("attachments")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("uq_attachments_subject_sha256", table_name="attachments", postgresql_nulls_not_distinct=True)
    op.drop_index("ix_attachments_updated_at", table_name="attachments")
    op.drop_index("ix_attachments_unit_path", table_name="attachments")
    op.drop_index("ix_attachments_sha256", table_name="attachments")
    op.drop_index("ix_attachments_report_id", table_name="attachments", postgresql_where="report_id IS NOT NULL")
    op.drop_index("ix_attachments_practice_id", table_name="attachments", postgresql_where="practice_id IS NOT NULL")
    op.drop_index("ix_attachments_directive_id", table_name="attachments", postgresql_where="directive_id IS NOT NULL")
    op.drop_index("ix_attachments_criterion_id", table_name="attachments", postgresql_where="criterion_id IS NOT NULL")
    op.drop_index("ix_attachments_award_id", table_name="attachments", postgresql_where="award_id IS NOT NULL")
    op.drop_index("ix_attachments_activity_id", table_name="attachments", postgresql_where="activity_id IS NOT NULL")
    op.drop_table("attachments")
