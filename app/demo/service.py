"""Loading the demonstration: real units, the real plan, and a sample that says everywhere that it is one."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib.resources import files
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, text, update

from app.access.actor import SYSTEM, Tx, UnitRef
from app.audit.service import Subject, record
from app.awards.models import Award, AwardEndorsement, AwardQuota
from app.awards.shipped import load_shipped_award_forms, shipped_award_forms
from app.campaigns.models import Obligation
from app.campaigns.schemas import CampaignIn, CampaignTransition, DeadlineIn
from app.campaigns.service import add_deadline, create, open_campaign
from app.campaigns.service import move as move_campaign
from app.campaigns.shipped import load_shipped_campaign, shipped_campaign
from app.criteria.models import CriteriaSet as CriteriaSetRow
from app.criteria.models import Criterion as CriterionRow
from app.criteria.shipped import load_shipped
from app.demo.accounts import accounts
from app.demo.assessments import add_assessments
from app.demo.base_units import MARK, sample_csv
from app.demo.commendations import Catalogue, add_commendations
from app.demo.models import InstanceFact
from app.demo.recording import insert_records, records_of
from app.demo.reporting import FINISHED, PAST_DUE, add_past, add_reports
from app.demo.scene import STARTS_AT, CriteriaSet, Criterion, Place, Rows, Scene, day
from app.demo.sealing import seal_reports
from app.evaluations.models import Evaluation, EvaluationResult
from app.forms.shipped import load_shipped_form_sets
from app.identity.models import GrantRow, User
from app.identity.opening import leave_fence, open_as_system
from app.kernel.clock import wall
from app.kernel.db import Base, Session, tell_planner
from app.registrations.models import Registration
from app.reports.models import Report, ReportSection
from app.units.loading import load_units
from app.units.models import Unit
from app.units.queries import unit_ref

UNITS_FROM = date(2023, 1, 1)
"""The tree of 2024 is the one of the whole review window (15/01/2023 - 14/7/2024)."""
LOCK = 3202025
PAST_END = day("2024-01-15")
"""When the campaign of 2023 is closed: its reports are sealed before anything later is recorded."""
Progress = Callable[[str], None]


async def state_of(session: Session) -> dict[str, Any] | None:
    """The demonstration's facts, or None when this database holds none. Call it as the owning role."""
    statement = select(InstanceFact.value).where(InstanceFact.key == "demo")
    return (await session.execute(statement)).scalar_one_or_none()


async def change_password(session: Session, password: str, password_hash: str) -> None:
    """Give all accounts of the demonstration another password. Call it as the owning role."""
    ours = User.full_name.endswith(MARK)
    await session.execute(update(User).where(ours).values(password_hash=password_hash))
    value = InstanceFact.value.op("||")(func.jsonb_build_object("password", password))
    await session.execute(update(InstanceFact).where(InstanceFact.key == "demo").values(value=value))


async def is_empty(session: Session) -> bool:
    """Whether no unit was ever loaded: the sample never goes beside real work."""
    return (await session.scalar(select(Unit.id).limit(1))) is None


