"""A registration that is being evaluated is neither withdrawn nor moved to another year.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# In the database, since registrations know nothing of what is built on them. Whoever changes an evaluation locks its
# registration, and this reads after the lock: neither can slip past the other.
_EVALUATED = """
CREATE FUNCTION registration_evaluated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.status = 'withdrawn' OR NEW.year <> OLD.year) AND EXISTS (
        SELECT FROM evaluations AS e WHERE e.registration_id = NEW.id AND e.status NOT IN ('draft', 'returned')
    ) THEN
        RAISE EXCEPTION 'an evaluated registration stays'
            USING ERRCODE = '23514', CONSTRAINT = 'ck_registrations_evaluated';
    END IF;
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(_EVALUATED)
    op.execute(
        "CREATE TRIGGER registrations_evaluated BEFORE UPDATE OF status, year ON registrations"
        " FOR EACH ROW EXECUTE FUNCTION registration_evaluated()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER registrations_evaluated ON registrations")
    op.execute("DROP FUNCTION registration_evaluated()")
