"""What must always hold of what was true of units when (``unit_facts``)."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check
from app.units.integrity import RESTORE_TREE

_SPAN: Final = "daterange({0}.valid_from, {0}.valid_to)"
_BY_HAND: Final = Text(
    "So với văn bản sắp xếp (GET /reorganisations/{id}/changes) và nhật ký của đơn vị (GET"
    " /audit-events?subject_id=...), rồi sửa valid_from, valid_to của thông tin sai cho liền ngày",
    "Compare with the act (GET /reorganisations/{id}/changes) and the unit's log (GET /audit-events?subject_id=...),"
    " then set valid_from or valid_to of the wrong fact so that the days join",
)


def _said(row: str) -> str:
    return f"{row}.code || ' ' || {row}.name || ' (' || {row}.kind || ') ' || {row}.path"


FACTS: Final = (
    Check(
        "facts.today",
        Text(
            "Đơn vị đang hoạt động có đúng một thông tin đang hiệu lực, và nói như nhau",
            "Every living unit has one open fact that says the same",
        ),
        f"""SELECT u.id, 'unit_facts', min(f.id::text), coalesce(string_agg({_said("f")}, '; '), '-'), {_said("u")}
FROM units u LEFT JOIN unit_facts f ON f.unit_id = u.id AND f.valid_to IS NULL WHERE u.ended_on IS NULL GROUP BY u.id
HAVING count(f.id) <> 1 OR NOT bool_and((f.code, f.name, f.short_name, f.kind, f.level, f.parent_id, f.path)
    IS NOT DISTINCT FROM (u.code, u.name, u.short_name, u.kind, u.level, u.parent_id, u.path))""",  # noqa: S608
        Text(
            "Thông tin có thời hạn là bản gốc, units là bản sao của hôm nay: lệnh sửa chép lại từ unit_facts. Đơn vị"
            " không có thông tin nào thì phải phục hồi unit_facts từ bản sao lưu",
            "The dated facts are the record, units is today's copy: mending copies from unit_facts. For a unit without"
            " any fact, restore unit_facts from a back-up",
        ),
        RESTORE_TREE,
    ),
    Check(
        "facts.ended",
        Text(
            "Thông tin của đơn vị đã kết thúc dừng đúng ngày kết thúc",
            "The facts of an ended unit stop on the day it ended",
        ),
        """SELECT u.id, 'unit_facts', NULL, coalesce(nullif(max(coalesce(f.valid_to, 'infinity')),
    'infinity')::text, '-'),
    u.ended_on::text FROM units u JOIN unit_facts f ON f.unit_id = u.id WHERE u.ended_on IS NOT NULL GROUP BY u.id
HAVING max(coalesce(f.valid_to, 'infinity')) <> u.ended_on""",
        Text(
            "Lệnh sửa cho thông tin cuối cùng dừng ở ngày units.ended_on",
            "Mending lets the last fact stop on units.ended_on",
        ),
        """UPDATE unit_facts f SET valid_to = u.ended_on FROM units u WHERE u.id = f.unit_id AND u.ended_on IS NOT NULL
    AND f.valid_from < u.ended_on AND f.valid_to IS DISTINCT FROM u.ended_on
    AND f.valid_from = (SELECT max(l.valid_from) FROM unit_facts l WHERE l.unit_id = u.id)""",
    ),
    Check(
        "facts.overlap",
        Text("Mỗi ngày chỉ có một thông tin về một đơn vị", "One unit is described once for one day"),
        """SELECT unit_id, 'unit_facts', id::text, coalesce(valid_to::text, '-'), '<= ' || next FROM (SELECT f.*,
    lead(valid_from) OVER (PARTITION BY unit_id ORDER BY valid_from) AS next FROM unit_facts f) f
WHERE next < coalesce(valid_to, 'infinity')""",
        _BY_HAND,
    ),
    Check(
        "facts.gap",
        Text("Thông tin của một đơn vị liền ngày, không đứt quãng", "The facts of a unit leave no day out"),
        """SELECT unit_id, 'unit_facts', id::text, valid_to::text || ' .. ' || next, next::text FROM (SELECT f.*,
    lead(valid_from) OVER (PARTITION BY unit_id ORDER BY valid_from) AS next FROM unit_facts f) f
