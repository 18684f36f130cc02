"""What must always hold of criteria sets."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check, Child, at_the_parents_unit, to_the_parents_unit

_CHILDREN: Final = (
    Child("criteria", "set_id", "criteria_sets", "c.id::text"),
    Child("criteria_groups", "set_id", "criteria_sets", "c.id::text"),
    Child("criteria_map", "set_id", "criteria_sets", "c.old_criterion_id::text"),
)


def _past_publication(mend: str) -> str:
    """A published set may be written by nobody, its owner neither, as long as the fence binds the owner."""
    before, after = (
        "; ".join(f"ALTER TABLE {child.table} {word} ROW LEVEL SECURITY" for child in _CHILDREN)
        for word in ("NO FORCE", "FORCE")
    )
    return f"{before}; {mend}; {after}"


CHECKS: Final = (
    Check(
        "criteria.set",
        Text("Tiêu chí và nhóm của nó thuộc cùng một bộ", "A criterion and its group are of one set"),
        "SELECT k.unit_id, 'criteria', k.id::text, g.set_id::text, k.set_id::text FROM criteria k"
        " JOIN criteria_groups g ON g.id = k.group_id WHERE g.set_id <> k.set_id",
        Text(
            "Phiếu in thiếu tiêu chí này. Đặt criteria.group_id về nhóm cùng mã của chính bộ đó",
            "Printed sheets lack the criterion. Set criteria.group_id to the group of the same code in its own set",
        ),
    ),
    Check(
        "criteria.version",
        Text(
            "Hai bộ tiêu chí của một đơn vị không mang cùng mã và phiên bản",
            "No two criteria sets of a unit bear one code and version",
        ),
        "SELECT o.unit_id, 'criteria_sets', o.id::text, o.code || ' ' || o.set_version, NULL"
        " FROM criteria_sets o JOIN criteria_sets n ON n.unit_id = o.unit_id AND n.code = o.code"
        " AND n.set_version = o.set_version WHERE n.id <> o.id",
        Text(
            "Hai bộ mang cùng mã và phiên bản: đặt lại set_version của bộ sau, rồi tạo lại ràng buộc"
            " uq_criteria_sets_unit_code_version",
            "Two sets bear one code and version: give the later one the next number, then make the constraint"
            " uq_criteria_sets_unit_code_version again",
        ),
    ),
    Check(
        "criteria.unit",
        Text(
            "Tiêu chí, nhóm, bảng chuyển thuộc đúng đơn vị của bộ", "Criteria, groups and map stand at their set's unit"
        ),
        at_the_parents_unit(_CHILDREN),
        Text("Lệnh sửa đưa về đơn vị của bộ", "Mending takes them to the set's unit"),
        _past_publication(to_the_parents_unit(_CHILDREN)),
    ),
)
