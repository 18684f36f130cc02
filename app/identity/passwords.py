"""Passwords: how they are stored, and which are too weak to be taken.

Stored as argon2id. Taken by NIST SP 800-63B-4, 3.1.1: length, no composition rules, common and context words
refused, Unicode normalised (NFKC) before it is hashed, so that one password typed on two keyboards is one.
"""

import asyncio
import secrets
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from app.identity.guessing import Kind, estimate

# The minimum of OWASP's Password Storage Cheat Sheet for argon2id: m = 19 MiB, t = 2, p = 1 (about 20 ms here).
_HASHER = Argon2Hasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
_HASHES = PasswordHash((_HASHER,))
# argon2 lets go of the interpreter lock: two threads use two cores and 38 MiB, and a rush of sign-ins waits in
# their queue instead of taking the memory, and never in the event loop.
_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")

# Of a random password nobody kept. Verifying against it costs an unknown user what a known one costs.
DUMMY_HASH = "$argon2id$v=19$m=19456,t=2,p=1$JcxNj/mLzN4NYe8IIjGufg$p7gxTg+ALbZT5nLRTrpF2LlGRcpQV95S3PPgrQsUmi0"

MIN_LENGTH = 15
MIN_LENGTH_WITH_SECOND_FACTOR = 8
MAX_LENGTH = 256
# Decomposed Vietnamese has up to three code points to a letter; beyond this the text is not even normalised.
_MAX_RAW_LENGTH = 4 * MAX_LENGTH
# What eight lower-case letters drawn at random give. 2**36 guesses are 43 years of one core at 20 ms each.
MIN_GUESS_BITS = 36.0
_LEGIBLE = "23456789abcdefghjkmnpqrstuvwxyz"

_STANDING_CONTEXT = (
    "điển hình tiên tiến",
    "công an nhân dân",
    "công an tỉnh",
    "bảo vệ an ninh tổ quốc",
    "mật khẩu",
    "quản trị",
    "Nghệ An",
    "Việt Nam",
)


@dataclass(frozen=True)
class Weakness:
    """Why a password is refused: a code for programs, and the sentence in Vietnamese and English."""

    code: str
    vi: str
    en: str


_UNUSABLE = Weakness(
    "unusable_characters",
    "Mật khẩu có ký tự điều khiển hoặc ký tự không hợp lệ",
    "The password has control or unassigned characters",
)
_TOO_LONG = Weakness(
    "too_long",
    f"Mật khẩu dài quá {MAX_LENGTH} ký tự",
    f"The password is longer than {MAX_LENGTH} characters",
)
_CONTEXT = Weakness(
    "context_word",
    "Mật khẩu chủ yếu là tên người dùng, tên đơn vị hoặc từ của chương trình",
    "The password is mostly the user's name, the unit's name or a word of the programme",
)
_GUESSABLE: dict[Kind, Weakness] = {
    "context": _CONTEXT,
    "common": Weakness(
        "common_password",
        "Mật khẩu dựa trên một mật khẩu phổ biến",
        "The password is built on a common password",
    ),
    "repetition": Weakness(
        "repetition",
        "Mật khẩu lặp đi lặp lại vài ký tự",
        "The password repeats a few characters",
    ),
    "sequence": Weakness(
        "sequence",
        "Mật khẩu là dãy phím, dãy chữ, dãy số hoặc ngày tháng dễ đoán",
        "The password is a run of keys, letters or digits, or a date",
    ),
    "plain": Weakness("guessable", "Mật khẩu quá dễ đoán", "The password is too easily guessed"),
}


def weaknesses(password: str, *, context: Iterable[str], second_factor: bool) -> list[Weakness]:
    """Every reason to refuse `password`; none means it may be used.

    `context`: texts the owner's enemy would try first, such as the user name, the person's and the unit's name.
    `second_factor`: whether signing in also takes a one-time code (then 8 characters suffice, otherwise 15).
    Length counts code points after NFKC. Pure; the messages never repeat the password.
    """
    if len(password) > _MAX_RAW_LENGTH:
        return [_TOO_LONG]
    if any(unicodedata.category(c) in {"Cc", "Cs", "Cn"} for c in password):
        return [_UNUSABLE]
    normal = _normal(password)
    if len(normal) > MAX_LENGTH:
        return [_TOO_LONG]
    found = []
    least = MIN_LENGTH_WITH_SECOND_FACTOR if second_factor else MIN_LENGTH
    if len(normal) < least:
        found.append(_too_short(least))
    guesses = estimate(normal, [*_STANDING_CONTEXT, *context])
    if guesses.context_share > 0.5:
        found.append(_CONTEXT)
    elif guesses.bits < MIN_GUESS_BITS and not (found and guesses.mostly == "plain"):
        # A short password is guessable for being short: one reason says it.
        found.append(_GUESSABLE[guesses.mostly])
    return found


async def hash_password(password: str) -> str:
    """The argon2id hash to store, made in the password threads. ValueError for text no password may be.

    Call `weaknesses` first: this hashes weak ones too.
    """
    if not _hashable(password):
        raise ValueError("not a possible password")
    return await asyncio.get_running_loop().run_in_executor(_POOL, _HASHES.hash, _normal(password))


async def verify(hash: str, password: str) -> bool:
    """Whether `password` has this stored hash; worked out in the password threads, about 20 ms.

    For an unknown user call it with `DUMMY_HASH`, so that the answer takes as long. Text that no password may
    be is False. Raises pwdlib.exceptions.UnknownHashError if `hash` is no argon2 hash: the stored row is broken.
    """
    if not _hashable(password):
        return False
    return await asyncio.get_running_loop().run_in_executor(_POOL, _HASHES.verify, _normal(password), hash)


def needs_rehash(hash: str) -> bool:
    """Whether a hash was made with other parameters than today's: hash anew after the next good sign-in."""
    return _HASHER.check_needs_rehash(hash)


def generate() -> str:
    """A password to hand to somebody: five groups of four letters and digits that nobody misreads, about 99 bits."""
    return "-".join("".join(secrets.choice(_LEGIBLE) for _ in range(4)) for _ in range(5))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _hashable(password: str) -> bool:
    """Bounded, and encodable as UTF-8 (a lone surrogate is not)."""
    return len(password) <= _MAX_RAW_LENGTH and not any("\ud800" <= c <= "\udfff" for c in password)


def _too_short(least: int) -> Weakness:
    return Weakness(
        "too_short",
        f"Mật khẩu phải có ít nhất {least} ký tự",
        f"The password must have at least {least} characters",
    )
