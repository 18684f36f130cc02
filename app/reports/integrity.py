"""What must always hold of reports, their obligations and their seals."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check, Child, at_the_parents_unit, to_the_parents_unit

_RESTORE: Final = Text(
    "Nội dung đã niêm phong bị sửa: phục hồi report_seals và report_signatures từ bản sao lưu, rồi xem nhật ký máy chủ"
    " cơ sở dữ liệu xem ai đã sửa",
    "Somebody changed what was sealed: restore report_seals and report_signatures from a back-up, then see in the"
    " database server's log who did it",
)
_CHILDREN: Final = tuple(
    Child(table, "report_id", "reports", key)
    for table, key in (
        ("report_sections", "c.code"),
        ("report_findings", "c.id::text"),
        ("report_seals", "c.report_id::text"),
        ("report_signatures", "c.id::text"),
    )
)
_JSON: Final = "CASE WHEN s.digest = encode(sha256(s.body), 'hex') THEN convert_from(s.body, 'UTF8')::jsonb END"
_NEWEST: Final = "(SELECT max(n.sequence) FROM report_seals n WHERE n.report_id = r.id)"
_STANDS: Final = "r.status IN ('submitted', 'accepted')"
_OWED: Final = "CASE r.status WHEN 'draft' THEN 'drafting' ELSE r.status END"
_HELD: Final = "r.review_method = 'conference' AND r.first_counted_at IS NOT NULL"

SEALS: Final = (
    Check(
        "seals.digest",
        Text("Mã băm của niêm phong là của nội dung đã niêm phong", "Every seal's digest is that of its body"),
        "SELECT s.unit_id, 'report_seals', s.report_id::text, s.digest, encode(sha256(s.body), 'hex')"
        " FROM report_seals s"
        " WHERE s.digest <> encode(sha256(s.body), 'hex')",
        _RESTORE,
    ),
    Check(
        "seals.sections",
        Text("Niêm phong hiện đúng lời văn đã niêm phong", "Every seal shows the texts it sealed"),
        f"SELECT s.unit_id, 'report_seals', s.report_id::text, md5(s.sections::text), md5(({_JSON} ->"  # noqa: S608
        " 'sections')::text)"
        " FROM report_seals s WHERE s.digest = encode(sha256(s.body), 'hex')"
        f" AND s.sections IS DISTINCT FROM {_JSON} -> 'sections'",
        Text(
            "Cột sections bị sửa, nội dung niêm phong còn nguyên: lệnh sửa chép lại từ nội dung",
            "The column sections was changed, the sealed body stands: mending copies from the body",
        ),
        f"UPDATE report_seals s SET sections = {_JSON} -> 'sections' WHERE s.digest = encode(sha256(s.body), 'hex')"  # noqa: S608
        f" AND s.sections IS DISTINCT FROM {_JSON} -> 'sections'",
    ),
    Check(
        "seals.records",
        Text("Danh sách bản ghi đã niêm phong đọc được", "The sealed list of records can be read"),
        f"SELECT s.unit_id, 'report_seals', s.report_id::text, coalesce(jsonb_typeof({_JSON} -> 'records'), '-'),"  # noqa: S608
        " '{collection: [[id, version]]}' FROM report_seals s WHERE s.digest = encode(sha256(s.body), 'hex') AND ("
        f"jsonb_typeof({_JSON} -> 'records') IS DISTINCT FROM 'object' OR EXISTS (SELECT"
        f" FROM jsonb_each({_JSON} -> 'records') AS k (name, list), jsonb_array_elements(CASE jsonb_typeof(k.list)"
        " WHEN 'array' THEN k.list ELSE jsonb_build_array(k.list) END) AS pair"
        " WHERE jsonb_typeof(pair) <> 'array' OR jsonb_typeof(pair -> 0) IS DISTINCT FROM 'string'"
        " OR jsonb_typeof(pair -> 1) IS DISTINCT FROM 'number'))",
        _RESTORE,
    ),
    Check(
        "seals.signatures",
        Text("Chữ ký nào cũng ký dưới mã băm của niêm phong", "Every signature is under the digest of its seal"),
        "SELECT g.unit_id, 'report_signatures', g.id::text, g.digest, s.digest FROM report_signatures g"
        " JOIN report_seals s USING (report_id, sequence) WHERE g.digest <> s.digest",
        _RESTORE,
    ),
    Check(
        "seals.missing",
        Text(
            "Báo cáo đã nộp thì có niêm phong và chữ ký; đã duyệt thì có chữ ký duyệt",
            "What was handed in is sealed and signed, what was accepted is signed for",
        ),
        f"SELECT r.unit_id, 'reports', r.id::text, coalesce(string_agg(g.act, ' '), '-'),"  # noqa: S608
        " CASE r.status WHEN 'accepted' THEN 'submit accept' ELSE 'submit' END FROM reports r"
        f" LEFT JOIN report_signatures g ON g.report_id = r.id AND g.sequence = {_NEWEST} WHERE {_STANDS}"
        " GROUP BY r.id HAVING NOT coalesce(bool_or(g.act = 'submit'), false)"
        " OR (r.status = 'accepted' AND NOT coalesce(bool_or(g.act = 'accept'), false))",
        Text(
            "Phục hồi từ bản sao lưu; nếu không có: POST /reports/{id}/transitions action=return (hoặc reopen) rồi nộp"
            " lại, báo cáo sẽ được niêm phong mới",
            "Restore from a back-up; where there is none, POST /reports/{id}/transitions with `return`"
            " (or `reopen`) and"
            " hand in again: that seals anew",
        ),
    ),
)

REPORTS: Final = (
    Check(
        "reports.unit",
        Text(
            "Mục, kiến nghị, niêm phong, chữ ký thuộc đúng đơn vị của báo cáo",
            "Sections, findings, seals and signatures stand at their report's unit",
        ),
        at_the_parents_unit(_CHILDREN),
        Text("Lệnh sửa đưa dòng con về đơn vị của báo cáo", "Mending takes them to the report's unit"),
        to_the_parents_unit(_CHILDREN),
    ),
    Check(
        "reports.sections",
        Text("Mục đã viết có trong đề cương của đợt", "Every section written is a heading of the campaign's outline"),
        "SELECT s.unit_id, 'report_sections', s.report_id::text, s.code, NULL FROM report_sections s"
        " JOIN reports r ON r.id = s.report_id WHERE NOT EXISTS (SELECT FROM outline_sections o"
        " WHERE o.campaign_id = r.campaign_id AND o.code = s.code)",
        Text(
            "Lời văn này không hiện ở đâu. Thêm lại mục vào outline_sections, hoặc PATCH /reports/{id} chuyển lời văn"
            " sang mục có thật",
            "The text is shown nowhere. Put the heading back into outline_sections, or move the text to one that exists"
            " with PATCH /reports/{id}",
        ),
    ),
    Check(
        "reports.obligation",
        Text("Nghĩa vụ nộp báo cáo đi theo báo cáo", "The obligation to report stands as the report does"),
        f"SELECT o.unit_id, 'obligations', o.id::text, o.status || ' ' || coalesce(o.first_counted_at::text, '-'),"  # noqa: S608
        f" coalesce({_OWED} || ' ' || coalesce(r.first_counted_at::text, '-'), 'not_started -') FROM obligations o"
        " LEFT JOIN reports r USING (campaign_id, unit_id) WHERE o.task = 'report'"
        f" AND (o.status <> coalesce({_OWED}, 'not_started') OR o.first_counted_at IS DISTINCT FROM"
        " r.first_counted_at)",
        Text(
            "Bảng đôn đốc sai với báo cáo. Lệnh sửa chép trạng thái và thời điểm tính hạn từ báo cáo",
            "The chasing board differs from the reports. Mending copies state and counted instant from the report",
        ),
        f"UPDATE obligations o SET status = {_OWED}, first_counted_at = r.first_counted_at, version = o.version + 1,"  # noqa: S608
        " updated_at = now() FROM reports r WHERE r.campaign_id = o.campaign_id AND r.unit_id = o.unit_id AND"
        f" o.task = 'report' AND (o.status <> {_OWED} OR o.first_counted_at IS DISTINCT FROM r.first_counted_at);"
        " UPDATE obligations o SET status = 'not_started', first_counted_at = NULL, version = o.version + 1,"
        " updated_at = now() WHERE o.task = 'report' AND (o.status <> 'not_started' OR o.first_counted_at IS NOT NULL)"
        " AND NOT EXISTS (SELECT FROM reports r WHERE r.campaign_id = o.campaign_id AND r.unit_id = o.unit_id)",
    ),
    Check(
        "reports.conference",
        Text("Hội nghị chỉ được tính khi có báo cáo nói vậy", "A conference counts where a report says it was held"),
        f"SELECT o.unit_id, 'obligations', o.id::text, o.status, 'not_started' FROM obligations o"  # noqa: S608
        " WHERE o.task = 'conference' AND o.status <> 'not_started' AND NOT EXISTS (SELECT FROM reports r"
        f" WHERE r.campaign_id = o.campaign_id AND r.unit_id = o.unit_id AND {_HELD})",
        Text(
            "Lệnh sửa đặt nghĩa vụ về not_started; đơn vị đã họp thì ghi vào báo cáo (review_method=conference) và nộp",
            "Mending sets the obligation to not_started; a unit that did hold it says so in its report and hands in",
        ),
        "UPDATE obligations o SET status = 'not_started', first_counted_at = NULL, version = o.version + 1,"  # noqa: S608
        " updated_at = now() WHERE o.task = 'conference' AND o.status <> 'not_started' AND NOT EXISTS (SELECT FROM"
        f" reports r WHERE r.campaign_id = o.campaign_id AND r.unit_id = o.unit_id AND {_HELD})",
    ),
    Check(
        "reports.lock",
        Text(
            "Kỳ bị khóa khi và chỉ khi báo cáo của kỳ đang đứng",
            "Periods are locked for reports that stand, and for no others",
        ),
        "SELECT coalesce(r.unit_id, l.unit_id), 'period_locks', coalesce(r.id, l.report_id)::text,"  # noqa: S608
        " CASE WHEN l.report_id IS NULL THEN '-' ELSE 'locked' END, coalesce(r.status, '-')"
        " FROM reports r FULL JOIN period_locks l"
        " ON l.report_id = r.id AND l.unit_id = r.unit_id AND l.campaign_id = r.campaign_id"
        f" WHERE coalesce({_STANDS}, false) IS DISTINCT FROM (l.report_id IS NOT NULL)",
        Text(
            "Kỳ khóa thừa chặn đơn vị sửa số liệu; kỳ không khóa cho sửa số liệu đã tính. Lệnh sửa bỏ khóa thừa và khóa"
            " lại theo thời gian của đợt",
            "A lock too many keeps the unit from its own records; one too few lets counted records change. Mending"
            " removes the one and makes the other, with the campaign's window",
        ),
        "DELETE FROM period_locks l WHERE NOT EXISTS (SELECT FROM reports r WHERE r.id = l.report_id"  # noqa: S608
        f" AND r.unit_id = l.unit_id AND r.campaign_id = l.campaign_id AND {_STANDS});"
        " INSERT INTO period_locks (unit_id, campaign_id, unit_path, report_id, report_number, window_from, window_to,"
        " locked_at) SELECT r.unit_id, r.campaign_id, r.unit_path, r.id, r.number, c.window_from, c.window_to, now()"
        f" FROM reports r JOIN campaigns c ON c.id = r.campaign_id WHERE {_STANDS} AND NOT EXISTS (SELECT FROM"
        " period_locks l WHERE l.unit_id = r.unit_id AND l.campaign_id = r.campaign_id)",
    ),
)

CHECKS: Final = (*REPORTS, *SEALS)
