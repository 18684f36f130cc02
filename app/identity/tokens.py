"""Access tokens: issuing and verifying them, and the only place that calls python-jose.

python-jose 3.5.0 lets the token choose the algorithm, takes a DER public key for an HMAC secret, ignores
`crit` and lets stray exceptions through (docs/decisions/0003-python-jose.md). So everything a token may
decide is decided here before the library sees it, and whatever goes wrong is one exception, `InvalidToken`.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NoReturn
from uuid import UUID, uuid4

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jose import jws
from jose.backends.cryptography_backend import (
    CryptographyECKey,
)  # by name: never the pure-Python ecdsa backend
from jose.utils import base64url_decode, base64url_encode

ALGORITHM = "ES256"
TYPE = "at+jwt"  # RFC 9068 2.1
MAX_TOKEN_BYTES = 4096
MAX_HEADER_SEGMENT_BYTES = 512
MAX_LIFETIME_SECONDS = 3600
CLOCK_LEEWAY_SECONDS = 30  # between two of our own servers; applied to `iat` only, never to `exp`
REMEMBERED_TOKENS = 1024  # at most 4 MB per worker

_HEADER_NAMES = {"alg", "kid", "typ"}
_CLAIM_NAMES = {"iss", "aud", "sub", "sid", "jti", "iat", "exp"}
# 86 characters are exactly the 64 bytes r || s of RFC 7518 3.4: a DER signature does not fit.
_COMPACT = re.compile(rf"([A-Za-z0-9_-]{{1,{MAX_HEADER_SEGMENT_BYTES}}})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{{86}})")


class InvalidToken(Exception):
    """The token is not one of ours, or no longer. The reason is for the log; the client is told 401."""


@dataclass(frozen=True)
class SigningKey:
    """A P-256 key pair as an unencrypted PKCS #8 PEM text, under the `kid` that its tokens name."""

    kid: str
    private_pem: str = field(repr=False)


@dataclass(frozen=True)
class AccessClaims:
    """What a verified token says: subject, session, token, and two instants in seconds since 1970 (UTC)."""

    sub: UUID
    sid: UUID
    jti: UUID
    iat: int
    exp: int


def generate_key() -> SigningKey:
    """A new key pair with a random `kid`."""
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SigningKey(kid=secrets.token_hex(8), private_pem=pem.decode("ascii"))


def public_pem(key: SigningKey) -> str:
    """The public half as PEM, the form `Verifier` takes. ValueError if the key is no P-256 PEM."""
    return (
        _private_key(key.private_pem)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode("ascii")
    )


def public_jwk(key: SigningKey) -> dict[str, str]:
    """The public half for `/.well-known/jwks.json` (RFC 7517). ValueError if the key is no P-256 PEM."""
    described = CryptographyECKey(_public_key(public_pem(key)), ALGORITHM).to_dict()
    point = {name: str(described[name]) for name in ("kty", "crv", "x", "y")}
    return {**point, "kid": key.kid, "use": "sig", "alg": ALGORITHM}


@dataclass(frozen=True)
class TokenIssuer:
    """Signs access tokens for one issuer and audience; `lifetime` in seconds, at most an hour.

    Raises ValueError when built with a lifetime out of range or a key that is no P-256 PEM.
    """

    key: SigningKey
    issuer: str
    audience: str
    lifetime: int

    def __post_init__(self) -> None:
        if not 0 < self.lifetime <= MAX_LIFETIME_SECONDS:
            raise ValueError(f"lifetime must be 1 to {MAX_LIFETIME_SECONDS} seconds, not {self.lifetime}")
        _private_key(self.key.private_pem)

    def issue(self, *, sub: UUID, sid: UUID, now: int) -> str:
        """A new token for the subject's session, issued at `now` (seconds since 1970), with a fresh `jti`."""
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": str(sub),
            "sid": str(sid),
            "jti": str(uuid4()),
            "iat": now,
            "exp": now + self.lifetime,
        }
        key = CryptographyECKey(_private_key(self.key.private_pem), ALGORITHM)
        token: str = jws.sign(claims, key, headers={"typ": TYPE, "kid": self.key.kid}, algorithm=ALGORITHM)
        return token


