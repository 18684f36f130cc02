"""All SQL of the cross-checks that is not a figure already: records that stand oddly, and sums of parts and wholes."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Integer, and_, any_, bindparam, case, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.campaigns.models import Campaign
from app.evaluations import models as evaluations
from app.evaluations.models import Evaluation
from app.kernel.db import AnyRow, AnySelect, Session
from app.propaganda.models import Activity
from app.registrations import models as registrations
from app.registrations.models import Registration
from app.reports.checks import MOST_LINKS
from app.situation.models import Indicator, SituationFigure
from app.statistics.subtree import inside
from app.units.models import Unit

_YEARS: Final = bindparam("years", type_=ARRAY(Integer))


def _first(statement: AnySelect) -> AnySelect:
    """The first records, and beside each how many there are."""
    return statement.add_columns(func.count().over().label("total")).limit(MOST_LINKS)


# What the unit's editors can put right themselves: its own records, and those of base units directly under it.
_OWN = or_(Unit.id == bindparam("unit_id"), and_(Unit.parent_id == bindparam("unit_id"), Unit.level == "base"))

_UNEVALUATED = _first(
    select(Registration.id, Registration.year, Unit.name)
    .join(Unit, Unit.id == Registration.unit_id)
    .where(
        registrations.REGISTERED,
        Registration.year == any_(_YEARS),
        inside(Registration.unit_path),
        ~exists(select(Evaluation.id).where(Evaluation.registration_id == Registration.id, evaluations.COUNTS)),
    )
    .order_by(Registration.unit_path, Registration.year)
)
_STRADDLING = _first(
    select(Activity.id, Activity.title)
    .join(Unit, Unit.id == Activity.unit_id)
    .join(Campaign, Campaign.id == bindparam("campaign_id"))
    .where(
        _OWN,
        Activity.nature == "period_total",
        Activity.date_from <= Campaign.window_to,
        Activity.date_to >= Campaign.window_from,
        or_(Activity.date_from < Campaign.window_from, Activity.date_to > Campaign.window_to),
    )
    .order_by(Activity.date_to, Activity.id)
)
_Total = aliased(Activity, name="whole")
_TWICE = _first(
    select(Activity.id, Activity.title)
    .join(Unit, Unit.id == Activity.unit_id)
    .join(Campaign, Campaign.id == bindparam("campaign_id"))
    .where(
        _OWN,
        Activity.nature == "event",
        Activity.date_to.between(Campaign.window_from, Campaign.window_to),
        exists(
            select(_Total.id).where(
                _Total.unit_id == Activity.unit_id,
                _Total.form_id == Activity.form_id,
                _Total.venue_kind.is_not_distinct_from(Activity.venue_kind),
                _Total.nature == "period_total",
                Activity.date_to.between(_Total.date_from, _Total.date_to),
            )
        ),
    )
    .order_by(Activity.date_to, Activity.id)
)
_SITUATION = (
    select(
        *(Indicator.id, Indicator.title_vi, Indicator.title_en),
        func.sum(SituationFigure.before_value).label("before"),
        func.sum(SituationFigure.after_value).label("after"),
        func.count().label("figures"),
    )
    .join(Indicator, Indicator.id == SituationFigure.indicator_id)
    .where(SituationFigure.campaign_id == bindparam("campaign_id"), inside(SituationFigure.unit_path))
    .group_by(Indicator.id)
    .order_by(Indicator.position, Indicator.id)
)
_Part, _Whole = aliased(Indicator, name="part"), aliased(Indicator, name="whole")


def _sum(column: Any, of: Any) -> Any:
    return func.coalesce(func.sum(case((SituationFigure.indicator_id == of, column), else_=0)), 0)


_PAIRS = (
    select(
        *(_Part.title_vi.label("part_title_vi"), _Part.title_en.label("part_title_en")),
        *(_Whole.title_vi.label("whole_title_vi"), _Whole.title_en.label("whole_title_en")),
        _sum(SituationFigure.before_value, _Part.id).label("part_before"),
        _sum(SituationFigure.before_value, _Whole.id).label("whole_before"),
        _sum(SituationFigure.after_value, _Part.id).label("part_after"),
        _sum(SituationFigure.after_value, _Whole.id).label("whole_after"),
    )
    .select_from(Indicator)
    .join(_Part, _Part.id == Indicator.part_id)
    .join(_Whole, _Whole.id == Indicator.whole_id)
    .join(SituationFigure, SituationFigure.indicator_id.in_((_Part.id, _Whole.id)))
    .where(SituationFigure.campaign_id == bindparam("campaign_id"), inside(SituationFigure.unit_path))
    .group_by(Indicator.id, _Part.id, _Whole.id)
    .order_by(Indicator.position, Indicator.id)
)


def bindings(report: AnyRow, years: Sequence[int]) -> dict[str, Any]:
    """What the statements bind for ``report``."""
    path = report.unit_path
    return {
        "unit_id": report.unit_id,
        "campaign_id": report.campaign_id,
        "path_from": path,
        "path_to": path.rstrip(".") + "/",
        "years": list(years),
    }


async def unevaluated(session: Session, given: Mapping[str, Any]) -> Sequence[AnyRow]:
    """Registrations standing without an evaluation that counts."""
    return (await session.execute(_UNEVALUATED, dict(given))).all()


async def straddling(session: Session, given: Mapping[str, Any]) -> Sequence[AnyRow]:
    """The unit's own period totals that lie partly outside the window."""
    return (await session.execute(_STRADDLING, dict(given))).all()


async def twice(session: Session, given: Mapping[str, Any]) -> Sequence[AnyRow]:
    """The unit's own events inside a period total of the same form and venue."""
    return (await session.execute(_TWICE, dict(given))).all()


async def situation(session: Session, given: Mapping[str, Any]) -> Sequence[AnyRow]:
    """Each indicator's sums before and after over the subtree."""
    return (await session.execute(_SITUATION, dict(given))).all()


async def pairs(session: Session, given: Mapping[str, Any]) -> Sequence[AnyRow]:
    """Each ratio's part and whole, summed before and after."""
    return (await session.execute(_PAIRS, dict(given))).all()
