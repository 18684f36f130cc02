"""The verbs of a subscription: rule, change, audit entry. Its deliveries: ``log.py``."""

import base64
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx, UnitEnded, UnitRef, allowed
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.kernel.clock import wall
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Invalid, Text, check_version, on_constraint
from app.kernel.ids import new_id
from app.kernel.workflow import step
from app.units.references import living_ref
from app.units.schemas import UnitBrief
from app.webhooks import queries
from app.webhooks.addresses import Addresses, Refused
from app.webhooks.events import EventType, reading
from app.webhooks.schemas import (
    SecretIn,
    SecretMade,
    WebhookIn,
    WebhookMade,
    WebhookOut,
    WebhookPatch,
    WebhookTransition,
)
from app.webhooks.workflow import MACHINE

MANAGE: Final = Permission.WEBHOOK_MANAGE
_TAKEN = Text("Đơn vị đã có webhook tới địa chỉ này", "The unit has a webhook to this address already")
on_constraint("uq_webhooks_unit_id_url", Duplicate(_TAKEN, [FieldError("/url", "duplicate", _TAKEN)]))
_EMPTY = Text("Không được để trống", "It cannot be null")


def unit_of(row: AnyRow) -> UnitRef:
    """The subscription's unit."""
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


def subject_of(row: AnyRow) -> Subject:
    """The subscription as the event log names it."""
    return Subject("webhook", row.id, unit_of(row))


