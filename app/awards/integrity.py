"""What must always hold of awards and quotas."""

from typing import Final

from app.kernel.errors import Text
from app.kernel.integrity import Check, Child, at_the_parents_unit, to_the_parents_unit

_CHILDREN: Final = (Child("award_endorsements", "award_id", "awards", "c.id::text"),)

CHECKS: Final = (
    Check(
        "awards.quota",
        Text("Số đã khen không vượt chỉ tiêu", "No more is granted than the quota allows"),
        "SELECT q.unit_id, 'award_quotas', q.id::text,"
        " count(*) FILTER (WHERE a.recipient_kind = 'collective') || ' + '"
        " || count(*) FILTER (WHERE a.recipient_kind = 'individual'), q.collectives || ' + ' || q.individuals"
        " FROM award_quotas q JOIN awards a ON a.campaign_id = q.campaign_id AND a.award_form_id = q.award_form_id"
        " AND a.unit_path ^@ q.unit_path AND a.status = 'granted' GROUP BY q.id"
        " HAVING count(*) FILTER (WHERE a.recipient_kind = 'collective') > q.collectives"
        " OR count(*) FILTER (WHERE a.recipient_kind = 'individual') > q.individuals",
        Text(
            "Nếu chỉ tiêu được giao thêm: PATCH /award-quotas/{id} theo văn bản giao. Nếu khen thừa: báo hội đồng thi"
            " đua, vì quyết định đã ban hành không sửa ở đây",
            "Where more was allotted: PATCH /award-quotas/{id} as the document says. Where too many were granted: tell"
            " the council, since issued decisions are not changed here",
        ),
    ),
    Check(
        "awards.deciding_unit",
        Text(
            "Đơn vị quyết định khen thưởng là đơn vị đề nghị hoặc đứng trên nó",
            "The unit that decides on an award is the proposing one or stands above it",
        ),
        "SELECT a.unit_id, 'awards', a.id::text, d.code, NULL FROM awards a JOIN units d ON d.id = a.deciding_unit_id"
        " JOIN units u ON u.id = a.unit_id WHERE NOT u.path ^@ d.path AND d.ended_on IS NULL",
        Text(
            "Không ai có quyền quyết định hồ sơ này. POST /awards/{id}/transitions action=return rồi nộp lại: cấp quyết"
            " định được chọn lại theo cây hiện tại",
            "Nobody may decide on it. POST /awards/{id}/transitions with `return`, then submit again: the deciding unit"
            " is chosen anew by today's tree",
        ),
    ),
    Check(
        "awards.unit",
        Text("Lần xác nhận thuộc đúng đơn vị của hồ sơ", "Endorsements stand at their award's unit"),
        at_the_parents_unit(_CHILDREN),
        Text("Lệnh sửa đưa về đơn vị của hồ sơ", "Mending takes them to the award's unit"),
        to_the_parents_unit(_CHILDREN),
    ),
)
