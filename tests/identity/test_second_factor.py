"""One-time codes: RFC 6238's own figures, the window, and no code twice."""

import base64
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from app.identity.second_factor import accept, new_secret, provisioning_uri

# RFC 6238, appendix B: the ASCII secret, and the eight-digit SHA-1 values, of which six digits are the last six.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_CODES = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]
AT = 1_720_594_800
STEP = AT // 30


def code_of(step: int, secret: str = RFC_SECRET) -> str:
    return pyotp.TOTP(secret).generate_otp(step)


@pytest.mark.parametrize(("at", "digits"), RFC_CODES)
def test_the_figures_of_rfc_6238_are_accepted(at: int, digits: str) -> None:
    assert accept(RFC_SECRET, digits[-6:], last_step=None, at=at) == at // 30


@pytest.mark.parametrize("drift", [-1, 0, 1])
def test_one_step_of_drift_is_tolerated_and_named(drift: int) -> None:
    assert accept(RFC_SECRET, code_of(STEP + drift), last_step=None, at=AT) == STEP + drift


@pytest.mark.parametrize("drift", [-3, -2, 2, 3])
def test_two_steps_are_not(drift: int) -> None:
    assert accept(RFC_SECRET, code_of(STEP + drift), last_step=None, at=AT) is None


def test_a_code_works_once() -> None:
    code = code_of(STEP)
    accepted = accept(RFC_SECRET, code, last_step=None, at=AT)
    assert accepted == STEP
    assert accept(RFC_SECRET, code, last_step=accepted, at=AT) is None
    assert accept(RFC_SECRET, code, last_step=accepted, at=AT + 30) is None


def test_an_older_code_is_refused_after_a_newer_one() -> None:
    assert accept(RFC_SECRET, code_of(STEP - 1), last_step=STEP, at=AT) is None
    assert accept(RFC_SECRET, code_of(STEP + 1), last_step=STEP, at=AT) == STEP + 1


@pytest.mark.parametrize(
    "shape",
    ["", "{0}0", " {0}", "{0}\n", "{0}\x00", "-00001", "+00001", "1e0001", "abcdef", "\ud800" * 6, "9" * 10_000],
    ids=["empty", "long", "blank", "newline", "NUL", "minus", "plus", "power", "letters", "surrogates", "huge"],
)
def test_what_is_not_six_digits_is_refused(shape: str) -> None:
    assert accept(RFC_SECRET, shape.format(code_of(STEP)), last_step=None, at=AT) is None


def test_digits_of_other_scripts_are_refused() -> None:
    full_width = code_of(STEP).translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    assert accept(RFC_SECRET, full_width, last_step=None, at=AT) is None


def test_the_first_half_minute_of_1970_has_no_step_before_it() -> None:
    assert accept(RFC_SECRET, code_of(0), last_step=None, at=0) == 0


def test_another_secret_does_not_take_the_code() -> None:
    other = new_secret()
    theirs = {code_of(STEP + drift, other) for drift in (-1, 0, 1)}
    mine = next(code_of(step) for step in (STEP - 1, STEP, STEP + 1) if code_of(step) not in theirs)
    assert accept(other, mine, last_step=None, at=AT) is None


@pytest.mark.parametrize("broken", ["", "not base32!", "ABCDEFGH"])
def test_a_broken_secret_is_an_error_and_not_a_wrong_code(broken: str) -> None:
    with pytest.raises(ValueError):
        accept(broken, "000000", last_step=None, at=AT)


def test_new_secrets_have_160_bits_and_differ() -> None:
    one, other = new_secret(), new_secret()
    assert len(base64.b32decode(one)) == 20
    assert one != other


def test_the_address_for_the_app_names_service_user_and_secret() -> None:
    secret = new_secret()
    address = urlsplit(provisioning_uri(secret, "province.admin"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/Điển Hình:province.admin"
    assert parse_qs(address.query) == {"secret": [secret], "issuer": ["Điển Hình"]}
