"""Which entries of the event log are told to subscribers, and under which names. Pure.

A message is thin: what happened, to what, where, and where to read it. Whoever receives it reads the record with his or
her own rights; nothing of its content leaves the house uncalled for.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson

from app.access.permissions import Permission
from app.audit.feed import RESOURCES


class EventType(StrEnum):
    """``resource.what_happened``."""

    REGISTRATION_CREATED = "registration.created"
    REGISTRATION_CHANGED = "registration.changed"
    REGISTRATION_DELETED = "registration.deleted"
    REGISTRATION_SUBMITTED = "registration.submitted"
    REGISTRATION_ACCEPTED = "registration.accepted"
    REGISTRATION_RETURNED = "registration.returned"
    REGISTRATION_WITHDRAWN = "registration.withdrawn"
    EVALUATION_CREATED = "evaluation.created"
    EVALUATION_CHANGED = "evaluation.changed"
    EVALUATION_DELETED = "evaluation.deleted"
    EVALUATION_SUBMITTED = "evaluation.submitted"
    EVALUATION_VERIFIED = "evaluation.verified"
    EVALUATION_RETURNED = "evaluation.returned"
    EVALUATION_RECOGNISED = "evaluation.recognised"
    EVALUATION_DECLINED = "evaluation.declined"
    REPORT_CREATED = "report.created"
    REPORT_CHANGED = "report.changed"
    REPORT_DELETED = "report.deleted"
    REPORT_SUBMITTED = "report.submitted"
    REPORT_ACCEPTED = "report.accepted"
    REPORT_RETURNED = "report.returned"
    REPORT_REOPENED = "report.reopened"
    AWARD_CREATED = "award.created"
    AWARD_CHANGED = "award.changed"
    AWARD_DELETED = "award.deleted"
    AWARD_SUBMITTED = "award.submitted"
    AWARD_ENDORSED = "award.endorsed"
    AWARD_RETURNED = "award.returned"
    AWARD_GRANTED = "award.granted"
    AWARD_DECLINED = "award.declined"
    OBLIGATION_JOINED = "obligation.joined"
    OBLIGATION_LEFT = "obligation.left"
    OBLIGATION_REJOINED = "obligation.rejoined"
    OBLIGATION_EXTENDED = "obligation.extended"
    OBLIGATION_CHANGED = "obligation.changed"
    DEADLINE_APPROACHING = "deadline.approaching"
    DEADLINE_MISSED = "deadline.missed"
    UNIT_CREATED = "unit.created"
    UNIT_CHANGED = "unit.changed"
    UNIT_ENDED = "unit.ended"
    UNIT_LEFT = "unit.left"
    REORGANISATION_CREATED = "reorganisation.created"
    REORGANISATION_APPLIED = "reorganisation.applied"
    REORGANISATION_REVERSED = "reorganisation.reversed"


TEST: Final = "webhook.test"
"""What ``POST /webhooks/{id}/test`` sends; nobody subscribes to it."""

_PAST: Final = {
    "create": "created",
    "edit": "changed",
    "assess": "changed",
    "allow_duplicate": "changed",
    "follow": "changed",
    "change": "changed",
    "correct": "changed",
    "carry": "changed",
    "restore": "changed",
    "end": "ended",
    "apply": "applied",
    "reverse": "reversed",
    "delete": "deleted",
    "submit": "submitted",
    "accept": "accepted",
    "return": "returned",
    "withdraw": "withdrawn",
    "verify": "verified",
    "recognise": "recognised",
    "decline": "declined",
    "reopen": "reopened",
    "endorse": "endorsed",
    "grant": "granted",
    "join": "joined",
    "leave": "left",
    "rejoin": "rejoined",
    "extend": "extended",
    "approaching": "approaching",
    "missed": "missed",
}


_KINDS: Final = (
    *("registration", "evaluation", "report", "award", "obligation", "deadline"),
    *("unit", "reorganisation"),
)


def _verbs() -> dict[str, EventType]:
    return {
        f"{kind}.{act}": EventType(f"{kind}.{past}")
        for kind in _KINDS
        for act, past in _PAST.items()
        if f"{kind}.{past}" in EventType.__members__.values()
    }


TYPE_OF: Final = _verbs()
"""The event log's verb -> the type subscribers know."""

_READ_BY: Final[dict[str, Permission | None]] = {
    "registration": Permission.REGISTRATION_READ,
    "evaluation": Permission.EVALUATION_READ,
    "report": Permission.REPORT_READ,
    "award": Permission.AWARD_READ,
    "obligation": Permission.OBLIGATION_READ,
    "deadline": Permission.OBLIGATION_READ,
    "unit": None,
    "reorganisation": None,
}


def reading(event: EventType) -> Permission | None:
    """What one must be allowed to read in order to be told of ``event``; None = everyone signed in reads it."""
    return _READ_BY[event.partition(".")[0]]


class Happening(NamedTuple):
    """An entry of the event log, as much of it as is told."""

    at: datetime
    verb: str
    subject_kind: str
    subject_id: UUID
    unit_id: UUID
    unit_code: str
    unit_name: str


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body_of(event: Happening) -> str:
    """The message of ``event``. Standard Webhooks: ``type``, ``timestamp``, ``data``."""
    resource = RESOURCES[event.subject_kind]
    deleted = event.verb.endswith(".delete")
    data: dict[str, Any] = {
        "resource": resource,
        "id": event.subject_id,
        "href": None if deleted else f"/api/v1/{resource}/{event.subject_id}",
        "unit": {"id": event.unit_id, "code": event.unit_code, "name": event.unit_name},
        "verb": event.verb,
    }
    return _written(TYPE_OF[event.verb], event.at, data)


def test_body(webhook_id: UUID, at: datetime) -> str:
    """The message of a test."""
    data = {"resource": "webhooks", "id": webhook_id, "href": f"/api/v1/webhooks/{webhook_id}", "verb": TEST}
    return _written(TEST, at, data)


def _written(event_type: str, at: datetime, data: dict[str, Any]) -> str:
    told = {"type": event_type, "timestamp": _instant(at), "data": data}
    return orjson.dumps(told, default=str).decode()  # the driver has a UUID of its own
