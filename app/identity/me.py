"""Who the caller is, and what follows from it."""

from app.access.actor import Tx
from app.identity import queries_sign_in as queries
from app.identity.entrance import Entrance
from app.identity.schemas_account import ClockOut, MeGrant, MeOut
from app.kernel.clock import Clock
from app.units.schemas import UnitBrief


async def me(entrance: Entrance) -> MeOut:
    """The caller with grants, permissions and the domain clock. Raises 401."""
    async with entrance.as_caller(people_only=False, keep=False) as tx:
        actor = tx.actor
        person = await queries.account(tx.session, actor.id) if actor.kind == "user" and actor.id else None
        ids = [grant.unit.id for grant in actor.grants] + ([actor.home.id] if actor.home else [])
        units = await queries.units_by_id(tx.session, ids)
    return MeOut(
        kind="user" if person is not None else "service_account",
        id=actor.id,
        name=actor.name,
        full_name=person.full_name if person is not None else None,
        email=person.email if person is not None else None,
        phone=person.phone if person is not None else None,
        second_factor=bool(person.totp_confirmed) if person is not None else False,
        home=UnitBrief.model_validate(units[actor.home.id]) if actor.home else None,
        session_id=actor.session_id,
        key_id=actor.key_id,
        key_name=actor.key_name,
        grants=[
            MeGrant(role=grant.role, unit=units[grant.unit.id], permissions=permissions)
            for grant, permissions in actor.permissions()
        ],
        clock=_clock(tx, entrance.clock),
    )


def _clock(tx: Tx, clock: Clock) -> ClockOut:
    offset = round(clock.offset.total_seconds())
    return ClockOut(now=tx.now, today=tx.today, offset_seconds=offset, demo=offset != 0)
