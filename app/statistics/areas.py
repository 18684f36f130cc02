"""Marks across time: where the area of a row's unit was made of other units in the row's year than it is in the tree
asked for. Short on each row; the changes themselves stand once in the answer.

An act changes the area of a unit when one of its lines leads from under one unit of that level to under another: a
commune merged into another, a commune that another district takes over. What happens inside a unit leaves it as it is.
A unit that only got another name is told of too, but its area is the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from app.access.actor import LABEL_WIDTH, Tx
from app.kernel.db import AnyRow
from app.statistics.noting import change_message
from app.statistics.shapes import Shape
from app.units.kinds import LEVELS

_UNITS: Final = frozenset({"ancestor", "self", "child"})

# Of each line of an act the units above both its ends, as they stood on the day before and on the day; where at one
# level they differ, both areas changed. (What another act of the same day ended is taken as that act met it.) Each is
# then shown as the unit that has its place on the day asked about.
# (A label of a path is ``label`` wide: its digits and a dot.)
_CHANGES = text("""
WITH step AS MATERIALIZED (
    SELECT l.id, l.effective_on, l.kind, l.decision_number, l.reorganisation_id, l.is_primary,
        l.old_unit_id, l.new_unit_id, b.path AS path_before, b.code AS old_code, b.name AS old_name,
        a.path AS path_after, a.code AS new_code, a.name AS new_name
    FROM unit_lineage l
    LEFT JOIN units n ON n.id = l.new_unit_id
    LEFT JOIN unit_facts b ON b.unit_id = l.old_unit_id AND b.valid_from < l.effective_on
        AND (b.valid_to IS NULL OR b.valid_to >= l.effective_on)
    LEFT JOIN unit_facts a ON a.unit_id = l.new_unit_id AND a.valid_from <= l.effective_on
        AND (a.valid_to IS NULL OR a.valid_to > l.effective_on
            OR a.valid_to = l.effective_on AND n.ended_on = l.effective_on)
    WHERE l.effective_on > :first AND l.effective_on <= :last
        AND (l.unit_path >= :path_from AND l.unit_path < :path_to OR n.path >= :path_from AND n.path < :path_to)
), side AS MATERIALIZED (
    SELECT s.id, u.level, (array_agg(u.id) FILTER (WHERE x.was))[1] AS before,
        (array_agg(u.id) FILTER (WHERE NOT x.was))[1] AS after
    FROM step s
    CROSS JOIN LATERAL (VALUES (true, s.path_before), (false, s.path_after)) AS x(was, path)
    CROSS JOIN LATERAL generate_series(:label, length(x.path), :label) AS width
    JOIN units u ON u.label = ('x' || substr(x.path, width - :label + 1, :label - 1))::bit(24)::int
    WHERE u.level <> :topmost
    GROUP BY s.id, u.level
), changed AS (
    SELECT side.* FROM side JOIN step s USING (id)
    WHERE side.before IS DISTINCT FROM side.after OR s.kind = 'renamed' AND side.after = s.new_unit_id
), shown AS (
    SELECT DISTINCT ON (v.id) v.id, v.level, f.unit_id AS shown_id, f.level AS shown_level
    FROM (SELECT before AS id, level FROM changed UNION SELECT after, level FROM changed) v
    JOIN units u ON u.id = v.id
    CROSS JOIN LATERAL generate_series(:label, length(u.path), :label) AS width
    JOIN units above ON above.path = left(u.path, width)
    JOIN unit_facts f ON f.unit_id = above.id
        AND f.valid_from <= :shown_on AND (f.valid_to IS NULL OR f.valid_to > :shown_on)
    ORDER BY v.id, width DESC
)
SELECT s.*, c.before, c.after, gave.shown_id AS giver, took.shown_id AS taker
FROM changed c JOIN step s USING (id)
LEFT JOIN shown gave ON gave.id = c.before AND gave.level = c.level AND gave.shown_level = c.level
LEFT JOIN shown took ON took.id = c.after AND took.level = c.level AND took.shown_level = c.level
WHERE gave.shown_id IS NOT NULL OR took.shown_id IS NOT NULL
ORDER BY s.effective_on, s.decision_number, s.old_code, s.new_code, c.level
""").bindparams(label=LABEL_WIDTH, topmost=LEVELS[0])


@dataclass(slots=True)
class _Change:
    """What one act did to the area of one unit of the tree asked for."""

    lines: list[AnyRow] = field(default_factory=list)

    def told(self, unit: UUID) -> dict[str, Any]:
        """As ``FiguresChange`` describes it, but for the name of the unit."""
        taken = _whole([line for line in self.lines if line.taker == unit and line.before != line.after])
        given = _whole([line for line in self.lines if line.giver == unit and line.taker != unit])
        told = taken + given or self.lines
        went = {line.new_unit_id: line for line in given if line.new_unit_id}
        return {
            "effective_on": told[0].effective_on,
            "decision_number": told[0].decision_number,
            "kinds": list(dict.fromkeys(line.kind for line in (*told, *self._renaming()))),
            "area_changed": bool(taken or given),
            "came": self._came(unit, taken or (told if not given else [])),
            "went": [_brief(line, "new") for line in went.values()],
        }

    def _came(self, unit: UUID, lines: list[AnyRow]) -> list[dict[str, Any]]:
        """Each old unit once. It came as a whole, unless it was split and not all its parts are here together."""
        parts: dict[UUID, list[AnyRow]] = defaultdict(list)
        for line in lines:
            if line.old_unit_id:
                parts[line.old_unit_id].append(line)
        elsewhere = {line.old_unit_id for line in self.lines if line.taker != unit}
        found = []
        for old, of in parts.items():
            together = len(of) > 1 and old not in elsewhere and all(line.giver == unit for line in of)
            counted = max(of, key=lambda line: line.is_primary)
            found.append(_brief(counted, "old") | {"whole": counted.kind != "split" or together})
        return found

    def _renaming(self) -> list[AnyRow]:
        return [line for line in self.lines if line.before == line.after]


def _brief(line: AnyRow, end: str) -> dict[str, Any]:
    return {
        **{name: getattr(line, f"{end}_{name}") for name in ("code", "name")},
        "id": getattr(line, f"{end}_unit_id"),
        "kind": line.kind,
        "is_primary": line.is_primary,
    }


def _whole(lines: Sequence[AnyRow]) -> list[AnyRow]:
    """Without the parts of what came or went as a whole: of a district that was merged, not its communes too."""
    named = {line.old_unit_id for line in lines} - {None}
    return [line for line in lines if line.before == line.old_unit_id or line.before not in named]


def several_years(shape: Shape) -> bool:
    """Whether the question sets years of units side by side, in one tree for all of them."""
    years = "year" in shape.group_by or shape.compared
    return years and shape.structure != "as_recorded" and any(d.place in _UNITS for d in shape.grouping())


async def mark(tx: Tx, shape: Shape, rows: Sequence[dict[str, Any]], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give each of ``rows`` its ``changes``: positions in the list that is returned. One statement.

    ``values``: what the figure bound, and for a question that compares the years ``now_year`` and ``then_year``.
    """
    shown_on: date = values["day"] if shape.structure == "on_date" else tx.today
    compared = [values[name] for name in ("now_year", "then_year")] if shape.compared else []
    years = sorted({row["keys"]["year"] for row in rows if row["keys"].get("year")} | set(compared))
    codes = [dimension.code for dimension in shape.grouping() if dimension.place in _UNITS]
    if not years:
        return []
    span = {
        "first": min(date(years[0], 1, 1), shown_on),
        "last": max(date(years[-1], 12, 31), shown_on),
        "shown_on": shown_on,
    }
    bound = {name: values[name] for name in ("path_from", "path_to")} | span
    found = _by_unit((await tx.session.execute(_CHANGES, bound)).all())
    told: list[dict[str, Any]] = []
    places: dict[tuple[UUID, int], int] = {}
    for row in rows:
        asked = compared or [row["keys"]["year"]]
        units = {unit["id"]: unit for code in codes if (unit := row["keys"][code]) is not None}
        row["changes"] = marks = []
        for unit in units.values():
            for number, change in enumerate(found.get(unit["id"], ())):
                if not _between(change.lines[0].effective_on, asked, shown_on):
                    continue
                key = (unit["id"], number)
                if key not in places:
                    places[key] = len(told)
                    made = {"unit": unit, **change.told(unit["id"])}
                    told.append({**made, "message": change_message(tx, made)})
                marks.append(places[key])
    return told


def _by_unit(lines: Iterable[AnyRow]) -> dict[UUID, list[_Change]]:
    """The changes of each unit's area, oldest first: one for each act."""
    acts: dict[UUID, dict[Any, _Change]] = defaultdict(dict)
    for line in lines:
        for unit in {line.giver, line.taker} - {None}:
            acts[unit].setdefault((line.effective_on, line.reorganisation_id), _Change()).lines.append(line)
    return {unit: list(of.values()) for unit, of in acts.items()}


def _between(day: date, years: Iterable[int | None], shown_on: date) -> bool:
    """Whether an act of ``day`` lies between some day of one of ``years`` and the day whose tree is asked for."""
    if day <= shown_on:
        return any(year is not None and day > date(year, 1, 1) for year in years)
    return any(year is not None and day <= date(year, 12, 31) for year in years)