class Verifier:
    """Verifies access tokens against a fixed set of public keys, `keys`: from `kid` to PEM.

    Build one per worker and keep it: keys are parsed once, and tokens that passed are remembered, so that a
    token's second use costs no signature check. That is safe because only a token that passed in full is
    remembered, under its complete text, because its times are compared with `now` on every use, and because a
    token only names a session: whether that session still lives is read in the database on every request.
    What a Verifier cannot see is a change of keys: **build a new one whenever a key is added, rotated out or
    withdrawn.**

    ValueError when a key is not the PEM of a P-256 public key.
    """

    def __init__(self, issuer: str, audience: str, keys: Mapping[str, str]) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = {kid: CryptographyECKey(_public_key(pem), ALGORITHM) for kid, pem in keys.items()}
        self._claims = lru_cache(maxsize=REMEMBERED_TOKENS)(self._read)  # exceptions are not remembered

    def verify(self, token: str, now: int) -> AccessClaims:
        """The claims of a token valid at `now` (seconds since 1970, the caller's clock), or InvalidToken."""
        try:
            if len(token) > MAX_TOKEN_BYTES:
                _refuse("size")
            claims = self._claims(token)
            if claims.exp <= now or claims.iat > now + CLOCK_LEEWAY_SECONDS:
                _refuse("time")
        except (InvalidToken, MemoryError):
            raise
        except Exception as error:
            # The chain is cut because its text may quote the token.
            raise InvalidToken(type(error).__name__) from None
        return claims

    def _read(self, token: str) -> AccessClaims:
        segments = _COMPACT.fullmatch(token)
        if segments is None:
            _refuse("form")
        header, _, _ = (_decoded(segment) for segment in segments.groups())
        key = self._key_named_by(_object(header))
        return self._checked(_object(jws.verify(token, key, [ALGORITHM])))

    def _key_named_by(self, header: dict[str, Any]) -> CryptographyECKey:
        # Nothing but these three: that refuses crit, b64, zip, jku, jwk, x5u, x5c, x5t and what comes next.
        if header.keys() != _HEADER_NAMES:
            _refuse("header")
        kind = _text(header["typ"]).lower().removeprefix("application/")
        if kind != TYPE or _text(header["alg"]) != ALGORITHM:
            _refuse("header")
        key = self._keys.get(_text(header["kid"]))
        if key is None:
            _refuse("kid")
        return key

    def _checked(self, claims: dict[str, Any]) -> AccessClaims:
        # We are the only issuer, so an unknown claim (`nbf`, say) is a restriction we would silently drop.
        if claims.keys() != _CLAIM_NAMES:
            _refuse("claims")
        if _text(claims["iss"]) != self._issuer or _text(claims["aud"]) != self._audience:
            _refuse("audience")
        issued, expires = _seconds(claims["iat"]), _seconds(claims["exp"])
        if not 0 < expires - issued <= MAX_LIFETIME_SECONDS:
            _refuse("lifetime")
        sub, sid, jti = (_uuid(claims[name]) for name in ("sub", "sid", "jti"))
        return AccessClaims(sub=sub, sid=sid, jti=jti, iat=issued, exp=expires)


def _refuse(reason: str) -> NoReturn:
    raise InvalidToken(reason)


def _private_key(pem: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(pem.encode("ascii"), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a P-256 private key")
    return key


def _public_key(pem: str) -> ec.EllipticCurvePublicKey:
    # python-jose would take any curve for ES256.
    key = serialization.load_pem_public_key(pem.encode("ascii"))
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a P-256 public key")
    return key


def _decoded(segment: str) -> bytes:
    """The bytes of a base64url segment, refusing set bits after the last byte: one token has one spelling."""
    data: bytes = base64url_decode(segment.encode("ascii"))
    if base64url_encode(data) != segment.encode("ascii"):
        _refuse("base64")
    return data


def _object(data: bytes) -> dict[str, Any]:
    """The UTF-8 JSON object in `data`, with no name twice at any depth, and no number but integers."""
    value = json.loads(
        data.decode("utf-8"),
        object_pairs_hook=_members,
        parse_constant=_no_number,
        parse_float=_no_number,
    )
    if not isinstance(value, dict):
        _refuse("json")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _refuse("json")
    return members


def _no_number(_: str) -> NoReturn:
    _refuse("json")


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        _refuse("text")
    return value


def _seconds(value: object) -> int:
    # bool is an int in Python, and True would be 1970-01-01T00:00:01.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**40:
        _refuse("number")
    return value


def _uuid(value: object) -> UUID:
    text = _text(value)
    parsed = UUID(text)
    if str(parsed) != text:  # UUID() also reads braces, urn: and capitals
        _refuse("uuid")
    return parsed
