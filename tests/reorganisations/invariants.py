"""What must hold after any act, asked of the database by hand and of the product as anybody would ask."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.statistics.measures import MEASURES
from app.units.integrity import TREE
from app.units.integrity_facts import FACTS
from app.units.integrity_lineage import LINEAGE
from tests.actors import Api
from tests.reorganisations.world import PROVINCE, RECORDED, World
from tests.statistics.test_figures import figures

_HANDED_IN = "status <> 'draft' AND submitted_at IS NOT NULL"
_JUDGED = "status IN ('submitted', 'verified', 'recognised', 'not_recognised')"
PLAIN = {
    ("directives", "directives"): "SELECT count(*) FROM directives",
    ("propaganda", "activities"): "SELECT count(*) FROM propaganda_activities",
    ("propaganda", "sessions"): "SELECT coalesce(sum(sessions), 0) FROM propaganda_activities",
    ("practices", "proposed"): "SELECT count(*) FROM practices WHERE status NOT IN ('draft', 'returned')",
    ("registrations", "registered"): f"SELECT count(*) FROM registrations WHERE {_HANDED_IN}",
    ("recognitions", "evaluations"): f"SELECT count(*) FROM evaluations WHERE {_JUDGED}",
    ("awards", "proposed"): f"SELECT count(*) FROM awards WHERE {_HANDED_IN}",
    ("situation", "after"): "SELECT coalesce(sum(after_value), 0) FROM situation_figures",
    ("reports", "expected"): "SELECT count(*) FROM obligations WHERE left_on IS NULL",
    ("units", "units"): "SELECT count(*) FROM units WHERE ended_on IS NULL AND path LIKE :top",
}
"""The same by counting rows, without any tree."""
CHANGING = {"reports", "units"}
"""What an act itself changes: who reports, and how many units there are."""

FENCED = """
SELECT k.conrelid::regclass::text AS held, a.attname AS unit_column, p.attname AS path_column FROM pg_constraint k
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
JOIN pg_attribute p ON p.attrelid = k.conrelid AND p.attnum = k.conkey[2]
WHERE k.contype = 'f' AND k.confrelid = 'units'::regclass AND k.confupdtype = 'c' ORDER BY 1"""
RULES = {
    "a living unit stands under a living one": "SELECT count(*) FROM units u JOIN units p ON p.id = u.parent_id"
    " WHERE u.ended_on IS NULL AND p.ended_on IS NOT NULL",
    "every path continues the one above": "SELECT count(*) FROM units u JOIN units p ON p.id = u.parent_id"
    " WHERE u.path <> p.path || lpad(to_hex(u.label), 6, '0') || '.'",
    "an ended unit hangs under its successor": "SELECT count(*) FROM units WHERE successor_id <> parent_id",
    "facts follow one another without a gap": "SELECT count(*) FROM (SELECT valid_to, lead(valid_from) OVER w AS next,"
    " row_number() OVER w AS n, count(*) OVER (PARTITION BY unit_id) AS m FROM unit_facts"
    " WINDOW w AS (PARTITION BY unit_id ORDER BY valid_from)) f WHERE n < m AND valid_to IS DISTINCT FROM next",
    "the last fact ends with its unit": "SELECT count(*) FROM units u WHERE EXISTS (SELECT FROM unit_facts f"
    " WHERE f.unit_id = u.id) AND ended_on IS DISTINCT FROM (SELECT valid_to FROM unit_facts f"
    " WHERE f.unit_id = u.id ORDER BY valid_from DESC LIMIT 1)",
    "the open fact says what the unit says": "SELECT count(*) FROM units u JOIN unit_facts f ON f.unit_id = u.id"
    " AND f.valid_to IS NULL WHERE (u.path, u.parent_id, u.code, u.name, u.kind, u.level, u.short_name)"
    " IS DISTINCT FROM (f.path, f.parent_id, f.code, f.name, f.kind, f.level, f.short_name)",
    "every past path continues the one above on those days": "SELECT count(*) FROM unit_facts f JOIN unit_facts p"
    " ON p.unit_id = f.parent_id AND daterange(p.valid_from, p.valid_to) && daterange(f.valid_from, f.valid_to)"
    " WHERE f.path <> p.path || lpad(to_hex(f.label), 6, '0') || '.'",
    "whoever stood stood under somebody on every day": "SELECT count(*) FROM unit_facts f WHERE parent_id IS NOT NULL"
    " AND NOT daterange(f.valid_from, f.valid_to) <@ (SELECT range_agg(daterange(p.valid_from, p.valid_to))"
    " FROM unit_facts p WHERE p.unit_id = f.parent_id)",
}


async def structure_holds(world: World) -> None:
    """Paths, dates, codes and successors."""
    session = world.tx.session
    for check in (*TREE, *FACTS, *LINEAGE):
        assert (await session.execute(text(check.rows))).all() == [], check.code
    for rule, sql in RULES.items():
        assert await session.scalar(text(sql)) == 0, rule
    for row in (await session.execute(text(FENCED))).all():
        joined = f"{row.held} r JOIN units u ON u.id = r.{row.unit_column}"
        wrong = f"SELECT count(*) FROM {joined} WHERE r.{row.path_column} <> u.path"
        if row.held != "unit_facts":
            assert await session.scalar(text(wrong)) == 0, row.held
    units = {unit.id: unit for unit in await world.units()}
    for unit in units.values():
        above = [u for u in units.values() if u.ended_on is None and unit.path.startswith(u.path)]
        bearer = units[bearer_of(units, unit.id)]
        assert bearer.ended_on is None
        assert max(above, key=lambda u: len(u.path)).id == bearer.id, unit.name


def bearer_of(units: dict[UUID, Any], key: UUID) -> UUID:
    """The living unit at which a unit's history is seen, step by step from successor to successor."""
    steps = 0
    while units[key].ended_on is not None:
        key, steps = units[key].successor_id or units[key].parent_id, steps + 1
        assert steps <= len(units), "a circle"
    return key


