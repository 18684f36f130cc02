"""A small province in the database on which random acts are carried out through the product, records between them.

What happens is drawn from numbers given beforehand, one for each step, and from what stands when the step is taken.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text

from app.access.actor import Tx, UnitRef
from app.forms.shipped import load_shipped_form_sets
from app.kernel.ids import new_id
from app.units.facts import beneath, describe
from app.units.models import Unit, UnitFact
from tests.actors import Api
from tests.builders.criteria import SmallSet, criteria_set
from tests.builders.units import VALID_FROM, label, path, ref, unit_id
from tests.conftest import MovableClock
from tests.statistics.scene import Evaluated, Owed, Registered, campaign, evaluate, local, register
from tests.statistics.work import (
    Did,
    Proposed,
    act,
    activity_forms,
    award_form,
    count,
    indicators,
    issue,
    practise,
    propose,
)

RECORDED = (
    *("directives", "propaganda_activities", "situation_figures", "practices"),
    *("registrations", "evaluations", "awards", "obligations"),
)
BASES = ("agency", "enterprise", "school")
# code, name, kind, key or code of the unit above
MORE = (
    ("413", "Huyện Nghi Lộc", "rural_district", "40"),
    ("17601", "Xã Nghi Văn", "commune", "413"),
    ("17602", "Xã Nghi Kiều", "commune", "413"),
    ("17603", "Thị trấn Quán Hành", "township", "413"),
    ("17511", "Xã Đồng Thành", "commune", "426"),
    ("16715", "Phường Cửa Nam", "ward", "412"),
    ("TH-16714-1", "Trường THCS Vinh Tân", "school", "16714"),
    ("DN-17601-1", "Công ty Nghi Văn", "enterprise", "17601"),
    ("CQ-413-1", "Phòng Giáo dục Nghi Lộc", "agency", "413"),
)
OUTCOMES = ("met", "not_met", None)


@dataclass
class World:
    """The province, who acts on it, and what records need that stands there once."""

    tx: Tx
    coordinator: Api
    reader: Api
    clock: MovableClock
    day: date = date(2024, 8, 1)
    acts: list[dict[str, Any]] = field(default_factory=list)
    days: list[date] = field(default_factory=lambda: [date(2024, 2, 1)])
    known: dict[str, Any] = field(default_factory=dict)
    number: int = 0

    async def units(self) -> list[Any]:
        """The units under the province as they stand, those that ended included, in a lasting order."""
        found = await self.tx.session.execute(
            text("SELECT * FROM units WHERE path LIKE :top ORDER BY sort_key, code, label"),
            {"top": f"{PROVINCE.path}%"},
        )
        return list(found.all())

    async def living(self, *levels: str) -> list[Any]:
        """Those that live, of some levels."""
        return [u for u in await self.units() if u.ended_on is None and (not levels or u.level in levels)]

    def code(self) -> str:
        """A code nobody has had."""
        self.number += 1
        return f"9{self.number:04}"

    def set_day(self, day: date) -> None:
        """Let it be noon of that day."""
        self.day = day
        self.clock.set(f"{day.isoformat()}T12:00:00+07:00")


PROVINCE = ref("province")


async def built(world: World, seed: int) -> None:
    """The tree, what records refer to, and records of every kind on random units and days."""
    world.set_day(world.day)
    await _grow(world)
    tx = world.tx
    await load_shipped_form_sets(tx, PROVINCE)
    chance = Random(seed)
    places = [_ref(unit) for unit in await world.living("district", "commune", "base") if chance.random() < 0.7]
    owed = [Owed(place) for place in places if place.level != "base"]
    world.known = {
        "campaign": await campaign(tx, *owed),
        "communes": await criteria_set(tx),
        "bodies": await criteria_set(tx, SmallSet(code="THU-CQ", kinds=BASES)),
        "districts": await criteria_set(tx, SmallSet(code="THU-HUYEN", kinds=("rural_district", "city"))),
        "forms": await activity_forms(tx),
        "indicators": await indicators(tx),
        "award": await award_form(tx),
    }
    await records(world, seed, since=date(2023, 1, 1), many=12)


def _ref(unit: Any) -> UnitRef:
    return UnitRef(unit.id, unit.path, unit.level)


async def _grow(world: World) -> None:
    places: dict[str, tuple[UUID, str]] = {
        code: (unit_id(key), path(key))
        for key, code in (
            ("province", "40"),
            ("district_vinh", "412"),
            ("district_yen_thanh", "426"),
            ("commune_c", "16714"),
        )
    }
    units, facts = [], []
    for n, (code, name, kind, above) in enumerate(MORE):
        parent, place = places[above]
        key, number = new_id(), label("agency_p1") + 1 + n
        places[code] = (key, beneath(place, number))
        common = {"path": places[code][1], "label": number, "parent_id": parent, **describe(code, name, kind)}
        units.append({"id": key, **common})
        facts.append({"id": new_id(), "unit_id": key, "valid_from": VALID_FROM, **common})
    await world.tx.session.execute(insert(Unit), units)
    await world.tx.session.execute(insert(UnitFact), facts)


async def records(world: World, seed: int, *, since: date, many: int) -> None:
    """Records of every kind at units that live, of days since ``since``; as if entered today."""
    chance, tx = Random(seed), world.tx
    places = await world.living()
    span = max((world.day - since).days, 1)
    for _ in range(many):
        where, at = _ref(chance.choice(places)), local(since + timedelta(days=chance.randrange(span)))
        if chance.random() < 0.4:
            await _registered(world, chance, where, at)
        else:
            await _worked(world, chance, where, at)
    # The database stamps what is entered with the real time, which has nothing to do with that of the test.
    for table in RECORDED:
        statement = text(f"UPDATE {table} SET created_at = :now WHERE created_at > :now")
        await tx.session.execute(statement, {"now": local(world.day)})


async def _worked(world: World, chance: Random, where: UnitRef, at: datetime) -> None:
    tx, day = world.tx, at.date()
    pair = chance.randint(0, 30), chance.randint(0, 30)
    match chance.randrange(5):
        case 0:
            await issue(tx, where, day)
        case 1:
            form = chance.choice(("talk", "news", "ceremony"))
            await act(tx, world.known["forms"], Did(where, form, chance.randint(0, 9), chance.randint(0, 50), day))
        case 2:
            await practise(tx, where, chance.choice(("draft", "proposed", "to_be_replicated")), day)
        case 3:
            await propose(tx, world.known["campaign"], world.known["award"], Proposed(where))
        case _:
            await _figures(world, where, pair)


async def _registered(world: World, chance: Random, where: UnitRef, at: datetime) -> None:
    tx, year = world.tx, chance.choice((2023, 2024))
    rows = await tx.session.execute(text("SELECT year FROM registrations WHERE unit_id = :unit"), {"unit": where.id})
    if year in set(rows.scalars()):
        return
    made = world.known[{"commune": "communes", "base": "bodies"}.get(where.level, "districts")]
    results = tuple((f"TC{n}", chance.choice(OUTCOMES), chance.choice(OUTCOMES), None) for n in (1, 2, 3))
    status = chance.choice(("draft", "submitted", "accepted", "verified", "recognised", "not_recognised"))
    if status in {"draft", "submitted", "accepted"} and chance.random() < 0.5:
        await register(tx, Registered(where, status, year, at))
    else:
        status, passed = status.replace("accepted", "returned"), status != "not_recognised"
        await evaluate(tx, Evaluated(where, made, "final", status, passed, year, at, results))


async def _figures(world: World, where: UnitRef, pair: tuple[int, int]) -> None:
    asked = "SELECT count(*) FROM situation_figures WHERE unit_id = :unit"
    if not await world.tx.session.scalar(text(asked), {"unit": where.id}):
        for code, values in (("crimes", (sum(pair), pair[0])), ("solved", pair)):
            found = world.known["indicators"][code]
            await count(world.tx, where, world.known["campaign"], found, values)


@dataclass
class Drawn:
    """The lines of an act that is being drawn; each unit stands in one change alone."""

    chance: Random
    world: World
    communes: list[Any]
    districts: list[Any]
    bases: list[Any]
    lines: list[dict[str, Any]] = field(default_factory=list)
    placements: list[dict[str, Any]] = field(default_factory=list)

    def above(self) -> str:
        """The code of a unit that may stand above a commune after the act."""
        return str(self.chance.choice([*(unit.code for unit in self.districts), "40"]))

    def facts(self, code: str, above: str) -> dict[str, Any]:
        """A new unit."""
        self.world.number += 1
        name = f"{self.chance.choice(('Xã', 'Phường'))} Mới {self.world.number}"
        return {"new_code": code, "new_name": name, "new_kind": "commune", "new_parent_code": above}

    def take(self, most: int) -> list[Any]:
        """Some communes, which are then spoken for."""
        taken, self.communes = self.communes[:most], self.communes[most:]
        return taken

    def code(self, *units: Any) -> str:
        """The code of one of them, used again, or a new one."""
        return str(self.chance.choice(units).code) if self.chance.random() < 0.6 else self.world.code()


def _merge(drawn: Drawn) -> None:
    taken = drawn.take(drawn.chance.randint(2, 3))
    facts = drawn.facts(drawn.code(*taken), drawn.above())
    bases = {"base_units": "unplaced"} if drawn.chance.random() < 0.3 else {}
    drawn.lines += [{"kind": "merged", "old_code": unit.code, **facts, **bases} for unit in taken]


def _absorb(drawn: Drawn) -> None:
    first, *rest = drawn.take(3)
    drawn.lines += [{"kind": "merged", "old_code": unit.code, "new_code": first.code} for unit in rest]


def _split(drawn: Drawn) -> None:
    (unit,) = drawn.take(1)
    codes = [drawn.code(unit), drawn.world.code()]
    drawn.chance.shuffle(codes)
    bases = {"base_units": drawn.chance.choice(("successor", "unplaced"))}
    for n, code in enumerate(codes):
        facts = drawn.facts(code, drawn.above())
        drawn.lines.append({"kind": "split", "old_code": unit.code, **facts, "primary": n == 0, **bases})


def _split_onto(drawn: Drawn) -> None:
    """One is shared out among two that stand already."""
    unit, *heirs = drawn.take(3)
    if len(heirs) == 2:
        drawn.lines += [
            {"kind": "split", "old_code": unit.code, "new_code": heir.code, "primary": n == 1}
            for n, heir in enumerate(heirs)
        ]


def _rename(drawn: Drawn) -> None:
    (unit,) = drawn.take(1)
    code = drawn.code(unit)
    name = f"Xã Đổi Tên {drawn.world.code()}"
    drawn.lines.append({"kind": "renamed", "old_code": unit.code, "new_code": code, "new_name": name})


def _exchange(drawn: Drawn) -> None:
    """The code of one that ends goes to another that lives on under a new name."""
    taken = drawn.take(3)
    if len(taken) == 3:
        gone, heir, other = taken
        drawn.lines.append({"kind": "merged", "old_code": gone.code, "new_code": heir.code})
        drawn.lines.append(
            {"kind": "renamed", "old_code": other.code, "new_code": gone.code, "new_name": f"Xã {drawn.world.code()}"}
        )


def _move(drawn: Drawn) -> None:
    (unit,) = drawn.take(1)
    other = [u.code for u in drawn.districts if u.id != unit.parent_id] + ["40"]
    if unit.parent_id != PROVINCE.id or len(other) > 1:
        codes = [code for code in other if code != "40" or unit.parent_id != PROVINCE.id]
        line = {"kind": "moved", "old_code": unit.code, "new_code": unit.code}
        drawn.lines.append({**line, "new_parent_code": drawn.chance.choice(codes)})


def _create(drawn: Drawn) -> None:
    drawn.lines.append({"kind": "created", **drawn.facts(drawn.world.code(), drawn.above())})


def _dissolve_commune(drawn: Drawn) -> None:
    (unit,) = drawn.take(1)
    drawn.lines.append({"kind": "dissolved", "old_code": unit.code})


CHANGES = (_merge, _absorb, _split, _split_onto, _rename, _exchange, _move, _create, _dissolve_commune)


def _without_district(drawn: Drawn) -> None:
    """A district goes first: its communes move, then other changes are made of the rest."""
    gone = drawn.districts.pop()
    below = [unit for unit in drawn.communes if unit.parent_id == gone.id]
    drawn.communes = [unit for unit in drawn.communes if unit.parent_id != gone.id]
    for unit in below:
        line = {"kind": "moved", "old_code": unit.code, "new_code": unit.code, "new_parent_code": drawn.above()}
        drawn.lines.append(line)
    drawn.lines.append({"kind": "dissolved", "old_code": gone.code})


async def act_drawn(world: World, chance: Random) -> dict[str, Any]:
    """The body of a good act of some day to come; without lines where chance made none."""
    communes, districts = await world.living("commune"), await world.living("district")
    chance.shuffle(communes)
    chance.shuffle(districts)
    drawn = Drawn(chance, world, communes, districts, await world.living("base"))
    if districts and chance.random() < 0.35:
        _without_district(drawn)
    for _ in range(chance.randint(1, 4)):
        change = chance.choice(CHANGES)
        if len(drawn.communes) >= 3 and len(drawn.lines) < 12:
            change(drawn)
    _place_some(drawn)
    world.number += 1
    return {
        "unit_id": str(PROVINCE.id),
        "decision_number": f"{world.number}/NQ",
        "issuing_body": "Ủy ban Thường vụ Quốc hội",
        "title": "Sắp xếp đơn vị hành chính",
        "effective_on": (world.day + timedelta(days=chance.randint(1, 150))).isoformat(),
        "grants": chance.choice(("carry", "end")),
        "open_work": chance.choice(("carry", "stay")),
        "changes": drawn.lines,
        "placements": drawn.placements,
    }


def _place_some(drawn: Drawn) -> None:
    """Base units that the act itself sends elsewhere: to a unit that stands afterwards."""
    touched = {line["old_code"] for line in drawn.lines if "old_code" in line}
    to = [unit.code for unit in drawn.communes if unit.code not in touched] + ["40"]
    for base in drawn.bases:
        if drawn.chance.random() < 0.15:
            drawn.placements.append({"code": base.code, "parent_code": drawn.chance.choice(to)})


async def entered_late(world: World, chance: Random, body: dict[str, Any]) -> None:
    """Let the day of an act pass, and units record on, before it is carried out."""
    day = date.fromisoformat(body["effective_on"])
    world.set_day(day + timedelta(days=chance.randint(1, 60)))
    await records(world, chance.randrange(2**20), since=day, many=6)
    body["later_records"] = "keep"


async def carried_out(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """The act, applied on its day, or today if that was before."""
    world.set_day(max(date.fromisoformat(body["effective_on"]), world.day))
    made = await world.coordinator.made("/reorganisations", body)
    assert made["status"] == "applied", made
    world.acts.append(made)
    return made


async def placed(world: World, chance: Random) -> None:
    """Some of the base units that wait get their place."""
    for made in world.acts:
        waiting = (await world.coordinator.get(f"/reorganisations/{made['id']}/unplaced")).json()["items"]
        communes = await world.living("commune", "district")
        items = [
            {"unit_id": item["unit"]["id"], "parent_id": str(chance.choice(communes).id)}
            for item in waiting
            if chance.random() < 0.7 and communes
        ]
        if items:
            answer = await world.coordinator.post(f"/reorganisations/{made['id']}/placements", {"placements": items})
            assert answer.status_code == 200, answer.text
