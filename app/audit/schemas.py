"""The event log as it travels."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.kernel.pagination import PageParams
from app.kernel.schema import Instant, Out


class AuditQuery(PageParams):
    """Filters of the event log."""

    sort: Annotated[Literal["-seq"], Field(description="Newest first")] = "-seq"
    subject_kind: Annotated[
        str | None, Field(max_length=40, description="The kind of what was acted on", examples=["registration"])
    ] = None
    subject_id: Annotated[UUID | None, Field(description="What was acted on")] = None
    actor_id: Annotated[UUID | None, Field(description="The user or service account that acted")] = None
    verb: Annotated[
        str | None,
        Field(max_length=60, description="What was done: `resource.action`", examples=["registration.submit"]),
    ] = None
    unit: Annotated[UUID | None, Field(description="Only what concerned this unit itself")] = None
    under: Annotated[UUID | None, Field(description="Only what concerned the subtree of this unit")] = None
    from_: Annotated[Instant | None, Field(alias="from", description="At or after this instant")] = None
    to: Annotated[Instant | None, Field(description="Before this instant")] = None
    request_id: Annotated[str | None, Field(max_length=64, description="`X-Request-Id` of the request")] = None


class AuditUnit(Out):
    """The unit an event concerned, by its present name."""

    id: UUID
    code: str
    name: str


class AuditActor(Out):
    """Who acted."""

    kind: Literal["user", "service_account", "system"]
    id: Annotated[UUID | None, Field(description="null = the system itself")]
    name: Annotated[str, Field(description="Username or name of the service account at that time")]


class AuditEventOut(Out):
    """One event: never changed, never deleted."""

    id: UUID
    seq: Annotated[int, Field(description="Number in the order of writing; gaps mean nothing")]
    at: Annotated[datetime, Field(description="Instant of the domain clock")]
    actor: AuditActor
    session_id: Annotated[UUID | None, Field(description="The user's session")]
    key_id: Annotated[UUID | None, Field(description="The service account's key; null = a person, or the system")]
    key_name: Annotated[str | None, Field(description="Name of that key")]
    request_id: str
    verb: Annotated[str, Field(description="What was done: `resource.action`", examples=["registration.submit"])]
    subject_kind: str
    subject_id: UUID | None
    unit: AuditUnit
    note: Annotated[str | None, Field(description="The reason given")]
    before: Annotated[dict[str, Any] | None, Field(description="What was changed, as it was")]
    after: Annotated[dict[str, Any] | None, Field(description="What was changed, as it became")]


Change = Literal["created", "changed", "deleted"]


class ChangesQuery(BaseModel):
    """How to follow the feed of changes."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[
        str | None, Field(max_length=40, description="`position` of an earlier answer; none = from the beginning")
    ] = None
    limit: Annotated[int, Field(ge=0, le=1_000, description="Items at most; 0 = only tell the position of now")] = 200


class ChangeOut(Out):
    """One change of a record. What it is now is read at `href`."""

    position: Annotated[str, Field(description="The place right after this change")]
    at: Annotated[datetime, Field(description="Instant of the change")]
    change: Annotated[
        Literal["created", "changed", "deleted"],
        Field(description="`deleted` is a tombstone: nothing is left at `href`"),
    ]
    verb: Annotated[str, Field(description="What was done: `resource.action`", examples=["registration.submit"])]
    resource: Annotated[str, Field(description="The collection it belongs to", examples=["registrations"])]
    id: UUID
    href: Annotated[str | None, Field(description="Where it is read; null once deleted")]
    unit: AuditUnit


class ChangesOut(Out):
    """Changes in the order in which they took effect."""

    items: list[ChangeOut]
    position: Annotated[str, Field(description="Pass as `after` next time: nothing is missed, nothing comes twice")]
    has_more: Annotated[bool, Field(description="Whether more stand there already; otherwise ask again later")]
