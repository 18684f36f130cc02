"""All SQL about propaganda activities and their catalogue."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from app.campaigns.models import Campaign
from app.campaigns.period_queries import locked_by
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.locks import LockSpace
from app.kernel.pagination import Listing
from app.propaganda.models import AMOUNT, DAY, Activity, ActivityForm
from app.units.models import Unit
from app.units.queries import under_clause

# The same number and key as in the trigger of revision 0011: totals of a unit are written one after another. Meanwhile
# the catalogue keeps its meaning: units may read it but, through the fence, not lock its rows.
_UNIT_KEY = (literal(LockSpace.ACTIVITY_TOTALS.value), func.hashtext(bindparam("unit_id", type_=String)))
_CATALOGUE_KEY = (literal(LockSpace.ACTIVITY_FORMS.value), literal(0))
_TURN = select(
    cast(func.pg_advisory_xact_lock(*_UNIT_KEY), String).label("unit"),
    cast(func.pg_advisory_xact_lock_shared(*_CATALOGUE_KEY), String).label("catalogue"),
)
_UNIT = func.unnest(bindparam("unit_ids", type_=ARRAY(String))).column_valued("unit")
_TURNS = select(
    cast(func.pg_advisory_xact_lock(_UNIT_KEY[0], func.hashtext(_UNIT)), String),
    cast(func.pg_advisory_xact_lock_shared(*_CATALOGUE_KEY), String),
)
_SEIZE = select(cast(func.pg_advisory_xact_lock(*_CATALOGUE_KEY), String))

# --- the catalogue ---------------------------------------------------------------------------------------------------

_FORM = select(
    *(column for column in ActivityForm.__table__.columns),
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
    Unit.ended_on.is_not(None).label("unit_ended"),
).join(Unit, Unit.id == ActivityForm.unit_id)
_ONE_FORM = _FORM.where(ActivityForm.id == bindparam("id"))
_LOCKED_FORM = _ONE_FORM.with_for_update(of=ActivityForm)
_SERVED = select(Unit.path).where(Unit.id == bindparam("for_unit")).scalar_subquery()
_BY_CODE = (
    select(*(column for column in ActivityForm.__table__.columns))
    .where(
        ActivityForm.code == bindparam("code"),
        func.starts_with(bindparam("path", type_=String), ActivityForm.unit_path),
    )
    .order_by(func.length(ActivityForm.unit_path).desc())
    .limit(1)
)
_BY_CODES = select(*(column for column in ActivityForm.__table__.columns)).where(
    ActivityForm.code == any_(bindparam("codes", type_=ARRAY(String)))
)
_CODES = select(ActivityForm.code).where(ActivityForm.unit_id == bindparam("unit_id"))
_LAST_USE = select(func.max(DAY)).where(Activity.form_id == bindparam("id"))

FORMS = Listing(
    select=_FORM,
    key=ActivityForm.id,
    sorts={
        "position": (ActivityForm.unit_path, ActivityForm.position),
        "code": (ActivityForm.code,),
        "updated_at": (ActivityForm.updated_at,),
        "-updated_at": (ActivityForm.updated_at,),
    },
    filters={
        "unit": ActivityForm.unit_id == bindparam("unit"),
        "for_unit": func.starts_with(_SERVED, ActivityForm.unit_path),
        "code": ActivityForm.code == bindparam("code"),
        "category": ActivityForm.category == bindparam("category"),
        "group": ActivityForm.group_code == bindparam("group"),
        "on": (ActivityForm.valid_from <= bindparam("on"))
        & or_(ActivityForm.valid_to.is_(None), ActivityForm.valid_to > bindparam("on")),
        "updated_since": ActivityForm.updated_at >= bindparam("updated_since"),
    },
)


async def form(session: Session, form_id: UUID, *, lock: bool = False) -> AnyRow:
    """One entry with its unit. Raises 404.

    ``lock`` waits for all who are recording an activity, and keeps others from beginning to. It needs the right to
    write: outside the writing fence a row that can be read is not found for locking.
    """
    if lock:
        await session.execute(_SEIZE)
    row = (await session.execute(_LOCKED_FORM if lock else _ONE_FORM, {"id": form_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def form_by_code(session: Session, code: str, path: str) -> AnyRow | None:
    """The form that ``code`` means for a unit at ``path``: its own entry, or the nearest one from above."""
    return (await session.execute(_BY_CODE, {"code": code, "path": path})).one_or_none()


async def forms_by_code(session: Session, codes: Sequence[str]) -> dict[str, list[AnyRow]]:
    """The entries of all catalogues with one of ``codes``, by code: :func:`form_by_code` for many units."""
    found: dict[str, list[AnyRow]] = {}
    for row in await session.execute(_BY_CODES, {"codes": list(codes)}):
        found.setdefault(row.code, []).append(row)
    return found


async def codes(session: Session, unit_id: UUID) -> set[str]:
    """The codes that the unit's own catalogue holds."""
    return set((await session.execute(_CODES, {"unit_id": unit_id})).scalars())


async def last_use(session: Session, form_id: UUID) -> date | None:
    """The latest day of an activity of this form, None when there is none."""
    found: date | None = await session.scalar(_LAST_USE, {"id": form_id})
    return found


async def add_form(session: Session, values: Mapping[str, Any]) -> None:
    """Insert an entry."""
    await session.execute(insert(ActivityForm), dict(values))


