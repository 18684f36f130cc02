"""Refresh tokens as text: how one is made, what is stored of it, and which one follows. Pure.

A token is ``dhr_<family>.<last>``, each part of 256 bits. All tokens of one session share the family part, so that an
old one still says which session it belonged to, and nobody who never held one of them can name it.
"""

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import digest
from secrets import token_urlsafe

PREFIX = "dhr_"
MAX_LENGTH = 200
_TOKEN = re.compile(rf"{PREFIX}([A-Za-z0-9_-]{{43}})\.[A-Za-z0-9_-]{{43}}")


def first() -> str:
    """The first token of a new session."""
    return f"{PREFIX}{token_urlsafe(32)}.{token_urlsafe(32)}"


def family_hash(token: str) -> bytes | None:
    """What names the session that ``token`` belongs to; None for text that is no refresh token."""
    match = _TOKEN.fullmatch(token)
    return sha256(match[1].encode()).digest() if match else None


def token_hash(token: str) -> bytes:
    """What is stored of the whole token. Its random bits need no slow hash."""
    return sha256(token.encode()).digest()


def successor(token: str, secret: bytes) -> str:
    """The token that replaces ``token``: the same however often it is asked for, not to be guessed without ``secret``.

    So a client whose answer was lost, or whose two tabs ask at once, gets one and the same token, of which only the
    hash is stored.
    """
    family = token.partition(".")[0]
    following = urlsafe_b64encode(digest(secret, token.encode(), "sha256")).rstrip(b"=").decode()
    return f"{family}.{following}"
