"""Webhooks as they travel."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.kernel.pagination import PageParams, SinceParams
from app.kernel.schema import In, Line, Note, Out
from app.kernel.workflow import ActionOut
from app.units.schemas import UnitBrief
from app.webhooks.events import EventType

Status = Literal["active", "disabled"]
DeliveryStatus = Literal["pending", "delivered", "failed"]
Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, pattern=r"^[\x21-\x7e]+$"),
    Field(description="`https://...`, reachable from the Internet", examples=["https://example.vn/hooks/dienhinh"]),
]
Events = Annotated[
    list[EventType],
    Field(min_length=1, max_length=50, description="What to be told of", examples=[["report.submitted"]]),
]
_SHOWN_ONCE = "`whsec_...`: the key that messages are signed with (HMAC-SHA256). Shown here and never again"


class WebhookIn(In):
    """A new subscription."""

    unread = frozenset({"url"})

    unit_id: Annotated[UUID, Field(description="Told is what happens in this unit's subtree")]
    url: Url
    events: Events
    description: Annotated[Line | None, Field(description="What it is for")] = None


class WebhookPatch(In):
    """What may change."""

    unread = frozenset({"url"})

    url: Url | None = None
    events: Events | None = None
    description: Annotated[Line | None, Field(description="What it is for; null empties it")] = None


class WebhookTransition(In):
    """Turning a subscription off and on."""

    action: Literal["disable", "enable"]
    note: Annotated[Note | None, Field(description="The reason")] = None


class SecretIn(In):
    """Replacing the secret."""

    overlap_hours: Annotated[
        int, Field(ge=0, le=168, description="So long messages carry the old secret's signature too")
    ] = 24


class WebhookQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[Literal["unit", "-updated_at", "updated_at"], Field(description="`unit` = order of the tree")] = (
        "unit"
    )
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    status: Annotated[Status | None, Field(description="Only in this state")] = None


class WebhookOut(Out):
    """A subscription."""

    id: UUID
    unit: UnitBrief
    url: str
    events: list[EventType]
    description: str | None
    status: Status
    disabled_reason: Annotated[
        Literal["by_hand", "failing", "gone", "unit_ended"] | None,
        Field(
            description="`failing`: nothing was taken for five days; `gone`: the receiver answered 410; `unit_ended`:"
            " an act ended the unit and let its subscriptions end"
        ),
    ]
    failing_since: Annotated[
        datetime | None, Field(description="Since when nothing has been taken; null = all is well")
    ]
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: int
    created_at: datetime
    updated_at: datetime


class WebhookMade(WebhookOut):
    """A new subscription with its secret."""

    secret: Annotated[str, Field(description=_SHOWN_ONCE)]


class SecretMade(Out):
    """A new secret."""

    secret: Annotated[str, Field(description=_SHOWN_ONCE)]
    previous_expire_at: Annotated[datetime, Field(description="Until then the old ones sign as well")]


class DeliveryQuery(PageParams):
    """Filters of the log of deliveries."""

    sort: Annotated[Literal["-id"], Field(description="Newest first")] = "-id"
    status: Annotated[DeliveryStatus | None, Field(description="Only in this state")] = None
    event_type: Annotated[str | None, Field(max_length=60, description="Only of this type")] = None


class DeliveryOut(Out):
    """One message to a subscription and how its attempts went."""

    id: UUID
    event_id: Annotated[UUID, Field(description="`webhook-id` of every attempt: by it a receiver knows repetitions")]
    event_type: str
    status: Annotated[DeliveryStatus, Field(description="`failed`: no further attempt; the message can be replayed")]
    attempts: Annotated[int, Field(description="Attempts so far; counted anew by a replay")]
    next_attempt_at: Annotated[datetime | None, Field(description="When it is tried (again)")]
    response_status: Annotated[int | None, Field(description="HTTP status of the last answer")]
    duration_ms: Annotated[int | None, Field(description="How long the last attempt took")]
    error: Annotated[
        str | None,
        Field(
            description="Why the last attempt failed: `status`, `redirect`, `timeout`, `connection`, `tls`, `disabled`,"
            " or why the address was refused: `address_not_allowed`, `unknown_host`, `port_not_allowed`, `not_https`"
        ),
    ]
    body: Annotated[str, Field(description="The message word for word")]
    created_at: datetime
    updated_at: datetime
