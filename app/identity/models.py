"""Users, service accounts, their dated grants and keys, sessions, and the keys that sign access tokens."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, CIDR
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference


class User(Base):
    """A person who signs in. ``unit`` is the home unit: its administrators look after the account."""

    __tablename__ = "users"
    __table_args__ = (
        unit_reference("users"),
        Index("uq_users_username", "username", unique=True),
        Index("ix_users_unit_path", "unit_path", "username"),
        CheckConstraint("username ~ '^[a-z0-9][a-z0-9._-]{2,63}$'", name="username"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64))
    full_name: Mapped[str] = mapped_column(String(200))
    folded: Mapped[str] = mapped_column(Text)
    """Full name and username without accents, for searching."""
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(30))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    password_hash: Mapped[str] = mapped_column(Text)
    password_changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_confirmed: Mapped[bool] = mapped_column(Boolean, server_default="false")
    totp_last_step: Mapped[int | None] = mapped_column(Integer)
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ServiceAccount(Base):
    """A script or a partner's system. It acts through keys only."""

    __tablename__ = "service_accounts"
    __table_args__ = (
        unit_reference("service_accounts"),
        Index("uq_service_accounts_unit_id_name", "unit_id", "name", unique=True),
        Index("ix_service_accounts_unit_path", "unit_path", "name"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(String(1_000))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class GrantRow(Base):
    """A role at a unit for a user or a service account, from ``valid_from`` until before ``valid_to``.

    Ended before it began, both are the same day: a grant is never deleted.
    """

    __tablename__ = "grants"
    __table_args__ = (
        unit_reference("grants"),
        CheckConstraint("(user_id IS NULL) <> (service_account_id IS NULL)", name="holder"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
        CheckConstraint(
            "role IN ('viewer', 'editor', 'approver', 'awards_officer', 'coordinator', 'administrator', 'auditor',"
            " 'integrator')",
            name="role",
        ),
        Index("ix_grants_user_id", "user_id"),
        Index("ix_grants_service_account_id", "service_account_id"),
        Index("ix_grants_unit_path", "unit_path"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    service_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("service_accounts.id"))
    role: Mapped[str] = mapped_column(String(20))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    granted_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SessionRow(Base):
    """A sign-in on one device: a family of refresh tokens, of which only the last is good (RFC 9700, 4.14).

    ``family_hash`` is of the part that all tokens of the family share, ``refresh_hash`` of the whole last token.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    family_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    refresh_hash: Mapped[bytes] = mapped_column(LargeBinary)
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    rotated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    user_agent: Mapped[str | None] = mapped_column(String(300))
    address: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class SignInFailures(Base):
    """How often signing in under a name has failed of late, whether or not anyone has that name.

    ``bucket`` is a hash (``backoff.py``), so the table tells nobody which names were tried.
    """

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("ix_sign_in_failures_last_at", "last_at"),)

    bucket: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    blocked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class ServiceKey(Base):
    """A service account's key: stored hashed, shown once, limited to a unit, permissions, networks and a date."""

    __tablename__ = "service_keys"
    __table_args__ = (
        unit_reference("service_keys"),
        Index("ix_service_keys_service_account_id", "service_account_id"),
        Index("ix_service_keys_unit_path", "unit_path"),
        CheckConstraint("cardinality(networks) > 0", name="networks"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    service_account_id: Mapped[UUID] = mapped_column(ForeignKey("service_accounts.id"))
    name: Mapped[str] = mapped_column(String(100))
    hint: Mapped[str] = mapped_column(String(12))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    permissions: Mapped[list[str] | None] = mapped_column(ARRAY(String(60)))
    networks: Mapped[list[str] | None] = mapped_column(ARRAY(CIDR))
    """Null = usable from everywhere."""
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    replaced_by: Mapped[UUID | None] = mapped_column(ForeignKey("service_keys.id"))
    """The key that a rotation made in its place."""
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_address: Mapped[str | None] = mapped_column(String(45))
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SigningKeyRow(Base):
    """A key pair that signs access tokens. The application's fenced role cannot read this table."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    private_pem: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
