"""The verbs about reminders: a campaign's plan, chasing by hand, what was sent."""

from importlib import resources
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.campaigns import queries as campaign_queries
from app.campaigns.deadlines import timeliness
from app.campaigns.service import kept_open, owner_of
from app.kernel.db import AnyRow
from app.kernel.errors import StaleVersion, check_version, on_constraint
from app.kernel.pagination import PageRows
from app.kernel.strictjson import loads
from app.reminders import queries
from app.reminders.schemas import ChaseIn, ChaseItem, ChaseOut, PlanIn, PlanOut, ReminderOut, ReminderQuery
from app.reminders.sending import Due, Manner, recipients, send
from app.units.queries import unit_ref
from app.units.schemas import UnitBrief

on_constraint("pk_reminder_plans", StaleVersion())
_NAMES: Final = ("enabled", "remind_days_before", "escalate_days_after")


def _shipped() -> dict[str, Any]:
    found = loads(resources.files("app.data").joinpath("reminders", "plan.json").read_bytes())
    assert isinstance(found, dict)
    return found


PROPOSAL: Final = _shipped()
"""The plan of a campaign that has none of its own: ours, since plan 320 names no days."""


def _shown(campaign_id: UUID, row: AnyRow | None) -> PlanOut:
    if row is None:
        values = {name: PROPOSAL[name] for name in _NAMES}
        return PlanOut.of(
            {"campaign_id": campaign_id, "source": "proposal", **values, "version": 0, "updated_at": None}
        )
    values = {name: getattr(row, name) for name in (*_NAMES, "version", "updated_at")}
    return PlanOut.of({"campaign_id": campaign_id, "source": "campaign", **values})


async def read_plan(tx: Tx, campaign_id: UUID) -> PlanOut:
    """The plan in force. Raises 404 by the campaign."""
    await campaign_queries.get(tx.session, campaign_id)
    return _shown(campaign_id, await queries.plan(tx.session, campaign_id))


async def put_plan(tx: Tx, campaign_id: UUID, expected: int | None, data: PlanIn) -> PlanOut:
    """Give the campaign a plan of its own. Raises 404, 403, 412, 422."""
    campaign = await campaign_queries.get(tx.session, campaign_id)
    tx.actor.require(Permission.CAMPAIGN_MANAGE, owner_of(campaign))
    row = await queries.plan(tx.session, campaign_id, lock=True)
    before = _shown(campaign_id, row)
    check_version(expected, before.version)
    values: dict[str, Any] = {
        "enabled": data.enabled,
        "remind_days_before": sorted(set(data.remind_days_before), reverse=True),
        "escalate_days_after": sorted(set(data.escalate_days_after)),
    }
    if row is None:
        place = {"campaign_id": campaign_id, "unit_id": campaign.unit_id, "unit_path": campaign.unit_path}
        await queries.add_plan(tx.session, {**place, **values, "created_at": tx.now, "updated_at": tx.now})
    else:
        await queries.change_plan(tx.session, campaign_id, {**values, "updated_at": tx.now})
    change = ({name: getattr(before, name) for name in _NAMES}, values)
    await record(tx, "campaign.plan_reminders", Subject("campaign", campaign_id, owner_of(campaign)), change=change)
    return await read_plan(tx, campaign_id)


async def chase(tx: Tx, campaign_id: UUID, data: ChaseIn, *, dry_run: bool, mail: bool) -> ChaseOut:
    """Remind, by hand, every unit of a subtree that has not handed in: each once a day.

    Raises 404 / 403 by the unit, 409 ``campaign_closed``.
    """
    unit = await unit_ref(tx.session, data.unit_id)
    tx.actor.require(Permission.OBLIGATION_MANAGE, unit)
    await kept_open(tx, campaign_id)
    rows = await queries.owing_under(tx.session, campaign_id, data.task, unit)
    dues = [Due(row, "by_hand", tx.today) for row in rows]
    before = await queries.sent(tx.session, [row.id for row in rows], "by_hand", tx.today)
    told = {found: len(people) for found, people in (await recipients(tx, dues)).items()}
    wanted = [due for due in dues if due.owed.id not in before and told[due.owed.id]]
    reminded = {due.owed.id for due in wanted}
    if not dry_run:  # of two who chase at once, the second sends what the first has not
        now = await send(tx, wanted, Manner(mail, data.note))
        before |= reminded - now.keys()
        reminded &= now.keys()
    items = [_item(tx, row, told[row.id], row.id in before, row.id in reminded) for row in rows]
    count = {name: sum(item.result == name for item in items) for name in ("already_reminded", "nobody_to_remind")}
    return ChaseOut.of(
        {"dry_run": dry_run, "task": data.task, "owing": len(items), "reminded": len(reminded), **count, "items": items}
    )


def _item(tx: Tx, row: AnyRow, told: int, before: bool, reminded: bool) -> ChaseItem:
    return ChaseItem.of(
        {
            "obligation_id": row.id,
            "unit": UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name}),
            "timeliness": timeliness(row.due_before, row.extended_to, row.first_counted_at, tx.now),
            "recipients": told,
            "result": "reminded" if reminded else "already_reminded" if before else "nobody_to_remind",
        }
    )


async def list_reminders(tx: Tx, campaign_id: UUID, query: ReminderQuery) -> tuple[PageRows, list[ReminderOut]]:
    """What was sent in a campaign within the caller's scope, newest first. Raises 404 by the campaign."""
    await campaign_queries.get(tx.session, campaign_id)
    given = {**query.filters(), "campaign": campaign_id}
    rows = await queries.REMINDERS.page(tx.session, query, sort=query.sort, given=given)
    return rows, [_reminder(row) for row in rows.rows]


def _reminder(row: AnyRow) -> ReminderOut:
    facts = row._asdict()
    facts["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    return ReminderOut.of({name: facts[name] for name in ReminderOut.model_fields})
