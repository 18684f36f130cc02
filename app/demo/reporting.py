"""The sample's reports, five days before the deadline: one district has all of its communes', another is half way, of
every second of the others the first one. Of a small past campaign, one came late and one never. Pure.

Everything handed in is sealed (``sealing.py``), which takes a twentieth of a second each: so there are no more of them.
"""

from datetime import date, datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

from app.demo.scene import LEFT_FREE, Place, Rows, Scene, day, stable_id

PAST_DUE = date(2023, 12, 15)
FINISHED = "413"
"""Thị xã Cửa Lò: all its communes' reports are accepted, its own waits for the province."""
HALF_WAY = "426"
"""Huyện Yên Thành, where the README walks: a third of its communes have handed in."""
LATE, MISSING = 2, 4
"""Of the past campaign."""
ON_THE_WAY = ("accepted", "submitted", "accepted", "submitted", "returned", "drafting")
AGENCIES = ("accepted", "submitted", "drafting", "not_started")
CHECKED = "Đã kiểm tra, đối chiếu số liệu (dữ liệu mẫu)"
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
    """Reports of the open campaign for the units in ``owed`` (unit -> obligation).

    They are handed in after the last record that they count was changed, and a district's after those below it.
    """
    fates = _fates(scene)
    for place in scene.places:
        status = fates.get(place.code) or scene.random.choice(("drafting", "drafting", "not_started"))
        if place.id not in owed or place.level == "province" or status == "not_started":
            continue
        at = day("2024-07-04") + timedelta(days=scene.random.randrange(5), minutes=scene.random.randrange(540))
        if place.level == "district" and status == "submitted":
            at = day("2024-07-09", 15)
        _add_report(scene, rows, (place, campaign_id), status, at)
        rows.obligations.append(_moved(owed[place.id], status, at))


def _fates(scene: Scene) -> dict[str, str]:
    """How far the reports that are further than a draft have come, by the code of their unit."""
    fates = {FINISHED: "submitted", LEFT_FREE: "not_started"}
    for turn, district in enumerate(scene.at("district")):
        communes = [found for found in scene.at("commune") if found.parent_id == district.id]
        if district.code == FINISHED:
            fates |= {commune.code: "accepted" for commune in communes}
        elif district.code == HALF_WAY:
            others = [commune for commune in communes if commune.code != LEFT_FREE]
            fates |= dict(zip((c.code for c in others[: len(others) // 3]), cycle(ON_THE_WAY), strict=False))
        elif turn % 2:
            fates[communes[0].code] = "submitted"
    above = {place.id for place in scene.at("province")}
    agencies = [place.code for place in scene.at("base") if place.parent_id in above]
    return fates | dict(zip(agencies, cycle(AGENCIES), strict=False))


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
            "submit_note": CHECKED if submitted else None,
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
    """The closed campaign of 2023: one is late and one never came."""
    for turn, place in enumerate(place for place in scene.places if place.id in owed):
        if turn == MISSING:
            continue
        first, days = ("2023-12-15", 9) if turn == LATE else ("2023-12-10", 5)
        at = day(first) + timedelta(days=scene.random.randrange(days), minutes=scene.random.randrange(540))
        _add_report(scene, rows, (place, campaign_id), "accepted", at)
        rows.obligations.append(_moved(owed[place.id], "accepted", at))
