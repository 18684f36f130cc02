"""What must always hold of evidence files and what they are evidence of."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check, Child, at_the_parents_unit, to_the_parents_unit

_OWNERS: Final = tuple(
    Child("attachments", key, table, "c.id::text")
    for key, table in (
        ("evaluation_id", "evaluations"),
        ("report_id", "reports"),
        ("directive_id", "directives"),
        ("activity_id", "propaganda_activities"),
        ("practice_id", "practices"),
        ("award_id", "awards"),
    )
)

CHECKS: Final = (
    Check(
        "attachments.unit",
        Text("Minh chứng thuộc đúng đơn vị của bản ghi", "Evidence stands at the unit of its record"),
        at_the_parents_unit(_OWNERS),
        Text(
            "Người của đơn vị không mở được minh chứng của mình. Lệnh sửa đưa tệp về đơn vị của bản ghi",
            "The unit's people cannot open their own evidence. Mending takes it to the record's unit",
        ),
        to_the_parents_unit(_OWNERS),
    ),
    Check(
        "attachments.criterion",
        Text(
            "Minh chứng gắn với tiêu chí của chính phiếu đó",
            "Evidence on a criterion is on one of its evaluation's own set",
        ),
        "SELECT a.unit_id, 'attachments', a.id::text, k.set_id::text, e.criteria_set_id::text FROM attachments a"
        " JOIN criteria k ON k.id = a.criterion_id LEFT JOIN evaluations e ON e.id = a.evaluation_id"
        " WHERE k.set_id IS DISTINCT FROM e.criteria_set_id",
        Text(
            "Đặt attachments.criterion_id về tiêu chí cùng mã trong bộ của phiếu, hoặc để trống",
            "Set attachments.criterion_id to the criterion of the same code in the evaluation's set, or to null",
        ),
    ),
)
