"""What must always hold of campaigns and of who owes what."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check, Child, at_the_parents_unit, to_the_parents_unit

_CHILDREN: Final = (
    Child("deadlines", "campaign_id", "campaigns", "c.id::text"),
    Child("outline_sections", "campaign_id", "campaigns", "c.code"),
    Child("extensions", "obligation_id", "obligations", "c.id::text"),
)
_EXTENDED: Final = (
    "SELECT o.id, max(e.due_before) AS granted FROM obligations o LEFT JOIN extensions e ON e.obligation_id = o.id"
    " GROUP BY o.id"
)
# What an act let a unit take over bears the predecessor's later day, whose extension stays with the predecessor.
_WRONGLY_EXTENDED: Final = (
    "o.extended_to IS DISTINCT FROM x.granted AND (x.granted IS NOT NULL OR o.joined_reason IS NULL)"
)
_OPEN: Final = "o.left_on IS NULL AND c.status = 'open' AND o.status IN ('not_started', 'drafting', 'returned')"
_OPENING: Final = "(c.opened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"

CHECKS: Final = (
    Check(
        "campaigns.unit",
        Text(
            "Hạn, đề cương, gia hạn thuộc đúng đơn vị của đợt hoặc nghĩa vụ",
            "Deadlines, outline and extensions stand at the unit of what they belong to",
        ),
        at_the_parents_unit(_CHILDREN),
        Text(
            "Lệnh sửa đưa dòng con về đơn vị của đợt hoặc nghĩa vụ",
            "Mending takes them to the unit of what they belong to",
        ),
        to_the_parents_unit(_CHILDREN),
    ),
    Check(
        "campaigns.outline",
        Text("Mục của đề cương nằm dưới một mục có thật", "Every heading of an outline stands under one that exists"),
        "SELECT s.unit_id, 'outline_sections', s.code, s.parent_code, NULL FROM outline_sections s"
        " WHERE s.parent_code IS NOT NULL AND NOT EXISTS (SELECT FROM outline_sections p"
        " WHERE p.campaign_id = s.campaign_id AND p.code = s.parent_code)",
        Text(
            "Đặt outline_sections.parent_code về mục có thật của đợt (GET /campaigns/{id}), hoặc để trống",
            "Set outline_sections.parent_code to a heading of the campaign (GET /campaigns/{id}), or to null",
        ),
    ),
    Check(
        "obligations.twice",
        Text("Một đơn vị nợ một nhiệm vụ của một đợt một lần", "A unit owes a task of a campaign once"),
        "SELECT o.unit_id, 'obligations', o.id::text, count(*) OVER w || ' × ' || o.task, '1' FROM obligations o"
        " JOIN obligations p USING (campaign_id, task, unit_id) WHERE p.id <> o.id"
        " WINDOW w AS (PARTITION BY o.campaign_id, o.task, o.unit_id)",
        Text(
            "Tỷ lệ hoàn thành đếm hai lần đơn vị này. Giữ nghĩa vụ đã có hoạt động, xóa dòng kia, rồi tạo lại ràng buộc"
            " uq_obligations_campaign_id_task_unit_id",
            "Rates count the unit twice. Keep the one with activity, delete the other, then make the constraint"
            " uq_obligations_campaign_id_task_unit_id again",
        ),
    ),
    Check(
        "obligations.missing",
        Text(
            "Đơn vị có mặt khi đợt mở đều có trong danh sách phải nộp",
            "Every unit that stood when a campaign opened is on its list",
        ),
        f"""SELECT DISTINCT u.id, 'campaigns', c.id::text, '-', c.code || ' ' || d.task FROM campaigns c
JOIN units k ON k.id = c.unit_id JOIN deadlines d ON d.campaign_id = c.id
JOIN unit_facts f ON f.level = d.level AND f.valid_from <= {_OPENING}
    AND (f.valid_to IS NULL OR f.valid_to > {_OPENING})
