"""Examples in the OpenAPI document are checked against the schemas they illustrate."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator, FormatChecker

from app.kernel.openapi_examples import examples
from tests.architecture.test_openapi import Operation, resolved


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    return [(path, method, one) for path, found in document["paths"].items() for method, one in found.items()]


def media_types(document: dict[str, Any], operations: list[Operation]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every content of requests and answers of success, and where it stands."""
    for _path, _method, operation in operations:
        bodies = {"request": operation.get("requestBody", {})}
        bodies |= {code: answer for code, answer in operation["responses"].items() if code[0] == "2"}
        for part, body in bodies.items():
            for kind, media in resolved(document, body).get("content", {}).items():
                yield f"{operation['operationId']} {part} {kind}", media


def faults(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    """What ``schema`` finds wrong with ``value``."""
    whole = {**schema, "components": document["components"]}
    found = Draft202012Validator(whole, format_checker=FormatChecker()).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


def test_examples_conform_to_their_schemas(document: dict[str, Any], operations: list[Operation]) -> None:
    wrong, seen = {}, 0
    for where, media in media_types(document, operations):
        given = [media["example"]] if "example" in media else []
        for value in given + [one["value"] for one in media.get("examples", {}).values()]:
            seen += 1
            found = faults(document, media["schema"], value)
            if found:
                wrong[where] = found
    assert wrong == {}
    assert seen >= len(examples()) > 0


def test_every_json_body_and_answer_has_an_example(document: dict[str, Any], operations: list[Operation]) -> None:
    shown: dict[str, bool] = {}
    for where, media in media_types(document, operations):
        name, part, kind = where.split()
        if kind == "application/json":  # of several answers of success, one is enough
            key = f"{name} {'request' if part == 'request' else 'answer'}"
            shown[key] = shown.get(key, False) or bool(media.keys() & {"example", "examples"})
    assert len(shown) > 200
    assert [key for key, found in shown.items() if not found] == []


def test_every_file_of_examples_belongs_to_an_operation(operations: list[Operation]) -> None:
    assert examples().keys() <= {operation["operationId"] for _, _, operation in operations}


def test_wrong_examples_are_found(document: dict[str, Any]) -> None:
    schema = {"$ref": "#/components/schemas/DirectiveIn"}
    found = faults(document, schema, {"track": "advised", "issued_on": "12/3/2024"})
    assert any("issued_on" in fault and "date" in fault for fault in found)
    assert any("'title' is a required property" in fault for fault in found)
