"""What a hostile or broken client sends: always a 4xx problem, never a 500, and nothing is stored."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.kernel.settings import Settings
from tests.actors import Api, codes
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
UNIT = str(unit_id("commune_a"))


def body(year: str = "2024", rest: str = "") -> bytes:
    """A registration as text, so that it can be broken at will."""
    return f'{{"unit_id": "{UNIT}", "year": {year}{rest}}}'.encode()


MALFORMED = {
    "NaN": body("NaN"),
    "Infinity": body("-Infinity"),
    "1e400": body("1e400"),
    "integer of 5000 digits": body("9" * 5000),
    "a key twice": body(rest=', "year": 2023'),
    "a key twice by an escape": body(rest=', "ye\\u0061r": 2023'),
    "lone surrogate": body(rest=', "note": "\\ud800"'),
    "NUL": body(rest=', "note": "a\\u0000b"'),
    "depth 10,000 of lists": b"[" * 10_000 + b"]" * 10_000,
    "depth 10,000 of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "depth 10,000 in a field": body(rest=', "note": ' + "[" * 10_000 + "]" * 10_000),
    "not UTF-8": body(rest=', "note": "') + b'\xff\xfe"}',
    "UTF-16": body().decode().encode("utf-16"),
    "cut off": body()[:-5],
    "trailing garbage": body() + b"x",
    "single quotes": b"{'year': 2024}",
    "a comment": b"{} // x",
    "nothing but blanks": b"   ",
    "a million marks": body(rest=', "note": "a' + "\u0301\u0323" * 450_000 + '"'),
    "marks by escapes": body(rest=', "note": "a' + "\\u0301\\u0323" * 100_000 + '"'),
    "marks in a name": body(rest=', "a' + "\u0301\u0323" * 450_000 + '": 1'),
    "signs that are marks once decomposed": body(rest=', "note": "a' + "\u0f73" * 600_000 + '"'),
    "a million lists": b"[" + b"[]," * 600_000 + b"[]]",
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_malformed_json_is_refused(as_: As, name: str) -> None:
    started = time.perf_counter()
    answer = await as_("commune_a", "editor").request(
        "POST", "/registrations", headers={"Content-Type": "application/json"}, content=MALFORMED[name]
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_json"), answer.text
    assert time.perf_counter() - started < 5, "what takes minutes keeps everybody waiting"


@pytest.mark.parametrize("value", ["[]", "null", '"text"', "1", "true", '[{"year": 2024}]'])
async def test_json_of_another_shape_is_refused(as_: As, value: str) -> None:
    answer = await as_("commune_a", "editor").request(
        "POST", "/registrations", headers={"Content-Type": "application/json"}, content=value.encode()
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text


async def test_an_absent_body_names_what_is_missing(as_: As) -> None:
    answer = await as_("commune_a", "editor").post("/registrations")
    assert (answer.status_code, codes(answer)) == (422, [("", "missing")])


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", "application/jsonx", ""])
async def test_other_content_types_are_refused(as_: As, kind: str) -> None:
    answer = await as_("commune_a", "editor").request(
        "POST", "/registrations", headers={"Content-Type": kind}, content=body()
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_text_is_stored_in_nfc_whatever_form_it_came_in(as_: As) -> None:
    made = await as_("commune_a", "editor").made(
        "/registrations", {"unit_id": UNIT, "year": 2024, "note": "Tie\u0302\u0301n Tha\u0300nh"}
    )
    assert made["note"] == "Tiến Thành"


async def test_a_declared_200_mb_body_is_refused_unread(as_: As) -> None:
    async def never_read() -> Any:
        raise AssertionError("the body was read")
        yield b""

    answer = await as_("commune_a", "editor").request(
        "POST",
        "/registrations",
        headers={"Content-Type": "application/json", "Content-Length": str(200 * 2**20)},
        content=never_read(),
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


async def test_an_undeclared_200_mb_body_is_cut_off_at_the_limit(as_: As) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        for _ in range(200):
            sent += 1
            yield b" " * 2**20

    answer = await as_("commune_a", "editor").request(
        "POST", "/registrations", headers={"Content-Type": "application/json"}, content=endless()
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert sent <= 4


@pytest.fixture
def impatient(app: FastAPI) -> Iterator[None]:
    """The application with a very short patience for bodies."""
    patient = app.state.settings
    app.state.settings = Settings(_env_file=None, body_timeout_seconds=0.05)
    yield
    app.state.settings = patient


@pytest.mark.usefixtures("impatient")
async def test_a_body_that_stalls_times_out(as_: As) -> None:
    async def stalling() -> Any:
        yield b"{"
        await asyncio.sleep(5)

    started = time.perf_counter()
    answer = await as_("commune_a", "editor").request(
        "POST", "/registrations", headers={"Content-Type": "application/json"}, content=stalling()
    )
    assert (answer.status_code, answer.json()["code"]) == (408, "request_timeout")
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    "path",
    [
        "/registrations?limit=0",
        "/registrations?limit=201",
        "/registrations?limit=x",
        "/registrations?limit=1&limit=2",
        "/registrations?year=99999999999999999999",
        "/registrations?year=2024%00",
        "/units?q=%ff%fe",
        "/units?q=%ED%A0%80",
        "/registrations?status=drunk",
        "/registrations?updated_since=yesterday",
        "/registrations?updated_since=2024-01-01",
        "/registrations?updated_since=1720000000",
        "/registrations?sort=unit_path",
        "/registrations?%00=1",
        "/registrations/not-a-uuid",
        "/registrations/00000000-0000-0000-0000-00000000000g",
    ],
)
async def test_bad_parameters_are_refused(as_: As, path: str) -> None:
    answer = await as_("commune_a", "editor").get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text
    assert answer.json()["errors"]


@pytest.mark.parametrize("header", ["x", '"x"', '"1', 'W/"1"', '"1", "2"', '"99999999999"', ""])
async def test_an_if_match_that_is_not_ours_is_stale(as_: As, header: str) -> None:
    made = await as_("commune_a", "editor").made("/registrations", {"unit_id": UNIT, "year": 2024})
    answer = await as_("commune_a", "editor").request(
        "PATCH", f"/registrations/{made['id']}", {"note": "x"}, {"If-Match": header}
    )
    assert answer.status_code == 412


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "dhk_", "dhk_" + "x" * 5000, "\u00e9", "x" * 100_000])
async def test_bad_credentials_are_401(http: httpx.AsyncClient, token: str) -> None:
    headers = {b"authorization": b"Bearer " + token.encode("utf-8")}
    answer = await http.get("/api/v1/registrations", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_no_more_than_a_hundred_faults_are_told(as_: As) -> None:
    wrong = {f"field_{i}": 1 for i in range(5_000)}
    answer = await as_("commune_a", "editor").post("/registrations", wrong)
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 100)
    assert len(json.dumps(answer.json())) < 50_000
