"""The sample's reports: of the open campaign, half are in five days before the deadline; of a past one, a few were late
and a few never came. Pure."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.demo.scene import Place, Rows, Scene, day, stable_id

PAST_DUE = date(2023, 12, 15)
BELOW_MISSING = "Một số xã chưa hoàn thành báo cáo, sẽ bổ sung sau (dữ liệu mẫu)"
TEXTS = {
    "I": "Đã tham mưu ban hành văn bản chỉ đạo, triển khai thực hiện (dữ liệu mẫu).",
    "II.1": "Đã tổ chức tuyên truyền bằng nhiều hình thức (dữ liệu mẫu).",
    "II.2": "Đã tổ chức lễ phát động và phát động lồng ghép (dữ liệu mẫu).",
    "II.3": "Đã rà soát, lựa chọn, đăng ký xây dựng đơn vị điển hình (dữ liệu mẫu).",
    "II.4": "Kết quả thực hiện Bộ tiêu chí tạm thời theo số liệu trên hệ thống (dữ liệu mẫu).",
    "IV.1": "Ưu điểm: cấp ủy, chính quyền quan tâm lãnh đạo, chỉ đạo (dữ liệu mẫu).",
    "IV.2": "Tồn tại, hạn chế: một số tiêu chí còn khó thực hiện (dữ liệu mẫu).",
    "V": "Tiếp tục duy trì, nâng cao chất lượng (dữ liệu mẫu).",
}


def add_reports(scene: Scene, rows: Rows, owed: dict[UUID, UUID], campaign_id: UUID) -> None:
    """Reports of the open campaign for the units in ``owed`` (unit -> obligation)."""
    for place in scene.places:
        if place.id not in owed or place.level == "province":
            continue
        likely = {"commune": (30, 25, 5, 20, 20), "district": (0, 10, 0, 50, 40)}.get(place.level, (10, 20, 5, 25, 40))
        status = scene.random.choices(("accepted", "submitted", "returned", "drafting", "not_started"), likely)[0]
        if status == "not_started":
            continue
        at = day("2024-07-01") + timedelta(days=scene.random.randrange(8), minutes=scene.random.randrange(540))
        _add_report(scene, rows, (place, campaign_id), status, at)
        rows.obligations.append(_moved(owed[place.id], status, at))


def _reviewed(status: str, at: datetime) -> datetime:
    """When the report that came in ``at`` was last touched."""
    return at + timedelta(hours=20) if status in {"accepted", "returned"} else at


def _moved(obligation_id: UUID, status: str, at: datetime) -> dict[str, Any]:
    """How the obligation follows its report: what was returned here was complete, so its instant counts."""
    touched = _reviewed(status, at)
    counted = None if status == "drafting" else at
    return {
        "b_id": obligation_id,
        "status": status,
        "first_counted_at": counted,
        "last_activity_at": touched,
        "updated_at": touched,
    }


def _add_report(scene: Scene, rows: Rows, whose: tuple[Place, UUID], status: str, at: datetime) -> None:
    place, campaign_id = whose
    submitted = status in {"accepted", "submitted", "returned"}
    conference = scene.random.random() < 0.3
    report_id = stable_id("report", place.code, at.year)
    issuer, position = ("BC", "Phó Giám đốc") if place.level == "base" else ("BC-UBND", "Phó Chủ tịch")
    rows.reports.append(
        {
            "id": report_id,
            **place.columns,
            "campaign_id": campaign_id,
            "status": "draft" if status == "drafting" else status,
            "review_method": ("conference" if conference else "in_writing") if submitted else None,
            "held_on": (at - timedelta(days=4)).date() if submitted and conference else None,
            "number": f"{scene.random.randrange(10, 300)}/{issuer} (mẫu)" if submitted else None,
            "signer_name": None,
            "signer_position": position if submitted else None,
            "signed_on": at.date() if submitted else None,
            "submit_note": BELOW_MISSING if submitted and place.level == "district" else None,
            "return_note": "Đề nghị bổ sung số liệu mục II.1 (dữ liệu mẫu)" if status == "returned" else None,
            "first_counted_at": at if submitted else None,
            "submitted_at": at if submitted else None,
            "submitted_by": scene.submitter(place) if submitted else None,
            "accepted_at": _reviewed(status, at) if status == "accepted" else None,
            "accepted_by": scene.approver_above(place) if status == "accepted" else None,
            "version": {"drafting": 1, "submitted": 2}.get(status, 3),
            "created_at": at - timedelta(days=6),
            "updated_at": _reviewed(status, at),
        }
    )
    for code, text in TEXTS.items():
        if submitted or scene.random.random() < 0.5:
            rows.sections.append({"report_id": report_id, "code": code, **place.columns, "text": text})


def add_past(scene: Scene, rows: Rows, owed: dict[UUID, UUID], campaign_id: UUID) -> None:
    """The closed campaign of 2023: nine in ten in time, some late, some never."""
    for place in scene.places:
        if place.id not in owed:
            continue
        fate = scene.random.choices(("on_time", "late", "missing"), (88, 8, 4))[0]
        if fate == "missing":
            continue
        if fate == "on_time":
            at = day("2023-12-01") + timedelta(days=scene.random.randrange(14), minutes=scene.random.randrange(540))
        else:
            at = day("2023-12-15") + timedelta(days=scene.random.randrange(9), minutes=scene.random.randrange(540))
        _add_report(scene, rows, (place, campaign_id), "accepted", at)
        rows.obligations.append(_moved(owed[place.id], "accepted", at))