async def take_lock(session: Session) -> None:
    """Let a second starter wait until the first has loaded everything."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


async def load(session: Session, password: str, password_hash: str, progress: Progress) -> int:
    """Load everything into an empty, migrated database, in the caller's one transaction; the calendar's offset.

    The password is kept readable beside the offset, so that a second start can print it again: it opens nothing but
    invented accounts. Call it as the owning role.
    """
    offset = int((STARTS_AT - wall()).total_seconds())
    fact = {"offset_seconds": offset, "password": password}
    await session.execute(insert(InstanceFact).values(key="demo", value=fact))
    await open_as_system(session)
    await _fill(Tx(session, SYSTEM, STARTS_AT, "demo"), password_hash, progress)
    return offset


async def _count_rows(session: Session) -> None:
    await leave_fence(session)
    await tell_planner(session)
    await open_as_system(session)


async def _fill(tx: Tx, password_hash: str, progress: Progress) -> None:
    progress("Đơn vị hành chính Nghệ An 2024 / administrative units")
    shipped = files("app.data") / "units" / "nghe_an_2024.csv"
    opening = replace(tx, now=day("2023-01-03"))
    _expect_clean(await load_units(opening, shipped.read_bytes(), valid_from=UNITS_FROM))
    progress("Khoảng 1.500 đơn vị cơ sở mẫu / sample base units")
    _expect_clean(await load_units(opening, sample_csv(await _places(tx.session)), valid_from=UNITS_FROM))
    places = await _places(tx.session)
    province = next(place for place in places if place.level == "province")
    owner = await unit_ref(tx.session, province.id)
    progress("Tài khoản / accounts")
    users, grants = accounts(places, password_hash, wall())
    await tx.session.execute(insert(User), users)
    await tx.session.execute(insert(GrantRow), grants)
    progress("Bộ tiêu chí, kế hoạch 320 / criteria sets, plan 320")
    await load_shipped(opening, owner, publish=True)
    await load_shipped_form_sets(opening, owner)
    campaign_id = await load_shipped_campaign(replace(tx, now=day("2024-04-26")), owner)
    await open_campaign(replace(tx, now=day("2024-05-02")), campaign_id)
    town = next(place for place in places if place.code == FINISHED)
    past_id = await _past_campaign(tx, town)
    progress("Đăng ký, đánh giá, báo cáo mẫu / sample registrations, evaluations, reports")
    scene = Scene(tuple(places), await _sets(tx.session), Random(320))  # noqa: S311 - a sample, not a secret
    past, rows = Rows(), Rows()
    add_assessments(scene, past, rows)
    add_past(scene, past, await _owed(tx.session, past_id), past_id)
    add_reports(scene, rows, await _owed(tx.session, campaign_id), campaign_id)
    add_commendations(scene, rows, await _award_forms(opening, owner, campaign_id))
    records = await records_of(opening, owner, scene, campaign_id)
    counts: Counter[str] = Counter()
    eras = ((past, past_id, opening.now, PAST_END), (rows, campaign_id, PAST_END, tx.now))
    for era, reported_in, since, until in eras:
        counts += Counter({table.__tablename__: len(found) for table, found in _tables(era).items()})
        await _insert(tx.session, era)
        counts += Counter(await insert_records(tx.session, records, since, until))
        await _count_rows(tx.session)
        progress("Niêm phong báo cáo mẫu / seal sample reports")
        counts["seals"] += await seal_reports(tx, reported_in)
    await record(tx, "demo.load", Subject("demonstration", None, owner), change=(None, dict(counts)))


async def _award_forms(tx: Tx, owner: UnitRef, campaign_id: UUID) -> Catalogue:
    codes = [form["code"] for form in shipped_award_forms()]
    ids = await load_shipped_award_forms(tx, owner)
    return Catalogue(campaign_id, dict(zip(codes, ids, strict=True)))


def _expect_clean(report: Any) -> None:
    if report.errors:
        raise AssertionError(f"the shipped data do not load: {report.errors[:3]}")


async def _places(session: Session) -> list[Place]:
    unit = (Unit.id, Unit.path, Unit.code, Unit.name, Unit.short_name, Unit.kind, Unit.level, Unit.parent_id)
    statement = select(*unit).order_by(Unit.path)
    return [Place(**row._asdict()) for row in await session.execute(statement)]


async def _sets(session: Session) -> tuple[CriteriaSet, ...]:
    found = []
    for row in await session.execute(
        select(CriteriaSetRow.id, CriteriaSetRow.applies_to_kinds).order_by(CriteriaSetRow.code)
    ):
        statement = (
            select(
                CriterionRow.id,
                CriterionRow.code,
                CriterionRow.measure,
                CriterionRow.threshold,
                CriterionRow.comparison,
                CriterionRow.required,
            )
            .where(CriterionRow.set_id == row.id)
            .order_by(CriterionRow.position, CriterionRow.id)
        )
        criteria = tuple(
            Criterion(
                c.id, c.code, c.measure, None if c.threshold is None else float(c.threshold), c.comparison, c.required
            )
            for c in await session.execute(statement)
        )
        found.append(CriteriaSet(row.id, frozenset(row.applies_to_kinds), criteria))
    return tuple(found)


async def _past_campaign(tx: Tx, town: Place) -> UUID:
    """A small closed campaign of 2023 in one town, so that late and missing reports can be seen; plainly a sample."""
    preparing = replace(tx, now=day("2023-09-25"))
    made = await create(
        preparing,
        CampaignIn(
            unit_id=town.id,
            code="MAU-2023",
            title="Báo cáo năm 2023 (dữ liệu mẫu, không phải kế hoạch có thật)",
            window_from=date(2023, 1, 15),
            window_to=date(2023, 12, 14),
            years=[2023],
            legal_basis=[],
            outline=shipped_campaign("plan_320")["outline"],
        ),
    )
    deadline = DeadlineIn(task="report", level="commune", due_before=PAST_DUE, source="Hạn mẫu")
    await add_deadline(preparing, made.id, deadline)
    await open_campaign(replace(tx, now=day("2023-10-02")), made.id)
    await move_campaign(replace(tx, now=PAST_END), made.id, None, CampaignTransition(action="close"))
    return made.id


async def _owed(session: Session, campaign_id: UUID) -> dict[UUID, UUID]:
    statement = select(Obligation.unit_id, Obligation.id).where(
        Obligation.campaign_id == campaign_id, Obligation.task == "report"
    )
    return {row.unit_id: row.id for row in await session.execute(statement.order_by(Obligation.unit_path))}


def _tables(rows: Rows) -> dict[type[Base], list[dict[str, object]]]:
    """What is inserted, each table after those it refers to."""
    return {
        Registration: rows.registrations,
        Evaluation: rows.evaluations,
        EvaluationResult: rows.results,
        Report: rows.reports,
        ReportSection: rows.sections,
        AwardQuota: rows.award_quotas,
        Award: rows.awards,
        AwardEndorsement: rows.award_endorsements,
    }


async def _insert(session: Session, rows: Rows) -> None:
    for table, found in _tables(rows).items():
        if found:
            await session.execute(insert(table), found)
    moved = (
        update(Obligation)
        .where(Obligation.id == bindparam("b_id"))
        .values(
            status=bindparam("status"),
            first_counted_at=bindparam("first_counted_at"),
            last_activity_at=bindparam("last_activity_at"),
            updated_at=bindparam("updated_at"),
            version=Obligation.version + 1,
        )
    )
    await session.execute(moved, rows.obligations)
