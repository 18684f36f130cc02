"""What must always hold between who became whom (``unit_lineage``) and the units with their dated facts."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check

_ACT: Final = Text(
    "So với văn bản (GET /reorganisations/{id}/changes), rồi sửa dòng của unit_lineage cho đúng văn bản",
    "Compare with the act (GET /reorganisations/{id}/changes) and let the row of unit_lineage say the same",
)
_NO_STEP: Final = (
    "u.ended_on IS NOT NULL AND u.successor_id IS NOT NULL AND NOT EXISTS (SELECT FROM unit_lineage l"
    " WHERE l.old_unit_id = u.id AND l.new_unit_id = u.successor_id AND l.effective_on = u.ended_on AND l.is_primary)"
)

LINEAGE: Final = (
    Check(
        "lineage.heir",
        Text(
            "Mỗi đơn vị đã kết thúc có bước kế thừa chính dẫn tới đơn vị kế thừa của nó",
            "Every ended unit has a primary step to its successor on the day it ended",
        ),
        "SELECT u.id, 'unit_lineage', NULL, '-', u.ended_on || ' → ' || h.code FROM units u"  # noqa: S608
        f" JOIN units h ON h.id = u.successor_id WHERE {_NO_STEP}",
        Text(
            "Số liệu so sánh qua các năm bỏ sót đơn vị này. Lệnh sửa đánh dấu hoặc thêm bước còn thiếu theo units",
            "Comparison over the years leaves the unit out. Mending marks or adds the step as units says",
        ),
        "UPDATE unit_lineage l SET is_primary = l.new_unit_id = u.successor_id FROM units u"  # noqa: S608
        f" WHERE u.id = l.old_unit_id AND l.effective_on = u.ended_on AND l.new_unit_id IS NOT NULL AND {_NO_STEP};"
        " INSERT INTO unit_lineage (id, unit_id, unit_path, old_unit_id, new_unit_id, effective_on, kind, is_primary)"
        f" SELECT gen_random_uuid(), u.id, u.path, u.id, u.successor_id, u.ended_on, 'merged', true FROM units u"
        f" WHERE {_NO_STEP}",
    ),
    Check(
        "lineage.primary",
        Text(
            "Trong một ngày (hay theo một văn bản), một đơn vị có nhiều nhất một đơn vị kế thừa chính",
            "On one day, and by one act, a unit has one primary successor at most",
        ),
        # A unit may live on by one act and end by another of the same day.
        "SELECT l.unit_id, 'unit_lineage', min(l.id::text), string_agg(DISTINCT n.code, ' + '), '1'"
        " FROM unit_lineage l JOIN units n ON n.id = l.new_unit_id WHERE l.is_primary AND EXISTS ("
        "SELECT FROM unit_lineage x WHERE x.is_primary AND x.old_unit_id = l.old_unit_id"
        " AND x.effective_on = l.effective_on AND x.new_unit_id <> l.new_unit_id"
        " AND (x.reorganisation_id IS NOT DISTINCT FROM l.reorganisation_id"
        " OR l.old_unit_id NOT IN (x.new_unit_id, l.new_unit_id)))"
        " GROUP BY l.unit_id, l.old_unit_id, l.effective_on",
        Text(
            "Số liệu của đơn vị cũ bị tính hai nơi. Giữ is_primary ở đúng dòng mà văn bản nêu (GET"
            " /reorganisations/{id}/changes), bỏ ở dòng kia",
            "The old unit's figures count twice. Keep is_primary in the line the act names (GET"
            " /reorganisations/{id}/changes), take it from the other",
        ),
    ),
    Check(
        "lineage.living",
        Text(
            "Đơn vị còn tồn tại không có bước kế thừa chính sang đơn vị khác",
            "A unit that lives on has no primary step to another",
        ),
        "SELECT l.unit_id, 'unit_lineage', l.id::text, concat_ws(' → ', o.code, n.code), o.code FROM unit_lineage l"
        " JOIN units o ON o.id = l.old_unit_id JOIN units n ON n.id = l.new_unit_id"
        " WHERE l.is_primary AND l.new_unit_id <> l.old_unit_id AND o.ended_on IS NULL",
        Text(
            "Đơn vị được ghi là đã nhập vào đơn vị khác dù còn tồn tại. Nếu còn tồn tại (văn bản hay việc kết thúc đã"
            " hủy bỏ): xóa dòng này của unit_lineage. Nếu đã kết thúc: ghi ended_on và successor_id vào units",
            "The unit is told to have become another though it lives. If it lives (its act or its end was taken"
            " back): delete this row of unit_lineage. If it ended: put ended_on and successor_id into units",
        ),
    ),
    Check(
        "lineage.facts",
        Text(
            "Hai đầu của bước kế thừa đều tồn tại vào ngày đó",
            "Both ends of a step stood: the old unit until that day, the new one from it",
        ),
        "SELECT l.unit_id, 'unit_lineage', l.id::text, l.kind || ' ' || l.effective_on,"
        " concat_ws(' → ', o.code, n.code) FROM unit_lineage l LEFT JOIN units o ON o.id = l.old_unit_id"
        " LEFT JOIN units n ON n.id = l.new_unit_id"
        " WHERE (l.new_unit_id IS NOT NULL AND NOT EXISTS (SELECT FROM unit_facts f WHERE f.unit_id = l.new_unit_id"
        " AND f.valid_from <= l.effective_on AND (f.valid_to IS NULL OR f.valid_to > l.effective_on))"
        # Another act of the same day may have ended it.
        " AND NOT EXISTS (SELECT FROM unit_lineage x WHERE x.old_unit_id = l.new_unit_id"
        " AND x.effective_on = l.effective_on AND x.reorganisation_id <> l.reorganisation_id))"
        " OR (l.old_unit_id IS NOT NULL AND NOT EXISTS (SELECT FROM unit_facts f WHERE f.unit_id = l.old_unit_id"
        " AND f.valid_from < l.effective_on AND (f.valid_to IS NULL OR f.valid_to >= l.effective_on)))",
        _ACT,
    ),
    Check(
        "lineage.act",
        Text("Bước kế thừa dẫn tới văn bản đang có hiệu lực", "A step names an act that holds"),
        "SELECT l.unit_id, 'unit_lineage', l.id::text, coalesce(r.status, '-') || ' ' ||"
        " coalesce(l.decision_number, '-'),"
        " 'applied' FROM unit_lineage l LEFT JOIN reorganisations r ON r.id = l.reorganisation_id"
        " WHERE l.reorganisation_id IS NOT NULL AND r.status IS DISTINCT FROM 'applied'",
        Text(
            "Văn bản đã hoàn tác hoặc mất mà bước kế thừa còn lại: số liệu vẫn dồn theo nó. Văn bản bị mất: phục hồi"
            " reorganisations từ bản sao lưu. Văn bản đã hoàn tác: xóa các dòng này",
            "The act was taken back or is lost, yet figures still follow the step. A lost act: restore reorganisations"
            " from a back-up. One taken back: delete these rows",
        ),
    ),
)
