"""What an answer has to say about its figures: in words for people, in fields for programs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from app.access.actor import Tx
from app.kernel.db import AnyRow
from app.kernel.errors import Text
from app.statistics import divisions, gone, queries
from app.statistics.shapes import NOW, THEN, Shape
from app.units.days import short_day

Note = dict[str, Any]

_NO_CAMPAIGN = Text(
    "Không có đợt sơ kết nào áp dụng nên không tính được độ bao phủ",
    "No campaign applies, so it cannot be said how much has been reported",
)
_APART = Text(
    "Các giá trị có đơn vị tính khác nhau: chỉ cộng hoặc so sánh khi lọc theo '{dimension}'",
    "Values are in different units of count: add or compare them only when narrowed by '{dimension}'",
)
_SPLIT = Text(
    "{old} được chia từ {day} cho {heirs}; số liệu trước ngày đó tính cho {bearer}",
    "{old} was split on {day} among {heirs}; its earlier figures count for {bearer}",
)
_YOUNGER = Text(
    "{count} đơn vị có số liệu chưa được thành lập vào ngày {day} ({units}); số liệu của các đơn vị này tính cho"
    " {bearers}",
    "On {day}, {count} units with figures did not exist yet ({units}); their figures count for {bearers}",
)
_GONE: Final = Text(
    "{unit} đã kết thúc từ {day}{act}{into}; cây được hỏi không có đơn vị này nên số liệu ở đây chỉ gồm những gì nay"
    " còn xếp dưới tên đơn vị. Số liệu của địa bàn cũ: hỏi với structure=as_recorded hoặc structure={last}",
    "{unit} ended on {day}{act}{into}; the tree asked for does not have it, so these figures are only of what still"
    " hangs under its name. For its former area ask with structure=as_recorded or structure={last}",
)
_BY_ACT: Final = Text(" theo {number}", " by {number}")
_INTO: Final = Text(", chuyển thành {units}", " and became {units}")
_DISSOLVED: Final = Text(
    ", không có đơn vị nào thay thế; hồ sơ của chính đơn vị này do {bearer} tiếp nhận",
    " without a successor; {bearer} took over its own records",
)
_CHANGED: Final[dict[str, Text]] = {
    "came": Text("gồm địa bàn của {units}", "with the area of {units}"),
    "part": Text("gồm một phần địa bàn của {units}", "with a part of the area of {units}"),
    "went": Text("một phần thuộc {units}", "a part is with {units}"),
    "created": Text("được thành lập", "created"),
    "dissolved": Text("giải thể", "dissolved"),
    "renamed": Text("tên {units} không còn dùng", "the name {units} is no longer used"),
}
# Of the area: on that day the unit itself may not have been there yet, but those it came of.
_SINCE = Text("Địa bàn {unit}: từ {day} {what}", "The area of {unit}: since {day} {what}")
_AND: Final = Text(" và ", " and ")


def plain_notes(tx: Tx, ground: AnyRow, shape: Shape) -> list[Note]:
    """What the question alone tells."""
    notes = []
    if ground.campaign_id is None:
        notes.append({"code": "no_campaign", "message": getattr(_NO_CAMPAIGN, tx.language)})
    apart = shape.declared.apart
    if apart and shape.declared.dimension_of[apart].filter not in shape.filters.one:
        notes.append({"code": "unlike_units", "message": getattr(_APART.fill(dimension=apart), tx.language)})
    return notes


async def map_notes(tx: Tx, ground: AnyRow, shape: Shape, values: Mapping[str, Any]) -> list[Note]:
    """Units that were split, and units a past tree did not have: what a figure in one tree for all times hides.

    ``shape`` and ``values`` as the figure was asked with. No statement where the ground has no such unit.
    """
    if shape.structure == "as_recorded" or not (ground.divided or ground.younger):
        return []
    shape = replace(shape, under=ground.under)
    shown_on = values["day"] if shape.structure == "on_date" else tx.today
    bound = {**values, **divisions.bindings(shape, values, shown_on)}
    notes = []
    if ground.divided:
        rows = await queries.listed(tx.session, divisions.splits(shape), bound)
        first = _first_day(values)
        steps = groupby(rows, key=lambda row: (row.old_unit_id, row.effective_on, row.reorganisation_id))
        notes += [_split(tx, found) for found in map(list, (of for _, of in steps)) if _matters(found, first)]
    if ground.younger:
        rows = await queries.listed(tx.session, divisions.younger(shape), bound)
        notes += [_younger(tx, rows, shown_on)] if rows else []
    return notes


async def gone_notes(tx: Tx, ground: AnyRow) -> list[Note]:
    """That the unit asked about has ended and the tree asked for does not have it; nothing where it has."""
    if ground.ended_on is None or ground.ended_on > tx.today or ground.under is not None:
        return []
    heirs = (await tx.session.execute(gone.HEIRS, {"unit": ground.id, "ended_on": ground.ended_on})).all()
    bearer = (await tx.session.execute(gone.BEARER, {"path": ground.path, "today": tx.today})).one_or_none()
    number = next((heir.decision_number for heir in heirs if heir.decision_number), None)
    successors = [_brief(heir) for heir in heirs if heir.id]
    counted_for = [] if bearer is None else [_brief(bearer)]
    said = (
        _INTO.fill(units=", ".join(map(_called, successors)))
        if successors
        else _DISSOLVED.fill(bearer=", ".join(map(_called, counted_for)))
    )
    told = _GONE.fill(
        unit=_called(_brief(ground)),
        day=short_day(ground.ended_on),
        act=getattr(_BY_ACT.fill(number=number), tx.language) if number else "",
        into=getattr(said, tx.language) if successors or counted_for else "",
        last=(ground.ended_on - timedelta(days=1)).isoformat(),
    )
    return [
        {
            "code": "unit_ended",
            "message": getattr(told, tx.language),
            "unit": _brief(ground),
            "successors": successors,
            "primary": next((_brief(heir) for heir in heirs if heir.is_primary), None),
            "counted_for": counted_for,
            "effective_on": ground.ended_on,
            "decision_number": number,
        }
    ]


def _first_day(values: Mapping[str, Any]) -> date:
    """The first day that the question can be about."""
    years = [values[name] for name in ("year", f"{NOW}year", f"{THEN}year") if name in values]
    years = [year for year in years if year is not None]
    begun = values.get("from")
    days = [date(min(years), 1, 1)] if years else []
    return max([*days, *([begun.date()] if begun is not None else [])], default=date.min)


def _matters(found: Sequence[AnyRow], first: date) -> bool:
    """Whether the split moves figures between units of the tree asked for, and to or from where the question looks."""
    apart = len({row.shown_unit_id for row in found}) > 1
    borne = any(row.is_primary for row in found) and any(row.narrowed for row in found)
    return apart and borne and (found[0].inside or found[0].effective_on > first)


def _brief(row: AnyRow, prefix: str = "") -> Note:
    return {
        "id": getattr(row, f"{prefix}unit_id" if prefix else "id"),
        **{n: getattr(row, f"{prefix}{n}") for n in ("code", "name")},
    }


def _called(unit: Mapping[str, Any]) -> str:
    return f"{unit['name']} ({unit['code']})"


def _listed(tx: Tx, units: Iterable[Mapping[str, Any]]) -> str:
    *most, last = [_called(unit) for unit in units]
    return f"{', '.join(most)}{getattr(_AND, tx.language)}{last}" if most else last


def _split(tx: Tx, found: Sequence[AnyRow]) -> Note:
    old = _brief(found[0], "old_")
    heirs = [_brief(row, "new_") for row in found]
    primary = next(row for row in found if row.is_primary)
    bearer = _brief(primary, "shown_")
    told = _SPLIT.fill(
        old=_called(old), day=short_day(primary.effective_on), heirs=_listed(tx, heirs), bearer=_called(bearer)
    )
    return {
        "code": "split_unit",
        "message": getattr(told, tx.language),
        "unit": old,
        "successors": heirs,
        "primary": _brief(primary, "new_"),
        "counted_for": [bearer],
        "effective_on": primary.effective_on,
        "decision_number": primary.decision_number,
    }


def _younger(tx: Tx, rows: Sequence[AnyRow], day: date) -> Note:
    units = [{"id": row.id, "code": row.code, "name": row.name} for row in rows]
    bearers = list({row.shown_unit_id: _brief(row, "shown_") for row in rows}.values())
    named = _first(units) + (", ..." if rows[0].units > len(units) else "")
    told = _YOUNGER.fill(day=short_day(day), count=rows[0].units, units=named, bearers=_listed(tx, bearers))
    return {
        "code": "unit_not_yet",
        "message": getattr(told, tx.language),
        "units": units,
        "unit_count": rows[0].units,
        "counted_for": bearers,
        "effective_on": day,
    }


def change_message(tx: Tx, change: Mapping[str, Any]) -> str:
    """One change of an area, as ``FiguresChange`` has it, in a sentence."""
    came, went = change["came"], change["went"]
    parts = [unit for unit in came if not unit["whole"]]
    named = {"came": [unit for unit in came if unit not in parts], "part": parts, "went": went}
    if not change["area_changed"]:
        named = {"renamed": came}
    said = [getattr(_CHANGED[what].fill(units=_first(units)), tx.language) for what, units in named.items() if units]
    words = said or [getattr(_CHANGED[kind], tx.language) for kind in change["kinds"] if kind in _CHANGED]
    unit, day = _called(change["unit"]), short_day(change["effective_on"])
    told = getattr(_SINCE.fill(unit=unit, day=day, what=", ".join(words)), tx.language)
    return f"{told} ({change['decision_number']})" if change["decision_number"] else told


def _first(units: Sequence[Mapping[str, Any]]) -> str:
    most = [_called(unit) for unit in units[: divisions.MOST_NAMED]]
    return ", ".join(most) + (", ..." if len(units) > len(most) else "")