async def change_form(session: Session, form_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked entry and count its version up."""
    statement = update(ActivityForm).where(ActivityForm.id == form_id)
    await session.execute(statement.values(**values, version=ActivityForm.version + 1))


# --- activities ------------------------------------------------------------------------------------------------------

_SELECT = (
    select(
        *(column for column in Activity.__table__.columns),
        AMOUNT.label("amount"),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        Unit.ended_on.is_not(None).label("unit_ended"),
        ActivityForm.code.label("form_code"),
        ActivityForm.category.label("form_category"),
        ActivityForm.group_code.label("form_group"),
        ActivityForm.title_vi.label("form_title_vi"),
        ActivityForm.title_en.label("form_title_en"),
        ActivityForm.counted.label("form_counted"),
        ActivityForm.unit_of_count.label("form_unit_of_count"),
        locked_by(Activity.unit_id, DAY).label("locked_by"),
    )
    .join(Unit, Unit.id == Activity.unit_id)
    .join(ActivityForm, ActivityForm.id == Activity.form_id)
)
_ONE = _SELECT.where(Activity.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Activity, key_share=True)
_OVERLAPPING = (
    select(Activity.id, Activity.title, Activity.date_from, Activity.date_to)
    .where(
        Activity.unit_id == bindparam("unit_id"),
        Activity.form_id == bindparam("form_id"),
        Activity.venue_kind.is_not_distinct_from(bindparam("venue_kind", type_=String)),
        Activity.nature == "period_total",
        Activity.id != bindparam("id"),
        Activity.date_from <= bindparam("date_to"),
        Activity.date_to >= bindparam("date_from"),
    )
    .order_by(Activity.date_from)
    .limit(1)
)

_TOTALS = select(*(column for column in Activity.__table__.columns)).where(
    Activity.unit_id == any_(bindparam("unit_ids", type_=ARRAY(Uuid))), Activity.nature == "period_total"
)
_STANDING = _SELECT.where(
    or_(
        Activity.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        and_(
            Activity.unit_id == any_(bindparam("unit_ids", type_=ARRAY(Uuid))),
            Activity.date_from == any_(bindparam("days", type_=ARRAY(Date))),
        ),
    )
).order_by(Activity.id)

ACTIVITIES = Listing(
    select=_SELECT,
    key=Activity.id,
    sorts={
        "date": (Activity.date_to,),
        "-date": (Activity.date_to,),
        "unit": (Activity.unit_path, Activity.date_to),
        "updated_at": (Activity.updated_at,),
        "-updated_at": (Activity.updated_at,),
    },
    filters={
        "unit": Activity.unit_id == bindparam("unit"),
        "under": under_clause(Activity.unit_path),
        "form": ActivityForm.code == bindparam("form"),
        "category": ActivityForm.category == bindparam("category"),
        "group": ActivityForm.group_code == bindparam("group"),
        "nature": Activity.nature == bindparam("nature"),
        "venue_kind": Activity.venue_kind == bindparam("venue_kind"),
        "day_from": Activity.date_to >= bindparam("day_from"),
        "day_to": Activity.date_to <= bindparam("day_to"),
        "campaign": exists().where(
            Campaign.id == bindparam("campaign"), DAY.between(Campaign.window_from, Campaign.window_to)
        ),
        "updated_since": Activity.updated_at >= bindparam("updated_since"),
    },
)


async def take_turn(session: Session, unit_id: UUID) -> None:
    """Wait for others who write activities of the unit, and keep the catalogue as it is until the transaction ends."""
    await session.execute(_TURN, {"unit_id": str(unit_id)})


async def take_turns(session: Session, unit_ids: Sequence[UUID]) -> None:
    """:func:`take_turn` for several units, in the order given."""
    await session.execute(_TURNS, {"unit_ids": [str(unit_id) for unit_id in unit_ids]})


async def totals(session: Session, unit_ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """The totals of the units."""
    return (await session.execute(_TOTALS, {"unit_ids": list(unit_ids)})).all()


async def standing(
    session: Session, ids: Sequence[UUID], unit_ids: Sequence[UUID], days: Sequence[date]
) -> Sequence[AnyRow]:
    """Activities with one of ``ids``, and those of ``unit_ids`` that begin on one of ``days``, the oldest first."""
    given = {"ids": list(ids), "unit_ids": list(unit_ids), "days": list(days)}
    return (await session.execute(_STANDING, given)).all()


async def get(session: Session, activity_id: UUID, *, lock: bool = False) -> AnyRow:
    """One activity with its unit and form; ``lock`` keeps others from changing it. 404 outside the fence."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": activity_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def overlapping(session: Session, facts: Mapping[str, Any]) -> AnyRow | None:
    """The first other total of the same unit, form and venue that shares a day with the total ``facts``."""
    names = ("id", "unit_id", "form_id", "venue_kind", "date_from", "date_to")
    return (await session.execute(_OVERLAPPING, {name: facts[name] for name in names})).one_or_none()


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert an activity."""
    await session.execute(insert(Activity), dict(values))


async def change(session: Session, activity_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked activity and count its version up."""
    statement = update(Activity).where(Activity.id == activity_id)
    await session.execute(statement.values(**values, version=Activity.version + 1))


async def remove(session: Session, activity_id: UUID) -> None:
    """Delete an activity."""
    await session.execute(delete(Activity).where(Activity.id == activity_id))
