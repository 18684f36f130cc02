"""The verbs of a legal act: judge it, store or carry it out, cancel it, take it back."""

from dataclasses import dataclass
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.kernel.errors import (
    DomainError,
    Duplicate,
    FieldError,
    Invalid,
    Text,
    check_version,
    on_constraint,
)
from app.kernel.ids import new_id
from app.kernel.pagination import PageRows
from app.kernel.workflow import require_note, step
from app.reorganisations import queries
from app.reorganisations.applying import carry_out, take_out
from app.reorganisations.balance import shortened
from app.reorganisations.balance_schemas import SHOWN, BalanceOut
from app.reorganisations.judging import judge, lines_of, stored_act
from app.reorganisations.presenting import full, unit_of
from app.reorganisations.recorded import recorded_since, refuse_recorded
from app.reorganisations.schemas import (
    BalancedQuery,
    ReorganisationHead,
    ReorganisationOut,
    ReorganisationQuery,
    ReorganisationTransition,
)
from app.reorganisations.workflow import MACHINE
from app.units.act import Act
from app.units.references import living_ref
from app.units.reorganising import lock_map

MANAGE = Permission.REORGANISATION_MANAGE
_SAME = Text("Quyết định này đã có với cùng ngày hiệu lực", "This decision stands already with the same day")
on_constraint("uq_reorganisations_decision", Duplicate(_SAME, [FieldError("/decision_number", "duplicate", _SAME)]))


class Overlapping(DomainError):
    """Another act is planned for the same part of the tree: which tree this one meets is not known yet."""

    code = "overlapping_act"
    title = Text(
        "Đã có văn bản sắp xếp khác chờ hiệu lực trên cùng địa bàn", "Another act is planned for the same area"
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """An act, and whether only its balance sheet is wanted."""

    act: Act
    dry_run: bool
    at_most: int
    """How many entries of each list of the sheet."""
    keep_later: bool = False
    """What units that end recorded since the act's day stays with them; otherwise it refuses the act."""


async def _ready(tx: Tx, unit_id: UUID) -> UnitRef:
    top = await living_ref(tx.session, unit_id)
    tx.actor.require(MANAGE, top)
    if top.level == "base":
        text = Text("Phải là đơn vị hành chính", "Must be an administrative unit")
        raise Invalid(errors=[FieldError("/unit_id", "unit_level", text)])
    return top


async def preview(
    tx: Tx, data: ReorganisationHead, act: Act, *, at_most: int = SHOWN, keep_later: bool = False
) -> BalanceOut:
    """The balance sheet of an act, its lists no longer than ``at_most``; nothing changes.

    ``keep_later`` as in ``judge``. Raises what :func:`create` raises.
    """
    top = await _ready(tx, data.unit_id)
    await _alone(tx, top, new_id())
    return shortened((await judge(tx, top, act, keep_later=keep_later)).balance.model_dump(), at_most)


async def create(tx: Tx, data: ReorganisationHead, act: Act, *, keep_later: bool = False) -> ReorganisationOut:
    """Take an act in: carried out at once, or planned where its day is still to come. ``keep_later`` as in ``judge``.

    Raises 404 / 403 by its unit, 409 ``duplicate`` or ``overlapping_act``, 422 with every fault by its line.
    """
    top = await _ready(tx, data.unit_id)
    now = act.effective_on <= tx.today
    await lock_map(tx.session, top, whole=now)
    act_id = new_id()
    await _alone(tx, top, act_id)
    judged = await judge(tx, top, act, keep_later=keep_later)
    head = data.model_dump(include=set(ReorganisationHead.model_fields) - {"unit_id"})
    place = {"unit_id": top.id, "unit_path": top.path}
    stamps = {"created_by": tx.actor.id, "created_at": tx.now, "updated_at": tx.now}
    values = {"id": act_id, **place, **head, "effective_on": act.effective_on, "status": "planned", **stamps}
    await queries.add(tx.session, values, [{"reorganisation_id": act_id, **place, **line} for line in lines_of(act)])
    told = {**head, "effective_on": act.effective_on, "changes": len(act.changes)}
    told["later_records"] = "keep" if keep_later else "refuse"
    await record(tx, "reorganisation.create", Subject("reorganisation", act_id, top), change=(None, told))
    if now:
        await carry_out(tx, await queries.get(tx.session, act_id), judged)
    return await _just(tx, act_id)


async def _alone(tx: Tx, top: UnitRef, act_id: UUID) -> None:
    other = await queries.overlapping(tx.session, top, act_id)
    if other is not None:
        raise Overlapping(
            Text(
                f"{other.decision_number} chờ hiệu lực từ {other.effective_on:%d/%m/%Y}; hủy kế hoạch hoặc chờ văn bản"
                " đó",
                f"{other.decision_number} is to take effect on {other.effective_on}: cancel it or wait for it",
            ),
            reorganisation_id=other.id,
        )


async def read(tx: Tx, act_id: UUID) -> ReorganisationOut:
    """One act. Raises 404."""
    row = await queries.get(tx.session, act_id)
    open_ = row.status == "applied" and tx.actor.can(MANAGE, unit_of(row))
    return full(tx, row, reversible=open_ and not await recorded_since(tx.session, act_id))


async def _just(tx: Tx, act_id: UUID) -> ReorganisationOut:
    """An act that this transaction has taken in or carried out: nobody can have recorded anything since."""
    row = await queries.get(tx.session, act_id)
    return full(tx, row, reversible=row.status == "applied")


async def balanced(tx: Tx, act_id: UUID, query: BalancedQuery) -> PageRows:
    """A page of the units in the balance sheet of an act; none before it was carried out. Raises 404."""
    await queries.get(tx.session, act_id)
    given = {"act": act_id} | query.filters()
    return await queries.BALANCED.page(tx.session, query, sort="position", given=given)


async def find(tx: Tx, query: ReorganisationQuery) -> PageRows:
    """A page of acts."""
    return await queries.LISTING.page(tx.session, query, sort=query.sort)


async def move(tx: Tx, act_id: UUID, expected: int | None, data: ReorganisationTransition) -> ReorganisationOut:
    """Take a step: ``cancel`` a planned act, ``apply`` one that failed on its day, ``reverse`` an applied one.

    Raises 403, 409 ``invalid_state``, ``already_recorded`` or ``later_act``, 412, 422 with what still does not fit.
    """
    row = await queries.get(tx.session, act_id)
    top = unit_of(row)
    tx.actor.require(MANAGE, top)
    if data.action != "cancel":
        await lock_map(tx.session, top)
    row = await queries.get(tx.session, act_id, lock=True)
    top = unit_of(row)
    check_version(expected, row.version)
    require_note(step(MACHINE, row.status, data.action), data.note)
    if data.action == "apply":
        await carry_out(tx, row, await judge(tx, top, await stored_act(tx, row), keep_later=True))
        return await _just(tx, act_id)
    if data.action == "reverse":
        await refuse_recorded(tx.session, act_id)
        await take_out(tx, row, data.note or "")
        values = {"status": "reversed", "reversed_at": tx.now}
    else:
        values = {"status": "cancelled"}
    await queries.change(tx.session, act_id, {**values, "note": data.note, "updated_at": tx.now})
    change = ({"status": row.status}, {"status": values["status"]})
    await record(
        tx, f"reorganisation.{data.action}", Subject("reorganisation", act_id, top), change=change, note=data.note
    )
    return await read(tx, act_id)
