"""An evaluation stands on a registration of its own unit.

The key was of registration and year alone, so that the database would have taken an evaluation of one unit on the
registration of another.

Revision ID: 0026
Revises: 0025
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_unique_constraint("uq_registrations_id_unit_id_year", "registrations", ["id", "unit_id", "year"])
    op.drop_constraint("fk_evaluations_registration", "evaluations", type_="foreignkey")
    op.create_foreign_key(
        "fk_evaluations_registration",
        "evaluations",
        "registrations",
        ["registration_id", "unit_id", "year"],
        ["id", "unit_id", "year"],
        onupdate="CASCADE",
    )
    op.drop_constraint("uq_registrations_id_year", "registrations", type_="unique")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_unique_constraint("uq_registrations_id_year", "registrations", ["id", "year"])
    op.drop_constraint("fk_evaluations_registration", "evaluations", type_="foreignkey")
    op.create_foreign_key(
        "fk_evaluations_registration",
        "evaluations",
        "registrations",
        ["registration_id", "year"],
        ["id", "year"],
        onupdate="CASCADE",
    )
    op.drop_constraint("uq_registrations_id_unit_id_year", "registrations", type_="unique")
