"""What must always hold between the event log and the records it tells of."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check

TABLES: Final = {
    "activity": "propaganda_activities",
    "attachment": "attachments",
    "award": "awards",
    "directive": "directives",
    "evaluation": "evaluations",
    "obligation": "obligations",
    "practice": "practices",
    "registration": "registrations",
    "report": "reports",
    "situation_figure": "situation_figures",
    "unit": "units",
    "user": "users",
}
"""Kinds of subject with the table of their rows. No foreign key can hold such a reference, and what is deleted by a
verb leaves its last event behind."""


def gone(kind: str, table: str) -> str:
    """Subjects of one kind that the log tells of and that are neither there nor deleted by a verb."""
    return (
        f"SELECT (array_agg(e.unit_id ORDER BY e.seq DESC))[1], '{table}', e.subject_id::text,"  # noqa: S608
        " (array_agg(e.verb || ' ' || e.at ORDER BY e.seq DESC))[1], NULL FROM audit_events e"
        f" WHERE e.subject_kind = '{kind}' AND e.subject_id IS NOT NULL AND e.verb NOT LIKE '%.read'"
        f" AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = e.subject_id) GROUP BY e.subject_id"
        " HAVING (array_agg(e.verb ORDER BY e.seq DESC))[1] NOT LIKE '%.delete'"
    )


CHECKS: Final = (
    Check(
        "audit.vanished",
        Text(
            "Không bản ghi nào biến mất mà nhật ký không ghi việc xóa",
            "No record is gone without the log telling of its deletion",
        ),
        " UNION ALL ".join(gone(kind, table) for kind, table in TABLES.items()),
        Text(
            "Bản ghi bị xóa thẳng trong cơ sở dữ liệu. Phục hồi dòng đó (và dòng con) từ bản sao lưu gần nhất; nội dung"
            " từng bước còn trong before/after của GET /audit-events?subject_id=<id>",
            "Somebody deleted the row past the API. Restore it (and its children) from the latest back-up; what it said"
            " step by step stands in before and after of GET /audit-events?subject_id=<id>",
        ),
        # Only who sees every unit can tell what is gone from what stands in somebody else's.
        reach="tree",
    ),
)
