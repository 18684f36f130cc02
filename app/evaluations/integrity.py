"""What must always hold of evaluations and their results."""

from typing import Final

from app.evaluations.models import VALUES
from app.kernel.errors import Text
from app.kernel.integrity import Check, Child, at_the_parents_unit, to_the_parents_unit

_CHILDREN: Final = (Child("evaluation_results", "evaluation_id", "evaluations", "c.evaluation_id::text"),)


def _passes(value: str) -> str:
    """The pass rule (``criteria/passrule.py``) over the outcomes of one of the three values, counted from the rows."""
    met = f"r.{value}_outcome = 'met'"
    return (
        f"(count(*) FILTER (WHERE k.required AND {met} IS NOT TRUE) = 0 AND CASE s.pass_rule_kind"
        f" WHEN 'minimum_met' THEN count(*) FILTER (WHERE {met}) >= coalesce(s.pass_rule_minimum, 0)"
        f" WHEN 'minimum_score' THEN coalesce(sum(k.weight) FILTER (WHERE {met}), 0) >="
        " coalesce(s.pass_rule_minimum, 0)"
        " ELSE true END)"
    )


_COUNTED: Final = (
    "SELECT e.id, "  # noqa: S608
    + ", ".join(f"{_passes(value)} AS {value}" for value in VALUES)
    + " FROM evaluations e JOIN criteria_sets s ON s.id = e.criteria_set_id JOIN criteria k ON k.set_id = s.id"
    " LEFT JOIN evaluation_results r ON r.evaluation_id = e.id AND r.criterion_id = k.id"
    " WHERE e.passed_self IS NOT NULL GROUP BY e.id, s.id"
)
_DIFFERS: Final = " OR ".join(f"e.passed_{value} <> c.{value}" for value in VALUES)

CHECKS: Final = (
    Check(
        "evaluations.outcome",
        Text(
            "Kết luận đạt hay không của phiếu khớp với kết quả từng tiêu chí",
            "Whether an evaluation passes follows from its results",
        ),
        "SELECT e.unit_id, 'evaluations', e.id::text, concat_ws(' ', e.passed_self, e.passed_verified, e.passed_final),"  # noqa: S608
        f" concat_ws(' ', c.self, c.verified, c.final) FROM evaluations e JOIN ({_COUNTED}) c USING (id)"
        f" WHERE {_DIFFERS}",
        Text(
            "Có người sửa kết quả hoặc kết luận ngoài quy trình. So với GET /audit-events?subject_id=<id>: kết quả sai"
            " thì phục hồi từ bản sao lưu; kết luận sai thì POST /evaluations/{id}/transitions action=return rồi nộp"
            " và thẩm định lại",
            "Somebody changed results or conclusion past the workflow. Compare with GET /audit-events?subject_id=<id>:"
            " restore wrong results from a back-up; for a wrong conclusion POST /evaluations/{id}/transitions with"
            " `return`, then submit and verify again",
        ),
    ),
    Check(
        "evaluations.criteria",
        Text(
            "Kết quả thuộc tiêu chí của chính bộ mà phiếu dùng",
            "Every result is of a criterion of the evaluation's own set",
        ),
        "SELECT r.unit_id, 'evaluations', e.id::text, k.set_id::text, e.criteria_set_id::text FROM evaluation_results r"
        " JOIN evaluations e ON e.id = r.evaluation_id JOIN criteria k ON k.id = r.criterion_id"
        " WHERE k.set_id <> e.criteria_set_id",
        Text(
            "Kết quả này không được tính vào đâu. Chuyển sang tiêu chí tương ứng của bộ (GET"
            " /criteria-sets/{id}/map), hoặc xóa nếu tiêu chí đó đã có kết quả",
            "The result counts nowhere. Move it to the corresponding criterion (GET /criteria-sets/{id}/map), or delete"
            " it where that one has a result already",
        ),
    ),
    Check(
        "evaluations.unit",
        Text("Kết quả thuộc đúng đơn vị của phiếu đánh giá", "Results stand at their evaluation's unit"),
        at_the_parents_unit(_CHILDREN),
        Text("Lệnh sửa đưa kết quả về đơn vị của phiếu", "Mending takes the results to the evaluation's unit"),
        to_the_parents_unit(_CHILDREN),
    ),
)
