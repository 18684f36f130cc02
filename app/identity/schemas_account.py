"""Signing in and one's own account as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from app.access.permissions import Permission, Role
from app.identity.refresh_tokens import MAX_LENGTH
from app.kernel.pagination import PageParams
from app.kernel.schema import In, Out
from app.units.schemas import UnitBrief

Deliver = Annotated[
    Literal["cookie", "body"],
    Field(description="`cookie`: HttpOnly, Secure, SameSite=Strict; `body`: for clients without cookies"),
]
Password = Annotated[str, Field(min_length=1, max_length=1024)]
OneTimeCode = Annotated[
    str, Field(min_length=1, max_length=10, description="Six digits of the authenticator app", examples=["492039"])
]


def normal_username(value: object) -> object:
    """Usernames are lower case; what people type around them does not count."""
    return value.strip().lower() if isinstance(value, str) else value


class SignIn(In):
    """Username and password, and the code of the second factor where the account has one."""

    unread = frozenset({"username", "password", "one_time_code"})

    username: Annotated[str, BeforeValidator(normal_username), Field(max_length=200, examples=["17509.editor"])]
    password: Password
    one_time_code: OneTimeCode | None = None
    deliver_refresh: Deliver = "cookie"


class RefreshIn(In):
    """Empty (`{}`) when the refresh token comes as the cookie."""

    unread = frozenset({"refresh_token"})

    refresh_token: Annotated[
        str | None,
        Field(max_length=MAX_LENGTH, description="For clients without cookies; then the next one is in the body"),
    ] = None


class SignedIn(Out):
    """An access token. Send it as `Authorization: Bearer ...`."""

    access_token: Annotated[str, Field(description="ES256 JWT; keys at /.well-known/jwks.json")]
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the name of the scheme
    expires_in: Annotated[int, Field(description="Seconds until the access token expires")]
    refresh_token: Annotated[
        str | None, Field(description='Only with `"deliver_refresh": "body"`; otherwise it is the cookie')
    ] = None


class SessionQuery(PageParams):
    """One's sessions take no filters."""


class SessionOut(Out):
    """A sign-in on one device."""

    id: UUID
    created_at: Annotated[datetime, Field(description="When one signed in (real time)")]
    rotated_at: Annotated[datetime, Field(description="When it was last refreshed")]
    expires_at: Annotated[datetime, Field(description="When it ends, however often it is refreshed")]
    user_agent: str | None
    address: Annotated[str | None, Field(description="Where one signed in from; of an IPv6 address its /64 network")]
    current: Annotated[bool, Field(description="Whether this is the session that asks")]


class PasswordIn(In):
    """The password once more."""

    unread = frozenset({"password", "one_time_code"})

    password: Password


class PasswordChange(In):
    """One's password and the one that replaces it."""

    unread = frozenset({"current_password", "new_password"})

    current_password: Password
    new_password: Annotated[
        Password, Field(description="At least 15 characters, 8 with a second factor; nothing common or guessable")
    ]


class SecondFactorStarted(Out):
    """The secret for the authenticator app. Shown once; confirm it with a code."""

    secret: Annotated[str, Field(description="Base32, to be typed in")]
    otpauth_uri: Annotated[str, Field(description="To be shown as a QR code")]


class OneTimeCodeIn(In):
    """A code of the authenticator app."""

    unread = frozenset({"one_time_code"})

    one_time_code: OneTimeCode


class SecondFactorDisable(PasswordIn):
    """Password and code together."""

    one_time_code: OneTimeCode


class UnitPlace(UnitBrief):
    """A unit with its level."""

    level: Annotated[str, Field(description="`central`, `province`, `district`, `commune` or `base`")]


class MeGrant(Out):
    """A role one holds today at a unit, and what it gives there and below."""

    role: Role
    unit: UnitPlace
    permissions: list[Permission]


class ClockOut(Out):
    """The domain clock, by which deadlines are decided. Tokens and sessions keep real time."""

    now: datetime
    today: Annotated[date, Field(description="The calendar day in Asia/Ho_Chi_Minh")]
    offset_seconds: Annotated[int, Field(description="Added to real time; not 0 only in a demonstration")]
    demo: Annotated[bool, Field(description="Whether the clock is moved, as in a demonstration")]


class MeOut(Out):
    """The caller."""

    kind: Literal["user", "service_account"]
    id: UUID | None
    name: Annotated[str, Field(description="Username, or the name of the service account")]
    full_name: str | None
    email: str | None
    phone: str | None
    second_factor: Annotated[bool, Field(description="Whether signing in takes a one-time code")]
    home: Annotated[UnitBrief | None, Field(description="Home unit; for a service account that of its key")]
    session_id: UUID | None
    key_id: Annotated[UUID | None, Field(description="The service account's key that asks")]
    key_name: str | None
    grants: list[MeGrant]
    clock: ClockOut


class Jwk(Out):
    """A public key (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class JwkSet(Out):
    """All keys whose access tokens are still accepted."""

    keys: list[Jwk]
