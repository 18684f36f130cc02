"""What holds the suite's answers against the OpenAPI document must itself be able to fail."""

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from tests.contract import keeper_of

pytestmark = pytest.mark.anyio


def answer(status: int, path: str, body: bytes = b"", kind: str = "application/json") -> httpx.Response:
    request = httpx.Request("GET", f"https://test{path}")
    return httpx.Response(status, headers={"Content-Type": kind}, content=body, request=request)


async def test_what_is_documented_passes(app: FastAPI) -> None:
    await keeper_of(app)(answer(200, "/api/v1/users", b'{"items": [], "next_cursor": null}'))
    await keeper_of(app)(answer(404, "/nothing", b"{}", "application/problem+json"))


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (answer(418, "/api/v1/users"), AssertionError),
        (answer(200, "/api/v1/users", b"a,b", "text/csv"), AssertionError),
        (answer(500, "/nothing"), AssertionError),
        (answer(200, "/api/v1/users", b'{"items": [{"id": null}], "next_cursor": null}'), ValidationError),
    ],
    ids=["status", "type", "no operation", "a null where none is documented"],
)
async def test_what_is_not_documented_fails(app: FastAPI, wrong: httpx.Response, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        await keeper_of(app)(wrong)
