"""What each kind of item is known by, how it is told from what stands, planned, and changed: by its slice's verbs."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx
from app.access.permissions import Permission
from app.audit.planned import Entry
from app.awards import queries as award_queries
from app.awards import queries_quotas
from app.awards import service as awards
from app.awards.schemas import AwardPatch
from app.campaigns.periods import Periods
from app.directives import queries as directive_queries
from app.directives import service as directives
from app.directives.numbers import number_key
from app.directives.schemas import DirectivePatch
from app.kernel.db import Session
from app.kernel.errors import DomainError, Text
from app.kernel.schema import In
from app.kernel.text import collapse
from app.practices import queries as practice_queries
from app.practices import service as practices
from app.practices.schemas import PracticePatch
from app.propaganda import queries as activity_queries
from app.propaganda import service as activities
from app.propaganda.schemas import ActivityPatch
from app.registrations import queries as registration_queries
from app.registrations import service as registrations
from app.registrations.schemas import RegistrationPatch
from app.submissions.cases import Case, Slot

Pairs = Sequence[tuple[Case, Slot]]

_NO_CAMPAIGN = Text("Cần nêu đợt (campaign)", "Name the campaign")
_NO_FORM = Text("Cần nêu hình thức khen thưởng (form hoặc award_form_id)", "Name the form of award")
_UNKNOWN_FORM = Text("Không có hình thức khen thưởng với mã này", "There is no form of award with this code")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of item. ``known_by`` and ``row_known_by`` give the same key for the same thing."""

    name: str
    path: str
    permission: Permission
    known_by: Callable[[Case, Any], tuple[Any, ...]]
    row_known_by: Callable[[Any], tuple[Any, ...]]
    standing: Callable[[Session, Pairs], Awaitable[Sequence[Any]]]
    same: Callable[[Any, Any], bool]
    plan: Callable[[Tx, Pairs, Periods], Awaitable[None]]
    update: Callable[[Tx, Slot], Awaitable[Any]]
    unique: bool = True
    """Whether there can be only one with the same key; otherwise ids tell several apart."""


def ids_of(pairs: Pairs) -> list[UUID]:
    """The ids that the client chose."""
    return [slot.id for _, slot in pairs if slot.chosen]


def units_of(pairs: Pairs) -> list[UUID]:
    """The units of the items, each once."""
    return sorted({case.place.id for case, _ in pairs})


def campaigns_of(pairs: Pairs) -> list[UUID]:
    """The campaigns of the items, each once."""
    return sorted({case.campaign.id for case, _ in pairs if case.campaign is not None})


def entries_of(pairs: Pairs) -> list[Entry[Any]]:
    """The items as their slices plan them."""
    made = []
    for case, slot in pairs:
        slot.entry = Entry(case.place, slot.id, slot.data)
        made.append(slot.entry)
    return made


def patch(model: type[In], data: Any, leave: Iterable[str] = ()) -> Any:
    """What was given of ``data``, as a change of the record."""
    names = (set(model.model_fields) & data.model_fields_set) - set(leave)
    return model.model_construct(names, **{name: getattr(data, name) for name in names})


def permitted(tx: Tx, case: Case, permission: Permission, slots: Iterable[Slot]) -> bool:
    """Whether the caller may write such items at the unit; if not, every one of ``slots`` is refused."""
    try:
        tx.actor.require(permission, case.place)
    except DomainError as fault:
        for slot in slots:
            slot.refuse(fault)
        return False
    return True


# --- registrations -----------------------------------------------------------------------------------------------


async def _registrations(session: Session, pairs: Pairs) -> Sequence[Any]:
    return await registration_queries.standing(session, ids_of(pairs), units_of(pairs))


async def _plan_registrations(tx: Tx, pairs: Pairs, periods: Periods) -> None:
    registrations.plan(tx, entries_of(pairs), periods)


async def _update_registration(tx: Tx, slot: Slot) -> None:
    await registrations.edit(tx, slot.standing.id, None, patch(RegistrationPatch, slot.data))


# --- directives --------------------------------------------------------------------------------------------------


async def _directives(session: Session, pairs: Pairs) -> Sequence[Any]:
    numbers = sorted({number_key(slot.data.number_symbol) for _, slot in pairs})
    return await directive_queries.standing(session, ids_of(pairs), units_of(pairs), numbers)


async def _plan_directives(tx: Tx, pairs: Pairs, periods: Periods) -> None:
    directives.plan(tx, entries_of(pairs), periods)


async def _update_directive(tx: Tx, slot: Slot) -> None:
    await directives.edit(tx, slot.standing.id, None, patch(DirectivePatch, slot.data))


# --- activities --------------------------------------------------------------------------------------------------


def _activity_key(case: Case, data: Any) -> tuple[Any, ...]:
    last = data.date_from if data.date_to is None and data.nature == "event" else data.date_to
    what = (data.form, data.nature, data.venue_kind, data.date_from, last, collapse(data.title), data.place)
    return (case.place.id, *what)


def _activity_row_key(row: Any) -> tuple[Any, ...]:
    what = (row.form_code, row.nature, row.venue_kind, row.date_from, row.date_to, collapse(row.title), row.place)
    return (row.unit_id, *what)


