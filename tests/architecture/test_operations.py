"""Health, documents and the refusals that come before any slice."""

import re

import pytest
from fastapi import FastAPI

from tests.actors import Api

pytestmark = pytest.mark.anyio


async def test_health_and_readiness(anonymous: Api) -> None:
    assert (await anonymous.get("/healthz")).json() == {"status": "ok"}
    ready = await anonymous.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (200, {"database": "ok", "migrations": "ok"})


async def test_the_docs_page_loads_nothing_from_outside(anonymous: Api) -> None:
    page = (await anonymous.get("/docs")).text
    addresses = re.findall(r"(?:src|href)=[\"']([^\"']+)", page)
    assert addresses, page
    assert [address for address in addresses if "//" in address] == []
    for address in addresses:
        assert (await anonymous.http.get(address)).status_code == 200, address


async def test_the_bare_address_leads_to_the_documents(anonymous: Api) -> None:
    answer = await anonymous.http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")


async def test_every_tag_has_a_title_in_two_languages_and_sign_in_comes_first(app: FastAPI) -> None:
    document = app.openapi()
    used = {tag for path in document["paths"].values() for operation in path.values() for tag in operation["tags"]}
    names = [tag["name"] for tag in document["tags"]]
    assert (names[:2], names[-1], sorted(names)) == (["identity", "units"], "operations", sorted(used))
    assert [tag for tag in document["tags"] if " / " not in tag["description"]] == []
    owed = document["paths"]["/api/v1/campaigns/{id}/obligations"]
    assert owed["get"]["tags"] == owed["post"]["tags"] == ["obligations"]


async def test_request_ids_are_echoed_or_made(anonymous: Api) -> None:
    assert (await anonymous.get("/healthz", headers={"X-Request-Id": "abc-1"})).headers["x-request-id"] == "abc-1"
    made = (await anonymous.get("/healthz", headers={"X-Request-Id": "bad id\n".strip() + "!"})).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", made)


async def test_unknown_paths_and_methods_are_problems_in_two_languages(anonymous: Api) -> None:
    answer = await anonymous.get("/nothing", headers={"Accept-Language": "en"})
    assert (answer.status_code, answer.json()["title"]) == (404, "Not found")
    assert (await anonymous.get("/nothing")).json()["title"] == "Không tìm thấy"
    assert (await anonymous.request("PUT", "/healthz")).json()["code"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/registrations", "/api/v1/nothing", "/docs"])
async def test_head_is_get_without_the_body(anonymous: Api, path: str) -> None:
    full, bare = [await anonymous.http.request(method, path) for method in ("GET", "HEAD")]
    assert full.content
    assert (bare.status_code, bare.content) == (full.status_code, b"")
    for name in ("content-type", "content-length"):
        assert bare.headers[name] == full.headers[name]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/healthz", "GET, HEAD"),
        ("/api/v1/registrations", "GET, HEAD, POST"),
        ("/api/v1/registrations/x", "DELETE, GET, HEAD, PATCH"),
        ("/api/v1/auth/password", "POST"),
        ("/api/v1/auth/sessions/refresh", "POST"),  # no session with the id "refresh"
        ("/api/v1/reports/x/findings/below", "GET, HEAD"),
    ],
)
async def test_405_names_all_methods_of_the_address(anonymous: Api, path: str, methods: str) -> None:
    answer = await anonymous.http.request("OPTIONS", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)


async def test_an_address_with_a_slash_too_many_is_not_redirected(anonymous: Api) -> None:
    answer = await anonymous.http.get("/api/v1/units/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_keys_are_documented_in_their_own_type(app: FastAPI) -> None:
    content = app.openapi()["paths"]["/.well-known/jwks.json"]["get"]["responses"]["200"]["content"]
    assert content == {"application/jwk-set+json": {"schema": {"$ref": "#/components/schemas/JwkSet"}}}


def test_operation_ids_are_the_handlers_names_and_unique(app: FastAPI) -> None:
    found = [
        operation["operationId"]
        for path, operations in app.openapi()["paths"].items()
        if path.startswith("/api/")
        for operation in operations.values()
    ]
    assert len(found) == len(set(found)) > 90
    assert "create_registration" in found
