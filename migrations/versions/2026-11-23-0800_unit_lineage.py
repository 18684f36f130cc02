"""Which unit became which: what acts say of units, kept with the units; backfilled from the acts that hold.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

from migrations.fence import fence_writes

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# The heir of a unit that lives on is itself; of one that this very act ended (another of the same day may have), its
# successor. Two acts of one day may have lines of one pair: a unit that gave a part by each. One act never has.
_FROM_ACTS = """
INSERT INTO unit_lineage (id, unit_id, unit_path, old_unit_id, new_unit_id, effective_on, kind, is_primary,
    decision_number, reorganisation_id)
SELECT gen_random_uuid(), u.id, u.path, c.old_unit_id, c.new_unit_id, r.effective_on, c.kind,
    c.new_unit_id IS NOT NULL AND (c.old_unit_id IS NULL OR c.new_unit_id = CASE
        WHEN EXISTS (SELECT FROM reorganisation_effects e WHERE e.reorganisation_id = r.id AND e.effect = 'ended'
            AND e.subject_kind = 'unit' AND e.subject_id = o.id) THEN o.successor_id ELSE o.id END),
    r.decision_number, r.id
FROM reorganisations r
JOIN reorganisation_changes c ON c.reorganisation_id = r.id
LEFT JOIN units o ON o.id = c.old_unit_id
JOIN units u ON u.id = coalesce(c.old_unit_id, c.new_unit_id)
WHERE r.status = 'applied' AND c.kind IS NOT NULL
    AND NOT (c.kind = 'unchanged' AND c.old_unit_id IS NOT DISTINCT FROM c.new_unit_id)"""
_FROM_BASE_UNITS = """
INSERT INTO unit_lineage (id, unit_id, unit_path, old_unit_id, new_unit_id, effective_on, kind, is_primary)
SELECT gen_random_uuid(), u.id, u.path, u.id, u.successor_id, u.ended_on, 'merged', true
FROM units u WHERE u.level = 'base' AND u.successor_id IS NOT NULL"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "unit_lineage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("unit_path", sa.String(collation="C"), nullable=False),
        sa.Column("old_unit_id", sa.Uuid(), nullable=True),
        sa.Column("new_unit_id", sa.Uuid(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("decision_number", sa.String(length=300), nullable=True),
        sa.Column("reorganisation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('created', 'merged', 'split', 'renamed', 'moved', 'dissolved', 'unchanged')",
            name=op.f("ck_unit_lineage_kind"),
        ),
        sa.CheckConstraint(
            "(old_unit_id IS NULL) = (kind = 'created') AND (new_unit_id IS NULL) = (kind = 'dissolved')",
            name=op.f("ck_unit_lineage_ends"),
        ),
        sa.CheckConstraint("NOT is_primary OR new_unit_id IS NOT NULL", name=op.f("ck_unit_lineage_primary")),
        sa.ForeignKeyConstraint(
            ["unit_id", "unit_path"], ["units.id", "units.path"], name="fk_unit_lineage_unit", onupdate="CASCADE"
        ),
        sa.ForeignKeyConstraint(["old_unit_id"], ["units.id"], name=op.f("fk_unit_lineage_old_unit_id")),
        sa.ForeignKeyConstraint(["new_unit_id"], ["units.id"], name=op.f("fk_unit_lineage_new_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_lineage")),
        sa.UniqueConstraint(
            "old_unit_id",
            "new_unit_id",
            "effective_on",
            "reorganisation_id",
            name="uq_unit_lineage_step",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("ix_unit_lineage_new_unit_id", "unit_lineage", ["new_unit_id"], unique=False)
    op.create_index("ix_unit_lineage_unit_path", "unit_lineage", ["unit_path"], unique=False)
    op.create_index("ix_unit_lineage_reorganisation_id", "unit_lineage", ["reorganisation_id"], unique=False)
    op.create_index(
        "ix_unit_lineage_splits",
        "unit_lineage",
        ["old_unit_id"],
        unique=False,
        postgresql_where="kind = 'split' AND NOT is_primary",
    )
    op.execute(_FROM_ACTS)
    op.execute(_FROM_BASE_UNITS)
    fence_writes("unit_lineage", commands="SELECT, INSERT, DELETE")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("unit_lineage")
