"""The OpenAPI document is what partners see first: complete, in two languages, and every example in it is true."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from app.access.permissions import Permission
from app.kernel import openapi
from app.kernel.http import api_routes
from app.kernel.openapi import permission_of
from app.kernel.openapi_schemas import described, tidy

Operation = tuple[str, str, dict[str, Any]]
OPEN = {"create_session", "refresh_session", "read_public_keys", "healthz", "readyz"}
VIETNAMESE = re.compile(r"[à-ỹđ]", re.IGNORECASE)


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    return [(path, method, one) for path, found in document["paths"].items() for method, one in found.items()]


def resolved(document: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """``value``, or what it refers to."""
    while "$ref" in value:
        _, _, kind, name = value["$ref"].split("/")
        value = document["components"][kind][name]
    return value


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_every_operation_tells_what_it_is_in_both_languages(operations: list[Operation]) -> None:
    for path, method, operation in operations:
        where = f"{method} {path}"
        vietnamese, slash, english = operation["summary"].partition(" / ")
        assert slash, where
        assert VIETNAMESE.search(vietnamese) or vietnamese.isascii(), where
        assert english.isascii(), where
        assert operation["description"].strip(), where
        assert len(operation["tags"]) == 1, where
        assert re.fullmatch(r"[a-z][a-z_]+", operation["operationId"]), where


def test_every_answer_and_parameter_is_described(document: dict[str, Any], operations: list[Operation]) -> None:
    for path, method, operation in operations:
        for status, answer in operation["responses"].items():
            assert " / " in resolved(document, answer)["description"] or status[0] == "2", f"{method} {path} {status}"
            assert resolved(document, answer)["description"] != "Successful Response", f"{method} {path} {status}"
        for parameter in operation.get("parameters", ()):
            assert resolved(document, parameter)["description"], f"{method} {path} {parameter}"


def test_every_schema_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []


def test_permission_and_security_agree_with_the_door(app: FastAPI, operations: list[Operation]) -> None:
    known = {str(permission) for permission in Permission} | {"signed_in"}
    doors = {route.operation_id or route.name: permission_of(route) for route in api_routes(app)}
    for path, method, operation in operations:
        permission, where = operation["x-permission"], f"{method} {path}"
        if operation["operationId"] in OPEN:
            assert (permission, operation["security"]) == ("anonymous", []), where
            continue
        assert permission in known, where
        assert permission == doors[operation["operationId"]], where
        assert operation["security"] == [{"bearer": []}], where
        assert {"401", "403", "503"} <= operation["responses"].keys(), where


def test_refusals_are_problems(document: dict[str, Any]) -> None:
    for name, answer in document["components"]["responses"].items():
        assert "application/problem+json" in answer["content"], name
    assert "Retry-After" in document["components"]["responses"]["Unavailable"]["headers"]


def test_no_keyword_is_unknown_to_json_schema(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert "title" not in schema, name
        text = repr(schema)
        assert not re.search(r"'(ge|le|gt|lt|max_digits|decimal_places)':", text), name


def test_properties_called_like_keywords_survive() -> None:
    schema = {"title": "X", "properties": {"title": {"title": "Title", "type": "string", "ge": 1, "default": None}}}
    assert tidy(schema) == {"properties": {"title": {"type": "string", "x-minimum": 1}}}
    figure = {"anyOf": [{"type": "number"}, {"type": "string"}], "decimal_places": 4, "ge": 0, "default": "1"}
    assert tidy(figure) == {"type": "number", "x-decimal-places": 4, "minimum": 0, "default": 1.0}
    assert described("Page_UnitOut_", {}) == {"description": "A page of `UnitOut`"}
    assert described("Pager", {}) == {}


def test_two_models_of_one_name_are_told(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    class UnitBrief(BaseModel):
        """Another one."""

        colour: str

    monkeypatch.setattr(openapi, "_BODIES", {"UnitBrief": UnitBrief})
    monkeypatch.setattr(app, "openapi_schema", None)
    with pytest.raises(ValueError, match="UnitBrief"):
        openapi.document(app)
