"""The sample's registrations and evaluations: most pass, some fail with reasons, some are still on their way. Pure."""

from datetime import datetime, timedelta
from typing import Any

from app.demo.scene import LEFT_FREE, Criterion, Place, Rows, Scene, day, stable_id

REASONS = (
    "Chưa ban hành kế hoạch trong quý I (dữ liệu mẫu)",
    "Còn để xảy ra vụ việc phức tạp về an ninh, trật tự (dữ liệu mẫu)",
    "Mô hình tự quản hoạt động chưa hiệu quả (dữ liệu mẫu)",
    "Hồ sơ minh chứng chưa đầy đủ (dữ liệu mẫu)",
    "Tỷ lệ tham gia chưa đạt yêu cầu (dữ liệu mẫu)",
)


def add_assessments(scene: Scene, past: Rows, rows: Rows) -> None:
    """Registrations for 2023 and 2024 in every district, with their evaluations; the ``past`` is all made in 2023."""
    for place in _chosen(scene, 2023):
        _year_2023(scene, (past, rows), place)
    for place in _chosen(scene, 2024):
        _year_2024(scene, rows, place)


def _chosen(scene: Scene, year: int) -> list[Place]:
    """At least two communes in every district, one in four of the base units, half of the districts."""
    chosen = []
    for district in scene.at("district"):
        communes = [place for place in scene.at("commune") if place.parent_id == district.id]
        free = [place for place in communes if not (year == 2024 and place.code == LEFT_FREE)]
        chosen += scene.random.sample(free, max(2, len(free) // 4))
        if scene.random.random() < 0.5:
            chosen.append(district)
    chosen += [place for place in scene.at("base") if scene.random.random() < 0.25]
    return chosen


def _registration(scene: Scene, place: Place, year: int, status: str) -> dict[str, Any]:
    submitted = day(f"{year}-02-01") + timedelta(days=scene.random.randrange(30), minutes=scene.random.randrange(480))
    accepted = submitted + timedelta(days=scene.random.randrange(3, 15))
    was_submitted, was_accepted = status != "draft", status == "accepted"
    return {
        "id": stable_id("registration", place.code, year),
        **place.columns,
        "programme": "exemplary_units",
        "year": year,
        "status": status,
        "note": "Dữ liệu mẫu",
        "return_note": "Đề nghị bổ sung kế hoạch (dữ liệu mẫu)" if status == "returned" else None,
        "decision_number": f"{scene.random.randrange(10, 99)}/QĐ-UBND (mẫu)" if was_accepted else None,
        "decision_date": accepted.date() if was_accepted else None,
        "submitted_at": submitted if was_submitted else None,
        "submitted_by": scene.submitter(place) if was_submitted else None,
        "accepted_at": accepted if was_accepted else None,
        "accepted_by": scene.approver_above(place) if was_accepted else None,
        "version": {"draft": 1, "submitted": 2, "returned": 3, "accepted": 3}[status],
        "created_at": submitted - timedelta(days=5),
        "updated_at": accepted if status in {"accepted", "returned"} else submitted,
    }


def _year_2023(scene: Scene, eras: tuple[Rows, Rows], place: Place) -> None:
    past, rows = eras
    registration = _registration(scene, place, 2023, "accepted")
    past.registrations.append(registration)
    passed = scene.random.random() < 0.82
    at = day("2023-11-20") + timedelta(days=scene.random.randrange(8))
    final = _evaluation(scene, registration, ("final", "recognised" if passed else "not_recognised"), at, passed=passed)
    _add(scene, past, place, final)
    if not passed or scene.random.random() < 0.15:
        return
    kept = scene.random.random() < 0.93
    at = day("2024-06-14") + timedelta(days=scene.random.randrange(8))
    status = scene.random.choice(("recognised", "recognised", "verified", "submitted")) if kept else "not_recognised"
    _add(scene, rows, place, _evaluation(scene, registration, ("maintenance", status), at, passed=kept))


def _year_2024(scene: Scene, rows: Rows, place: Place) -> None:
    status = scene.random.choices(("accepted", "submitted", "returned", "draft"), (80, 10, 5, 5))[0]
    registration = _registration(scene, place, 2024, status)
    rows.registrations.append(registration)
    if status != "accepted" or scene.random.random() < 0.2:
        return
    at = day("2024-06-17") + timedelta(days=scene.random.randrange(10))
    passed = scene.random.random() < 0.85
    stand = scene.random.choice(("verified", "verified", "submitted", "draft"))
    _add(scene, rows, place, _evaluation(scene, registration, ("forecast", stand), at, passed=passed))


def _evaluation(
    scene: Scene, registration: dict[str, Any], stand: tuple[str, str], at: datetime, *, passed: bool
) -> dict[str, Any]:
    stage, status = stand
    submitted, verified = status != "draft", status in {"verified", "recognised", "not_recognised"}
    decided = status in {"recognised", "not_recognised"}
    recognised = status == "recognised" and stage == "final"
    verified_at, decided_at = at + timedelta(days=5), at + timedelta(days=12)
    return {
        "id": stable_id("evaluation", registration["id"], stage),
        "unit_id": registration["unit_id"],
        "unit_path": registration["unit_path"],
        "registration_id": registration["id"],
        "year": registration["year"],
        "stage": stage,
        "status": status,
        "passed_self": passed if submitted else None,
        "passed_verified": passed if verified else None,
        "passed_final": passed if decided else None,
        "decision_number": f"{scene.random.randrange(100, 999)}/QĐ-UBND (mẫu)" if recognised else None,
        "decision_date": decided_at.date() if recognised else None,
        "decline_note": "Chưa đạt tiêu chí bắt buộc (dữ liệu mẫu)" if status == "not_recognised" else None,
        "self_checked_on": at.date(),
        "summary": "Dữ liệu mẫu",
        "submitted_at": at if submitted else None,
        "submitted_by": registration["submitted_by"] if submitted else None,
        "verified_at": verified_at if verified else None,
        "verified_by": registration["accepted_by"] if verified else None,
        "decided_at": decided_at if decided else None,
        "decided_by": registration["accepted_by"] if decided else None,
        "version": 1 + submitted + verified + decided,
        "created_at": at - timedelta(days=7),
        "updated_at": decided_at if decided else verified_at if verified else at,
    }


def _add(scene: Scene, rows: Rows, place: Place, evaluation: dict[str, Any]) -> None:
    """The evaluation with a result for every criterion of its set; not passed = one to three required not met."""
    found = scene.set_for(place)
    evaluation["criteria_set_id"] = found.id
    rows.evaluations.append(evaluation)
    passed = evaluation["passed_self"] is not False
    required = [criterion for criterion in found.criteria if criterion.required]
    failed = (
        set() if passed else set(scene.random.sample(required, min(len(required), scene.random.choice((1, 1, 2, 3)))))
    )
    unfinished = evaluation["status"] == "draft"
    for criterion in found.criteria:
        if unfinished and scene.random.random() < 0.4:
            continue
        rows.results.append(_result(scene, place, evaluation, criterion, met=criterion not in failed))


def _result(
    scene: Scene, place: Place, evaluation: dict[str, Any], criterion: Criterion, *, met: bool
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "outcome": "met" if met else "not_met",
        "figure": _figure(scene, criterion, met=met),
        "reason": None if met else scene.random.choice(REASONS),
        "evidence": "Hồ sơ lưu tại đơn vị (dữ liệu mẫu)" if met else None,
    }
    result: dict[str, Any] = {
        "evaluation_id": evaluation["id"],
        "criterion_id": criterion.id,
        **place.columns,
    }
    stamps = (
        ("self", evaluation["created_at"], scene.writer(place)),
        ("verified", evaluation["verified_at"], evaluation["verified_by"]),
        ("final", evaluation["decided_at"], evaluation["decided_by"]),
    )
    for name, at, by in stamps:
        for part, value in values.items():
            result[f"{name}_{part}"] = value if at else None
        result[f"{name}_at"] = at
        result[f"{name}_by"] = by
    return result


def _figure(scene: Scene, criterion: Criterion, *, met: bool) -> float | None:
    """A figure on the right side of the threshold."""
    if criterion.measure == "yes_no":
        return None
    threshold = criterion.threshold or 0
    upward = criterion.comparison != "at_most"
    step = scene.random.randrange(1, 15) if criterion.measure == "percentage" else scene.random.randrange(1, 4)
    if met:
        value = threshold + step if upward else threshold - step
    else:
        value = threshold - step if upward else threshold + step
    return min(100, max(0, value)) if criterion.measure == "percentage" else max(0, value)