@dataclass(frozen=True)
class Totals:
    """The grand total of every value of every measure."""

    of: dict[str, dict[str, int]]

    def lasting(self) -> dict[str, dict[str, int]]:
        """Those that no act may change."""
        return {code: values for code, values in self.of.items() if code not in CHANGING}


async def totals(world: World, structure: str = "current") -> Totals:
    """All grand totals of the province."""
    found = {}
    for code, measure in MEASURES.items():
        answer = await figures(world.reader, code, structure=structure)
        found[code] = {value: answer["totals"][value] for value in measure.additive_of}
    return Totals(found)


async def figures_hold(world: World, chance: Random, *, thorough: bool) -> Totals:
    """No structure and no grouping loses or adds anything; the rows are their records. The grand totals."""
    expected = await totals(world)
    for (code, value), sql in PLAIN.items():
        known = {"top": f"{PROVINCE.path}%"} if ":top" in sql else {}
        plain = await world.tx.session.scalar(text(sql), known)
        sums = expected.of[code]
        got = sums[value] + (sums["returned"] + sums["withdrawn"] if value == "registered" else 0)
        assert got == plain, (code, value)
    days = [day.isoformat() for day in (*world.days, world.day)]
    structures = ["as_recorded", "current", *(days if thorough else chance.sample(days, min(2, len(days))))]
    groupings = ("commune", "district", "child", "unit", "level,unit_kind")
    for code in MEASURES if thorough else chance.sample(list(MEASURES), 4):
        measure = MEASURES[code]
        for structure in structures:
            for group_by in groupings if thorough else [chance.choice(groupings)]:
                asked = {"group_by": group_by, "structure": structure}
                answer = await figures(world.reader, code, **asked)
                for value in measure.additive_of:
                    where = (code, value, asked)
                    assert answer["totals"][value] == expected.of[code][value], where
                    assert sum(row["values"][value] for row in answer["rows"]) == answer["totals"][value], where
                rows = [row for row in answer["rows"] if any(row["values"].values())]
                for row in chance.sample(rows, min(len(rows), 4 if thorough else 1)):
                    if thorough or chance.random() < 0.3:
                        await _records_hold(world.reader, code, row)
    return expected


async def _records_hold(reader: Api, code: str, row: dict[str, Any]) -> None:
    """As many records as the row's first listed value says."""
    measure = MEASURES[code]
    cell = next((value for value in measure.additive_of if value in measure.listed_of), None)
    if cell is None:
        return
    address = f"{row['records']}&cell={cell}&limit=200"
    answer = await reader.get(address)
    assert answer.status_code == 200, answer.text
    listed = sum(item["value"] for item in answer.json()["items"])
    assert listed == row["values"][cell], (code, cell, row["records"])


async def places_hold(world: World, structures: list[str]) -> None:
    """Each registration counts at the unit and commune that the dated facts name, found without any path."""
    session = world.tx.session
    facts: dict[UUID, list[Any]] = {}
    for row in (await session.execute(text("SELECT * FROM unit_facts ORDER BY valid_from"))).all():
        facts.setdefault(row.unit_id, []).append(row)
    rows = await session.execute(text("SELECT * FROM units"))
    past = Past({row.id: row for row in rows}, facts, world.day)
    counted = await session.execute(
        text("SELECT unit_id, submitted_at FROM registrations WHERE status IN ('submitted', 'accepted')")
    )
    known = list(counted.all())
    for structure in structures:
        for group_by in ("unit", "commune"):
            expected = Counter(past.place(row, structure, group_by) for row in known)
            asked = {"group_by": group_by, "structure": structure}
            answer = await figures(world.reader, "registrations", **asked)
            found = {
                (UUID(row["keys"][group_by]["id"]) if row["keys"][group_by] else None): row["values"]["registered"]
                for row in answer["rows"]
                if row["values"]["registered"]
            }
            assert found == dict(expected), asked


