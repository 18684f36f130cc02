"""Growing delays against guessing, counted by name whether or not anybody has that name.

Three properties, each with its reason:

- An attempt is counted, and committed, *before* the password is looked at. Parallel guesses cannot outrun the count,
  and neither an error nor a crash forgets one. A good sign-in clears it. The table is shared by all workers.
- While a name waits, every attempt is refused unseen, the right password too, and does not lengthen the delay.
- Nobody can be locked out for good by a stranger's guesses: from a place where the person has signed in before (an
  address, or a /64 network of IPv6) the person is counted apart. Strangers share one count for the rest of the world.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from app.identity import queries_sign_in as queries
from app.kernel.clock import wall
from app.kernel.db import Session
from app.kernel.errors import DomainError, Text

FREE_ATTEMPTS = 4
LONGEST_DELAY = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)
PLACE_KNOWN_FOR = timedelta(days=90)


class TooManyAttempts(DomainError):
    """This name has to wait. The same for names that nobody has."""

    status = 429
    code = "too_many_attempts"
    title = Text("Thử sai quá nhiều lần; hãy chờ rồi thử lại", "Too many attempts; wait, then try again")

    def __init__(self, wait: timedelta) -> None:
        super().__init__(headers={"Retry-After": str(max(1, ceil(wait.total_seconds())))})


def delay(failures: int) -> timedelta:
    """How long to wait after this many failures in a row: from the fifth on 2, 4, 8 ... seconds, at most 15 minutes."""
    if failures <= FREE_ATTEMPTS:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - FREE_ATTEMPTS, 20)), LONGEST_DELAY)


def bucket(*parts: str) -> bytes:
    """What attempts are counted under; a hash, so that the table does not keep mistyped passwords as names."""
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()


def place(address: str | None) -> str | None:
    """The place an address stands for; None when there is none."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


async def count(session: Session, counted: bytes) -> None:
    """Count one attempt under ``counted``; the caller commits it before judging the attempt.

    Raises:
        TooManyAttempts: it is not yet time; nothing is counted.
    """
    now = wall()
    failures, blocked_until = await queries.count_attempt(session, counted, now, now - FORGOTTEN_AFTER)
    if blocked_until is not None and blocked_until > now:
        raise TooManyAttempts(blocked_until - now)
    if failures > FREE_ATTEMPTS:
        await queries.block(session, counted, now + delay(failures))


async def forgive(session: Session, counted: bytes) -> None:
    """Forget the attempts under ``counted``: the last one was good."""
    await queries.forget_attempts(session, counted)


async def sweep(session: Session, counted: bytes, *, touch: bool, now: datetime) -> None:
    """Drop a few counts that are old enough to be forgotten, so that made-up names cannot fill the table.

    ``touch`` also writes the count again: a refusal that leaves no audit entry (an unknown name) then writes and
    commits as much as one that does, and takes as long.
    """
    await queries.drop_forgotten(session, now - FORGOTTEN_AFTER)
    if touch:
        await queries.touch_attempt(session, counted, now)
