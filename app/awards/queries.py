"""All SQL about proposals and their endorsements. Forms and quotas: ``queries_quotas.py``."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Date,
    LargeBinary,
    String,
    Uuid,
    any_,
    bindparam,
    case,
    column,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from app.access.actor import LABEL_WIDTH, UnitRef
from app.awards.models import Award, AwardEndorsement, AwardForm
from app.campaigns.models import Campaign
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.models import Unit
from app.units.queries import under_clause
from app.units.upward import bearing_path, deciding_level

_Recipient = aliased(Unit, name="recipient")
_Endorser = aliased(Unit, name="endorser")
_Deciding = aliased(Unit, name="deciding")
_Next = aliased(Unit, name="next")

# As `workflow.next_path` has it, so that a list shows where each proposal waits without asking for each.
# For a unit that has ended, the unit above the one that bears it.
_from = func.coalesce(bearing_path(), Award.unit_path)
_above = case(
    (func.starts_with(_from, _Endorser.path), func.length(_Endorser.path)),
    else_=func.length(_from),
)
_next_path = func.left(_from, _above - LABEL_WIDTH)

_SELECT = (
    select(
        *(found for found in Award.__table__.columns if found.name != "claim"),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        Unit.ended_on.is_not(None).label("unit_ended"),
        bearing_path().label("unit_bearing"),
        AwardForm.code.label("form_code"),
        AwardForm.title.label("form_title"),
        AwardForm.authority.label("form_authority"),
        func.coalesce(deciding_level(_Deciding.path, _Deciding.level, itself=True), AwardForm.handled_level).label(
            "deciding_level"
        ),
        Campaign.code.label("campaign_code"),
        Campaign.number.label("campaign_number"),
        Campaign.title.label("campaign_title"),
        Campaign.status.label("campaign_status"),
        _Recipient.code.label("recipient_unit_code"),
        _Recipient.name.label("recipient_unit_name"),
        _Deciding.code.label("deciding_unit_code"),
        _Deciding.name.label("deciding_unit_name"),
        _Deciding.path.label("deciding_unit_path"),
        _Next.id.label("next_unit_id"),
        _Next.path.label("next_unit_path"),
        _Next.level.label("next_unit_level"),
        _Next.code.label("next_unit_code"),
        _Next.name.label("next_unit_name"),
    )
    .join(Unit, Unit.id == Award.unit_id)
    .join(AwardForm, AwardForm.id == Award.award_form_id)
    .join(Campaign, Campaign.id == Award.campaign_id)
    .join(_Recipient, _Recipient.id == Award.recipient_unit_id)
    .join(_Deciding, _Deciding.id == Award.deciding_unit_id)
    .outerjoin(_Endorser, _Endorser.id == Award.endorsed_by_unit_id)
    .outerjoin(_Next, _Next.path == _next_path)
)
_ONE = _SELECT.add_columns(AwardForm.legal_basis).where(Award.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Award, key_share=True)
_STANDING = _SELECT.where(
    or_(
        Award.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        (Award.unit_id == any_(bindparam("unit_ids", type_=ARRAY(Uuid))))
        & (Award.campaign_id == any_(bindparam("campaign_ids", type_=ARRAY(Uuid)))),
    )
).order_by(Award.id)
_ENDORSEMENTS = (
    select(
        *(found for found in AwardEndorsement.__table__.columns),
        Unit.code.label("endorsing_unit_code"),
        Unit.name.label("endorsing_unit_name"),
    )
    .join(Unit, Unit.id == AwardEndorsement.endorsing_unit_id)
    .where(AwardEndorsement.award_id == bindparam("id"))
    .order_by(AwardEndorsement.round, AwardEndorsement.endorsed_at, AwardEndorsement.id)
)
_ABOVE = (
    select(Unit.id, Unit.path, Unit.level)
    .where(Unit.path == any_(bindparam("paths", type_=ARRAY(String(collation="C")))), Unit.level == bindparam("level"))
    .order_by(func.length(Unit.path).desc())
    .limit(1)
)
_NAMED = select(Unit.id, Unit.path, Unit.name).where(Unit.id == bindparam("id"))
_twins = func.award_twins(
    bindparam("own", type_=Uuid),
    bindparam("claim", type_=LargeBinary),
    bindparam("starts", type_=Date),
    bindparam("ends", type_=Date),
).table_valued(column("award_id", Uuid), column("overridden", Boolean), name="twins")
_TWINS = select(_twins.c.award_id, _twins.c.overridden)
_SEEN = (
    select(Award.id, Award.status, Unit.name.label("unit_name"), AwardForm.title.label("form_title"))
    .join(Unit, Unit.id == Award.unit_id)
    .join(AwardForm, AwardForm.id == Award.award_form_id)
    .where(Award.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(Award.id)
)
_CLAIM = select(Award.claim).where(Award.id == bindparam("id"))

LISTING = Listing(
    select=_SELECT,
    key=Award.id,
    sorts={
        "unit": (Award.unit_path,),
        "updated_at": (Award.updated_at,),
        "-updated_at": (Award.updated_at,),
    },
    filters={
        "campaign": Award.campaign_id == bindparam("campaign"),
        "unit": Award.unit_id == bindparam("unit"),
        "under": under_clause(Award.unit_path),
        "status": Award.status == bindparam("status"),
        "form": Award.award_form_id == bindparam("form"),
        "recipient_kind": Award.recipient_kind == bindparam("recipient_kind"),
        "updated_since": Award.updated_at >= bindparam("updated_since"),
    },
)


async def get(session: Session, award_id: UUID, *, lock: bool = False) -> AnyRow:
    """One proposal with all that it names; ``lock`` keeps others from changing it meanwhile. 404 outside the fence."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": award_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def standing(
    session: Session, ids: Sequence[UUID], unit_ids: Sequence[UUID], campaign_ids: Sequence[UUID]
) -> Sequence[AnyRow]:
    """Proposals with one of ``ids``, and those of ``unit_ids`` in ``campaign_ids``, the oldest first."""
    given = {"ids": list(ids), "unit_ids": list(unit_ids), "campaign_ids": list(campaign_ids)}
    return (await session.execute(_STANDING, given)).all()


