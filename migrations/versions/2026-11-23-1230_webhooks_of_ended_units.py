"""Webhooks of units that an act ended: carried to the successor, or disabled for that reason.

Revision ID: 0032
Revises: 0031
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_NAME = "ck_webhooks_disabled_reason"
_BEFORE = "disabled_reason IN ('by_hand', 'failing', 'gone')"


def _reasons(rule: str) -> None:
    op.execute(f"ALTER TABLE webhooks DROP CONSTRAINT {_NAME}")
    op.execute(f"ALTER TABLE webhooks ADD CONSTRAINT {_NAME} CHECK ({rule}) NOT VALID")
    op.execute(f"ALTER TABLE webhooks VALIDATE CONSTRAINT {_NAME}")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _reasons("disabled_reason IN ('by_hand', 'failing', 'gone', 'unit_ended')")
    # A secret goes where its subscription goes; nobody learns it by that.
    op.execute("GRANT UPDATE (unit_id, unit_path) ON webhook_secrets TO dienhinh_app")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("REVOKE UPDATE (unit_id, unit_path) ON webhook_secrets FROM dienhinh_app")
    for name, value in (("from", "0"), ("to", "~"), ("list", "")):
        op.execute(f"SELECT set_config('app.scope_{name}', '{value}', true)")
    op.execute("UPDATE webhooks SET disabled_reason = 'gone' WHERE disabled_reason = 'unit_ended'")
    _reasons(_BEFORE)
