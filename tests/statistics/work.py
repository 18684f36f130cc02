"""Records of the units' work set down directly: directives, activities, practices, awards, security figures."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from app.access.actor import Tx
from app.awards.models import Award, AwardForm
from app.directives.models import Directive
from app.kernel.ids import new_id
from app.practices.models import Practice
from app.propaganda.models import Activity, ActivityForm
from app.situation.models import Indicator, SituationFigure
from tests.builders.units import unit_id
from tests.statistics.scene import FEBRUARY, Where, place

MARCH = date(2024, 3, 10)
# code: (category, group, counted)
FORMS = {
    "talk": ("propaganda", "direct", "sessions"),
    "news": ("propaganda", "news", "quantity"),
    "ceremony": ("launch", "ceremony", "sessions"),
}
# code: (kind, part, whole)
INDICATORS: dict[str, tuple[str, str | None, str | None]] = {
    "crimes": ("count", None, None),
    "solved": ("count", None, None),
    "solved_rate": ("ratio", "solved", "crimes"),
}


async def issue(tx: Tx, unit: Where, day: date = MARCH, track: str = "advised", kind: str = "plan") -> None:
    """A directive."""
    number = f"{new_id().hex[-6:]}/KH"
    texts = {"title": "Kế hoạch", "issuing_body": "UBND xã", "folded": "ke hoach"}
    words = {"track": track, "document_kind": kind, "number_symbol": number, "issued_on": day}
    await tx.session.execute(insert(Directive), {"id": new_id(), **texts, **words, **place(unit)})


async def activity_forms(tx: Tx) -> dict[str, UUID]:
    """A catalogue of three forms; their ids by code."""
    ids = {code: new_id() for code in FORMS}
    rows = [
        {
            "id": ids[code],
            "code": code,
            "category": category,
            "group_code": group,
            "counted": counted,
            "title_vi": f"Hình thức {code}",
            "title_en": f"Form {code}",
            "unit_of_count": "cuộc",
            "venue_kinds": [],
            "valid_from": date(2020, 1, 1),
            "position": position,
            **place("ministry"),
        }
        for position, (code, (category, group, counted)) in enumerate(FORMS.items())
    ]
    await tx.session.execute(insert(ActivityForm), rows)
    return ids


@dataclass(frozen=True)
class Did:
    """An activity to be set down: so many sessions, or so many things where the form counts those."""

    unit: Where
    form: str = "talk"
    amount: int = 1
    people: int | None = None
    day: date = MARCH
    venue: str | None = "commune"


async def act(tx: Tx, forms: dict[str, UUID], *wanted: Did) -> None:
    """Set activities down."""
    for one in wanted:
        sessions = FORMS[one.form][2] == "sessions"
        values = {
            "id": new_id(),
            "form_id": forms[one.form],
            "nature": "event" if one.amount else "period_total",
            "venue_kind": one.venue,
            "date_from": one.day,
            "date_to": one.day,
            "title": "Buổi tuyên truyền",
            "sessions": one.amount if sessions else 0,
            "quantity": 0 if sessions else one.amount,
            "people_reached": one.people,
        }
        await tx.session.execute(insert(Activity), {**values, **place(one.unit)})


async def practise(tx: Tx, unit: Where, status: str = "proposed", day: date = MARCH) -> None:
    """A good practice."""
    chosen = {"selected_at": FEBRUARY, "selected_unit_id": unit_id("province")}
    spread = {"replicated_at": FEBRUARY, "replicated_unit_id": unit_id("province")}
    values: dict[str, Any] = {"title": "Camera an ninh", "summary": "Tóm tắt", "results": "Kết quả", "started_on": day}
    values |= {"proposed_at": FEBRUARY} if status != "draft" else {}
    values |= chosen if status in {"selected", "to_be_replicated"} else {}
    values |= spread if status == "to_be_replicated" else {}
    await tx.session.execute(insert(Practice), {"id": new_id(), "status": status, **values, **place(unit)})


async def indicators(tx: Tx) -> dict[str, UUID]:
    """Two counts and their ratio; their ids by code."""
    ids = {code: new_id() for code in INDICATORS}
    for position, (code, (kind, part, whole)) in enumerate(INDICATORS.items()):
        values = {
            "id": ids[code],
            "code": code,
            "title_vi": f"Chỉ tiêu {code}",
            "title_en": f"Indicator {code}",
            "unit_of_count": "vụ",
            "direction": "lower_is_better",
            "kind": kind,
            "part_id": ids[part] if part else None,
            "whole_id": ids[whole] if whole else None,
            "valid_from": date(2020, 1, 1),
            "position": position,
        }
        await tx.session.execute(insert(Indicator), {**values, **place("ministry")})
    return ids


async def count(tx: Tx, unit: Where, campaign: UUID, indicator: UUID, values: tuple[int | None, int | None]) -> None:
    """A security figure: before, after."""
    before, after = values
    counted = {"before_value": before, "after_value": after}
    keys = {"id": new_id(), "campaign_id": campaign, "indicator_id": indicator}
    await tx.session.execute(insert(SituationFigure), {**keys, **counted, **place(unit)})


async def award_form(tx: Tx) -> UUID:
    """A form of award; its id."""
    made = new_id()
    texts = {"code": "BK", "title": "Bằng khen", "authority": "Chủ tịch UBND tỉnh", "source": "plan"}
    levels = {"authority_level": "province", "handled_level": "province", "valid_from": date(2020, 1, 1)}
    kinds = {"recipient_kinds": ["collective", "individual"]}
    await tx.session.execute(insert(AwardForm), {"id": made, **texts, **levels, **kinds, **place("province")})
    return made


@dataclass(frozen=True)
class Proposed:
    """A proposal for an award, to be set down."""

    unit: Where
    status: str = "submitted"
    person: bool = False


async def propose(tx: Tx, campaign: UUID, form: UUID, *wanted: Proposed) -> None:
    """Set proposals down."""
    for one in wanted:
        recipient = {
            "recipient_kind": "individual" if one.person else "collective",
            "recipient_unit_id": place(one.unit)["unit_id"],
            "recipient_is_unit": not one.person,
            "recipient_name": "Nguyễn Văn A" if one.person else "Xã",
            "position": "Trưởng Công an xã" if one.person else None,
            "deciding_unit_id": unit_id("province"),
            "claim": new_id().bytes,
        }
        decision = {"decision_number": "1/QĐ", "decision_date": MARCH} if one.status == "granted" else {}
        period = {"period_from": date(2023, 1, 1), "period_to": date(2024, 7, 14), "achievement": "Thành tích"}
        state = {"status": one.status, "submitted_at": None if one.status == "draft" else FEBRUARY}
        keys = {"id": new_id(), "campaign_id": campaign, "award_form_id": form}
        await tx.session.execute(insert(Award), {**keys, **recipient, **period, **state, **decision, **place(one.unit)})
