"""Which set of forms a campaign uses: the one somebody chose, or the one that stands by rule (``queries.pinned``)."""

from typing import Final
from uuid import UUID

from app.access.actor import Tx
from app.audit.service import Subject, record
from app.campaigns import queries as campaigns
from app.campaigns.service import owner_of
from app.forms import queries
from app.forms.definition import Definition
from app.forms.schemas import CampaignFormsIn, CampaignFormsOut, FormSetBrief
from app.forms.workflow import MANAGE
from app.kernel.db import AnyRow
from app.kernel.errors import DomainError, FieldError, Forbidden, Invalid, InvalidState, Text, check_version

_CONDUCTED_BY_OTHERS = Text(
    "Chỉ cán bộ điều phối của đơn vị chủ trì đợt sơ kết mới được chọn bộ biểu mẫu",
    "Only a coordinator of the unit that conducts the campaign may choose its forms",
)
_CLOSED = Text("Đợt sơ kết đã đóng: bộ biểu mẫu giữ nguyên", "The campaign is closed: its forms stay as they are")
_UNKNOWN = Text("Không có bộ biểu mẫu này", "There is no such set of forms")
_UNPUBLISHED = Text("Chỉ chọn được bộ biểu mẫu đang được ban hành", "Only a published set can be chosen")


class NoFormSet(DomainError):
    """No set of forms is published that the campaign could use."""

    code = "no_form_set"
    title = Text("Chưa có bộ biểu mẫu nào được ban hành", "No set of forms has been published")


async def in_use(tx: Tx, campaign_id: UUID) -> AnyRow:
    """The set that the campaign uses, with the campaign's spans. Raises 409 ``no_form_set``."""
    found = await queries.pinned(tx.session, campaign_id, tx.now)
    if found is None:
        raise NoFormSet
    return found


_MOST_KNOWN: Final = 16
_known: dict[tuple[UUID, int], Definition] = {}
"""Definitions by id and version of their set: to read and check one again takes longer than most forms' figures."""


async def definition_of(tx: Tx, row: AnyRow) -> Definition:
    """What the forms of the set in ``row`` are made of."""
    place = (row.id, row.version)
    found = _known.get(place)
    if found is None:
        found = Definition.model_validate(await queries.definition(tx.session, row.id))
        if len(_known) >= _MOST_KNOWN:
            _known.pop(next(iter(_known)), None)
        _known[place] = found
    return found


async def read(tx: Tx, campaign_id: UUID) -> CampaignFormsOut:
    """Which set the campaign uses. Raises 404, 409 ``no_form_set``."""
    campaign = await campaigns.get(tx.session, campaign_id)
    row = await in_use(tx, campaign_id)
    return CampaignFormsOut.of(
        {
            "campaign_id": campaign_id,
            "form_set": brief(row),
            "chosen": row.chosen_for is not None,
            "pinned_at": row.pinned_at,
            "editable": campaign.status != "closed" and tx.actor.can(MANAGE, owner_of(campaign)),
            "version": row.pin_version,
        }
    )


def brief(row: AnyRow) -> FormSetBrief:
    """A set as other records name it."""
    return FormSetBrief.of({name: getattr(row, name) for name in FormSetBrief.model_fields})


async def choose(tx: Tx, campaign_id: UUID, expected: int | None, data: CampaignFormsIn) -> CampaignFormsOut:
    """Let the campaign use another published set. What was sealed before keeps its figures.

    Raises 404, 403, 409 ``invalid_state`` once the campaign is closed, 412, 422 for a set that is not published.
    """
    campaign = await campaigns.get(tx.session, campaign_id)
    unit = owner_of(campaign)
    if not tx.actor.can(MANAGE, unit):
        raise Forbidden(_CONDUCTED_BY_OTHERS, permission=MANAGE.value)
    campaign = await campaigns.get(tx.session, campaign_id, lock=True)
    before = await queries.pinned(tx.session, campaign_id, tx.now)
    check_version(expected, before.pin_version if before else 0)
    if campaign.status == "closed":
        raise InvalidState(_CLOSED, current_status=campaign.status)
    wanted = await queries.find(tx.session, data.form_set_id)
    if wanted is None:
        raise Invalid(errors=[FieldError("/form_set_id", "unknown", _UNKNOWN)])
    if wanted.status != "published":
        raise Invalid(errors=[FieldError("/form_set_id", "not_published", _UNPUBLISHED)])
    values = {"campaign_id": campaign_id, "form_set_id": wanted.id, "unit_id": unit.id, "unit_path": unit.path}
    await queries.pin(tx.session, {**values, "pinned_at": tx.now, "pinned_by": tx.actor.id})
    change = ({"form_set_id": before.id if before else None}, {"form_set_id": wanted.id})
    await record(tx, "campaign.choose_forms", Subject("campaign", campaign_id, unit), change=change)
    return await read(tx, campaign_id)
