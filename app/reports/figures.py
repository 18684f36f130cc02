"""What the placeholders of a report stand for now: measures and forms of its unit and campaign, and facts of both."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from app.access.actor import Tx
from app.directives.models import TRACKS
from app.forms.answering import all_forms, answer
from app.forms.answers import FormAnswer, FormAsk
from app.forms.pinning import NoFormSet
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, NotFound, Text
from app.reports.addresses import addressed
from app.reports.papers import listed_papers
from app.reports.placeholders import Figure, Kind, Part, Placeholder, named, parse_all, render, section_fault, unknown
from app.reports.queries_lists import own_directives
from app.statistics.cells import Cell, CellsAsked, FilterValue, Ground, cells, ground_of
from app.statistics.declarations import Change, Measure, Ratio
from app.statistics.former import Area
from app.statistics.measures import MEASURES
from app.statistics.reading import records_address

YEARS: Final = ("first_year", "second_year")
FACTS: Final = (
    *(f"campaign.{name}" for name in (*YEARS, "window_from", "window_to", "before_from", "before_to")),
    "unit.name",
)
_FORM: Final = re.compile(r"form(\d{1,2})\.")
_AS: Final = "as"
_IN_WORDS: Final = "words"
"""``as=words``: a difference as "tăng 12", "giảm 12"."""

_SELF: Final = "self"
"""``own_unit=self``: only what the reporting unit itself recorded."""

_NO_FILTER = Text(
    "{{{{{name}}}}}: không có tham số '{given}'; có: {known}",
    "{{{{{name}}}}}: no parameter '{given}'; there are: {known}",
)
_NO_WORD = Text("{{{{{name}}}}}: '{given}' chỉ nhận: {known}", "{{{{{name}}}}}: '{given}' takes: {known}")
_NO_YEAR = Text("{{{{{name}}}}}: đợt này không có năm thứ hai", "{{{{{name}}}}}: the campaign looks at one year only")
_NO_FILTERS = Text("{{{{{name}}}}} không nhận tham số", "{{{{{name}}}}} takes no parameters")


DIRECTIVES: Final = "directives.list"
"""The unit's own documents of a track by number and name (outline, I)."""

_OF_TRACK: Final = Text(
    "{{{{{name}}}}} cần own_unit=self và track là một trong: {known}",
    "{{{{{name}}}}} takes own_unit=self and a track: {known}",
)


@dataclass(slots=True)
class Source:
    """Where a report's figures come from; a form is read when a text names it, at most once."""

    ground: Ground
    cells: dict[str, Figure] = field(default_factory=dict)
    known: set[int] | None = field(default_factory=set)
    """Numbers of the forms that were read; None = all there are."""

    async def read_form(self, tx: Tx, number: int) -> None:
        """Read the form with that number, if the campaign has one."""
        if self.known is not None and number not in self.known:
            self.known.add(number)
            self._take(await form_of(tx, self.ground, number))

    def take_forms(self, forms: Sequence[FormAnswer]) -> None:
        """Answer from ``forms``, which were read already and are all there are."""
        self.known = None
        self._take(forms)

    def _take(self, forms: Sequence[FormAnswer]) -> None:
        self.cells |= {cell.address: Figure(cell.value, cell.kind, cell.records) for cell in addressed(forms)}


async def source_of(tx: Tx, unit_id: UUID, campaign_id: UUID, area: Area | None = None) -> Source:
    """Where the figures of a unit's report in a campaign come from; of ``area``, if it is another than today's."""
    return Source(await ground_of(tx, unit=unit_id, campaign=campaign_id, area=area))


async def forms_of(tx: Tx, unit_id: UUID, campaign_id: UUID | None, area: Area | None = None) -> Sequence[FormAnswer]:
    """The campaign's forms with the unit's figures; none while no set of forms is published."""
    try:
        return await all_forms(tx, FormAsk(unit_id, campaign_id, area=area))
    except NoFormSet:
        return ()