WHERE next > valid_to""",
        _BY_HAND,
    ),
    Check(
        "facts.code",
        Text("Một ngày không có hai đơn vị mang cùng một mã", "No code is borne by two units on one day"),
        f"""SELECT a.unit_id, 'unit_facts', a.id::text, a.code || ' ' || a.name || ' = ' || b.name, NULL
FROM unit_facts a
JOIN unit_facts b ON a.code = b.code AND a.unit_id <> b.unit_id AND {_SPAN.format("a")} && {_SPAN.format("b")}""",  # noqa: S608
        Text(
            "Kết thúc thông tin của đơn vị cũ vào ngày đơn vị kia nhận mã (valid_to của bản cũ = valid_from của bản"
            " mới), hoặc đặt lại mã sai theo văn bản",
            "Let the older fact end on the day the other unit took the code (valid_to of the one = valid_from of the"
            " other), or set the wrong code as the act says",
        ),
    ),
    Check(
        "facts.parent",
        Text(
            "Cấp trên ghi trong thông tin tồn tại suốt thời gian đó",
            "The unit above, as a fact names it, stood all the while",
        ),
        f"""SELECT f.unit_id, 'unit_facts', f.id::text, p.code || ' ' || coalesce(s.held::text, '-'),
    {_SPAN.format("f")}::text FROM unit_facts f JOIN units p ON p.id = f.parent_id LEFT JOIN (
        SELECT unit_id, range_agg({_SPAN.format("h")}) AS held FROM unit_facts h GROUP BY unit_id) s
    ON s.unit_id = f.parent_id WHERE s.held IS NULL OR NOT s.held @> {_SPAN.format("f")}""",  # noqa: S608
        Text(
            "Đặt parent_id của thông tin về đơn vị cấp trên có thật vào những ngày đó (theo văn bản sắp xếp), hoặc"
            " tách thông tin tại ngày cấp trên thay đổi",
            "Set the fact's parent_id to the unit that stood above on those days (as the act says), or split the fact"
            " on the day on which the unit above changed",
        ),
    ),
    Check(
        "facts.path",
        Text(
            "Đường dẫn trong thông tin đã qua nối tiếp đường dẫn của cấp trên lúc đó",
            "The path of a past fact continues that of the unit above at that time",
        ),
        """SELECT f.unit_id, 'unit_facts', f.id::text, f.path,
    coalesce(p.path, '') || lpad(to_hex(u.label), 6, '0') || '.' FROM unit_facts f JOIN units u ON u.id = f.unit_id
LEFT JOIN unit_facts p ON p.unit_id = f.parent_id AND p.valid_from <= f.valid_from
    AND (p.valid_to IS NULL OR p.valid_to > f.valid_from)
WHERE f.valid_to IS NOT NULL AND (f.parent_id IS NULL OR p.id IS NOT NULL)
    AND (f.path <> coalesce(p.path, '') || lpad(to_hex(u.label), 6, '0') || '.' OR f.label <> u.label)""",
        Text(
            "Số liệu theo cơ cấu cũ dựa vào đường dẫn này. Lệnh sửa tính lại từ nhãn và cấp trên đã ghi",
            "Figures in past structures go by this path. Mending makes it anew from the labels and the units above",
        ),
        """UPDATE unit_facts f SET label = u.label FROM units u WHERE u.id = f.unit_id AND f.label <> u.label;
WITH RECURSIVE planted AS (
    SELECT f.id, f.unit_id, f.valid_from, f.valid_to, lpad(to_hex(f.label), 6, '0') || '.' AS path
    FROM unit_facts f WHERE f.parent_id IS NULL
    UNION ALL SELECT f.id, f.unit_id, f.valid_from, f.valid_to, p.path || lpad(to_hex(f.label), 6, '0') || '.'
    FROM unit_facts f JOIN planted p ON p.unit_id = f.parent_id AND p.valid_from <= f.valid_from
        AND (p.valid_to IS NULL OR p.valid_to > f.valid_from)
)
UPDATE unit_facts f SET path = p.path FROM planted p WHERE p.id = f.id AND f.path <> p.path""",
    ),
)
