"""The sample's awards: quotas, and sixty proposals in every state, for plainly invented people. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.access.actor import LABEL_WIDTH
from app.awards.claims import claim_of
from app.demo.scene import Place, Rows, Scene, day, stable_id, user_of

ACHIEVEMENT = "Có thành tích trong xây dựng đơn vị điển hình về phong trào Toàn dân bảo vệ ANTQ (dữ liệu mẫu)"
PERIOD = {"period_from": date(2023, 1, 15), "period_to": date(2024, 7, 14)}
STATES = {"draft": 8, "submitted": 16, "endorsed": 14, "granted": 12, "declined": 3, "returned": 7}
FORMS = ("BK-UBND-TINH", "GK-CAT", "GK-UBND-HUYEN", "BK-BCA")
FAMILIES = ("Nguyễn Văn", "Trần Thị", "Lê Văn", "Phạm Thị", "Hoàng Văn", "Phan Thị")
POSITIONS = ("Trưởng Công an xã", "Phó Chủ tịch UBND", "Bí thư chi bộ", "Tổ trưởng tổ bảo vệ ANTT")
QUOTAS = (("BK-BCA", 5, 8), ("BK-UBND-TINH", 20, 30), ("GK-CAT", 25, 40))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The campaign and the forms of award by their codes."""

    campaign_id: UUID
    forms: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class _Proposal:
    """One proposal before it is written down."""

    number: int
    place: Place
    form: str
    status: str
    way: tuple[Place, ...]
    """The units above, up to the one that decides."""


def add_commendations(scene: Scene, rows: Rows, catalogue: Catalogue) -> None:
    """Quotas of the province, and proposals of communes and districts, each for a recipient of its own."""
    random = Random(3204)  # noqa: S311 - a sample, not a secret
    province = scene.at("province")[0]
    for form, collectives, individuals in QUOTAS:
        rows.award_quotas.append(_quota(province, catalogue, form, (collectives, individuals)))
    by_path = {place.path: place for place in scene.places}
    communes, districts = scene.at("commune"), scene.at("district")
    chosen = random.sample(communes, 48) + random.sample(districts, 12)
    states = [state for state, count in STATES.items() for _ in range(count)]
    random.shuffle(states)
    for number, (place, status) in enumerate(zip(chosen, states, strict=True), start=1):
        form = FORMS[number % len(FORMS)]
        if status in {"granted", "declined"} and form == "BK-BCA":
            form = "GK-CAT"  # the Ministry has not decided yet
        way = _way(by_path, place, "district" if form == "GK-UBND-HUYEN" else "province")
        if status == "submitted" and not way:
            status = "endorsed"  # noqa: PLW2901 - who decides has nobody above to endorse
        _add(random, rows, catalogue, _Proposal(number, place, form, status, way))


def _quota(province: Place, catalogue: Catalogue, form: str, counts: tuple[int, int]) -> dict[str, Any]:
    return {
        "id": stable_id("award-quota", form),
        **province.columns,
        "campaign_id": catalogue.campaign_id,
        "award_form_id": catalogue.forms[form],
        "collectives": counts[0],
        "individuals": counts[1],
        "note": "Chỉ tiêu mẫu, không phải chỉ tiêu có thật",
        "created_at": day("2024-05-20"),
        "updated_at": day("2024-05-20"),
        "created_by": user_of(province, "awards"),
    }


def _way(by_path: Mapping[str, Place], place: Place, level: str) -> tuple[Place, ...]:
    way, here = [], place
    while here.level != level:
        here = by_path[here.path[:-LABEL_WIDTH]]
        way.append(here)
    return tuple(way)


def _recipient(proposal: _Proposal) -> dict[str, Any]:
    """A person, the unit itself, or a team in it."""
    kind = proposal.number % 3
    if kind == 0:
        name = f"{FAMILIES[proposal.number % len(FAMILIES)]} {chr(65 + proposal.number % 26)} (mẫu)"
        position = f"{POSITIONS[proposal.number % len(POSITIONS)]} (mẫu)"
        return {"recipient_kind": "individual", "recipient_name": name, "position": position}
    team = f"Tổ bảo vệ ANTT số {proposal.number} (mẫu)" if kind == 1 else None
    return {"recipient_kind": "collective", "recipient_name": team, "position": None}


