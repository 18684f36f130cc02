"""The second factor: one-time codes of an authenticator app (TOTP, RFC 6238: SHA-1, 30 seconds, six digits).

The caller keeps two things per user: the secret, and the last time step that was accepted. Pure; `at` is passed in.
"""

import re
from hmac import compare_digest

import pyotp

STEP_SECONDS = 30
ISSUER_NAME = "Điển Hình"

_WINDOW = 1  # steps of clock drift on either side, as RFC 6238 5.2 recommends at most
_CODE = re.compile(r"[0-9]{6}")


def new_secret() -> str:
    """A random secret of 160 bits in base32, the form authenticator apps take. Store it encrypted or fenced."""
    return pyotp.random_base32()


def provisioning_uri(secret: str, username: str) -> str:
    """The `otpauth://` address to show as a QR code once, when the factor is set up."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER_NAME)


def accept(secret: str, code: str, *, last_step: int | None, at: int) -> int | None:
    """The time step `code` belongs to, or None if it is not to be accepted at `at` (seconds since 1970).

    One step early or late is tolerated. A step not later than `last_step` is refused, so a code works once:
    **store the answer as the next `last_step` in the same transaction, under a lock on the user's row.**
    ValueError if `secret` is no base32 secret of at least 112 bits.
    """
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    if not _CODE.fullmatch(code):
        return None
    now = totp.timecode(at)
    steps = [step for step in range(now - _WINDOW, now + _WINDOW + 1) if step >= 0]
    # All are compared, whichever matches: the time taken says nothing.
    matching = [step for step in steps if compare_digest(totp.generate_otp(step), code)]
    fresh = [step for step in matching if last_step is None or step > last_step]
    return max(fresh, default=None)
