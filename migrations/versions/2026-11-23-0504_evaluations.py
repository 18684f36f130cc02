"""Evaluations and their results per criterion.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from migrations.fence import fence

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # The target of the key by which evaluations keep their copy of the year true.
    op.create_unique_constraint("uq_registrations_id_year", "registrations", ["id", "year"])
    op.create_table(
        "evaluations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("registration_id", sa.Uuid(), nullable=False),
        sa.Column("criteria_set_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="draft", nullable=False),
        sa.Column("passed_self", sa.Boolean(), nullable=True),
        sa.Column("passed_verified", sa.Boolean(), nullable=True),
        sa.Column("passed_final", sa.Boolean(), nullable=True),
        sa.Column("decision_number", sa.String(length=300), nullable=True),
        sa.Column("decision_date", sa.Date(), nullable=True),
        sa.Column("return_note", sa.String(length=2000), nullable=True),
        sa.Column("decline_note", sa.String(length=2000), nullable=True),
        sa.Column("self_checked_on", sa.Date(), nullable=True),
        sa.Column("summary", sa.String(length=20000), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status IN ('recognised', 'not_recognised')) = (decided_at IS NOT NULL AND passed_final IS NOT NULL)",
            name=op.f("ck_evaluations_decided"),
        ),
        sa.CheckConstraint(
            "(status IN ('verified', 'recognised', 'not_recognised')) = (verified_at IS NOT NULL AND passed_verified IS NOT NULL)",
            name=op.f("ck_evaluations_verified"),
        ),
        sa.CheckConstraint("stage <> 'forecast' OR decided_at IS NULL", name=op.f("ck_evaluations_forecast")),
        sa.CheckConstraint("stage IN ('final', 'maintenance', 'forecast')", name=op.f("ck_evaluations_stage")),
        sa.CheckConstraint(
            "status <> 'recognised' OR (passed_final AND (stage <> 'final' OR decision_number IS NOT NULL))",
            name=op.f("ck_evaluations_recognised"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'returned') OR (submitted_at IS NOT NULL AND passed_self IS NOT NULL)",
            name=op.f("ck_evaluations_submitted"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'verified', 'recognised', 'not_recognised')",
            name=op.f("ck_evaluations_status"),
        ),
        sa.CheckConstraint("(decision_number IS NULL) = (decision_date IS NULL)", name=op.f("ck_evaluations_decision")),
        sa.ForeignKeyConstraint(["criteria_set_id"], ["criteria_sets.id"], name=op.f("fk_evaluations_criteria_set_id")),
        sa.ForeignKeyConstraint(
            ["registration_id", "year"],
            ["registrations.id", "registrations.year"],
            name="fk_evaluations_registration",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_evaluations_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluations")),
        sa.UniqueConstraint("registration_id", "stage", name="uq_evaluations_registration_stage"),
    )
    op.create_index("ix_evaluations_criteria_set_id", "evaluations", ["criteria_set_id"], unique=False)
    op.create_index("ix_evaluations_unit_path", "evaluations", ["unit_path", "year", "id"], unique=False)
    op.create_index("ix_evaluations_updated_at", "evaluations", ["updated_at", "id"], unique=False)
    op.create_table(
        "evaluation_results",
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("criterion_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("self_outcome", sa.String(length=12), nullable=True),
        sa.Column("self_figure", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("self_reason", sa.String(length=2000), nullable=True),
        sa.Column("self_evidence", sa.String(length=2000), nullable=True),
        sa.Column("self_by", sa.Uuid(), nullable=True),
        sa.Column("self_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_outcome", sa.String(length=12), nullable=True),
        sa.Column("verified_figure", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("verified_reason", sa.String(length=2000), nullable=True),
        sa.Column("verified_evidence", sa.String(length=2000), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("final_outcome", sa.String(length=12), nullable=True),
        sa.Column("final_figure", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("final_reason", sa.String(length=2000), nullable=True),
        sa.Column("final_evidence", sa.String(length=2000), nullable=True),
        sa.Column("final_by", sa.Uuid(), nullable=True),
        sa.Column("final_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "final_outcome IN ('met', 'not_met', 'not_assessed')", name=op.f("ck_evaluation_results_final_outcome")
        ),
        sa.CheckConstraint(
            "self_outcome IN ('met', 'not_met', 'not_assessed')", name=op.f("ck_evaluation_results_self_outcome")
        ),
        sa.CheckConstraint(
            "verified_outcome IN ('met', 'not_met', 'not_assessed')",
            name=op.f("ck_evaluation_results_verified_outcome"),
        ),
        sa.CheckConstraint(
            "final_outcome IS NOT NULL OR num_nonnulls(final_figure, final_reason, final_evidence, final_by, final_at) = 0",
            name=op.f("ck_evaluation_results_final_whole"),
        ),
        sa.CheckConstraint(
            "self_outcome IS NOT NULL OR num_nonnulls(self_figure, self_reason, self_evidence, self_by, self_at) = 0",
            name=op.f("ck_evaluation_results_self_whole"),
        ),
        sa.CheckConstraint(
            "verified_outcome IS NOT NULL OR num_nonnulls(verified_figure, verified_reason, verified_evidence, verified_by, verified_at) = 0",
            name=op.f("ck_evaluation_results_verified_whole"),
        ),
        sa.ForeignKeyConstraint(["criterion_id"], ["criteria.id"], name=op.f("fk_evaluation_results_criterion_id")),
        sa.ForeignKeyConstraint(
            ["evaluation_id"], ["evaluations.id"], name=op.f("fk_evaluation_results_evaluation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_evaluation_results_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("evaluation_id", "criterion_id", name=op.f("pk_evaluation_results")),
    )
    op.create_index("ix_evaluation_results_criterion_id", "evaluation_results", ["criterion_id"], unique=False)
    op.create_index("ix_evaluation_results_unit_path", "evaluation_results", ["unit_path"], unique=False)
    fence("evaluations")
    fence("evaluation_results")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("evaluation_results")
    op.drop_table("evaluations")
    op.drop_constraint("uq_registrations_id_year", "registrations", type_="unique")
