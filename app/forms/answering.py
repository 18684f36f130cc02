"""Forms answered: for the API, and for reports that seal, quote and print them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from app.access.actor import Tx
from app.forms.answers import AnswerTable, FormAnswer, FormAsk
from app.forms.counting import Counted, TableFigures, count
from app.forms.definition import ChildRows, CriterionRows, EvaluationRows, FormDef, TableDef
from app.forms.filling import filled, listed
from app.forms.heads import Criteria, Head, children, criteria, indicators
from app.forms.lists import Lists, read_lists
from app.forms.scene import Scene, scene
from app.kernel.errors import Text
from app.units.kinds import LEVEL_TITLES_EN, LEVEL_TITLES_VI
from app.units.schemas import UnitBrief

_PROPOSAL = Text(
    "Nội dung biểu là đề xuất của hệ thống, không phải mẫu chính thức. {source}",
    "The content of this form is a proposal, not an official text. {source}",
)


async def answer(tx: Tx, number: int, ask: FormAsk) -> FormAnswer:
    """One form with its figures. Raises 404 (no such form, unit outside), 409 ``no_form_set``, 422 ``/campaign``."""
    found = await scene(tx, ask)
    return (await _filled(tx, found, [found.form(number)]))[0]


async def all_forms(tx: Tx, ask: FormAsk) -> list[FormAnswer]:
    """All forms of the campaign's set with their figures, in one go. Raises as :func:`answer`."""
    found = await scene(tx, ask)
    return await _filled(tx, found, found.definition.forms)


async def _filled(tx: Tx, scene: Scene, forms: Sequence[FormDef]) -> list[FormAnswer]:
    counted = await count(tx, scene, forms)
    heads = await _heads(tx, scene, forms, counted)
    lists = await read_lists(tx, scene, forms)
    return [_form(tx, _Found(scene, counted, heads, lists), form) for form in forms]


class _Heads:
    """What rows can be about, each read at most once."""

    units: Sequence[Head] = ()
    criteria: Criteria = Criteria((), (), ())
    indicators: Sequence[Head] = ()


async def _heads(tx: Tx, scene: Scene, forms: Sequence[FormDef], counted: Counted) -> _Heads:
    heads = _Heads()
    tables = [(form, table) for form in forms for table in scene.tables(form)]
    kinds = {kind for _, table in tables if isinstance(table.rows, CriterionRows) for kind in table.rows.kinds}
    keys: dict[str, list[UUID]] = {}
    for form, table in tables:
        if not isinstance(table.rows, EvaluationRows):
            keys.setdefault(table.rows.by, []).extend(counted[form.number, table.code].counted)
    if "child" in keys:
        heads.units = await children(tx.session, scene.ground.unit_id, _day(scene, tx.today))
    if "criterion" in keys:
        heads.criteria = await criteria(tx.session, scene.ground.path, keys["criterion"], kinds)
    if "indicator" in keys:
        last = scene.ground.window_to or tx.today
        heads.indicators = await indicators(tx.session, scene.ground.path, keys["indicator"], last)
    return heads


def _day(scene: Scene, today: date) -> date:
    """The day whose tree says which units stand in the rows though they have nothing to tell.

    Of a unit that has ended, its last at the latest.
    """
    if scene.ground.area is not None:
        today = min(scene.ground.area.day, today)
    if scene.structure == "current":
        return today
    if scene.structure == "as_recorded":
        return min(scene.ground.window_to or today, scene.ground.last_day or today, today)
    return date.fromisoformat(scene.structure)


@dataclass(frozen=True, slots=True)
class _Found:
    """All that was read for the forms asked about."""

    scene: Scene
    counted: Counted
    heads: _Heads
    lists: Lists


def _form(tx: Tx, found: _Found, form: FormDef) -> FormAnswer:
    scene = found.scene
    made = (_table(tx, found, form.number, table) for table in scene.tables(form))
    tables = [table for table in made if table is not None]
    words = {**scene.words, "number": str(form.number)}
    notes: list[Mapping[str, Any]] = [*scene.ground.notes]
    if form.proposal:
        told = getattr(_PROPOSAL.fill(source=form.source), tx.language)
        notes.append({"code": "proposal", "message": told})
    for table in scene.tables(form):
        figures = found.counted.get((form.number, table.code))
        notes += [] if figures is None else [note for note in figures.notes if note not in notes]
    return FormAnswer(
        *(form.number, form.code, scene.text(form.title)),
        heading=scene.text((form.heading or "").replace("{number}", words["number"])),
        attached=None if form.attached is None else scene.text(form.attached),
        proposal=form.proposal,
        source=form.source,
        form_set=scene.form_set,
        campaign=scene.campaign,
        unit=scene.unit,
        structure=scene.structure,
        tables=tables,
        coverage=scene.ground.coverage,
        notes=notes,
        generated_at=tx.now,
    )


def _table(tx: Tx, found: _Found, number: int, table: TableDef) -> AnswerTable | None:
    """The table, or None where it is optional and has nothing to show."""
    scene, place = found.scene, (number, table.code)
    if isinstance(table.rows, EvaluationRows):
        rows = found.lists[place]
        return None if table.optional and not rows else listed(scene, table, rows, tx.language)
    figures = found.counted.get(place)
    if figures is None:
        return None
    if table.optional and not any(cell.value for cell in figures.totals.values()):
        return None
    return filled(scene, table, _rows(tx, scene, table, figures, found.heads), figures, tx.language)


def _rows(tx: Tx, scene: Scene, table: TableDef, figures: TableFigures, heads: _Heads) -> Sequence[Head]:
    if isinstance(table.rows, ChildRows):
        return _units(tx, scene, table.rows, figures, heads.units)
    if isinstance(table.rows, CriterionRows):
        return heads.criteria.heads(figures.counted, table.rows.kinds)
    return heads.indicators


def _units(tx: Tx, scene: Scene, rows: ChildRows, figures: TableFigures, below: Sequence[Head]) -> list[Head]:
    """The unit's own first, then those below; one that another tree knows, where the records were made, at the end."""
    counted = figures.counted
    own = scene.ground.unit_id
    listed_heads = [head for head in below if head.level in rows.levels or head.found in counted]
    known = {own, *(head.found for head in below)}
    for key in counted:
        if key not in known:
            name = figures.names[key]
            unit = UnitBrief.of({"id": key, "code": name["code"], "name": name["name"]})
            listed_heads.append(Head("row", str(key), unit.name, key, unit.code, unit))
    if own in counted or not listed_heads:
        listed_heads.insert(0, Head("row", "own", _own_title(tx, scene), own, scene.ground.code, scene.unit))
    return listed_heads


def _own_title(tx: Tx, scene: Scene) -> str:
    level = scene.ground.level
    if level == "base":
        return scene.ground.name
    return (LEVEL_TITLES_EN if tx.language == "en" else LEVEL_TITLES_VI)[level]


async def catalogue(tx: Tx, ask: FormAsk) -> dict[str, Any]:
    """The forms of the campaign's set, without figures, as ``FormsOut`` describes them. Raises as :func:`answer`."""
    found = await scene(tx, ask)
    fixed = {"campaign": found.ground.campaign_id, "unit": found.ground.unit_id, "structure": found.structure}
    return {
        "form_set": found.form_set,
        "campaign": found.campaign,
        "unit": found.unit,
        "structure": found.structure,
        "items": [
            {
                "number": form.number,
                "code": form.code,
                "title": found.text(form.title),
                "proposal": form.proposal,
                "source": form.source,
                "href": f"/api/v1/forms/{form.number}?{urlencode(fixed)}",
            }
            for form in found.definition.forms
        ],
    }