def _add(random: Random, rows: Rows, catalogue: Catalogue, proposal: _Proposal) -> None:
    place, status = proposal.place, proposal.status
    award_id = stable_id("award", proposal.number)
    submitted = day("2024-06-12") + timedelta(days=random.randrange(10), minutes=random.randrange(480))
    stops = {"draft": 0, "returned": 0, "submitted": random.randrange(len(proposal.way) or 1)}
    stood_by = proposal.way[: stops.get(status, len(proposal.way))]
    last = submitted
    for above in stood_by:
        last += timedelta(days=random.randrange(1, 5), minutes=random.randrange(60))
        rows.award_endorsements.append(_endorsement(award_id, place, above, last))
    decided = day("2024-07-01") + timedelta(days=random.randrange(3)) if status in {"granted", "declined"} else None
    returned = last + timedelta(days=2) if status == "returned" else None
    created = submitted - timedelta(days=3)
    rows.awards.append(
        {
            "id": award_id,
            **place.columns,
            "campaign_id": catalogue.campaign_id,
            "award_form_id": catalogue.forms[proposal.form],
            **_named(proposal),
            "achievement": ACHIEVEMENT,
            **PERIOD,
            "council_minutes_number": f"{proposal.number}/BB-HĐTĐKT (mẫu)" if status != "draft" else None,
            "council_minutes_date": submitted.date() if status != "draft" else None,
            "status": status,
            "deciding_unit_id": (proposal.way[-1] if proposal.way else place).id,
            "endorsed_by_unit_id": stood_by[-1].id if stood_by else None,
            "return_note": "Đề nghị bổ sung báo cáo thành tích (dữ liệu mẫu)" if returned else None,
            **_decision(random, proposal, decided),
            **_handed_in(place, None if status == "draft" else submitted),
            "endorsed_at": last if status in {"endorsed", "granted", "declined"} else None,
            "version": 1 + (status != "draft") + len(stood_by) + (decided is not None) + (returned is not None),
            "created_at": created,
            "updated_at": decided or returned or (created if status == "draft" else last),
            "created_by": user_of(place, "editor"),
        }
    )


def _named(proposal: _Proposal) -> dict[str, Any]:
    named, place = _recipient(proposal), proposal.place
    name = named["recipient_name"]
    return {
        **named,
        "recipient_unit_id": place.id,
        "recipient_is_unit": name is None,
        "recipient_name": name or place.name,
        "claim": claim_of(named["recipient_kind"], place.id, name),
    }


def _handed_in(place: Place, at: datetime | None) -> dict[str, Any]:
    by = user_of(place, "approver") if at else None
    return {"round": 1 if at else 0, "submitted_at": at, "submitted_by": by}


def _decision(random: Random, proposal: _Proposal, at: datetime | None) -> dict[str, Any]:
    granted = proposal.status == "granted"
    deciding = proposal.way[-1] if proposal.way else proposal.place
    return {
        "decline_note": "Chưa đủ thành tích theo hướng dẫn (dữ liệu mẫu)" if at and not granted else None,
        "decided_at": at,
        "decided_by": user_of(deciding, "awards") if at else None,
        "decision_number": f"{random.randrange(100, 999)}/QĐ (mẫu)" if granted else None,
        "decision_date": at.date() if at and granted else None,
    }


def _endorsement(award_id: UUID, place: Place, above: Place, at: datetime) -> dict[str, Any]:
    name = "province" if above.level == "province" else above.code
    return {
        "id": stable_id("award-endorsement", award_id, above.code),
        "award_id": award_id,
        **place.columns,
        "round": 1,
        "endorsing_unit_id": above.id,
        "level": above.level,
        "endorsed_by": user_of(above, "approver"),
        "endorsed_by_name": f"{name.lower()}.approver",
        "endorsed_at": at,
        "note": "Nhất trí đề nghị (dữ liệu mẫu)",
    }
