"""The verbs of submissions: take one bundle, take many at once, or accept them to be worked off; read, cancel."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final
from uuid import UUID

import orjson

from app.access.actor import Tx
from app.kernel import strictjson
from app.kernel.db import AnyRow
from app.kernel.errors import InvalidState, check_version
from app.kernel.ids import new_id
from app.kernel.jobs import Job, enqueue
from app.kernel.pagination import PageRows
from app.kernel.workflow import ActionOut
from app.submissions import queries
from app.submissions.cases import Case, Fault, Terms
from app.submissions.schemas import LineOut, LineQuery, Options, RunOut, RunTransition, Summary, TakenOut
from app.submissions.taking import take
from app.submissions.telling import line, refusal, taken

JOB: Final = "submissions.work"
AT_ONCE: Final = 50
"""Bundles that are worked off in one transaction."""
_BYTES_AT_ONCE: Final = 1_000_000
MOST_LINES_NOW: Final = 200
"""Bundles that are answered at once; more of them are worked off after the answer."""
_CANCEL: Final = ActionOut.of({"action": "cancel", "needs_note": False})
_ACTIVE: Final = frozenset({"queued", "running"})


def terms_of(options: Options) -> Terms:
    """``options`` as values."""
    return Terms(options.on_conflict, options.partial, options.dry_run)


async def submit(tx: Tx, raw: Any, options: Options) -> TakenOut:
    """Take one bundle (parsed JSON). Raises 403, 404, 409 or 422 with every fault by pointer, and stores nothing then.

    With ``partial`` what is good is stored, and the answer tells which items are not.
    """
    [case] = await take(tx, [raw], terms_of(options))
    if case.faults or (case.failed() and not options.partial):
        raise refusal(case, tx.language)
    return taken(case, tx.language, dry_run=options.dry_run)


async def take_lines(tx: Tx, sent: list[tuple[int, bytes]], terms: Terms) -> list[LineOut]:
    """Take bundles as they were sent, line by line; each is stored for itself."""
    parsed: dict[int, Any] = {}
    wrong: dict[int, Case] = {}
    for number, content in sent:
        try:
            parsed[number] = strictjson.loads(content)
        except strictjson.MalformedJson as fault:
            text = fault.detail or fault.title
            wrong[number] = Case(faults=[Fault("", fault.code, text, fault.status)])
    cases = await take(tx, list(parsed.values()), terms)
    found = wrong | dict(zip(parsed, cases, strict=True))
    return [line(found[number], number, tx.language) for number, _ in sent]


def batches(lines: Iterator[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """Lines in parts that are worked off together."""
    part: list[tuple[int, bytes]] = []
    size = 0
    for one in lines:
        part.append(one)
        size += len(one[1])
        if len(part) == AT_ONCE or size > _BYTES_AT_ONCE:
            yield part
            part, size = [], 0
    if part:
        yield part


async def take_all(tx: Tx, lines: Iterator[tuple[int, bytes]], options: Options) -> bytes:
    """Take a moderate number of bundles now: what became of each, one line of JSON for each."""
    told: list[bytes] = []
    for part in batches(lines):
        found = await take_lines(tx, part, terms_of(options))
        told += [orjson.dumps(one.model_dump(mode="json")) + b"\n" for one in found]
    return b"".join(told)


async def accept(tx: Tx, lines: Iterator[tuple[int, bytes]], total: int, options: Options) -> RunOut:
    """Put many bundles down, to be worked off after the answer."""
    submission_id = new_id()
    values = {
        "id": submission_id,
        "caller_id": tx.actor.id,
        "key_id": tx.actor.key_id,
        "session_id": tx.actor.session_id,
        "request_id": tx.request_id,
        "language": tx.language,
        **options.model_dump(),
        "total": total,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await queries.add(tx.session, values)
    place = {"submission_id": submission_id, "caller_id": tx.actor.id}
    while part := list(islice(lines, AT_ONCE)):
        await queries.add_lines(tx.session, [{**place, "line": number, "body": body} for number, body in part])
    await enqueue(tx.session, job_for(submission_id, tx.actor.id, tx.actor.key_id))
    return await read(tx, submission_id)


def job_for(submission_id: UUID, caller_id: UUID | None, key_id: UUID | None) -> Job:
    """The job that works a submission off."""
    return Job(JOB, {"submission": submission_id, "caller": caller_id, "key": key_id})


def present(row: AnyRow | Mapping[str, Any]) -> RunOut:
    """A submission as its sender sees it."""
    facts = dict(row) if isinstance(row, Mapping) else row._asdict()
    shown = {name: facts[name] for name in RunOut.model_fields if name in facts}
    shown["summary"] = Summary.model_validate(facts["summary"])
    shown["results"] = f"/api/v1/submissions/{facts['id']}/lines"
    shown["allowed_actions"] = [_CANCEL] if facts["status"] in _ACTIVE else []
    return RunOut.of(shown)


async def read(tx: Tx, submission_id: UUID) -> RunOut:
    """One of the caller's submissions. Raises 404."""
    return present(await queries.get(tx.session, submission_id))


async def move(tx: Tx, submission_id: UUID, expected: int | None, data: RunTransition) -> RunOut:
    """Cancel: what is stored stays, the rest is left. Raises 404, 409 ``invalid_state``, 412.

    Waits for the bundles that are being stored just now.
    """
    row = await queries.get(tx.session, submission_id, lock=True)
    check_version(expected, row.version)
    if row.status not in _ACTIVE or data.action != "cancel":
        raise InvalidState(current_status=row.status)
    await queries.change(tx.session, row.id, {"status": "cancelled", "finished_at": tx.now, "updated_at": tx.now})
    return await read(tx, row.id)


async def lines(tx: Tx, submission_id: UUID, query: LineQuery) -> PageRows:
    """A page of the results of one of the caller's submissions. Raises 404."""
    await queries.get(tx.session, submission_id)
    given = {**query.filters(), "submission": submission_id}
    return await queries.LINES.page(tx.session, query, sort=query.sort, given=given)
