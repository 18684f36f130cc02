"""What was recorded in the structure that an act made: as long as there is nothing, the act can be taken back."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from app.kernel.clock import local_date
from app.kernel.db import AnyRow, Session
from app.kernel.errors import DomainError, Text
from app.reorganisations.queries import RECORDS
from app.reorganisations.wording import address_of, kind_name
from app.units.days import day_of

SHOWN: Final = 5
"""How many of the records that stand in the way a refusal names."""
_WORK: Final = [*RECORDS.values(), "attachment", "report_finding"]
_HARMLESS: Final = ["session", "user", "service_account", "service_key", "grant", "webhook"]
"""What happens at a unit without recording anything: signing in, accounts, roles, subscriptions."""
_TOLD: Final = ["deadline.approaching", "deadline.missed", "obligation.remind", "unit.leave"]
"""Notices, and what a unit is told of others."""

_APPLIED = text(
    "SELECT max(seq) FROM audit_events WHERE subject_kind = 'reorganisation' AND subject_id = :act"
    " AND verb = 'reorganisation.apply'"
)
# To a record of a unit that the act touched, also of one that only took in others; to such a unit itself; to anything
# that is work at one that it made, also a unit put under that one, unless the act itself let it wait. Where the log
# ended then is bound, so that it is seen beforehand how little there is to look at.
_TOUCHED: Final = """
SELECT unit_id, effect = 'created' AS made, true AS named FROM reorganisation_effects
WHERE reorganisation_id = :act AND subject_kind = 'unit'
UNION ALL
SELECT new_unit_id, false, false FROM unit_lineage WHERE reorganisation_id = :act AND new_unit_id IS NOT NULL"""
_SINCE: Final = f"""
SELECT DISTINCT a.seq, a.at, a.verb, a.subject_kind, a.subject_id, a.unit_id
FROM audit_events a JOIN ({_TOUCHED}) t ON t.unit_id = a.unit_id
WHERE a.seq > :applied AND a.verb NOT LIKE '%.read' AND a.verb <> ALL (:told)
    AND (a.subject_kind = ANY (:work) OR (t.named AND a.subject_kind = 'unit')
        OR (t.made AND a.subject_kind <> ALL (:harmless)))
UNION ALL
SELECT a.seq, a.at, a.verb, a.subject_kind, a.subject_id, a.unit_id
FROM audit_events a JOIN units u ON u.id = a.unit_id
    JOIN reorganisation_effects e ON e.unit_id = u.parent_id AND e.reorganisation_id = :act
WHERE e.subject_kind = 'unit' AND e.effect = 'created' AND a.seq > :applied AND a.subject_kind = 'unit'
    AND a.verb IN ('unit.create', 'unit.change') AND NOT EXISTS (
        SELECT FROM reorganisation_effects o WHERE o.reorganisation_id = :act AND o.unit_id = a.unit_id)"""  # noqa: S608
_LATER = text(
    f"""
SELECT r.id, r.decision_number, r.effective_on FROM reorganisations r
WHERE r.status = 'applied' AND r.id <> :act
    AND (SELECT max(seq) FROM audit_events WHERE subject_kind = 'reorganisation' AND subject_id = r.id
        AND verb = 'reorganisation.apply') > :applied
    AND EXISTS (SELECT FROM reorganisation_effects e JOIN ({_TOUCHED}) t ON t.unit_id = e.unit_id
        WHERE e.reorganisation_id = r.id AND e.subject_kind = 'unit')
ORDER BY r.effective_on DESC, r.applied_at DESC LIMIT 1"""  # noqa: S608
)
_ANY = text(f"SELECT EXISTS ({_SINCE})")
_FIRST = text(
    f"""
WITH since AS ({_SINCE}), subjects AS (
    SELECT subject_kind, subject_id, unit_id, min(seq) AS seq, min(at) AS at, count(*) OVER () AS total FROM since
    GROUP BY subject_kind, subject_id, unit_id ORDER BY min(seq) LIMIT :shown
)
SELECT s.*, u.code AS unit_code, u.name AS unit_name FROM subjects s JOIN units u ON u.id = s.unit_id
ORDER BY s.seq"""  # noqa: S608
)


class AlreadyRecorded(DomainError):
    """Something was recorded in the new structure: the act can no longer be taken back."""

    code = "already_recorded"
    title = Text(
        "Đã có dữ liệu ghi nhận trong cơ cấu mới nên không hoàn tác được",
        "Something has been recorded in the new structure: the act stands",
    )


class LaterAct(DomainError):
    """Another act has changed since what this one made: the later is taken back first."""

    code = "later_act"
    title = Text("Văn bản sau đã thay đổi các đơn vị này", "A later act has changed these units")


async def recorded_since(session: Session, act_id: UUID) -> bool:
    """Whether anything was recorded in the structure that the act made, or another act has changed it."""
    known = await _known(session, act_id)
    if known is None:
        return False
    return bool(await session.scalar(_ANY, known)) or await _later(session, known) is not None


async def refuse_recorded(session: Session, act_id: UUID) -> None:
    """Raise 409 ``later_act``, or ``already_recorded`` with the first records, if the act has to stand."""
    known = await _known(session, act_id)
    if known is None:
        return
    later = await _later(session, known)
    if later is not None:
        text = Text(
            f"{later.decision_number} (hiệu lực từ {later.effective_on:%d/%m/%Y}) đã thay đổi các đơn vị này: hoàn tác"
            " văn bản đó trước",
            f"{later.decision_number} (in force since {later.effective_on}) has changed these units: reverse it first",
        )
        raise LaterAct(text, reorganisation_id=later.id)
    found = (await session.execute(_FIRST, {**known, "shown": SHOWN})).all()
    if found:
        raise AlreadyRecorded(_detail(found), recorded=[_item(row) for row in found], recorded_total=found[0].total)


async def _known(session: Session, act_id: UUID) -> dict[str, Any] | None:
    applied = await session.scalar(_APPLIED, {"act": act_id})
    if applied is None:
        return None
    return {"act": act_id, "applied": applied, "work": _WORK, "harmless": _HARMLESS, "told": _TOLD}


async def _later(session: Session, known: dict[str, Any]) -> AnyRow | None:
    return (await session.execute(_LATER, {name: known[name] for name in ("act", "applied")})).one_or_none()


def _item(row: AnyRow) -> dict[str, Any]:
    unit = {"id": str(row.unit_id), "code": row.unit_code, "name": row.unit_name}
    at = address_of(row.subject_kind)
    href = f"{at}/{row.subject_id}" if at and row.subject_id else None
    return {"resource": row.subject_kind, "id": str(row.subject_id), "unit": unit, "at": row.at, "href": href}


def _detail(found: Any) -> Text:
    total, more = found[0].total, "; …" if found[0].total > len(found) else ""
    names = [kind_name(row.subject_kind) for row in found]
    vi = "; ".join(
        f"{name.vi} của {row.unit_name} ({row.unit_code}) ngày {day_of(local_date(row.at)).vi}"
        for row, name in zip(found, names, strict=True)
    )
    en = "; ".join(
        f"{name.en} of {row.unit_name} ({row.unit_code}) on {day_of(local_date(row.at)).en}"
        for row, name in zip(found, names, strict=True)
    )
    return Text(
        f"{total} mục đã ghi nhận từ khi áp dụng văn bản: {vi}{more}",
        f"{total} recorded since the act was applied: {en}{more}",
    )
