"""All SQL about situation figures and their catalogue."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, bindparam, cast, delete, func, insert, literal, or_, select, update
from sqlalchemy.orm import aliased

from app.campaigns.models import Campaign
from app.campaigns.period_queries import locked_by
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.locks import LockSpace
from app.kernel.pagination import Listing
from app.situation.models import Indicator, SituationFigure
from app.units.models import Unit
from app.units.queries import under_clause

# The same number and key as in the trigger of revision 0012: figures of a unit are written one after another. Meanwhile
# the catalogue keeps its meaning: units may read it but, through the fence, not lock its rows.
_UNIT_KEY = (literal(LockSpace.SITUATION_FIGURES.value), func.hashtext(bindparam("unit_id", type_=String)))
_CATALOGUE_KEY = (literal(LockSpace.INDICATORS.value), literal(0))
_TURN = select(
    cast(func.pg_advisory_xact_lock(*_UNIT_KEY), String).label("unit"),
    cast(func.pg_advisory_xact_lock_shared(*_CATALOGUE_KEY), String).label("catalogue"),
)
_SEIZE = select(cast(func.pg_advisory_xact_lock(*_CATALOGUE_KEY), String))

# --- the catalogue ---------------------------------------------------------------------------------------------------

_Part = aliased(Indicator, name="part_indicator")
_Whole = aliased(Indicator, name="whole_indicator")
_INDICATOR = (
    select(
        *(column for column in Indicator.__table__.columns),
        _Part.code.label("part"),
        _Whole.code.label("whole"),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        Unit.ended_on.is_not(None).label("unit_ended"),
    )
    .join(Unit, Unit.id == Indicator.unit_id)
    .outerjoin(_Part, _Part.id == Indicator.part_id)
    .outerjoin(_Whole, _Whole.id == Indicator.whole_id)
)
_ONE_INDICATOR = _INDICATOR.where(Indicator.id == bindparam("id"))
_LOCKED_INDICATOR = _ONE_INDICATOR.with_for_update(of=Indicator)
_SERVED = select(Unit.path).where(Unit.id == bindparam("for_unit")).scalar_subquery()
# Of entries with the same code the nearest one serves: it comes last and replaces the others in ``serving``.
_SERVING = (
    select(*(column for column in Indicator.__table__.columns))
    .where(func.starts_with(bindparam("path", type_=String), Indicator.unit_path))
    .order_by(func.length(Indicator.unit_path))
)
_CODES = select(Indicator.code).where(Indicator.unit_id == bindparam("unit_id"))
_LAST_USE = (
    select(func.max(Campaign.window_to))
    .join(SituationFigure, SituationFigure.campaign_id == Campaign.id)
    .join(
        Indicator,
        or_(
            *(
                column == SituationFigure.indicator_id
                for column in (Indicator.id, Indicator.part_id, Indicator.whole_id)
            )
        ),
    )
    .where(Indicator.id == bindparam("id"))
)

INDICATORS = Listing(
    select=_INDICATOR,
    key=Indicator.id,
    sorts={
        "position": (Indicator.unit_path, Indicator.position),
        "code": (Indicator.code,),
        "updated_at": (Indicator.updated_at,),
        "-updated_at": (Indicator.updated_at,),
    },
    filters={
        "unit": Indicator.unit_id == bindparam("unit"),
        "for_unit": func.starts_with(_SERVED, Indicator.unit_path),
        "code": Indicator.code == bindparam("code"),
        "kind": Indicator.kind == bindparam("kind"),
        "on": (Indicator.valid_from <= bindparam("on"))
        & or_(Indicator.valid_to.is_(None), Indicator.valid_to > bindparam("on")),
        "updated_since": Indicator.updated_at >= bindparam("updated_since"),
    },
)


async def indicator(session: Session, indicator_id: UUID, *, lock: bool = False) -> AnyRow:
    """One entry with its unit. Raises 404.

    ``lock`` waits for all who are writing a figure, and keeps others from beginning to. It needs the right to write:
    outside the writing fence a row that can be read is not found for locking.
    """
    if lock:
        await session.execute(_SEIZE)
    row = (await session.execute(_LOCKED_INDICATOR if lock else _ONE_INDICATOR, {"id": indicator_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def serving(session: Session, path: str) -> dict[str, AnyRow]:
    """The indicators that serve a unit at ``path``, by code: its own entries, and the nearest ones from above."""
    return {row.code: row for row in await session.execute(_SERVING, {"path": path})}


async def codes(session: Session, unit_id: UUID) -> set[str]:
    """The codes that the unit's own catalogue holds."""
    return set((await session.execute(_CODES, {"unit_id": unit_id})).scalars())


async def last_use(session: Session, indicator_id: UUID) -> date | None:
    """The last day of the latest campaign with a figure of this indicator, or of a ratio's counts; None without any."""
    found: date | None = await session.scalar(_LAST_USE, {"id": indicator_id})
    return found