async def form_of(tx: Tx, ground: Ground, number: int) -> Sequence[FormAnswer]:
    """One form with the unit's figures; none where the campaign has no such form."""
    try:
        return [await answer(tx, number, FormAsk(ground.unit_id, ground.campaign_id, area=ground.area))]
    except (NoFormSet, NotFound):
        return ()


@dataclass(frozen=True, slots=True)
class Found:
    """Figures by placeholder, and what is wrong with those that stand for nothing."""

    figures: Mapping[Placeholder, Figure]
    faults: Mapping[Placeholder, Text]


async def resolve(tx: Tx, source: Source, wanted: Iterable[Placeholder]) -> Found:
    """What ``wanted`` stand for now: one statement for each measure, and those of the forms where one is named."""
    every = dict.fromkeys(wanted)
    found = await _resolve(tx, source, dict.fromkeys(_bare(name) for name in every))
    figures, faults = dict(found.figures), dict(found.faults)
    for name in every:
        base = _bare(name)
        if name == base:
            continue
        if base in faults:
            faults[name] = faults[base]
        elif dict(name.filters)[_AS] != _IN_WORDS or figures[base].kind in {"text", "date"}:
            faults[name] = _NO_WORD.fill(name=name.name, given=_AS, known=_IN_WORDS)
        else:
            figures[name] = replace(figures[base], in_words=True)
    return Found(figures, faults)


def _bare(name: Placeholder) -> Placeholder:
    """``name`` without how it is to be written."""
    return Placeholder(name.name, tuple(pair for pair in name.filters if pair[0] != _AS))


async def _resolve(tx: Tx, source: Source, wanted: Iterable[Placeholder]) -> Found:
    figures: dict[Placeholder, Figure] = {}
    faults: dict[Placeholder, Text] = {}
    asked: dict[tuple[str, str | None], list[tuple[Placeholder, Cell]]] = {}
    for name in wanted:
        form = _FORM.match(name.name)
        if form:
            await source.read_form(tx, int(form[1]))
        made = await _papers(tx, source, name) if name.name == DIRECTIVES else _one(source, name)
        if isinstance(made, Figure):
            figures[name] = made
        elif isinstance(made, Text):
            faults[name] = made
        else:
            asked.setdefault((name.name.partition(".")[0], dict(name.filters).get("value")), []).append((name, made))
    for (measure, variant), pairs in asked.items():
        given = tuple(cell for _, cell in pairs)
        counted = await cells(tx, source.ground, CellsAsked(measure, given, variant=variant))
        for name, cell in pairs:
            got = counted.totals[cell.code]
            figures[name] = Figure(got.value, _kind(MEASURES[measure], cell.value), got.records)
    return Found(figures, faults)


async def _papers(tx: Tx, source: Source, name: Placeholder) -> Figure | Text:
    """The unit's own documents of a track, written out."""
    given, ground = dict(name.filters), source.ground
    track = given.get("track")
    if track not in TRACKS or given != {"own_unit": _SELF, "track": track}:
        return _OF_TRACK.fill(name=name.name, known=", ".join(TRACKS))
    rows = await own_directives(tx, ground, track)
    asked = {"unit": ground.unit_id, "campaign": ground.campaign_id, "own_unit": ground.unit_id, "cell": track}
    return Figure(listed_papers(rows), "text", records_address("directives", asked))


def _one(source: Source, name: Placeholder) -> Figure | Cell | Text:
    """A placeholder answered, made a cell of its measure, or what is wrong with it."""
    space, _, rest = name.name.partition(".")
    if name.name in FACTS or name.name in source.cells or _bottom(name.name) in source.cells:
        if name.filters:
            return _NO_FILTERS.fill(name=name.name)
        return _fact(source, name.name) or source.cells.get(name.name) or source.cells[_bottom(name.name)]
    measure = MEASURES.get(space)
    if measure is None or rest not in measure.value_of:
        return unknown(name.name, [*_known(), *source.cells])
    return _cell(source, name, measure, rest)


def _known() -> list[str]:
    return [
        *FACTS,
        DIRECTIVES,
        *(f"{measure.code}.{value}" for measure in MEASURES.values() for value in measure.value_of),
    ]


