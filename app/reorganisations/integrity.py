"""What must always hold between the acts that were carried out and the tree."""

from typing import Final

from app.audit.integrity import TABLES
from app.kernel.errors import Text
from app.kernel.integrity import Check

_EFFECTS: Final = (
    "reorganisation_effects e JOIN reorganisations r ON r.id = e.reorganisation_id AND r.status = 'applied'"
    " JOIN units u ON u.id = e.unit_id"
)
_KINDS: Final = {**TABLES, "grant": "grants", "service_key": "service_keys"}
_SUBJECTS: Final = ("unit", "grant", "user", "service_key", "obligation", "registration", "practice", "award")
_BY_THE_ACT: Final = Text(
    "Đọc lại văn bản (GET /reorganisations/{id}/changes) và sửa units theo đó: ended_on = ngày hiệu lực, successor_id"
    " = đơn vị ở dòng is_primary; rồi chạy `dienhinh check --mend units.heir`",
    "Read the act (GET /reorganisations/{id}/changes) and let units say the same: ended_on = the act's day,"
    " successor_id = the unit in the line `is_primary`; then `dienhinh check --mend units.heir`",
)

CHECKS: Final = (
    Check(
        "reorganisations.ended",
        Text(
            "Đơn vị mà văn bản kết thúc đã kết thúc đúng ngày và có đúng đơn vị kế thừa",
            "What an act ended has ended on its day, with the successor that the act names",
        ),
        "SELECT u.id, 'units', u.id::text, coalesce(u.ended_on::text, '-') || ' → ' ||"  # noqa: S608
        " coalesce(u.successor_id::text, '-'),"
        " (e.after ->> 'ended_on') || ' → ' || coalesce(e.after ->> 'successor_id', '-')"
        f" FROM {_EFFECTS} WHERE e.effect = 'ended' AND e.subject_kind = 'unit'"
        " AND (u.ended_on IS DISTINCT FROM (e.after ->> 'ended_on')::date"
        " OR u.successor_id IS DISTINCT FROM (e.after ->> 'successor_id')::uuid)",
        _BY_THE_ACT,
        "UPDATE units u SET ended_on = (e.after ->> 'ended_on')::date, successor_id = (e.after ->>"
        " 'successor_id')::uuid,"
        " parent_id = coalesce((e.after ->> 'successor_id')::uuid, u.parent_id) FROM reorganisation_effects e"
        " JOIN reorganisations r ON r.id = e.reorganisation_id AND r.status = 'applied'"
        " WHERE e.unit_id = u.id AND e.effect = 'ended' AND e.subject_kind = 'unit'"
        " AND (u.ended_on IS DISTINCT FROM (e.after ->> 'ended_on')::date"
        " OR u.successor_id IS DISTINCT FROM (e.after ->> 'successor_id')::uuid)",
    ),
    Check(
        "reorganisations.begun",
        Text(
            "Đơn vị mà văn bản lập hoặc đổi có thông tin kể từ ngày hiệu lực",
            "What an act made or changed has a fact from its day on",
        ),
        "SELECT u.id, 'unit_facts', u.id::text, e.effect, r.effective_on::text"  # noqa: S608
        f" FROM {_EFFECTS} WHERE e.effect IN ('created', 'changed') AND e.subject_kind = 'unit' AND NOT EXISTS ("
        " SELECT FROM unit_facts f WHERE f.unit_id = u.id AND f.valid_from = r.effective_on)",
        Text(
            "So với văn bản (GET /reorganisations/{id}/changes); đặt valid_from của thông tin về ngày hiệu lực, và"
            " valid_to của thông tin trước đó cũng vậy",
            "Compare with the act (GET /reorganisations/{id}/changes); let the fact begin on the act's day, and the one"
            " before it end there",
        ),
    ),
    Check(
        "reorganisations.primary",
        Text(
            "Đơn vị kế thừa chính trong văn bản là đơn vị kế thừa trong cây",
            "The primary successor in an act's lines is the successor in the tree",
        ),
        "SELECT u.id, 'reorganisation_changes', c.reorganisation_id::text, coalesce(u.successor_id::text, '-'),"
        " c.new_unit_id::text FROM reorganisation_changes c JOIN reorganisations r ON r.id = c.reorganisation_id"
        " AND r.status = 'applied' JOIN units u ON u.id = c.old_unit_id WHERE u.ended_on = r.effective_on"
        " AND c.kind = 'split' AND c.is_primary AND c.new_unit_id IS NOT NULL"
        " AND u.successor_id IS DISTINCT FROM c.new_unit_id",
        Text(
            "Dòng của văn bản và cây nói khác nhau. So với bản gốc của văn bản rồi sửa bên sai: is_primary trong"
            " reorganisation_changes, hoặc units.successor_id (sau đó `dienhinh check --mend units.heir`)",
            "The act's line and the tree differ. Compare with the printed act and correct the wrong one: is_primary in"
            " reorganisation_changes, or units.successor_id (then `dienhinh check --mend units.heir`)",
        ),
    ),
    Check(
        "reorganisations.subjects",
        Text(
            "Bản ghi mà văn bản đã chuyển vẫn còn, hoặc đã xóa có ghi nhật ký",
            "What an act passed on is there, or was deleted by a verb",
        ),
        " UNION ALL ".join(
            f"SELECT e.unit_id, 'reorganisation_effects', e.id::text, e.effect || ' {_KINDS[kind]} ' ||"  # noqa: S608
            " e.subject_id, NULL"
            f" FROM {_EFFECTS} WHERE e.subject_kind = '{kind}'"
            f" AND NOT EXISTS (SELECT FROM {_KINDS[kind]} t WHERE t.id = e.subject_id)"
            " AND NOT EXISTS (SELECT FROM audit_events a WHERE a.subject_kind = e.subject_kind"
            " AND a.subject_id = e.subject_id AND a.verb LIKE '%.delete')"
            for kind in _SUBJECTS
        ),
        Text(
            "Không hoàn tác trọn vẹn văn bản này được nữa. Phục hồi dòng bị mất từ bản sao lưu; không có thì ghi lại"
            " việc mất và bỏ qua",
            "The act can no longer be taken back in full. Restore the lost row from a back-up; where there is none, put"
            " the loss on record",
        ),
        # Only who sees every unit can tell what is gone from what stands in somebody else's.
        reach="tree",
    ),
    Check(
        "reorganisations.roles",
        Text(
            "Không còn vai trò nào có hiệu lực ở đơn vị hành chính đã kết thúc",
            "No role is held at an administrative unit that has ended",
        ),
        "SELECT g.unit_id, 'grants', g.id::text, g.role || ' ' || daterange(g.valid_from, g.valid_to),"
        " '.. ' || u.ended_on FROM grants g JOIN units u ON u.id = g.unit_id AND u.level <> 'base'"
        " WHERE u.ended_on <= :today"
        " AND (g.valid_to IS NULL OR g.valid_to > greatest(g.valid_from, :today))",
        Text(
            "DELETE /users/{id}/grants/{grant_id}; nếu người đó tiếp tục công việc, POST /users/{id}/grants ở đơn vị kế"
            " thừa",
            "DELETE /users/{id}/grants/{grant_id}; for somebody who goes on, POST /users/{id}/grants at the successor",
        ),
    ),
    Check(
        "reorganisations.due",
        Text("Văn bản đến ngày hiệu lực đã được thực hiện", "An act whose day has come is carried out"),
        "SELECT r.unit_id, 'reorganisations', r.id::text, r.status || ' ' || r.decision_number, r.effective_on::text"
        " FROM reorganisations r WHERE r.status IN ('planned', 'failed') AND r.effective_on < :today",
        Text(
            "planned: tiến trình nền không chạy, khởi động `dienhinh worker`. failed: GET /reorganisations/{id} nêu lỗi"
            " từng dòng; sửa rồi POST /reorganisations/{id}/transitions action=apply, hoặc cancel",
            "planned: nothing does the jobs, start `dienhinh worker`. failed: GET /reorganisations/{id} names each"
            " fault; mend them, then POST /reorganisations/{id}/transitions with `apply`, or `cancel`",
        ),
    ),
)
