"""Users, service accounts and their grants as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints

from app.access.permissions import Role
from app.identity.schemas_account import Password, UnitPlace, normal_username
from app.kernel.pagination import PageParams, SinceParams
from app.kernel.schema import Day, In, Line, Note, Out
from app.kernel.workflow import ActionOut
from app.units.schemas import UnitBrief

Username = Annotated[
    str,
    BeforeValidator(normal_username),
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{2,63}$"),
    Field(description="3 to 64 lower-case letters, digits, dots, hyphens; never changes", examples=["17509.editor"]),
]
FullName = Annotated[Line, Field(max_length=200, examples=["Nguyễn Văn An"])]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[+0-9][0-9 .()\-]{5,28}$")]
Name = Annotated[Line, Field(max_length=100)]
Description = Annotated[Line | None, Field(max_length=1_000)]
Status = Literal["active", "disabled"]
Disabled = Annotated[bool | None, Field(description="Only disabled ones (true) or only active ones (false)")]
InUnit = Annotated[UUID | None, Field(description="Only of this unit")]
Under = Annotated[UUID | None, Field(description="Only in the subtree of this unit")]
Search = Annotated[str | None, Field(max_length=100, description="Part of a name, with or without accents")]


class UserIn(In):
    """A new user. Rights come with grants."""

    unread = frozenset({"username", "email", "phone", "password"})

    username: Username
    full_name: FullName
    email: Email | None = None
    phone: Phone | None = None
    unit_id: Annotated[UUID, Field(description="Home unit, whose administrators look after the account")]
    password: Annotated[
        Password | None, Field(description="At least 15 characters; left out, a strong one is made and answered once")
    ] = None


class UserPatch(In):
    """What may change about a user."""

    unread = frozenset({"email", "phone"})

    full_name: FullName | None = None
    email: Email | None = None
    phone: Phone | None = None
    unit_id: Annotated[UUID | None, Field(description="The new home unit")] = None


class UserTransition(In):
    """An action on a user."""

    action: Literal["disable", "enable", "reset_password"]
    note: Note | None = None


class UserQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["username", "unit", "updated_at", "-updated_at"], Field(description="`unit` = order of the tree")
    ] = "username"
    q: Search = None
    unit: InUnit = None
    under: Under = None
    disabled: Disabled = None


class UserOut(Out):
    """A person who signs in."""

    id: UUID
    username: str
    full_name: str
    email: str | None
    phone: str | None
    unit: Annotated[UnitBrief, Field(description="Home unit")]
    status: Status
    second_factor: Annotated[bool, Field(description="Whether signing in takes a one-time code")]
    password_changed_at: datetime
    disabled_at: datetime | None
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: int
    created_at: datetime
    updated_at: datetime


class UserWithPassword(UserOut):
    """A user, and the password that was made for it."""

    generated_password: Annotated[
        str | None, Field(description="Shown this once; null when none was made. Hand it over by a safe way")
    ] = None


class GrantIn(In):
    """A role at a unit, for its subtree."""

    role: Annotated[Role, Field(description="`integrator` for service accounts only, which take it or `viewer`")]
    unit_id: Annotated[UUID, Field(description="Inside the subtree the caller administers")]
    valid_from: Annotated[Day | None, Field(description="First day; today when left out")] = None
    valid_to: Annotated[Day | None, Field(description="First day on which it holds no more; none = until ended")] = None


class GrantPatch(In):
    """The one thing that may change about a grant."""

    valid_to: Annotated[Day | None, Field(description="First day on which it holds no more; null = until ended")]


class GrantQuery(PageParams):
    """Grants of one holder."""

    sort: Literal["valid_from", "-valid_from"] = "valid_from"


class GrantOut(Out):
    """A role at a unit. Never deleted: an ended one keeps its dates."""

    id: UUID
    role: Role
    unit: UnitPlace
    valid_from: date
    valid_to: date | None
    in_force: Annotated[bool, Field(description="Whether it holds today")]
    granted_by: Annotated[UUID | None, Field(description="The user who gave it; null = the system")]
    version: int
    created_at: datetime


class ServiceAccountIn(In):
    """A new service account. Rights come with grants, access with keys."""

    name: Name
    description: Description = None
    unit_id: Annotated[UUID, Field(description="Its unit; keys lie in the subtree of it")]


class ServiceAccountPatch(In):
    """What may change about a service account."""

    name: Name | None = None
    description: Description = None


class ServiceAccountTransition(In):
    """An action on a service account."""

    action: Literal["disable", "enable"]
    note: Note | None = None


class ServiceAccountQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["name", "unit", "updated_at", "-updated_at"], Field(description="`unit` = order of the tree")
    ] = "name"
    unit: InUnit = None
    under: Under = None
    disabled: Disabled = None


class ServiceAccountOut(Out):
    """A script or a partner's system; it acts through keys only."""

    id: UUID
    name: str
    description: str | None
    unit: UnitBrief
    status: Status
    disabled_at: datetime | None
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: int
    created_at: datetime
    updated_at: datetime
