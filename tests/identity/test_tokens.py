"""Access tokens: ours pass, and nothing else does."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jose import jws
from jose.backends.cryptography_backend import CryptographyECKey

import app
from app.identity import tokens
from app.identity.tokens import (
    AccessClaims,
    InvalidToken,
    SigningKey,
    TokenIssuer,
    Verifier,
    generate_key,
    public_jwk,
    public_pem,
)
from tests.identity.forgeries import (
    AUDIENCE,
    FORGERIES,
    ISSUER,
    JTI,
    KEY,
    NOW,
    OTHER_KEY,
    SID,
    SUB,
    claims,
    header,
    token,
)


@pytest.fixture
def verifier() -> Verifier:
    return Verifier(ISSUER, AUDIENCE, {KEY.kid: public_pem(KEY)})


@pytest.fixture
def issuer() -> TokenIssuer:
    return TokenIssuer(KEY, ISSUER, AUDIENCE, lifetime=900)


def test_an_issued_token_verifies(issuer: TokenIssuer, verifier: Verifier) -> None:
    verified = verifier.verify(issuer.issue(sub=SUB, sid=SID, now=NOW), NOW)
    assert verified == AccessClaims(sub=SUB, sid=SID, jti=verified.jti, iat=NOW, exp=NOW + 900)


def test_every_token_has_its_own_jti(issuer: TokenIssuer, verifier: Verifier) -> None:
    ids = {verifier.verify(issuer.issue(sub=SUB, sid=SID, now=NOW), NOW).jti for _ in range(3)}
    assert len(ids) == 3


def test_an_issued_token_names_its_type_key_and_algorithm_and_no_more(issuer: TokenIssuer) -> None:
    head = jws.get_unverified_header(issuer.issue(sub=SUB, sid=SID, now=NOW))
    assert head == {"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid}


@pytest.mark.parametrize("spelt", ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"])
def test_the_genuine_hand_made_token_verifies(verifier: Verifier, spelt: str) -> None:
    """The forgeries are variations on this one: if it did not pass, their failing would prove nothing."""
    assert verifier.verify(token(header(typ=spelt)), NOW) == AccessClaims(SUB, SID, JTI, NOW, NOW + 900)


@pytest.mark.parametrize(
    ("changed", "now"),
    [
        ({"exp": NOW + 3600}, NOW),
        ({"exp": NOW + 1}, NOW),
        ({}, NOW + 899),
        ({"iat": NOW + 30, "exp": NOW + 60}, NOW),
    ],
    ids=["an hour long", "a second long", "in its last second", "issued on a clock 30 s ahead"],
)
def test_the_edges_of_time_pass(verifier: Verifier, changed: dict[str, int], now: int) -> None:
    assert verifier.verify(token(body=claims(**changed)), now).sub == SUB


def test_the_corpus_has_no_name_or_token_twice() -> None:
    assert len(FORGERIES) == len(dict(FORGERIES)) == len({forged for _, forged in FORGERIES}) >= 100


@pytest.mark.parametrize("forged", [pytest.param(forged, id=name) for name, forged in FORGERIES])
def test_a_forged_token_is_refused(verifier: Verifier, forged: str) -> None:
    for _ in range(2):  # refusal must not be forgotten the second time
        with pytest.raises(InvalidToken):
            verifier.verify(forged, NOW)


@pytest.mark.parametrize("thing", [None, b"", token().encode(), 1, [], {}, object()], ids=lambda t: type(t).__name__)
def test_what_is_no_text_is_refused(verifier: Verifier, thing: Any) -> None:
    with pytest.raises(InvalidToken):
        verifier.verify(thing, NOW)


@pytest.mark.parametrize(
    "error",
    [
        RecursionError,
        TypeError,
        AttributeError,
        KeyError,
        ValueError,
        OverflowError,
        NotImplementedError,
        OSError,
    ],
)
def test_whatever_the_library_raises_is_one_refusal(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    monkeypatch.setattr(jws, "verify", _raising(error))
    with pytest.raises(InvalidToken) as refused:
        verifier.verify(token(), NOW)
    assert refused.value.__cause__ is None


def test_running_out_of_memory_is_not_called_a_bad_token(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jws, "verify", _raising(MemoryError))
    with pytest.raises(MemoryError):
        verifier.verify(token(), NOW)


def _raising(error: type[Exception]) -> Callable[..., None]:
    def verify(*_: object) -> None:
        raise error

    return verify


def test_size_is_checked_before_anything_is_parsed(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "loads", _raising(AssertionError))
    for forged in (token(body=claims() + b" " * 4000), token(header() + b" " * 400)):
        with pytest.raises(InvalidToken, match=r"^(size|form)$"):
            verifier.verify(forged, NOW)


class TestRemembered:
    def test_a_second_use_costs_no_signature_check(self, verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
        first = verifier.verify(token_once := token(), NOW)
        monkeypatch.setattr(jws, "verify", _raising(AssertionError))
        assert verifier.verify(token_once, NOW + 1) == first

    def test_it_still_expires(self, verifier: Verifier) -> None:
        remembered = token()
        verifier.verify(remembered, NOW + 899)
        with pytest.raises(InvalidToken, match="time"):
            verifier.verify(remembered, NOW + 900)

    def test_it_is_still_refused_before_its_time(self, verifier: Verifier) -> None:
        remembered = token()
        verifier.verify(remembered, NOW)
        with pytest.raises(InvalidToken, match="time"):
            verifier.verify(remembered, NOW - 31)

    def test_a_tampered_copy_fails_at_every_place(self, verifier: Verifier) -> None:
        remembered = token()
        verifier.verify(remembered, NOW)
        for place, letter in enumerate(remembered):
            tampered = remembered[:place] + ("A" if letter != "A" else "B") + remembered[place + 1 :]
            with pytest.raises(InvalidToken):
                verifier.verify(tampered, NOW)

    def test_it_means_nothing_to_a_verifier_without_the_key(self, verifier: Verifier) -> None:
        remembered = token()
        verifier.verify(remembered, NOW)
        rotated = Verifier(ISSUER, AUDIENCE, {OTHER_KEY.kid: public_pem(OTHER_KEY)})
        with pytest.raises(InvalidToken, match="kid"):
            rotated.verify(remembered, NOW)

    def test_the_memory_is_bounded(self, issuer: TokenIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tokens, "REMEMBERED_TOKENS", 2)
        verifier = Verifier(ISSUER, AUDIENCE, {KEY.kid: public_pem(KEY)})
        used = [issuer.issue(sub=SUB, sid=SID, now=NOW) for _ in range(3)]
        for one in used:
            verifier.verify(one, NOW)
        monkeypatch.setattr(jws, "verify", _raising(ValueError))
        verifier.verify(used[2], NOW)
        with pytest.raises(InvalidToken):
            verifier.verify(used[0], NOW)


class TestKeys:
    def test_two_keys_are_accepted_while_they_rotate(self) -> None:
        both = Verifier(ISSUER, AUDIENCE, {key.kid: public_pem(key) for key in (KEY, OTHER_KEY)})
        for key in (KEY, OTHER_KEY):
            issued = TokenIssuer(key, ISSUER, AUDIENCE, 900).issue(sub=SUB, sid=SID, now=NOW)
            assert both.verify(issued, NOW).sid == SID

    def test_a_jwk_shows_the_public_half_only(self) -> None:
        jwk = public_jwk(KEY)
        assert {name: jwk[name] for name in ("kty", "crv", "kid", "use", "alg")} == {
            "kty": "EC",
            "crv": "P-256",
            "kid": KEY.kid,
            "use": "sig",
            "alg": "ES256",
        }
        assert set(jwk) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert CryptographyECKey(jwk, "ES256").to_pem().decode() == public_pem(KEY)

    def test_a_key_does_not_print_its_secret(self) -> None:
        assert "PRIVATE" not in repr(KEY)
        assert "PRIVATE" not in repr(TokenIssuer(KEY, ISSUER, AUDIENCE, 900))

    def test_new_keys_differ(self) -> None:
        one, other = generate_key(), generate_key()
        assert one.kid != other.kid
        assert one.private_pem != other.private_pem

    @pytest.mark.parametrize("kind", ["rsa", "p-384", "private", "jwk", "der", "secret", "empty"])
    def test_a_verifier_takes_public_p256_pem_only(self, kind: str) -> None:
        spki = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        loaded = serialization.load_pem_public_key(public_pem(KEY).encode())
        wrong = {
            "rsa": rsa.generate_private_key(65537, 2048).public_key().public_bytes(*spki).decode(),
            "p-384": ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(*spki).decode(),
            "private": KEY.private_pem,
            "jwk": json.dumps(public_jwk(KEY)),
            "der": loaded.public_bytes(serialization.Encoding.DER, spki[1]).decode("latin-1"),
            "secret": "a shared secret of some length",
            "empty": "",
        }
        with pytest.raises(ValueError):
            Verifier(ISSUER, AUDIENCE, {"kid": wrong[kind]})

    def test_an_issuer_takes_a_private_p256_pem_only(self) -> None:
        with pytest.raises(ValueError):
            TokenIssuer(SigningKey("kid", public_pem(KEY)), ISSUER, AUDIENCE, 900)

    @pytest.mark.parametrize("lifetime", [0, -1, 3601])
    def test_an_issuer_refuses_a_lifetime_no_verifier_would_take(self, lifetime: int) -> None:
        with pytest.raises(ValueError, match="lifetime"):
            TokenIssuer(KEY, ISSUER, AUDIENCE, lifetime)


class TestTheWrapper:
    def test_nothing_else_in_the_application_imports_the_library(self) -> None:
        root = Path(app.__file__).parent
        importers = {
            path.relative_to(root).as_posix()
            for path in root.rglob("*.py")
            if {"jose", "ecdsa"} & _imported(ast.parse(path.read_text("utf-8")))
        }
        assert importers == {"identity/tokens.py"}

    def test_the_pure_python_curve_arithmetic_is_never_loaded(self) -> None:
        script = "import sys, app.identity.tokens; sys.exit('ecdsa' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def _imported(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def test_a_truth_value_is_no_instant_even_where_it_would_fit(verifier: Verifier) -> None:
    near_zero = claims(iat=0, exp=900)
    assert verifier.verify(token(body=near_zero), 10).exp == 900
    with pytest.raises(InvalidToken, match="number"):
        verifier.verify(token(body=near_zero.replace(b'"iat": 0', b'"iat": false')), 10)


def test_identifiers_come_back_as_uuids(verifier: Verifier) -> None:
    verified = verifier.verify(token(), NOW)
    assert all(isinstance(value, UUID) for value in (verified.sub, verified.sid, verified.jti))