async def endorsements(session: Session, award_id: UUID) -> Sequence[AnyRow]:
    """The proposal's endorsements, oldest first."""
    return (await session.execute(_ENDORSEMENTS, {"id": award_id})).all()


async def named_unit(session: Session, unit_id: UUID) -> "AnyRow | None":
    """A unit's path and name; ended ones too, since what it did may still be rewarded."""
    return (await session.execute(_NAMED, {"id": unit_id})).one_or_none()


async def at_level(session: Session, path: str, level: str) -> UnitRef | None:
    """The unit of ``level`` at ``path`` or above it, or None."""
    paths = [path[:end] for end in range(LABEL_WIDTH, len(path) + 1, LABEL_WIDTH)]
    row = (await session.execute(_ABOVE, {"paths": paths, "level": level})).one_or_none()
    return UnitRef(row.id, row.path, row.level) if row else None


async def twins(session: Session, award_id: UUID, claim: bytes, period: tuple[date, date]) -> Sequence[AnyRow]:
    """Other standing proposals, wherever they are, with the same claim in a period that overlaps.

    The one question that looks beyond the fence; what it answers is for :func:`seen` and never for the caller. It also
    waits for whoever asks the same at the same time, and makes others wait until this transaction ends.
    """
    values = {"own": award_id, "claim": claim, "starts": period[0], "ends": period[1]}
    return (await session.execute(_TWINS, values)).all()


async def seen(session: Session, ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """Those of the proposals ``ids`` that the caller may see."""
    return (await session.execute(_SEEN, {"ids": ids})).all()


async def claim(session: Session, award_id: UUID) -> bytes:
    """The stored claim of a proposal the caller has read."""
    found: bytes = (await session.execute(_CLAIM, {"id": award_id})).scalar_one()
    return found


async def change(session: Session, award_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked proposal and count its version up."""
    await session.execute(update(Award).where(Award.id == award_id).values(**values, version=Award.version + 1))


async def endorse(session: Session, values: Mapping[str, Any]) -> None:
    """Append an endorsement."""
    await session.execute(insert(AwardEndorsement), dict(values))


async def remove(session: Session, award_id: UUID) -> None:
    """Delete a draft."""
    await session.execute(delete(Award).where(Award.id == award_id))