async def _activities(session: Session, pairs: Pairs) -> Sequence[Any]:
    days = sorted({slot.data.date_from for _, slot in pairs})
    return await activity_queries.standing(session, ids_of(pairs), units_of(pairs), days)


async def _plan_activities(tx: Tx, pairs: Pairs, periods: Periods) -> None:
    await activities.plan(tx, entries_of(pairs), periods)


async def _update_activity(tx: Tx, slot: Slot) -> None:
    await activities.edit(tx, slot.standing.id, None, patch(ActivityPatch, slot.data))


# --- good practices ----------------------------------------------------------------------------------------------


async def _practices(session: Session, pairs: Pairs) -> Sequence[Any]:
    titles = sorted({slot.data.title for _, slot in pairs})
    return await practice_queries.standing(session, ids_of(pairs), units_of(pairs), titles)


async def _plan_practices(tx: Tx, pairs: Pairs, periods: Periods) -> None:
    practices.plan(tx, entries_of(pairs), periods)


async def _update_practice(tx: Tx, slot: Slot) -> None:
    await practices.edit(tx, slot.standing.id, None, patch(PracticePatch, slot.data))


# --- awards ------------------------------------------------------------------------------------------------------


def _award_key(case: Case, data: Any) -> tuple[Any, ...]:
    campaign = case.campaign
    recipient = (data.recipient_kind, data.recipient_unit_id or case.place.id, data.recipient_name)
    first = data.period_from or (campaign and campaign.window_from)
    last = data.period_to or (campaign and campaign.window_to)
    return (case.place.id, campaign and campaign.id, data.award_form_id, *recipient, first, last)


def _award_row_key(row: Any) -> tuple[Any, ...]:
    name = None if row.recipient_is_unit else row.recipient_name
    recipient = (row.recipient_kind, row.recipient_unit_id, name)
    return (row.unit_id, row.campaign_id, row.award_form_id, *recipient, row.period_from, row.period_to)


async def name_forms(tx: Tx, pairs: Pairs) -> None:
    """Put the id of each award's form in the place of its code. Without one, or a campaign, the item fails."""
    known: dict[tuple[str, str], UUID | None] = {}
    for case, slot in pairs:
        if case.campaign is None:
            slot.refuse_at("", "campaign_missing", _NO_CAMPAIGN)
        elif slot.data.award_form_id is None and slot.data.form is None:
            slot.refuse_at("/form", "missing", _NO_FORM)
        elif slot.data.award_form_id is None:
            sought = (slot.data.form, case.place.path)
            if sought not in known:
                known[sought] = await queries_quotas.serving_form(tx.session, *sought)
            if known[sought] is None:
                slot.refuse_at("/form", "not_found", _UNKNOWN_FORM)
            slot.data = slot.data.model_copy(update={"award_form_id": known[sought]})


async def _awards(session: Session, pairs: Pairs) -> Sequence[Any]:
    return await award_queries.standing(session, ids_of(pairs), units_of(pairs), campaigns_of(pairs))


async def _plan_awards(tx: Tx, pairs: Pairs, _periods: Periods) -> None:
    for (case, _), entry in zip(pairs, entries_of(pairs), strict=True):
        assert case.campaign is not None
        try:
            entry.plan = await awards.plan(tx, entry, case.campaign.id)
        except DomainError as fault:
            entry.fault = fault


async def _update_award(tx: Tx, slot: Slot) -> None:
    await awards.edit(tx, slot.standing.id, None, patch(AwardPatch, slot.data, leave=["id"]))


REGISTRATION: Final = Kind(
    "registration",
    "registrations",
    Permission.REGISTRATION_WRITE,
    lambda case, data: (case.place.id, data.year),
    lambda row: (row.unit_id, row.year),
    _registrations,
    registrations.same,
    _plan_registrations,
    _update_registration,
)
DIRECTIVE: Final = Kind(
    "directive",
    "directives",
    Permission.DIRECTIVE_WRITE,
    lambda case, data: (case.place.id, number_key(data.number_symbol), data.issued_on),
    lambda row: (row.unit_id, row.number_key, row.issued_on),
    _directives,
    directives.same,
    _plan_directives,
    _update_directive,
)
ACTIVITY: Final = Kind(
    "activity",
    "propaganda-activities",
    Permission.ACTIVITY_WRITE,
    _activity_key,
    _activity_row_key,
    _activities,
    activities.same,
    _plan_activities,
    _update_activity,
    unique=False,
)
PRACTICE: Final = Kind(
    "practice",
    "good-practices",
    Permission.PRACTICE_WRITE,
    lambda case, data: (case.place.id, data.title, data.started_on),
    lambda row: (row.unit_id, row.title, row.started_on),
    _practices,
    practices.same,
    _plan_practices,
    _update_practice,
    unique=False,
)
AWARD: Final = Kind(
    "award",
    "awards",
    Permission.AWARD_WRITE,
    _award_key,
    _award_row_key,
    _awards,
    awards.same,
    _plan_awards,
    _update_award,
    unique=False,
)
