"""All SQL of statistics but for the figures themselves (``statements.py``, ``listings.py``)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Integer, Uuid, and_, any_, bindparam, func, not_, or_, select, true
from sqlalchemy.orm import aliased

from app.campaigns import models as campaigns
from app.campaigns.models import Campaign, Obligation
from app.campaigns.obligation_queries import COUNTED
from app.kernel.db import AnyRow, AnySelect, Session
from app.kernel.errors import NotFound
from app.statistics import children
from app.statistics.gone import ENDED, FIRST_DAY, UNDER, WITHIN
from app.statistics.statements import Figures
from app.units.models import Unit, UnitFact, UnitLineage

_GIVEN = bindparam("campaign", type_=Uuid)
_YEAR = bindparam("year", type_=Integer)

# The campaign asked for; otherwise that of the year, or the one under way, which the unit takes part in or conducts.
_CAMPAIGN = (
    select(
        *(Campaign.id, Campaign.code, Campaign.number, Campaign.title, Campaign.status, Campaign.years),
        *(Campaign.window_from, Campaign.window_to, Campaign.before_from, Campaign.before_to),
    )
    .where(
        or_(
            Campaign.id == _GIVEN,
            and_(
                _GIVEN.is_(None),
                Campaign.status != "draft",
                or_(_YEAR.is_(None), any_(Campaign.years) == _YEAR),
                or_(Unit.path.op("^@")(Campaign.unit_path), Campaign.unit_path.op("^@")(Unit.path)),
            ),
        )
    )
    .order_by(
        Unit.path.op("^@")(Campaign.unit_path).desc(), (Campaign.status == "open").desc(), Campaign.opened_at.desc()
    )
    .limit(1)
    .correlate(Unit)
    .lateral("campaign")
)
_COVERAGE = (
    select(
        func.count().label("expected"),
        func.count().filter(campaigns.SUBMITTED).label("submitted"),
        func.count().filter(campaigns.ACCEPTED).label("accepted"),
    )
    .select_from(Obligation)
    .where(
        Obligation.campaign_id == _CAMPAIGN.c.id,
        Obligation.task == "report",
        COUNTED,
        Obligation.unit_path >= Unit.path,
        Obligation.unit_path < func.rtrim(Unit.path, ".").concat("/"),
    )
    .correlate(Unit, _CAMPAIGN)
    .lateral("coverage")
)


def _within(path: Any) -> ColumnElement[bool]:
    """``path`` lies in the subtree asked about."""
    return and_(path >= Unit.path, path < func.rtrim(Unit.path, ".").concat("/"))


_below = aliased(Unit)
_STOOD_ELSEWHERE = (
    select(UnitFact.id)
    .join(_below, _below.id == UnitFact.unit_id)
    .where(UnitFact.valid_to.is_not(None), _within(_below.path))
    .correlate(Unit)
    .exists()
)
_heir, _younger = aliased(Unit), aliased(Unit)
_DAY = bindparam("day", type_=Date)
_DIVIDED = (
    select(UnitLineage.id)
    .join(_heir, _heir.id == UnitLineage.new_unit_id)
    .where(
        UnitLineage.kind == "split",
        not_(UnitLineage.is_primary),
        or_(_within(UnitLineage.unit_path), _within(_heir.path)),
    )
    .correlate(Unit)
    .exists()
)
_earlier = aliased(UnitFact)
_YOUNGER = (
    select(UnitFact.id)
    .join(_younger, _younger.id == UnitFact.unit_id)
    .where(
        UnitFact.valid_from > _DAY,
        _within(_younger.path),
        not_(select(_earlier.id).where(_earlier.unit_id == UnitFact.unit_id, _earlier.valid_from <= _DAY).exists()),
    )
    .correlate(Unit)
    .exists()
)
_GROUND = (
    select(
        *(Unit.id, Unit.path, Unit.level, Unit.code, Unit.name, Unit.ended_on),
        *(UNDER.label("under"), WITHIN.label("within"), FIRST_DAY.label("first_day")),
        _CAMPAIGN.c.id.label("campaign_id"),
        *(_CAMPAIGN.c[name].label(f"campaign_{name}") for name in ("code", "number", "title", "status")),
        *(_CAMPAIGN.c[name] for name in ("years", "window_from", "window_to", "before_from", "before_to")),
        *(_COVERAGE.c.expected, _COVERAGE.c.submitted, _COVERAGE.c.accepted),
        # Where nothing below ever was anything else, the tree of any record's day is today's.
        and_(not_(ENDED), not_(_STOOD_ELSEWHERE)).label("settled"),
        or_(ENDED, _DIVIDED).label("divided"),
        or_(ENDED, _YOUNGER).label("younger"),
        # A plan for any subtree is a bad one for most: reading one commune and the whole nation takes different ways.
        func.set_config("plan_cache_mode", "force_custom_plan", true()).label("plans"),
    )
    .select_from(Unit)
    .outerjoin(_CAMPAIGN, true())
    .outerjoin(_COVERAGE, true())
    .where(Unit.id == bindparam("unit"))
)


@dataclass(frozen=True, slots=True)
class Place:
    """Of what the figures are: a unit, and the campaign or the year they are asked for."""

    unit: UUID
    structure: str
    """Which tree is asked for: ``as_recorded``, ``current`` or ``on_date``."""
    today: date
    campaign: UUID | None = None
    year: int | None = None
    day: date | None = None
    """Whose tree is asked for, if that of a date is."""


async def ground(session: Session, asked: Place) -> AnyRow:
    """The unit, the campaign that applies, and how many reports are expected and in. Raises 404: no such unit."""
    values = asdict(asked)
    row = (await session.execute(_GROUND, values)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def rows(session: Session, figures: Figures, values: Mapping[str, Any]) -> Sequence[AnyRow]:
    """The total and after it every row, in one statement."""
    return (await session.execute(figures.select, dict(values))).all()


async def listed(session: Session, statement: AnySelect, values: Mapping[str, Any]) -> Sequence[AnyRow]:
    """The rows of one more statement about the same question."""
    return (await session.execute(statement, dict(values))).all()


def bindings(ground: AnyRow, today: date) -> dict[str, Any]:
    """What every statement binds: the unit and its subtree, the years and the window of the campaign, the day.

    Of a unit that has ended, asked about in a tree that had it, the subtree is that of the unit which covers it today.
    """
    within: str = ground.within
    return {
        "path_from": within,
        "path_to": within.rstrip(".") + "/",
        "asked": ground.id,
        **children.bindings(ground.path),
        "today": today,
        "years": ground.years,
        "window_from": ground.window_from,
        "window_to": ground.window_to,
    }
