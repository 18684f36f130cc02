"""Looking stored data over: every check in turn, within the caller's fence, within bounds of time, changing nothing."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final, Literal

import structlog
from sqlalchemy.exc import DBAPIError

from app.access.actor import Tx
from app.access.permissions import Permission
from app.integrity import queries
from app.integrity.checks import CHECKS, GROUPS, chosen
from app.kernel.db import AnyRow
from app.kernel.errors import DomainError, FieldError, Invalid, Text
from app.kernel.integrity import Check

log = structlog.get_logger("dienhinh.integrity")
SECONDS_EACH: Final = 10.0
"""What one check may take when somebody asks over the network."""
SECONDS_ALL: Final = 25.0
"""What they may take together: less than the time after which proxies give up."""
_CANCELLED: Final = "57014"
_UNKNOWN = Text("Không có phép kiểm tra hay nhóm này", "There is no such check or group")
_TIMED_OUT = Text(
    "Quá thời gian cho phép; hãy hỏi riêng phép này bằng `code`, hoặc chạy `dienhinh check` trên máy chủ",
    "It took too long: ask for it alone with `code`, or run `dienhinh check` on the server",
)
_WHOLE_TREE = Text(
    "Chỉ người thấy toàn bộ cây đơn vị mới kết luận được", "Only who sees the whole tree of units can tell"
)
_FAILED = Text(
    "Cơ sở dữ liệu từ chối câu lệnh; nhật ký máy chủ ghi lý do", "The database refused the statement: see the log"
)
_BUSY = Text("Đang có lượt kiểm tra khác, hãy thử lại sau ít phút", "Another look-over is running: try again soon")


class Busy(DomainError):
    """Somebody else is looking over: one at a time, so that nobody can hold the server by asking."""

    code = "busy"
    title = _BUSY


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one check; ``reason`` says why it was not run."""

    check: Check
    status: Literal["sound", "broken", "not_run"]
    count: int | None
    samples: Sequence[AnyRow] = ()
    seconds: float = 0.0
    reason: Text | None = None


@dataclass(slots=True)
class Bounds:
    """How long checks may take; none on the server itself."""

    each: float = 0.0
    until: float = 0.0

    def left(self) -> float | None:
        """Seconds for the next check; None = without bound, 0 or less = nothing is left."""
        return min(self.each, self.until - perf_counter()) if self.each else None


def asked(codes: Sequence[str]) -> list[Check]:
    """The checks meant by codes and groups. Raises 422 for one that does not exist."""
    for code in codes:
        if code not in CHECKS and code not in GROUPS:
            raise Invalid(errors=[FieldError("/code", "unknown", _UNKNOWN, "query")])
    return chosen(codes)


def sees_whole(tx: Tx) -> bool:
    """Whether the caller's fence is around the whole tree."""
    grants = tx.actor.grants
    return tx.actor.kind == "system" or any(
        grant.unit.level == "central" and grant.reach(Permission.INTEGRITY_READ) for grant in grants
    )


async def look_over(tx: Tx, codes: Sequence[str] = ()) -> list[Found]:
    """Run the checks for a caller, one caller at a time. Raises 409 ``busy``, 422 for an unknown code."""
    wanted = asked(codes)
    if not await queries.alone(tx.session):
        raise Busy(headers={"Retry-After": "30"})
    return [found async for found in running(tx, wanted, Bounds(SECONDS_EACH, perf_counter() + SECONDS_ALL))]


async def running(tx: Tx, wanted: Iterable[Check], bounds: Bounds) -> AsyncIterator[Found]:
    """What each check finds, as soon as it is known."""
    whole = sees_whole(tx)
    for check in wanted:
        left = bounds.left()
        if check.reach == "tree" and not whole:
            yield Found(check, "not_run", None, reason=_WHOLE_TREE)
        elif left is not None and left <= 0:
            yield Found(check, "not_run", None, reason=_TIMED_OUT)
        else:
            yield await _run(tx, check, left, whole=whole)


async def _run(tx: Tx, check: Check, left: float | None, *, whole: bool) -> Found:
    """One check in a savepoint: one that fails leaves the others their transaction."""
    begun = perf_counter()
    try:
        async with tx.session.begin_nested():
            if left is not None:
                await queries.give(tx.session, left)
            rows = await queries.broken(tx.session, check, tx.today, whole=whole)
    except DBAPIError as fault:
        seconds = perf_counter() - begun
        if getattr(fault.orig, "sqlstate", None) == _CANCELLED:
            return Found(check, "not_run", None, seconds=seconds, reason=_TIMED_OUT)
        log.warning("check_failed", check=check.code, error=str(fault.orig)[:500])
        return Found(check, "not_run", None, seconds=seconds, reason=_FAILED)
    seconds = perf_counter() - begun
    if not rows:
        return Found(check, "sound", 0, seconds=seconds)
    return Found(check, "broken", rows[0].total, rows, seconds)
