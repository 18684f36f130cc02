"""Tokens that must not pass, each under the name of its trick, all made against one real key."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from app.identity.tokens import SigningKey, generate_key, public_jwk, public_pem

ISSUER = "https://dienhinh.example"
AUDIENCE = "dienhinh-api"
NOW = 1_720_594_800  # 2024-07-10T14:00:00+07:00
SUB = UUID("01907f2c-0000-7000-8000-000000000001")
SID = UUID("01907f2c-0000-7000-8000-000000000002")
JTI = UUID("01907f2c-0000-7000-8000-000000000003")
KEY = generate_key()
OTHER_KEY = generate_key()
# The n - s of P-256 (FIPS 186-5): not a forgery of ours, but the edge the zero signatures stand next to.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Signer = Callable[[bytes], bytes]


def encoded(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _loaded(key: SigningKey) -> ec.EllipticCurvePrivateKey:
    loaded = serialization.load_pem_private_key(key.private_pem.encode(), None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    return loaded


def der(key: SigningKey = KEY) -> Signer:
    """An ECDSA signature as ASN.1, which is not what JWS uses."""
    return lambda data: _loaded(key).sign(data, ec.ECDSA(hashes.SHA256()))


def es256(key: SigningKey = KEY) -> Signer:
    """The signature as RFC 7518 3.4 wants it: r and s, 32 bytes each."""

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(der(key)(data))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return sign


def hs256(secret: bytes) -> Signer:
    """An HMAC under whatever the attacker knows, such as the public key."""
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


def constant(signature: bytes) -> Signer:
    """The same signature for everything."""
    return lambda _: signature


def rs256(data: bytes) -> bytes:
    """A real RSA signature by a stranger."""
    return rsa.generate_private_key(65537, 2048).sign(data, padding.PKCS1v15(), hashes.SHA256())


def es384(data: bytes) -> bytes:
    """A real P-384 signature by a stranger."""
    r, s = decode_dss_signature(ec.generate_private_key(ec.SECP384R1()).sign(data, ec.ECDSA(hashes.SHA384())))
    return r.to_bytes(48, "big") + s.to_bytes(48, "big")


def header(*without: str, **changed: Any) -> bytes:
    """Our header with members changed, added or left out."""
    members = {"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid} | changed
    return json.dumps({name: value for name, value in members.items() if name not in without}).encode()


def claims(*without: str, **changed: Any) -> bytes:
    """Our claims with members changed, added or left out."""
    members = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(SUB),
        "sid": str(SID),
        "jti": str(JTI),
        "iat": NOW,
        "exp": NOW + 900,
    } | changed
    return json.dumps({name: value for name, value in members.items() if name not in without}).encode()


def token(head: bytes | None = None, body: bytes | None = None, sign: Signer | None = None) -> str:
    """A token of the given parts, otherwise genuine: so the given part alone must make it fail."""
    signed = f"{encoded(header() if head is None else head)}.{encoded(claims() if body is None else body)}"
    return f"{signed}.{encoded((sign or es256())(signed.encode()))}"


def _algorithms() -> Iterator[tuple[str, str]]:
    public = public_pem(KEY)
    spki = serialization.load_pem_public_key(public.encode()).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    jwk = json.dumps(public_jwk(KEY)).encode()
    unsigned = token(header(alg="none"))
    yield "alg none, signed", unsigned
    yield "alg none, no signature", unsigned.rsplit(".", 1)[0] + "."
    yield "alg None", token(header(alg="None"))
    yield "alg null", token(header(alg=None))
    yield "alg in lower case", token(header(alg="es256"))
    yield "alg a list", token(header(alg=["ES256"]))
    yield "alg missing", token(header("alg"))
    yield "alg twice", token(b'{"alg":"none",' + header()[1:])
    yield "alg twice by escape", token(b'{"\\u0061lg":"none",' + header()[1:])
    yield "HS256 under the public PEM", token(header(alg="HS256"), sign=hs256(public.encode()))
    yield "HS256 under the public DER", token(header(alg="HS256"), sign=hs256(spki))
    yield "HS256 under the public JWK", token(header(alg="HS256"), sign=hs256(jwk))
    yield "HS256 under nothing", token(header(alg="HS256"), sign=hs256(b""))
    yield "RS256", token(header(alg="RS256"), sign=rs256)
    yield "ES384", token(header(alg="ES384"), sign=es384)
    yield "ES384 named, ES256 made", token(header(alg="ES384"))


def _signatures() -> Iterator[tuple[str, str]]:
    genuine = token()
    head, body, signature = genuine.split(".")
    yield "signature in DER", token(sign=der())
    yield "signature zero", token(sign=constant(bytes(64)))
    yield "signature r = s = order", token(sign=constant(ORDER.to_bytes(32, "big") * 2))
    yield "signature r = s = 1", token(sign=constant((1).to_bytes(32, "big") * 2))
    yield "signature empty", f"{head}.{body}."
    yield "signature cut short", genuine[:-2]
    yield "signature longer", genuine + "AA"
    yield "signature from another token", f"{token(body=claims(exp=NOW + 901)).rsplit('.', 1)[0]}.{signature}"
    yield "payload swapped", f"{head}.{encoded(claims(sub=str(SID)))}.{signature}"
    yield "header respelt", f"{encoded(header() + b' ')}.{body}.{signature}"
    yield "another key under our kid", token(sign=es256(OTHER_KEY))
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    loose = last[last.index(genuine[-1]) + 1]
    yield "signature with loose bits", genuine[:-1] + loose


def _headers() -> Iterator[tuple[str, str]]:
    jwk = public_jwk(OTHER_KEY)
    stranger = es256(OTHER_KEY)
    yield "kid unknown", token(header(kid=OTHER_KEY.kid), sign=stranger)
    yield "kid missing", token(header("kid"))
    yield "kid a path", token(header(kid="../../../../dev/null"))
    yield "kid SQL", token(header(kid="' OR 1=1 --"))
    yield "kid a number", token(header(kid=0))
    yield "kid a list", token(header(kid=[KEY.kid]))
    yield "kid long", token(header(kid=KEY.kid * 17))
    yield "jwk embedded", token(header(jwk=jwk), sign=stranger)
    yield "jwk embedded, our key", token(header(jwk=public_jwk(KEY)))
    yield "jku", token(header(jku="https://attacker.example/jwks.json"))
    yield "x5u", token(header(x5u="https://attacker.example/cert.pem"))
    yield "x5c", token(header(x5c=["MIIB"]))
    yield "x5t", token(header(x5t="AAAA"))
    yield "crit", token(header(crit=["exp"]))
    yield "crit empty", token(header(crit=[]))
    yield "b64 false", token(header(b64=False, crit=["b64"]))
    yield "zip", token(header(zip="DEF"))
    yield "unknown header member", token(header(cty="JWT"))
    yield "typ JWT", token(header(typ="JWT"))
    yield "typ of a refresh token", token(header(typ="rt+jwt"))
    yield "typ missing", token(header("typ"))
    yield "typ null", token(header(typ=None))
    yield "header a list", token(b'["alg","typ","kid"]')
    yield "header a string", token(b'"ES256"')
    yield "header empty", token(b"")
    yield "header not JSON", token(b"\x00\xff")
    yield "header in UTF-16", token(header().decode().encode("utf-16"))
    yield "header with a byte order mark", token(b"\xef\xbb\xbf" + header())
    yield "header of 600 bytes", token(header() + b" " * (450 - len(header())))
    yield "header nested 380 deep", token(b"[" * 380)
    yield "header nested 100,000 deep", token(b"[" * 100_000)


def _times() -> Iterator[tuple[str, str]]:
    yield "expired", token(body=claims(iat=NOW - 901, exp=NOW - 1))
    yield "expires now", token(body=claims(iat=NOW - 900, exp=NOW))
    yield "exp a fraction", token(body=claims(exp=NOW + 900.0))
    yield "exp a string", token(body=claims(exp=str(NOW + 900)))
    yield "exp true", token(body=claims(exp=True))
    yield "exp null", token(body=claims(exp=None))
    yield "exp a list", token(body=claims(exp=[NOW + 900]))
    yield "exp far off", token(body=claims(exp=NOW + 3601))
    yield "exp huge", token(body=claims(exp=10**18))
    yield "exp of 2,500 digits", token(body=claims().replace(str(NOW + 900).encode(), b"9" * 2500))
    yield "exp infinite", token(body=claims(exp=float("inf")))
    yield "exp 1e400", token(body=claims().replace(str(NOW + 900).encode(), b"1e400"))
    yield "exp NaN", token(body=claims(exp=float("nan")))
    yield "exp negative", token(body=claims(exp=-1))
    yield "exp missing", token(body=claims("exp"))
    yield "exp before iat", token(body=claims(iat=NOW + 20, exp=NOW + 10))
    yield "iat missing", token(body=claims("iat"))
    yield "iat in the future", token(body=claims(iat=NOW + 31, exp=NOW + 60))
    yield "iat false", token(body=claims(iat=False))
    yield "iat a string", token(body=claims(iat=str(NOW)))
    yield "nbf in the future", token(body=claims(nbf=NOW + 60))


def _claims() -> Iterator[tuple[str, str]]:
    yield "aud a list", token(body=claims(aud=[AUDIENCE]))
    yield "aud wrong", token(body=claims(aud="elsewhere"))
    yield "aud empty", token(body=claims(aud=""))
    yield "aud missing", token(body=claims("aud"))
    yield "iss wrong", token(body=claims(iss=ISSUER + "/"))
    yield "iss a list", token(body=claims(iss=[ISSUER]))
    yield "iss missing", token(body=claims("iss"))
    for name, value in (("sub", SUB), ("sid", SID), ("jti", JTI)):
        yield f"{name} missing", token(body=claims(name))
        yield f"{name} no UUID", token(body=claims(**{name: "province.admin"}))
        yield f"{name} a number", token(body=claims(**{name: value.int}))
        yield f"{name} in braces", token(body=claims(**{name: f"{{{value}}}"}))
    yield "sub in capitals", token(body=claims(sub=str(SUB).upper()))
    yield "sub long", token(body=claims(sub="0" * 2000))
    yield "sub twice", token(body=b'{"sub":"' + str(SID).encode() + b'",' + claims()[1:])
    yield "claim twice, nested", token(body=claims()[:-1] + b',"x":{"a":1,"a":2}}')
    yield "claim unknown", token(body=claims(admin=True))
    yield "payload a list", token(body=b"[" + claims() + b"]")
    yield "payload a number", token(body=b"1")
    yield "payload null", token(body=b"null")
    yield "payload not JSON", token(body=claims()[:-1])
    yield "payload with something after", token(body=claims() + b"{}")
    yield "payload not UTF-8", token(body=claims()[:-1] + b',"x":"\xff"}')
    yield "payload with a lone surrogate", token(body=claims(sub="\ud800"))
    yield "payload with a NUL", token(body=claims(sub=str(SUB) + "\x00"))
    yield "payload nested 2,500 deep", token(body=b"[" * 2500)
    yield "payload nested 100,000 deep", token(body=b"[" * 100_000)
    yield "token of 5 kB", token(body=claims() + b" " * 3400)


def _forms() -> Iterator[tuple[str, str]]:
    genuine = token()
    head, body, signature = genuine.split(".")
    yield "empty", ""
    yield "only dots", ".."
    yield "one segment", head
    yield "two segments", f"{head}.{body}"
    yield "four segments", f"{genuine}.{signature}"
    yield "four segments, empty last", genuine + "."
    yield "five segments, as JWE", f"{head}.{body}.{signature}.{body}.{signature}"
    yield "JWS in JSON", json.dumps({"protected": head, "payload": body, "signature": signature})
    yield "not base64", f"{head}.{body}.{'!' * 86}"
    yield "base64 with + and /", f"{head}.{body}.{'+/' * 43}"
    yield "space before", " " + genuine
    yield "space after", genuine + " "
    yield "newline after", genuine + "\n"
    yield "newline inside", f"{head}.\n{body}.{signature}"
    yield "ignored character inside", f"{head}.{body}.{signature[:40]}*{signature[40:]}"
    yield "NUL after", genuine + "\x00"
    yield "padding on the signature", genuine + "=="
    yield "padding on the header", f"{head}=.{body}.{signature}"
    yield "padding alone", "=.=.="
    yield "full-width letters", genuine.replace("e", "\uff45", 1)
    yield "Vietnamese", "Điển.Hình.Tiên"
    yield "lone surrogate", genuine[:-1] + "\udc80"
    yield "Bearer left on", "Bearer " + genuine
    yield "a megabyte of A", "A" * 1_000_000


FORGERIES = [*_algorithms(), *_signatures(), *_headers(), *_times(), *_claims(), *_forms()]
