"""Reorganisations: legal acts on the map, their lines, and what carrying them out did.

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.fence import APP_ROLE, fence, fence_writes

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_TABLES = ("reorganisation_effects", "reorganisation_changes", "reorganisations")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "reorganisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("decision_number", sa.String(length=300), nullable=False),
        sa.Column("issuing_body", sa.String(length=300), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("grants", sa.String(length=10), nullable=False),
        sa.Column("open_work", sa.String(length=10), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("balance", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "faults", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'reversed') = (reversed_at IS NOT NULL)", name=op.f("ck_reorganisations_reversed")
        ),
        sa.CheckConstraint(
            "(status IN ('applied', 'reversed')) = (applied_at IS NOT NULL)", name=op.f("ck_reorganisations_applied")
        ),
        sa.CheckConstraint("grants IN ('carry', 'end')", name=op.f("ck_reorganisations_grants")),
        sa.CheckConstraint("open_work IN ('carry', 'stay')", name=op.f("ck_reorganisations_open_work")),
        sa.CheckConstraint(
            "status IN ('planned', 'applied', 'failed', 'cancelled', 'reversed')",
            name=op.f("ck_reorganisations_status"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_reorganisations_unit", onupdate="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reorganisations")),
    )
    op.create_index(
        "ix_reorganisations_planned",
        "reorganisations",
        ["effective_on"],
        unique=False,
        postgresql_where="status = 'planned'",
    )
    op.create_index("ix_reorganisations_unit_path", "reorganisations", ["unit_path"], unique=False)
    op.create_index("ix_reorganisations_updated_at", "reorganisations", ["updated_at", "id"], unique=False)
    op.create_index(
        "uq_reorganisations_decision",
        "reorganisations",
        ["unit_id", "decision_number", "effective_on"],
        unique=True,
        postgresql_where="status IN ('planned', 'applied', 'failed')",
    )
    op.create_table(
        "reorganisation_changes",
        sa.Column("reorganisation_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("place", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("old_code", sa.String(length=35), nullable=True),
        sa.Column("new_code", sa.String(length=35), nullable=True),
        sa.Column("new_name", sa.String(length=200), nullable=True),
        sa.Column("new_kind", sa.String(length=20), nullable=True),
        sa.Column("new_parent_code", sa.String(length=35), nullable=True),
        sa.Column("is_primary", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("base_units", sa.String(length=10), nullable=True),
        sa.Column("old_unit_id", sa.Uuid(), nullable=True),
        sa.Column("new_unit_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "base_units IN ('successor', 'unplaced')", name=op.f("ck_reorganisation_changes_base_units")
        ),
        sa.CheckConstraint(
            "kind IN ('created', 'merged', 'split', 'renamed', 'moved', 'dissolved', 'unchanged')",
            name=op.f("ck_reorganisation_changes_kind"),
        ),
        sa.ForeignKeyConstraint(["new_unit_id"], ["units.id"], name=op.f("fk_reorganisation_changes_new_unit_id")),
        sa.ForeignKeyConstraint(["old_unit_id"], ["units.id"], name=op.f("fk_reorganisation_changes_old_unit_id")),
        sa.ForeignKeyConstraint(
            ["reorganisation_id"],
            ["reorganisations.id"],
            name=op.f("fk_reorganisation_changes_reorganisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"],
            ["units.id", "units.path"],
            name="fk_reorganisation_changes_unit",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("reorganisation_id", "position", name=op.f("pk_reorganisation_changes")),
    )
    op.create_index("ix_reorganisation_changes_new_unit_id", "reorganisation_changes", ["new_unit_id"], unique=False)
    op.create_index("ix_reorganisation_changes_old_unit_id", "reorganisation_changes", ["old_unit_id"], unique=False)
    op.create_index("ix_reorganisation_changes_unit_path", "reorganisation_changes", ["unit_path"], unique=False)
    op.create_table(
        "reorganisation_effects",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reorganisation_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("effect", sa.String(length=20), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "effect IN ('created', 'ended', 'changed', 'placed', 'unplaced', 'moved_along', 'followed', 'carried', 'left', 'joined')",
            name=op.f("ck_reorganisation_effects_effect"),
        ),
        sa.ForeignKeyConstraint(
            ["reorganisation_id"],
            ["reorganisations.id"],
            name=op.f("fk_reorganisation_effects_reorganisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"],
            ["units.id", "units.path"],
            name="fk_reorganisation_effects_unit",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reorganisation_effects")),
    )
    op.create_index(
        "ix_reorganisation_effects_act", "reorganisation_effects", ["reorganisation_id", "effect"], unique=False
    )
    op.create_index("ix_reorganisation_effects_unit_path", "reorganisation_effects", ["unit_path"], unique=False)
    op.create_index(
        "ix_reorganisation_effects_waiting",
        "reorganisation_effects",
        ["reorganisation_id", "unit_id"],
        unique=False,
        postgresql_where="effect = 'unplaced' AND settled_at IS NULL",
    )
    # The law is public: everyone reads acts and their lines. What became of people's grants is not.
    fence_writes("reorganisations", commands="SELECT, INSERT, UPDATE")
    fence_writes("reorganisation_changes", commands="SELECT, INSERT, UPDATE")
    fence("reorganisation_effects", commands="SELECT, INSERT, UPDATE")
    # An act that is reversed takes back the facts it brought.
    op.execute(f"GRANT DELETE ON unit_facts TO {APP_ROLE}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"REVOKE DELETE ON unit_facts FROM {APP_ROLE}")
    for table in _TABLES:
        op.drop_table(table)