JOIN units u ON u.id = f.unit_id AND u.path ^@ k.path AND u.ended_on IS NULL
LEFT JOIN unit_facts p ON p.unit_id = f.parent_id AND p.valid_from <= {_OPENING}
    AND (p.valid_to IS NULL OR p.valid_to > {_OPENING})
WHERE c.status = 'open' AND (d.parent_level IS NULL OR d.parent_level = p.level) AND d.created_at <= c.opened_at
    AND u.created_at <= c.opened_at
    AND NOT EXISTS (SELECT FROM obligations o
        WHERE o.campaign_id = c.id AND o.task = d.task AND o.unit_id = u.id)""",  # noqa: S608
        Text(
            "Đơn vị này không nợ gì nên không ai nhắc. POST /campaigns/{id}/obligations với unit_id, task và lý do",
            "The unit owes nothing, so nobody chases it. POST /campaigns/{id}/obligations with unit_id,"
            " task and reason",
        ),
    ),
    Check(
        "obligations.extended",
        Text("Hạn được gia hạn là ngày của lần gia hạn cuối", "The extended day is that of the latest extension"),
        "SELECT o.unit_id, 'obligations', o.id::text, coalesce(o.extended_to::text, '-'),"  # noqa: S608
        " coalesce(x.granted::text, '-')"
        f" FROM obligations o JOIN ({_EXTENDED}) x USING (id) WHERE {_WRONGLY_EXTENDED}",
        Text(
            "Lệnh sửa lấy ngày của lần gia hạn cuối trong bảng extensions",
            "Mending takes the day of the latest row of extensions",
        ),
        "UPDATE obligations o SET extended_to = x.granted, version = o.version + 1, updated_at = now()"  # noqa: S608
        f" FROM ({_EXTENDED}) x WHERE x.id = o.id AND {_WRONGLY_EXTENDED}",
    ),
    Check(
        "obligations.deadline",
        Text("Hạn của nghĩa vụ thuộc đúng đợt và nhiệm vụ", "An obligation's deadline is of its own campaign and task"),
        "SELECT o.unit_id, 'obligations', o.id::text, d.campaign_id || ' ' || d.task, o.campaign_id || ' ' || o.task"
        " FROM obligations o JOIN deadlines d ON d.id = o.deadline_id"
        " WHERE (d.campaign_id, d.task) <> (o.campaign_id, o.task)",
        Text(
            "Đặt obligations.deadline_id về hạn của đợt và nhiệm vụ đó cho cấp của đơn vị (GET"
            " /campaigns/{id}/deadlines)",
            "Set obligations.deadline_id to the campaign's deadline for that task and level (GET"
            " /campaigns/{id}/deadlines)",
        ),
    ),
    Check(
        "obligations.ended_unit",
        Text(
            "Đơn vị đã kết thúc không còn nợ trong đợt đang mở, trừ khi văn bản để lại",
            "An ended unit owes nothing in an open campaign, unless the act leaves it there",
        ),
        f"SELECT o.unit_id, 'obligations', o.id::text, o.status || ' † ' || u.ended_on, h.code FROM obligations o"  # noqa: S608
        " JOIN campaigns c ON c.id = o.campaign_id JOIN units u ON u.id = o.unit_id"
        f" LEFT JOIN units h ON h.id = u.successor_id WHERE u.ended_on IS NOT NULL AND {_OPEN}"
        " AND u.ended_on >= (o.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"
        " AND NOT EXISTS (SELECT FROM reorganisation_effects e JOIN reorganisations r ON r.id = e.reorganisation_id"
        " WHERE e.subject_id = u.id AND e.effect = 'ended' AND r.status = 'applied' AND r.open_work = 'stay')",
        Text(
            "Không ai còn nộp được, nên đợt không bao giờ đủ. POST /obligations/{id}/transitions action=leave kèm lý"
            " do; đơn vị kế thừa: POST /campaigns/{id}/obligations",
            "Nobody can hand it in any more, so the campaign never completes. POST /obligations/{id}/transitions with"
            " `leave` and a reason; for the successor POST /campaigns/{id}/obligations",
        ),
    ),
)