async def add_indicator(session: Session, values: Mapping[str, Any]) -> None:
    """Insert an entry."""
    await session.execute(insert(Indicator), dict(values))


async def change_indicator(session: Session, indicator_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked entry and count its version up."""
    statement = update(Indicator).where(Indicator.id == indicator_id)
    await session.execute(statement.values(**values, version=Indicator.version + 1))


# --- figures ---------------------------------------------------------------------------------------------------------

_SELECT = (
    select(
        *(column for column in SituationFigure.__table__.columns),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        Unit.ended_on.is_not(None).label("unit_ended"),
        Campaign.code.label("campaign_code"),
        Campaign.number.label("campaign_number"),
        Campaign.title.label("campaign_title"),
        Campaign.status.label("campaign_status"),
        Campaign.window_to,
        Indicator.code.label("indicator_code"),
        Indicator.title_vi.label("indicator_title_vi"),
        Indicator.title_en.label("indicator_title_en"),
        Indicator.unit_of_count.label("indicator_unit_of_count"),
        Indicator.direction.label("indicator_direction"),
        Indicator.kind.label("indicator_kind"),
        locked_by(SituationFigure.unit_id, Campaign.window_to).label("locked_by"),
    )
    .join(Unit, Unit.id == SituationFigure.unit_id)
    .join(Campaign, Campaign.id == SituationFigure.campaign_id)
    .join(Indicator, Indicator.id == SituationFigure.indicator_id)
)
_ONE = _SELECT.where(SituationFigure.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=SituationFigure, key_share=True)
_STANDING = _SELECT.where(
    or_(
        SituationFigure.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        (SituationFigure.unit_id == any_(bindparam("unit_ids", type_=ARRAY(Uuid))))
        & (SituationFigure.campaign_id == any_(bindparam("campaign_ids", type_=ARRAY(Uuid)))),
    )
)
_TABLE = select(*(column for column in SituationFigure.__table__.columns)).where(
    SituationFigure.unit_id == bindparam("unit_id"), SituationFigure.campaign_id == bindparam("campaign_id")
)
_TABLE_LOCKED = _TABLE.order_by(SituationFigure.id).with_for_update(key_share=True)
_LOCKING_REPORT = select(locked_by(bindparam("unit_id"), cast(bindparam("day"), Campaign.window_to.type)))

FIGURES = Listing(
    select=_SELECT,
    key=SituationFigure.id,
    sorts={
        "unit": (SituationFigure.unit_path, SituationFigure.campaign_id, Indicator.position),
        "updated_at": (SituationFigure.updated_at,),
        "-updated_at": (SituationFigure.updated_at,),
    },
    filters={
        "unit": SituationFigure.unit_id == bindparam("unit"),
        "under": under_clause(SituationFigure.unit_path),
        "campaign": SituationFigure.campaign_id == bindparam("campaign"),
        "indicator": Indicator.code == bindparam("indicator"),
        "updated_since": SituationFigure.updated_at >= bindparam("updated_since"),
    },
)


async def take_turn(session: Session, unit_id: UUID) -> None:
    """Wait for others who write figures of the unit, and keep the catalogue as it is until the transaction ends."""
    await session.execute(_TURN, {"unit_id": str(unit_id)})


async def get(session: Session, figure_id: UUID, *, lock: bool = False) -> AnyRow:
    """One figure with its unit, campaign and indicator; ``lock`` keeps others from changing it. 404 outside."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": figure_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def standing(
    session: Session, ids: Sequence[UUID], unit_ids: Sequence[UUID], campaign_ids: Sequence[UUID]
) -> Sequence[AnyRow]:
    """Figures with one of ``ids``, and those of ``unit_ids`` in ``campaign_ids``."""
    given = {"ids": list(ids), "unit_ids": list(unit_ids), "campaign_ids": list(campaign_ids)}
    return (await session.execute(_STANDING, given)).all()


async def table(session: Session, unit_id: UUID, campaign_id: UUID, *, lock: bool = False) -> Sequence[AnyRow]:
    """All figures of a unit in a campaign."""
    named = {"unit_id": unit_id, "campaign_id": campaign_id}
    return (await session.execute(_TABLE_LOCKED if lock else _TABLE, named)).all()


async def locking_report(session: Session, unit_id: UUID, day: date) -> UUID | None:
    """The report that locks what the unit recorded on ``day``."""
    found: UUID | None = await session.scalar(_LOCKING_REPORT, {"unit_id": unit_id, "day": day})
    return found


async def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert figures."""
    if rows:
        await session.execute(insert(SituationFigure), [dict(row) for row in rows])


async def change(session: Session, figure_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked figure and count its version up."""
    statement = update(SituationFigure).where(SituationFigure.id == figure_id)
    await session.execute(statement.values(**values, version=SituationFigure.version + 1))


async def remove(session: Session, figure_id: UUID) -> None:
    """Delete a figure."""
    await session.execute(delete(SituationFigure).where(SituationFigure.id == figure_id))