def _bottom(name: str) -> str:
    """The address of the total that a shorter one means: ``form3.sessions`` is ``form3.total.sessions``."""
    place, _, column = name.rpartition(".")
    return f"{place}.total.{column}"


def _fact(source: Source, name: str) -> Figure | Text | None:
    space, _, rest = name.partition(".")
    if name not in FACTS:
        return None
    if space == "unit":
        return Figure(source.ground.name, "text")
    if rest in YEARS:
        year = year_of(source.ground, rest)
        return _NO_YEAR.fill(name=name) if year is None else Figure(str(year), "text")
    return Figure(getattr(source.ground, rest), "date")


def year_of(ground: Ground, word: str) -> int | None:
    """The first or the second year that the campaign looks at, if it has one."""
    years, place = sorted(ground.years), YEARS.index(word)
    return years[place] if place < len(years) else None


def _cell(source: Source, name: Placeholder, measure: Measure, value: str) -> Cell | Text:
    known = {d.filter: d for d in measure.dimensions if d.words}
    own = any(d.filter == "own_unit" for d in measure.dimensions)
    filters: dict[str, FilterValue] = {}
    for parameter, given in name.filters:
        words = tuple(given.split(","))
        if parameter == "year" and "year" in measure.period and measure.spans:
            year = year_of(source.ground, given) if given in YEARS else int(given) if given.isdigit() else 0
            if year is None:
                return _NO_YEAR.fill(name=name.name)
            if not 2000 <= year <= 2100:
                return _NO_WORD.fill(name=name.name, given="year", known=", ".join((*YEARS, "2000-2100")))
            filters["year"] = year
        elif parameter == "own_unit" and given == _SELF and own:
            filters["own_unit"] = source.ground.unit_id
        elif parameter == "value" and given in measure.variants:
            continue
        elif parameter not in known:
            listed = ", ".join((*known, "year", f"own_unit={_SELF}"))
            return _NO_FILTER.fill(name=name.name, given=parameter, known=listed)
        elif not set(words) <= set(known[parameter].words):
            return _NO_WORD.fill(name=name.name, given=parameter, known=", ".join(known[parameter].words))
        else:
            filters[parameter] = words if len(words) > 1 else given
    return Cell(str(name), value, filters)


def _kind(measure: Measure, value: str) -> Kind:
    return "percent" if isinstance(measure.value_of[value], Ratio | Change) else "integer"


@dataclass(frozen=True, slots=True)
class Rendered:
    """Texts by section with their figures, and the faults of those that name something that does not exist."""

    texts: dict[str, str]
    faults: list[FieldError]


async def rendered(tx: Tx, source: Source, texts: Mapping[str, str]) -> Rendered:
    """``texts`` with the figures of now. A text that cannot be filled is left as it is written, and has a fault."""
    parts, faults = parse_all(texts)
    found = await resolve(tx, source, (name for text in parts.values() for name in named(text)))
    made = dict(texts)
    for code, text in parts.items():
        wrong = [found.faults[name] for name in dict.fromkeys(named(text)) if name in found.faults]
        faults += [section_fault(code, message) for message in wrong]
        if not wrong:
            made[code] = render(text, found.figures)
    return Rendered(made, faults)


async def keep_sound(tx: Tx, report: AnyRow, texts: Mapping[str, str]) -> None:
    """Refuse with 422, by section, texts whose placeholders are broken or name no figure. Plain texts cost nothing."""
    parts, faults = parse_all(texts)
    if any(_has_figures(text) for text in parts.values()) and not faults:
        faults = (await rendered(tx, await source_of(tx, report.unit_id, report.campaign_id), texts)).faults
    if faults:
        raise Invalid(errors=faults[:100])


def _has_figures(parts: Iterable[Part]) -> bool:
    return any(True for _ in named(parts))


def plain(texts: Mapping[str, str]) -> bool:
    """Whether none of ``texts`` names a figure, so that they show as they are written."""
    return not any("{{" in text for text in texts.values())
