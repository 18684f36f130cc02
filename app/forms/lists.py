"""The lists of evaluations of all tables: one statement for those that differ only in the kind of unit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from app.access.actor import Tx
from app.forms.definition import EvaluationRows, FormDef, Period, TableDef, filters_of
from app.forms.failing import Failing, failing
from app.forms.scene import Scene
from app.statistics import asking
from app.statistics.shapes import Shape

_KIND = "unit_kind"

Lists = Mapping[tuple[int, str], Sequence[Failing]]
"""By the number of the form and the code of the table."""


class _Question(NamedTuple):
    """What lists that are read together share."""

    value: str
    period: Period
    filters: tuple[tuple[str, tuple[str, ...]], ...]
    by_kind: bool


class _List(NamedTuple):
    """A table, and the kinds of unit that stand in it (none named = all)."""

    place: tuple[int, str]
    kinds: tuple[str, ...]


async def read_lists(tx: Tx, scene: Scene, forms: Iterable[FormDef]) -> Lists:
    """The evaluations behind the cells that other forms count, by the same statements, for every list of ``forms``."""
    asked: dict[_Question, list[_List]] = {}
    for form in forms:
        for table in scene.tables(form):
            if isinstance(table.rows, EvaluationRows):
                question, kinds = _question(table, table.rows)
                asked.setdefault(question, []).append(_List((form.number, table.code), kinds))
    found: dict[tuple[int, str], Sequence[Failing]] = {}
    for question, lists in asked.items():
        every = tuple(dict.fromkeys(kind for one in lists for kind in one.kinds))
        rows = await _read(tx, scene, question, every)
        for one in lists:
            found[one.place] = [row for row in rows if row.kind in one.kinds] if one.kinds else rows
    return found


def _question(table: TableDef, rows: EvaluationRows) -> tuple[_Question, tuple[str, ...]]:
    given = {name: (word,) if isinstance(word, str) else tuple(word) for name, word in filters_of(table, rows).items()}
    kinds = given.pop(_KIND, ())
    return _Question(rows.value, rows.period, tuple(sorted(given.items())), bool(kinds)), kinds


async def _read(tx: Tx, scene: Scene, question: _Question, kinds: tuple[str, ...]) -> list[Failing]:
    given: dict[str, Any] = {
        **{name: words[0] if len(words) == 1 else words for name, words in question.filters},
        **({_KIND: kinds} if kinds else {}),
        "campaign": scene.ground.campaign_id,
        "year": scene.year_of(question.period),
    }
    filters, values = asking.filters_of({name: value for name, value in given.items() if value is not None})
    structure = asking.structure_of(scene.structure)
    if structure == "on_date":
        values["day"] = date.fromisoformat(scene.structure)
    shape = Shape("recognitions", None, structure, filters, cell=question.value)
    values = scene.ground.bound(tx, values, campaign=True, year=None)
    return await failing(tx.session, scene.ground.shape(tx, shape), values, scene.ground.area)