@dataclass(frozen=True)
class Past:
    """The dated facts, walked from parent to parent."""

    units: dict[UUID, Any]
    facts: dict[UUID, list[Any]]
    today: date

    def fact(self, key: UUID, day: date) -> Any:
        """What is true of a unit on a day, or None."""
        held = [f for f in self.facts.get(key, ()) if f.valid_from <= day and (f.valid_to is None or f.valid_to > day)]
        return held[0] if held else None

    def bearer(self, key: UUID | None, day: date) -> UUID:
        """The unit itself where it stood on the day, or the next one above it in today's tree that did."""
        assert key is not None
        unit = self.units[key]
        return key if self.fact(key, day) else self.bearer(unit.successor_id or unit.parent_id, day)

    def place(self, row: Any, structure: str, group_by: str) -> UUID | None:
        """The key of a record's row."""
        day = self.today if structure in {"current", "as_recorded"} else date.fromisoformat(structure)
        if structure == "as_recorded":
            return self._as_recorded(row.unit_id, row.submitted_at, group_by)
        return self._level(self.bearer(row.unit_id, day), day, group_by)

    def _as_recorded(self, key: UUID, at: datetime, group_by: str) -> UUID | None:
        day = at.date()
        known = self.facts[key]
        if known[-1].valid_to is not None and day >= known[-1].valid_to:
            return self._hung(key, group_by)
        fact = self.fact(key, day) or (known[0] if day < known[0].valid_from else known[-1])
        return self._level(key, max(fact.valid_from, min(day, self.today)), group_by)

    def _hung(self, key: UUID | None, group_by: str) -> UUID | None:
        """Of what was recorded after the unit's end (an act entered late): where the unit hangs today."""
        if group_by == "unit":
            return key
        upper = None
        while key is not None:
            upper, key = key if self.units[key].level == group_by else upper, self.units[key].parent_id
        return upper

    def _level(self, key: UUID | None, day: date, group_by: str) -> UUID | None:
        if group_by == "unit":
            return key
        upper = None
        while key is not None:
            fact = self.fact(key, day)
            upper = key if fact.level == group_by else upper
            key = fact.parent_id
        return upper


async def forms_hold(world: World, chance: Random, *, thorough: bool) -> None:
    """The bottom lines of all eight forms are the same in every structure."""
    days = [day.isoformat() for day in dict.fromkeys((*world.days, world.day))]
    for number in range(1, 9):
        lines = {}
        for structure in ("as_recorded", "current", *(days if thorough else chance.sample(days, 1))):
            asked = str(world.known["campaign"])
            answer = await world.reader.get(f"/forms/{number}", campaign=asked, structure=structure)
            assert answer.status_code == 200, answer.text
            lines[structure] = bottom_line(answer.json())
        assert len({repr(line) for line in lines.values()}) == 1, (number, lines)


def bottom_line(form: dict[str, Any]) -> list[Any]:
    """Of every table the total, or, of a list of units, how many it names."""
    lines: list[Any] = []
    for table in form["tables"]:
        last = [row for row in table["rows"] if row["kind"] == "total"]
        if last:
            cells = {code: cell["value"] for code, cell in last[0]["cells"].items() if code != "units"}
            lines.append((table["code"], cells))
        else:
            lines.append((table["code"], len(table["rows"])))
    return lines


async def dump(world: World) -> dict[str, Any]:
    """All that was there before: units, their facts, records, rights, what is owed; without counts of changes."""
    session, found = world.tx.session, {}
    left_out = {"version", "updated_at", "span"}
    for table in ("units", "unit_facts", "grants", "users", "service_keys", "evaluation_results", *RECORDED):
        rows = (await session.execute(text(f"SELECT * FROM {table}"))).mappings().all()
        without = left_out | {"id"} if table == "unit_facts" else left_out
        kept = [{name: value for name, value in row.items() if name not in without} for row in rows]
        found[table] = {str(row["id"]) if "id" in row else repr(sorted(row.items())): row for row in kept}
    return found


def restored(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Everything is as it was; what the act made is there only as something that never was in force."""
    for table, rows in before.items():
        for key, row in rows.items():
            assert after[table].get(key) == row, (table, row, after[table].get(key))
    more = {table: [row for key, row in rows.items() if key not in before[table]] for table, rows in after.items()}
    assert all(row["ended_on"] is not None for row in more.pop("units"))
    odd = [row for row in more.pop("grants") if row["valid_to"] != row["valid_from"]]
    assert not odd, odd
    owing = [row for row in more.pop("obligations") if row["left_on"] is None]
    assert not owing, owing
    assert not any(more.values()), more
