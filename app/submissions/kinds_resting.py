"""The kinds that rest on something else of the bundle: evaluations on registrations, figures on a campaign."""

from collections.abc import Sequence
from typing import Any, Final

from app.access.actor import Tx
from app.access.permissions import Permission
from app.campaigns.periods import Periods
from app.criteria.queries import definition as definition_of
from app.evaluations import planning as evaluation_planning
from app.evaluations import queries_many
from app.evaluations import service as evaluations
from app.evaluations.planning import Ground
from app.evaluations.schemas import EvaluationPatch
from app.kernel.db import Session
from app.kernel.errors import InvalidState, Text
from app.registrations import queries as registration_queries
from app.situation import planning as figure_planning
from app.situation import queries as figure_queries
from app.situation import service as figures
from app.situation.planning import Change, Wanted
from app.situation.schemas import FigurePatch
from app.submissions.cases import Case, Slot
from app.submissions.kinds import REGISTRATION, Kind, Pairs, campaigns_of, entries_of, ids_of, patch, units_of

_NO_REGISTRATION = Text(
    "Đơn vị chưa đăng ký năm này; hãy thêm vào registrations của gói",
    "The unit has not registered for this year: add it to the bundle's registrations",
)
_WHICH = Text("Cần nêu year hoặc registration_id", "Name the year or the registration_id")
_REFUSED = Text("Đăng ký của năm này trong gói bị từ chối", "The bundle's registration for this year is refused")
_FIXED = Text(
    "Không đổi được giai đoạn, đăng ký hay bộ tiêu chí của phiếu đã lập",
    "Stage, registration and criteria set of an evaluation cannot be changed",
)


async def rest(tx: Tx, pairs: Pairs) -> None:
    """Find for each evaluation the registration it is of: one that stands, or one that the bundle makes."""
    if not pairs:
        return
    rows = await registration_queries.standing(
        tx.session, [s.data.registration_id for _, s in pairs if s.data.registration_id], units_of(pairs)
    )
    by_id = {row.id: row for row in rows}
    by_year = {(row.unit_id, row.year): row for row in rows if row.status != "withdrawn"}
    for case, slot in pairs:
        ground = _ground(case, slot, by_id, by_year)
        if ground is not None:
            slot.data = slot.data.model_copy(update={"registration_id": ground.registration_id})
            case.grounds[slot.id] = ground


def _ground(case: Case, slot: Slot, by_id: Any, by_year: Any) -> Ground | None:
    data = slot.data
    made = {one.id: one for one in case.of(REGISTRATION.name) if one.data is not None}
    if data.registration_id in by_id:
        return Ground(data.registration_id)
    planned = [one for one in made.values() if one.id == data.registration_id or one.data.year == data.year]
    if planned and planned[0].standing is not None:
        return Ground(planned[0].standing.id)
    if planned and planned[0].outcome == "failed":
        slot.refuse_at("/year", "registration_refused", _REFUSED)
    elif planned and planned[0].action == "create":
        return Ground(planned[0].id, planned[0].data.year)
    elif data.year is None and data.registration_id is None:
        slot.refuse_at("/year", "missing", _WHICH)
    elif data.registration_id is None and (case.place.id, data.year) in by_year:
        return Ground(by_year[case.place.id, data.year].id)
    else:
        place = "/year" if data.registration_id is None else "/registration_id"
        slot.refuse_at(place, "not_found", _NO_REGISTRATION)
    return None


def refuse_without_ground(case: Case, slot: Slot) -> bool:
    """Refuse an evaluation on a registration of the bundle that could not be written; whether it was refused.

    The id may stand for another unit's registration, which only the database's own key had told.
    """
    if slot.kind != EVALUATION.name:
        return False
    lost = any(one.outcome == "failed" and one.id == slot.data.registration_id for one in case.of(REGISTRATION.name))
    if lost:
        place = "/registration_id" if slot.data.year is None else "/year"
        slot.refuse_at(place, "registration_refused", _REFUSED)
    return lost


async def _evaluations(session: Session, pairs: Pairs) -> Sequence[Any]:
    found = await queries_many.standing(session, ids_of(pairs), [slot.data.registration_id for _, slot in pairs])
    for row in found:  # sets out of draft are kept, so that comparing needs no further question
        await definition_of(session, row.criteria_set_id)
    return found


def _same_evaluation(row: Any, data: Any) -> bool:
    facts = row._asdict()
    if facts["registration_id"] != data.registration_id or not evaluations.same_head(facts, data):
        return False
    return evaluations.same_standing_results(facts, data.results)


async def _plan_evaluations(tx: Tx, pairs: Pairs, periods: Periods) -> None:
    grounds = {slot.id: case.grounds[slot.id] for case, slot in pairs}
    await evaluation_planning.plan(tx, entries_of(pairs), grounds, periods)


async def _update_evaluation(tx: Tx, slot: Slot) -> None:
    row, data = slot.standing._asdict(), slot.data
    fixed = data.stage != row["stage"] or data.registration_id != row["registration_id"]
    if fixed or data.criteria_set not in {None, row["set_code"]}:
        raise InvalidState(_FIXED)
    if data.criteria_set_id not in {None, row["criteria_set_id"]}:
        raise InvalidState(_FIXED)
    head = patch(EvaluationPatch, data)
    if any(row[name] != value for name, value in head.model_dump(exclude_unset=True).items()):
        await evaluations.edit(tx, row["id"], None, head)
    if not evaluations.same_standing_results(row, data.results):
        await evaluations.assess(tx, row["id"], None, data.results)


EVALUATION: Final = Kind(
    "evaluation",
    "evaluations",
    Permission.EVALUATION_WRITE,
    lambda _case, data: (data.registration_id, data.stage),
    lambda row: (row.registration_id, row.stage),
    _evaluations,
    _same_evaluation,
    _plan_evaluations,
    _update_evaluation,
)


# --- security figures ----------------------------------------------------------------------------------------------


async def _figures(session: Session, pairs: Pairs) -> Sequence[Any]:
    return await figure_queries.standing(session, ids_of(pairs), units_of(pairs), campaigns_of(pairs))


async def _plan_figures(tx: Tx, pairs: Pairs, _periods: Periods) -> None:
    """Of each unit all at once, the changes beside the new ones: parts are held against their wholes."""
    by_case: dict[int, tuple[Case, list[Slot]]] = {}
    for case, slot in pairs:
        by_case.setdefault(id(case), (case, []))[1].append(slot)
    for case, slots in by_case.values():
        assert case.campaign is not None
        new = [(case, slot) for slot in slots if slot.action == "create"]
        changed = [slot for slot in slots if slot.action == "update"]
        changes = [Change(slot.standing, patch(FigurePatch, slot.data)) for slot in changed]
        await figure_planning.plan(tx, Wanted(case.place.id, case.campaign.id, entries_of(new), changes))
        for slot, change in zip(changed, changes, strict=True):
            if change.fault is not None:
                slot.refuse(change.fault)


async def _update_figure(tx: Tx, slot: Slot) -> None:
    await figures.put(tx, await figures.held(tx, slot.standing.id, None), patch(FigurePatch, slot.data))


FIGURE: Final = Kind(
    "figure",
    "situation-figures",
    Permission.SITUATION_WRITE,
    lambda case, data: (case.place.id, case.campaign and case.campaign.id, data.indicator),
    lambda row: (row.unit_id, row.campaign_id, row.indicator_code),
    _figures,
    figures.same,
    _plan_figures,
    _update_figure,
)
