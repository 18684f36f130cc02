"""The feed of changes: what happened to the records a caller may read, in one order, nothing missed and nothing twice.

Order and completeness: events are read by the transaction that wrote them, and only those older than every transaction
still running on the server; whatever commits later stands later.
"""

import re
from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, String, and_, any_, bindparam, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from app.access.actor import Actor, Tx
from app.access.permissions import Permission
from app.audit.models import AuditEvent
from app.audit.queries import UNITS
from app.audit.schemas import AuditUnit, Change, ChangeOut, ChangesOut, ChangesQuery
from app.audit.service import READING
from app.kernel.errors import FieldError, Invalid, Text

RESOURCES: Final = {
    "activity": "propaganda-activities",
    "attachment": "attachments",
    "award": "awards",
    "award_quota": "award-quotas",
    "directive": "directives",
    "evaluation": "evaluations",
    "obligation": "obligations",
    "practice": "good-practices",
    "registration": "registrations",
    "reorganisation": "reorganisations",
    "report": "reports",
    "situation_figure": "situation-figures",
    "unit": "units",
}
"""What the feed tells of, and the collection where each kind is read."""
READ_BY: Final[dict[str, Permission | None]] = {
    "activity": Permission.ACTIVITY_READ,
    "attachment": Permission.ATTACHMENT_READ,
    "award": Permission.AWARD_READ,
    "award_quota": None,
    "directive": Permission.DIRECTIVE_READ,
    "evaluation": Permission.EVALUATION_READ,
    "obligation": Permission.OBLIGATION_READ,
    "practice": Permission.PRACTICE_READ,
    "registration": Permission.REGISTRATION_READ,
    "reorganisation": None,
    "report": Permission.REPORT_READ,
    "situation_figure": Permission.SITUATION_READ,
    "unit": None,
}
"""What one must be allowed to read in order to be told of a kind; None = everyone signed in reads it."""
_CREATED: Final = ("create", "load", "join")


class Position(NamedTuple):
    """A place in the feed: after the event ``seq`` of the transaction ``xact``."""

    xact: int
    seq: int

    def __str__(self) -> str:
        return f"{self.xact:x}-{self.seq:x}"


START: Final = Position(0, 0)
_WRONG = Text("Dùng nguyên giá trị `position` của lần đọc trước", "Use the `position` of an earlier answer as given")
_LOST = Text(
    "Vị trí này không thuộc máy chủ hiện tại (dữ liệu đã được khôi phục từ bản sao lưu): hãy đọc lại toàn bộ từ đầu",
    "This position is not of the present server (the data was restored from a back-up): read everything anew",
)
_HORIZON = literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint", BigInteger)
_AFTER = tuple_(bindparam("xact", type_=BigInteger), bindparam("seq", type_=BigInteger))
_CHANGES = (
    select(
        *(AuditEvent.xact, AuditEvent.seq, AuditEvent.at, AuditEvent.verb, AuditEvent.subject_kind),
        *(AuditEvent.subject_id, AuditEvent.unit_id, UNITS.c.code.label("unit_code"), UNITS.c.name.label("unit_name")),
    )
    .join(UNITS, UNITS.c.id == AuditEvent.unit_id)
    .where(
        and_(tuple_(AuditEvent.xact, AuditEvent.seq) > _AFTER, AuditEvent.xact < _HORIZON),
        AuditEvent.subject_kind == any_(bindparam("kinds", type_=ARRAY(String))),
        AuditEvent.subject_id.is_not(None),
        AuditEvent.verb.not_like(f"%{READING}"),
    )
    .order_by(AuditEvent.xact, AuditEvent.seq)
    .limit(bindparam("most"))
)
_REACHED = select(literal_column("pg_snapshot_xmax(pg_current_snapshot())::text::bigint", BigInteger))
_END = select((_HORIZON - 1).label("xact"), func.coalesce(func.max(AuditEvent.seq), 0).label("seq")).where(
    AuditEvent.xact < _HORIZON
)


def position_of(text: str | None) -> Position:
    """The place that ``text`` names; the beginning for none. Raises 422."""
    if text is None:
        return START
    found = re.fullmatch(r"([0-9a-f]{1,15})-([0-9a-f]{1,15})", text)
    if found is None:
        raise Invalid(errors=[FieldError("/after", "invalid_position", _WRONG, "query")])
    return Position(int(found[1], 16), int(found[2], 16))


def _told(actor: Actor) -> list[str]:
    """The kinds whose records ``actor`` may read. Whoever follows changes reads in the same units what it reads at all:
    keys narrow all of their grants alike."""
    return [kind for kind, needed in READ_BY.items() if needed is None or actor.can_somewhere(needed)]


async def _require_reached(tx: Tx, after: Position) -> None:
    """Refuse a place that this server never gave. Raises 422 ``position_lost``."""
    if after.xact >= int(await tx.session.scalar(_REACHED) or 0):
        raise Invalid(errors=[FieldError("/after", "position_lost", _LOST, "query")])


async def changes(tx: Tx, query: ChangesQuery) -> ChangesOut:
    """What happened after a place, oldest first, of the kinds the caller reads; with ``limit=0`` only the place of now.

    Raises 422 ``invalid_position``, ``position_lost``.
    """
    after = position_of(query.after)
    if query.limit == 0:
        end = (await tx.session.execute(_END)).one()
        return ChangesOut.model_construct(items=[], position=str(Position(end.xact, end.seq)), has_more=False)
    given = {**after._asdict(), "most": query.limit + 1, "kinds": _told(tx.actor)}
    rows = (await tx.session.execute(_CHANGES, given)).all()
    if not rows:  # what stands behind a place proves that it was reached
        await _require_reached(tx, after)
    shown = rows[: query.limit]
    last = Position(shown[-1].xact, shown[-1].seq) if shown else after
    return ChangesOut.model_construct(
        items=[_change(row) for row in shown], position=str(last), has_more=len(rows) > len(shown)
    )


def _change(row: Any) -> ChangeOut:
    act = row.verb.rpartition(".")[2]
    kind: Change = "created" if act in _CREATED else "deleted" if act == "delete" else "changed"
    return ChangeOut.model_construct(
        position=str(Position(row.xact, row.seq)),
        at=row.at,
        change=kind,
        verb=row.verb,
        resource=RESOURCES[row.subject_kind],
        id=row.subject_id,
        href=None if kind == "deleted" else f"/api/v1/{RESOURCES[row.subject_kind]}/{row.subject_id}",
        unit=AuditUnit.model_construct(id=row.unit_id, code=row.unit_code, name=row.unit_name),
    )