def present(tx: Tx, row: AnyRow) -> WebhookOut:
    """A row as the caller sees it."""
    facts = row._asdict()
    facts["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    facts["events"] = [EventType(event) for event in row.events]
    acts = [] if row.unit_ended and row.status == "disabled" else allowed(tx.actor, MACHINE, row.status, unit_of(row))
    facts["allowed_actions"] = acts
    return WebhookOut.of({name: facts[name] for name in WebhookOut.model_fields})


async def read(tx: Tx, webhook_id: UUID) -> WebhookOut:
    """One subscription. Raises 404 outside the fence, 403."""
    row = await queries.get(tx.session, webhook_id)
    tx.actor.require(MANAGE, unit_of(row))
    return present(tx, row)


def new_secret() -> str:
    """A secret of 192 bits as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


async def _add_secret(tx: Tx, webhook_id: UUID, unit: UnitRef) -> str:
    secret = new_secret()
    values = {"id": new_id(), "webhook_id": webhook_id, "unit_id": unit.id, "unit_path": unit.path, "secret": secret}
    await queries.add_secret(tx.session, {**values, "created_at": wall()})
    return secret


async def _vet(addresses: Addresses, url: str) -> None:
    try:
        await addresses.pin(url)
    except Refused as fault:
        raise Invalid(errors=[FieldError("/url", fault.code, fault.told)]) from fault


def _require_reading(tx: Tx, events: Sequence[str], unit: UnitRef) -> None:
    """Nobody is told of what he or she may not read: a key without the permission does not get it this way.

    Raises 403 where the caller reads such records nowhere, 404 where only elsewhere.
    """
    for permission in dict.fromkeys(reading(EventType(event)) for event in events):
        if permission is not None:
            tx.actor.require_somewhere(permission)
            tx.actor.require(permission, unit)


async def create(tx: Tx, addresses: Addresses, data: WebhookIn) -> WebhookMade:
    """Subscribe. The secret stands in the answer and nowhere else.

    Raises 404 / 403 by the unit and by what may be read there, 409 ``duplicate``, 422 for an address that webhooks may
    not go to.
    """
    unit = await living_ref(tx.session, data.unit_id)
    tx.actor.require(MANAGE, unit)
    _require_reading(tx, data.events, unit)
    await _vet(addresses, data.url)
    shown = {"url": data.url, "events": _unique(data.events), "description": data.description}
    webhook_id = new_id()
    values = {
        "id": webhook_id,
        "unit_id": unit.id,
        "unit_path": unit.path,
        "active_since": tx.now,
        "created_by": tx.actor.id,
        "created_at": tx.now,
        "updated_at": tx.now,
        **shown,
    }
    await queries.add(tx.session, values)
    secret = await _add_secret(tx, webhook_id, unit)
    await record(tx, "webhook.create", Subject("webhook", webhook_id, unit), change=(None, shown))
    return WebhookMade.of({**dict(await read(tx, webhook_id)), "secret": secret})


def _unique(events: Sequence[EventType]) -> list[str]:
    return sorted({str(event) for event in events})


async def locked(tx: Tx, webhook_id: UUID, expected: int | None = None, *, ending: bool = False) -> AnyRow:
    """The subscription, kept from being changed by others. Raises 404, 403, 412.

    Whoever has a hand on where it goes, how it is signed or what is sent again could be told of its events, and so must
    be allowed to read what they are about. Only ``ending`` it tells nobody anything. Of a unit that has ended nothing
    comes any more: 409 ``unit_ended``.
    """
    row = await queries.get(tx.session, webhook_id, lock=True)
    tx.actor.require(MANAGE, unit_of(row))
    if not ending:
        if row.unit_ended:
            raise UnitEnded.of(row.unit_id)
        _require_reading(tx, row.events, unit_of(row))
    check_version(expected, row.version)
    return row


async def edit(tx: Tx, addresses: Addresses, webhook_id: UUID, expected: int | None, data: WebhookPatch) -> WebhookOut:
    """Change address, events or description. Raises 403, 409 ``duplicate``, 412, 422."""
    row = await locked(tx, webhook_id, expected)
    values: dict[str, Any] = data.model_dump(exclude_unset=True)
    faults = [FieldError(f"/{name}", "null", _EMPTY) for name in ("url", "events") if values.get(name, "") is None]
    if faults:
        raise Invalid(errors=faults)
    if data.events is not None:
        _require_reading(tx, data.events, unit_of(row))
        values["events"] = _unique(data.events)
    if data.url is not None:
        await _vet(addresses, data.url)
    before = {name: getattr(row, name) for name in values}
    await queries.change(tx.session, row.id, {**values, "updated_at": tx.now})
    await record(tx, "webhook.edit", subject_of(row), change=(before, values))
    return await read(tx, row.id)


async def move(tx: Tx, webhook_id: UUID, expected: int | None, data: WebhookTransition) -> WebhookOut:
    """``disable`` (what waits is not sent) or ``enable`` (from now on). Raises 403, 409 ``invalid_state``, 412."""
    row = await locked(tx, webhook_id, expected, ending=data.action == "disable")
    found = step(MACHINE, row.status, data.action)
    if data.action == "enable":
        values = {"status": found.to, "disabled_reason": None, "active_since": tx.now, "failing_since": None}
    else:
        values = {"status": found.to, "disabled_reason": "by_hand"}
    before = {name: getattr(row, name) for name in values}
    await queries.change(tx.session, row.id, {**values, "updated_at": tx.now})
    await record(tx, f"webhook.{data.action}", subject_of(row), change=(before, values), note=data.note)
    return await read(tx, row.id)


async def delete(tx: Tx, webhook_id: UUID, expected: int | None) -> None:
    """Delete a subscription with the log of its deliveries; the event log keeps that it was. Raises 403, 412."""
    row = await locked(tx, webhook_id, expected, ending=True)
    await queries.remove(tx.session, row.id)
    before = {"url": row.url, "events": row.events, "description": row.description}
    await record(tx, "webhook.delete", subject_of(row), change=(before, None))


async def rotate(tx: Tx, webhook_id: UUID, data: SecretIn) -> SecretMade:
    """A new secret; for the overlap, messages carry the signatures of both. Raises 404, 403."""
    row = await locked(tx, webhook_id)
    until = wall() + timedelta(hours=data.overlap_hours)
    await queries.expire_secrets(tx.session, row.id, until)
    secret = await _add_secret(tx, row.id, unit_of(row))
    await record(tx, "webhook.rotate_secret", subject_of(row), change=(None, {"previous_expire_at": until}))
    return SecretMade.of({"secret": secret, "previous_expire_at": until})
