"""All SQL that fills a workbook in: what a unit and the base units directly under it have reported already."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Date, String, Uuid, and_, any_, bindparam, func, or_, select

from app.awards.models import Award, AwardForm
from app.campaigns.models import Campaign, OutlineSection
from app.campaigns.period_queries import locked_by
from app.criteria.models import CriteriaSet
from app.directives.models import Directive
from app.evaluations.models import Evaluation, EvaluationResult
from app.kernel.db import AnyRow, AnySelect, Session
from app.practices.models import Practice
from app.propaganda.models import Activity, ActivityForm
from app.registrations.models import Registration
from app.reports.models import Report, ReportSection
from app.situation.models import Indicator, SituationFigure
from app.submissions.workbook_layout import LAST_ROW
from app.units.models import Unit

_CAMPAIGN = bindparam("campaign", type_=Uuid)


def _of(unit_id: Any) -> ColumnElement[bool]:
    one_of: ColumnElement[bool] = unit_id == any_(bindparam("units", type_=ARRAY(Uuid)))
    return one_of


def _in_window(day: Any) -> ColumnElement[bool]:
    inside: ColumnElement[bool] = day.between(Campaign.window_from, Campaign.window_to)
    return inside


_UNITS = (
    select(Unit.id, Unit.code, Unit.name, Unit.level, Unit.kind, Unit.path)
    .where(
        or_(Unit.id == bindparam("unit"), and_(Unit.parent_id == bindparam("unit"), Unit.level == "base")),
        or_(Unit.ended_on.is_(None), Unit.id == bindparam("unit")),
    )
    .order_by(Unit.level == "base", Unit.sort_key, Unit.id)
)
_TODAY = bindparam("today", type_=Date)
_PATH = bindparam("path", type_=String)
_FORMS = (
    select(ActivityForm.code, ActivityForm.title_vi, ActivityForm.unit_of_count, ActivityForm.venue_kinds)
    .where(
        func.starts_with(_PATH, ActivityForm.unit_path),
        ActivityForm.valid_from <= _TODAY,
        or_(ActivityForm.valid_to.is_(None), ActivityForm.valid_to > bindparam("since", type_=Date)),
    )
    .order_by(func.length(ActivityForm.unit_path).desc(), ActivityForm.position, ActivityForm.code)
)
_INDICATORS = (
    select(Indicator.code, Indicator.title_vi, Indicator.unit_of_count)
    .where(
        func.starts_with(_PATH, Indicator.unit_path),
        Indicator.kind == "count",
        Indicator.valid_from <= _TODAY,
        or_(Indicator.valid_to.is_(None), Indicator.valid_to > bindparam("since", type_=Date)),
    )
    .order_by(func.length(Indicator.unit_path).desc(), Indicator.position, Indicator.code)
)
_AWARD_FORMS = (
    select(AwardForm.id, AwardForm.title)
    .where(
        func.starts_with(_PATH, AwardForm.unit_path),
        AwardForm.valid_from <= _TODAY,
        or_(AwardForm.valid_to.is_(None), AwardForm.valid_to > _TODAY),
    )
    .order_by(AwardForm.position, AwardForm.code, AwardForm.id)
)
_SETS = select(
    CriteriaSet.id, CriteriaSet.unit_id, CriteriaSet.code, CriteriaSet.set_version, CriteriaSet.applies_to_kinds
).where(CriteriaSet.status == "published", func.starts_with(_PATH, CriteriaSet.unit_path))

_DIRECTIVES = (
    select(
        Directive.__table__,
        Unit.code.label("unit_code"),
        locked_by(Directive.unit_id, Directive.issued_on).label("locked_by"),
    )
    .join(Unit, Unit.id == Directive.unit_id)
    .join(Campaign, Campaign.id == _CAMPAIGN)
    .where(_of(Directive.unit_id), _in_window(Directive.issued_on))
    .order_by(Directive.unit_path, Directive.issued_on, Directive.id)
)
_ACTIVITIES = (
    select(
        Activity.__table__,
        Unit.code.label("unit_code"),
        ActivityForm.code.label("form_code"),
        locked_by(Activity.unit_id, Activity.date_to).label("locked_by"),
    )
    .join(Unit, Unit.id == Activity.unit_id)
    .join(ActivityForm, ActivityForm.id == Activity.form_id)
    .join(Campaign, Campaign.id == _CAMPAIGN)
    .where(_of(Activity.unit_id), _in_window(Activity.date_to))
    .order_by(Activity.unit_path, Activity.date_to, Activity.id)
)
_FIGURES = (
    select(
        SituationFigure.__table__,
        Indicator.code.label("indicator_code"),
        locked_by(SituationFigure.unit_id, Campaign.window_to).label("locked_by"),
    )
    .join(Indicator, Indicator.id == SituationFigure.indicator_id)
    .join(Campaign, Campaign.id == SituationFigure.campaign_id)
    .where(_of(SituationFigure.unit_id), SituationFigure.campaign_id == _CAMPAIGN)
)
_REGISTRATIONS = (
    select(Registration.__table__, Unit.code.label("unit_code"), Unit.kind.label("unit_kind"))
    .join(Unit, Unit.id == Registration.unit_id)
    .join(Campaign, Campaign.id == _CAMPAIGN)
    .where(_of(Registration.unit_id), Registration.year == any_(Campaign.years))
    .order_by(Registration.unit_path, Registration.year)
)
_EVALUATIONS = (
    select(
        Evaluation.id,
        Evaluation.registration_id,
        Evaluation.criteria_set_id,
        Evaluation.stage,
        Evaluation.status,
        Evaluation.version,
    )
    .join(Campaign, Campaign.id == _CAMPAIGN)
    .where(_of(Evaluation.unit_id), Evaluation.year == any_(Campaign.years))
)
_RESULTS = (
    select(
        EvaluationResult.evaluation_id,
        EvaluationResult.criterion_id,
        EvaluationResult.self_outcome,
        EvaluationResult.self_figure,
        EvaluationResult.self_reason,
        EvaluationResult.self_evidence,
    )
    .join(Evaluation, Evaluation.id == EvaluationResult.evaluation_id)
    .join(Campaign, Campaign.id == _CAMPAIGN)
    .where(_of(Evaluation.unit_id), Evaluation.year == any_(Campaign.years))
)
_PRACTICES = (
    select(
        Practice.__table__,
        Unit.code.label("unit_code"),
        locked_by(Practice.unit_id, Practice.started_on).label("locked_by"),
    )
    .join(Unit, Unit.id == Practice.unit_id)
    .join(Campaign, Campaign.id == _CAMPAIGN)
    .where(_of(Practice.unit_id), _in_window(Practice.started_on))
    .order_by(Practice.unit_path, Practice.started_on, Practice.id)
)
_Recipient = Unit.__table__.alias("recipient")
_AWARDS = (
    select(
        *(column for column in Award.__table__.columns if column.name != "claim"),
        Unit.code.label("unit_code"),
        Unit.level.label("unit_level"),
        _Recipient.c.code.label("recipient_code"),
    )
    .join(Unit, Unit.id == Award.unit_id)
    .join(_Recipient, _Recipient.c.id == Award.recipient_unit_id)
    .where(_of(Award.unit_id), Award.campaign_id == _CAMPAIGN)
    .order_by(Award.unit_path, Award.id)
)
_OUTLINE = (
    select(OutlineSection.code, OutlineSection.number, OutlineSection.title, OutlineSection.guidance)
    .where(OutlineSection.campaign_id == _CAMPAIGN, OutlineSection.writable)
    .order_by(OutlineSection.position)
)
_REPORT = select(Report.id, Report.status, Report.version).where(
    Report.campaign_id == _CAMPAIGN, Report.unit_id == bindparam("unit")
)
_SECTIONS = (
    select(ReportSection.code, ReportSection.text)
    .join(Report, Report.id == ReportSection.report_id)
    .where(Report.campaign_id == _CAMPAIGN, Report.unit_id == bindparam("unit"))
)

RECORDS: dict[str, AnySelect] = {
    name: statement.limit(LAST_ROW)
    for name, statement in {
        "directives": _DIRECTIVES,
        "activities": _ACTIVITIES,
        "situation_figures": _FIGURES,
        "registrations": _REGISTRATIONS,
        "evaluations": _EVALUATIONS,
        "practices": _PRACTICES,
        "awards": _AWARDS,
    }.items()
}
"""What units have recorded, by sheet: more than a sheet holds is seen by the count."""


async def units(session: Session, unit_id: UUID) -> Sequence[AnyRow]:
    """The unit, then the base units directly under it."""
    return (await session.execute(_UNITS, {"unit": unit_id})).all()


async def catalogue(session: Session, name: str, given: dict[str, Any]) -> Sequence[AnyRow]:
    """``activity_forms``, ``indicators``, ``award_forms`` or ``criteria_sets`` that serve a unit at ``path``.

    Activities and indicators may be of the past: entries that ended after the day ``since`` are there too.
    """
    statements: dict[str, AnySelect] = {
        "activity_forms": _FORMS,
        "indicators": _INDICATORS,
        "award_forms": _AWARD_FORMS,
        "criteria_sets": _SETS,
    }
    wanted = {"activity_forms": ("path", "today", "since"), "indicators": ("path", "today", "since")}
    names = wanted.get(name, ("path", "today") if name == "award_forms" else ("path",))
    return (await session.execute(statements[name], {key: given[key] for key in names})).all()


async def records(session: Session, name: str, campaign_id: UUID, unit_ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """What the units have recorded of ``name`` (see :data:`RECORDS`) for the campaign."""
    return (await session.execute(RECORDS[name], {"campaign": campaign_id, "units": list(unit_ids)})).all()


async def results(session: Session, campaign_id: UUID, unit_ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """Self-assessed values of all evaluations of the units for the campaign's years."""
    return (await session.execute(_RESULTS, {"campaign": campaign_id, "units": list(unit_ids)})).all()


async def report(session: Session, campaign_id: UUID, unit_id: UUID) -> "tuple[AnyRow | None, dict[str, str]]":
    """The unit's report with its texts by heading; none while it has not begun one."""
    given = {"campaign": campaign_id, "unit": unit_id}
    row = (await session.execute(_REPORT, given)).one_or_none()
    texts = {found.code: found.text for found in await session.execute(_SECTIONS, given)} if row else {}
    return row, texts


async def outline(session: Session, campaign_id: UUID) -> Sequence[AnyRow]:
    """The headings under which the campaign wants text."""
    return (await session.execute(_OUTLINE, {"campaign": campaign_id})).all()
