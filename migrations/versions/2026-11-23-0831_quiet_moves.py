"""A record that only moves with its unit is not judged anew.

A reorganisation rewrites the path of every record below it. Two triggers took that for a change of the record: totals
of a period looked for others of their unit, figures compared parts and wholes, once for every row. At a hundred times
the demonstration's records that was half of the act's time.

Revision ID: 0031
Revises: 0027
"""

from alembic import op

revision = "0031"
down_revision = "0027"
branch_labels = None
depends_on = None

_TOTALS = ("unit_id", "form_id", "nature", "venue_kind", "date_from", "date_to")
_FIGURES = ("unit_id", "campaign_id", "indicator_id", "before_value", "after_value")


def _changed(columns: tuple[str, ...]) -> str:
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    return f"({old}) IS DISTINCT FROM ({new})"


def _run(*statements: str) -> None:
    for statement in statements:
        op.execute(statement)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _run(
        "DROP TRIGGER propaganda_total_apart ON propaganda_activities",
        "CREATE TRIGGER propaganda_total_apart BEFORE INSERT ON propaganda_activities"
        " FOR EACH ROW WHEN (NEW.nature = 'period_total') EXECUTE FUNCTION propaganda_total_apart()",
        f"CREATE TRIGGER propaganda_total_still_apart BEFORE UPDATE OF {', '.join(_TOTALS)} ON propaganda_activities"
        f" FOR EACH ROW WHEN (NEW.nature = 'period_total' AND {_changed(_TOTALS)})"
        " EXECUTE FUNCTION propaganda_total_apart()",
        "DROP TRIGGER situation_part_of_whole ON situation_figures",
        "CREATE CONSTRAINT TRIGGER situation_part_of_whole AFTER INSERT ON situation_figures"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION situation_part_of_whole()",
        "CREATE CONSTRAINT TRIGGER situation_part_still_of_whole AFTER UPDATE ON situation_figures"
        f" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({_changed(_FIGURES)})"
        " EXECUTE FUNCTION situation_part_of_whole()",
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _run(
        "DROP TRIGGER situation_part_still_of_whole ON situation_figures",
        "DROP TRIGGER situation_part_of_whole ON situation_figures",
        "CREATE CONSTRAINT TRIGGER situation_part_of_whole AFTER INSERT OR UPDATE ON situation_figures"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION situation_part_of_whole()",
        "DROP TRIGGER propaganda_total_still_apart ON propaganda_activities",
        "DROP TRIGGER propaganda_total_apart ON propaganda_activities",
        f"CREATE TRIGGER propaganda_total_apart BEFORE INSERT OR UPDATE OF {', '.join(_TOTALS)}"
        " ON propaganda_activities FOR EACH ROW WHEN (NEW.nature = 'period_total')"
        " EXECUTE FUNCTION propaganda_total_apart()",
    )
