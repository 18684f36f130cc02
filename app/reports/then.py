"""On which map a sealed report is compared with now: the one that it was sealed on, and which acts came since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from app.access.actor import Tx
from app.kernel.clock import local_date
from app.kernel.db import AnyRow
from app.kernel.errors import Text
from app.reports.schemas_seals import DiffNote
from app.statistics.former import Area, area_on
from app.units.days import short_day
from app.units.lineage import acts_since, touched
from app.units.schemas import UnitBrief

_MOST_NAMED: Final = 20
_CHANGED = Text(
    "Theo {act}, từ {day} các đơn vị của báo cáo có thay đổi: {steps}. Số liệu hiện tại được tính trên địa bàn lúc"
    " niêm phong (bản đồ ngày {map}), nên chỉ cho thấy những gì được sửa sau khi niêm phong, không cho thấy việc sắp"
    " xếp",
    "By {act}, units of the report changed on {day}: {steps}. The figures of now are computed on the area at sealing"
    " (the map of {map}): they show what was corrected since, not the reorganisation",
)
_BEYOND = Text(
    "Địa bàn lúc niêm phong nay có phần ngoài phạm vi của bạn, nên không so sánh được số liệu; chỉ so sánh từng bản ghi"
    " đọc được",
    "A part of the area at sealing lies beyond your scope today, so the figures are not compared; only the records that"
    " you can read are",
)
_UNKNOWN = Text(
    "Không có bản đồ của ngày niêm phong, nên không so sánh được số liệu sau khi sắp xếp; chỉ so sánh từng bản ghi",
    "There is no map of the day of the seal, so figures are not compared across the reorganisation; only records are",
)
_STEP = Text("{old} thành {new}", "{old} became {new}")
_GONE = Text("{old} giải thể", "{old} was dissolved")
_MADE = Text("{new} được thành lập", "{new} was created")
_KEPT = {
    "moved": Text("{old} chuyển sang đơn vị cấp trên khác", "{old} moved to another unit above"),
    "renamed": Text("{old} đổi tên, mã thành {new}", "{old} is now called {new}"),
}
_GAVE = Text("{old} có thay đổi địa bàn", "{old} has another area")


@dataclass(frozen=True, slots=True)
class Map:
    """What the figures of now are computed on, and what is to be said of it."""

    area: Area | None
    """The report's area at sealing, where acts came since."""
    compared: bool
    """Whether the figures of now can be computed at all."""
    notes: list[DiffNote]


async def map_of(tx: Tx, report: AnyRow, sealed_at: Any) -> Map:
    """The map for comparing what ``report`` sealed at ``sealed_at`` with now.

    It is that of the day of the seal; where an act was put to the map later than it took effect, of the day before.
    """
    acts = await acts_since(tx.session, report.unit_path, sealed_at)
    if not acts:
        return Map(None, compared=True, notes=[])
    day = min(local_date(sealed_at), acts[0].effective_on - timedelta(days=1))
    area = await area_on(tx.session, report.unit_id, day)
    if area is None:
        return Map(None, compared=False, notes=[_note(tx, "no_map", _UNKNOWN)])
    steps = await touched(tx.session, (act.id for act in acts), area.then)
    notes = [_changed(tx, act, found, day) for act in acts if (found := _of(act, steps))]
    if area.seen_by(tx.actor):
        return Map(area, compared=True, notes=notes)
    return Map(area, compared=False, notes=[*notes, _note(tx, "beyond_scope", _BEYOND)])


def _of(act: AnyRow, steps: Iterable[AnyRow]) -> list[AnyRow]:
    return [step for step in steps if step.reorganisation_id == act.id]


def _note(tx: Tx, code: str, text: Text, **more: Any) -> DiffNote:
    return DiffNote.of({**_NOTHING, "code": code, "message": getattr(text, tx.language), **more})


_NOTHING: Final[dict[str, Any]] = {
    "decision_number": None,
    "effective_on": None,
    "units": [],
    "unit_count": 0,
    "map_of": None,
}


def _changed(tx: Tx, act: AnyRow, steps: Sequence[AnyRow], day: date) -> DiffNote:
    units = {
        key: UnitBrief.of({"id": key, "code": code, "name": name})
        for step in steps
        for key, code, name in (
            (step.old_unit_id, step.old_code, step.old_name),
            (step.new_unit_id, step.new_code, step.new_name),
        )
        if key is not None
    }
    told = "; ".join(getattr(_told(step), tx.language) for step in steps[:_MOST_NAMED])
    more = "; ..." if len(steps) > _MOST_NAMED else ""
    text = _CHANGED.fill(
        act=act.decision_number, day=short_day(act.effective_on), steps=told + more, map=short_day(day)
    )
    return _note(
        tx,
        "reorganisation",
        text,
        decision_number=act.decision_number,
        effective_on=act.effective_on,
        units=list(units.values())[:_MOST_NAMED],
        unit_count=len(units),
        map_of=day,
    )


def _told(step: AnyRow) -> Text:
    old = None if step.old_unit_id is None else f"{step.old_name} ({step.old_code})"
    new = None if step.new_unit_id is None else f"{step.new_name} ({step.new_code})"
    if old is None:
        return _MADE.fill(new=new)
    if new is None:
        return _GONE.fill(old=old)
    if step.old_unit_id == step.new_unit_id:
        return _KEPT.get(step.kind, _GAVE).fill(old=old, new=new)
    return _STEP.fill(old=old, new=new)
