"""The keys that sign access tokens: kept in the database, so that every worker and host has the same."""

from dataclasses import dataclass

from sqlalchemy import insert, select, text

from app.identity.models import SigningKeyRow
from app.identity.tokens import SigningKey, TokenIssuer, Verifier, generate_key, public_jwk, public_pem
from app.kernel.db import Session
from app.kernel.settings import Settings


async def signing_keys(session: Session) -> list[SigningKey]:
    """All keys that still verify, newest first; the first one signs. Makes the first key when there is none.

    Call it in a transaction of the owning role: the fenced role cannot read this table.
    """
    # Two starting workers must agree on one key.
    await session.execute(text("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE"))
    statement = (
        select(SigningKeyRow.kid, SigningKeyRow.private_pem)
        .where(SigningKeyRow.retired_at.is_(None))
        .order_by(SigningKeyRow.created_at.desc(), SigningKeyRow.kid)
    )
    rows = (await session.execute(statement)).all()
    if not rows:
        key = generate_key()
        await session.execute(insert(SigningKeyRow).values(kid=key.kid, private_pem=key.private_pem))
        return [key]
    return [SigningKey(row.kid, row.private_pem) for row in rows]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What signs and what checks access tokens in this process; made again after a rotation of the keys."""

    issuer: TokenIssuer
    verifier: Verifier
    jwks: list[dict[str, str]]


def tokens_of(keys: list[SigningKey], settings: Settings) -> Tokens:
    """The issuer (newest key) and verifier (all keys) for ``keys``."""
    return Tokens(
        TokenIssuer(
            issuer=settings.issuer,
            audience=settings.audience,
            key=keys[0],
            lifetime=settings.access_token_seconds,
        ),
        Verifier(settings.issuer, settings.audience, {key.kid: public_pem(key) for key in keys}),
        [public_jwk(key) for key in keys],
    )
