"""Registrations.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from migrations.fence import fence

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "registrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("programme", sa.String(length=40), server_default="exemplary_units", nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("return_note", sa.String(length=2000), nullable=True),
        sa.Column("decision_number", sa.String(length=300), nullable=True),
        sa.Column("decision_date", sa.Date(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status <> 'accepted' OR accepted_at IS NOT NULL", name=op.f("ck_registrations_accepted")),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'accepted', 'returned', 'withdrawn')",
            name=op.f("ck_registrations_status"),
        ),
        sa.CheckConstraint(
            "(decision_number IS NULL) = (decision_date IS NULL)", name=op.f("ck_registrations_decision")
        ),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("ck_registrations_year")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_registrations_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registrations")),
    )
    op.create_index("ix_registrations_unit_path", "registrations", ["unit_path", "year"], unique=False)
    op.create_index("ix_registrations_updated_at", "registrations", ["updated_at", "id"], unique=False)
    op.create_index(
        "uq_registrations_unit_programme_year",
        "registrations",
        ["unit_id", "programme", "year"],
        unique=True,
        postgresql_where="status <> 'withdrawn'",
    )
    fence("registrations")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(
        "uq_registrations_unit_programme_year", table_name="registrations", postgresql_where="status <> 'withdrawn'"
    )
    op.drop_index("ix_registrations_updated_at", table_name="registrations")
    op.drop_index("ix_registrations_unit_path", table_name="registrations")
    op.drop_table("registrations")
