"""Keys of service accounts as they travel."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.access.permissions import Permission
from app.kernel.pagination import PageParams
from app.kernel.schema import In, Instant, Line, Out, Whole
from app.units.schemas import UnitBrief

Name = Annotated[Line, Field(max_length=100)]
Network = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class KeyIn(In):
    """A new key. It never does more than its account, and less where it says so."""

    unread = frozenset({"networks"})

    name: Name
    unit_id: Annotated[
        UUID | None, Field(description="Acts in this subtree only; within the account's, and that when left out")
    ] = None
    permissions: Annotated[
        list[Permission] | None,
        Field(min_length=1, max_length=100, description="Only these, out of what the account's roles give"),
    ] = None
    networks: Annotated[
        list[Network] | None,
        Field(
            min_length=1,
            max_length=50,
            description="Usable from these networks only, in CIDR notation (IPv4, IPv6); left out, from everywhere",
            examples=[["203.0.113.0/24", "2001:db8:7::/48"]],
        ),
    ] = None
    expires_at: Annotated[Instant, Field(description="Real time, at most 400 days ahead")]


class KeyRotation(In):
    """A new key in the place of one, with the same unit, permissions and networks."""

    overlap_hours: Annotated[
        Whole, Field(ge=0, le=720, description="How long the old key goes on beside the new one; 0 = ends at once")
    ] = 24
    name: Annotated[Name | None, Field(description="Of the new key; the old one's when left out")] = None
    expires_at: Annotated[
        Instant | None, Field(description="Of the new key: real time, at most 400 days ahead; else as the old one's")
    ] = None


class KeyQuery(PageParams):
    """Keys of one account."""

    sort: Literal["created_at", "-created_at"] = "created_at"


class KeyOut(Out):
    """A key of a service account; the key itself is stored hashed and cannot be shown again."""

    id: UUID
    name: str
    hint: Annotated[str, Field(description="How the key begins")]
    unit: UnitBrief
    permissions: Annotated[list[Permission] | None, Field(description="null = all that the account's roles give")]
    networks: Annotated[list[str] | None, Field(description="Where it may be used from; null = from everywhere")]
    expires_at: datetime
    revoked_at: datetime | None
    replaced_by: Annotated[UUID | None, Field(description="The key that a rotation made in its place")]
    usable: Annotated[bool, Field(description="Neither expired nor revoked")]
    last_used_at: Annotated[
        datetime | None, Field(description="Real time, told a minute or so late; null = never used")
    ]
    last_used_address: Annotated[str | None, Field(description="Where that request came from, as the server saw it")]
    created_by: Annotated[UUID | None, Field(description="The user who made it; null = the system")]
    created_at: datetime


class KeyMade(KeyOut):
    """A new key, with the key itself."""

    key: Annotated[str, Field(description="Shown this once: `Authorization: Bearer dhk_...`")]
