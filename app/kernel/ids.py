"""Identifiers: UUIDv7 (RFC 9562), so that new rows stand together in every index."""

from uuid import UUID

import uuid6


def new_id() -> UUID:
    """A new time-ordered identifier."""
    return UUID(int=uuid6.uuid7().int)
