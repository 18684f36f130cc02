"""What takes something away from partners is found and named by its place; what only adds passes."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from fastapi import FastAPI

from app.kernel.openapi_breaking import breaking_changes

Document = dict[str, Any]
Change = Callable[[Document], Any]
RELEASED: Document = {
    "paths": {
        "/units": {
            "get": {
                "operationId": "list_units",
                "x-permission": "signed_in",
                "security": [{"bearer": []}],
                "parameters": [
                    {"name": "q", "in": "query", "required": False, "schema": {"type": "string", "maxLength": 50}},
                    {"$ref": "#/components/parameters/IfMatch"},
                ],
                "responses": {
                    "200": {
                        "headers": {"ETag": {}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Out"}},
                            "text/csv": {},
                        },
                    },
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            },
            "post": {
                "operationId": "create_unit",
                "x-permission": "unit.manage",
                "security": [{"bearer": []}],
                "requestBody": {
                    "required": False,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}},
                },
                "responses": {"204": {}},
            },
        },
        "/open": {
            "get": {"operationId": "open", "x-permission": "anonymous", "security": [], "responses": {"200": {}}}
        },
    },
    "components": {
        "parameters": {"IfMatch": {"name": "If-Match", "in": "header", "schema": {"type": "string"}}},
        "responses": {"NotFound": {"content": {"application/problem+json": {"schema": {"type": "object"}}}}},
        "schemas": {
            "In": {
                "type": "object",
                "additionalProperties": False,
                "required": ["kind"],
                "properties": {
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "note": {"anyOf": [{"type": "string", "maxLength": 10}, {"type": "null"}]},
                    "count": {"type": "number", "minimum": 0, "maximum": 9},
                    "tags": {"type": "array", "maxItems": 5, "items": {"type": "string", "pattern": "^x"}},
                    "more": {"type": "object", "additionalProperties": {"type": "number"}},
                },
            },
            "Out": {
                "type": "object",
                "required": ["id", "kind", "below"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "kind": {"type": "string", "enum": ["a"]},
                    "title": {"type": "string"},
                    "size": {"type": "integer"},
                    "below": {"type": "array", "items": {"$ref": "#/components/schemas/Out"}},
                },
            },
        },
    },
}
GET, POST, IN, OUT = "/paths/~1units/get", "/paths/~1units/post", "/components/schemas/In", "/components/schemas/Out"


def place(document: Any, pointer: str) -> Any:
    for name in pointer.split("/")[1:]:
        document = document[name.replace("~1", "/")] if isinstance(document, dict) else document[int(name)]
    return document


def put(pointer: str, name: str, value: Any) -> Change:
    return lambda document: place(document, pointer).__setitem__(name, value)


def drop(pointer: str, name: Any) -> Change:
    return lambda document: place(document, pointer).__delitem__(name)


BREAKING: list[tuple[Change, str, str]] = [
    (drop("/paths", "/units"), "/paths/~1units", "path-removed"),
    (drop("/paths/~1units", "post"), POST, "operation-removed"),
    (put(GET, "operationId", "units"), f"{GET}/operationId", "operation-id"),
    (put(GET, "x-permission", "unit.read"), f"{GET}/x-permission", "permission"),
    (put(POST, "x-permission", "unit.write"), f"{POST}/x-permission", "permission"),
    (put("/paths/~1open/get", "security", [{"bearer": []}]), "/paths/~1open/get/security", "security"),
    (drop(f"{GET}/parameters", 0), f"{GET}/parameters/0", "parameter-removed"),
    (put(f"{GET}/parameters/0", "required", True), f"{GET}/parameters/0", "parameter-required"),
    (put("/components/parameters/IfMatch", "required", True), f"{GET}/parameters/1", "parameter-required"),
    (
        lambda d: place(d, f"{GET}/parameters").append({"name": "y", "in": "query", "required": True, "schema": {}}),
        f"{GET}/parameters",
        "parameter-required",
    ),
    (put(f"{GET}/parameters/0/schema", "maxLength", 40), f"{GET}/parameters/0/schema", "maxLength"),
    (put(f"{GET}/parameters/0/schema", "enum", ["x"]), f"{GET}/parameters/0/schema", "enum"),
    (put(f"{POST}/requestBody", "required", True), f"{POST}/requestBody", "body-required"),
    (drop(POST, "requestBody"), f"{POST}/requestBody", "body-removed"),
    (put("/paths/~1open/get", "requestBody", {"required": True}), "/paths/~1open/get", "body-required"),
    (
        put(f"{POST}/requestBody", "content", {"text/csv": {}}),
        f"{POST}/requestBody/content/application~1json",
        "media-type-removed",
    ),
    (put(IN, "required", ["kind", "note"]), f"{IN}/properties/note", "required"),
    (drop(f"{IN}/properties", "note"), f"{IN}/properties/note", "removed"),
    (put(f"{IN}/properties/kind", "enum", ["a"]), f"{IN}/properties/kind", "enum"),
    (put(f"{IN}/properties/kind", "const", "a"), f"{IN}/properties/kind", "enum"),
    (put(f"{IN}/properties", "note", {"type": "string", "maxLength": 10}), f"{IN}/properties/note/anyOf/1", "type"),
    (put(f"{IN}/properties/note/anyOf/0", "maxLength", 9), f"{IN}/properties/note/anyOf/0", "maxLength"),
    (put(f"{IN}/properties/note/anyOf/0", "minLength", 1), f"{IN}/properties/note/anyOf/0", "minLength"),
    (put(f"{IN}/properties/count", "type", "integer"), f"{IN}/properties/count", "type"),
    (put(f"{IN}/properties/count", "minimum", 1), f"{IN}/properties/count", "minimum"),
    (put(f"{IN}/properties/count", "maximum", 8), f"{IN}/properties/count", "maximum"),
    (put(f"{IN}/properties/count", "x-decimal-places", 2), f"{IN}/properties/count", "x-decimal-places"),
    (put(f"{IN}/properties/tags", "maxItems", 4), f"{IN}/properties/tags", "maxItems"),
    (put(f"{IN}/properties/tags", "minItems", 1), f"{IN}/properties/tags", "minItems"),
    (put(f"{IN}/properties/tags/items", "pattern", "^y"), f"{IN}/properties/tags/items", "pattern"),
    (put(f"{IN}/properties/tags/items", "format", "date"), f"{IN}/properties/tags/items", "format"),
    (put(f"{IN}/properties/more", "additionalProperties", False), f"{IN}/properties/more", "additionalProperties"),
    (
        put(f"{IN}/properties/more/additionalProperties", "minimum", 0),
        f"{IN}/properties/more/additionalProperties",
        "minimum",
    ),
    (drop(f"{GET}/responses", "404"), f"{GET}/responses/404", "status-removed"),
    (drop(f"{GET}/responses/200/headers", "ETag"), f"{GET}/responses/200/headers/ETag", "header-removed"),
    (
        drop(f"{GET}/responses/200/content", "text/csv"),
        f"{GET}/responses/200/content/text~1csv",
        "media-type-removed",
    ),
    (
        drop("/components/responses/NotFound/content", "application/problem+json"),
        f"{GET}/responses/404/content/application~1problem+json",
        "media-type-removed",
    ),
    (drop(f"{OUT}/properties", "title"), f"{OUT}/properties/title", "removed"),
    (
        lambda d: (drop(f"{OUT}/properties", "id")(d), place(d, OUT)["required"].remove("id")),
        f"{OUT}/properties/id",
        "removed",
    ),
    (put(OUT, "required", ["id", "below"]), f"{OUT}/properties/kind", "required"),
    (put(f"{OUT}/properties/size", "type", "number"), f"{OUT}/properties/size", "type"),
    (put(f"{OUT}/properties", "title", {"type": ["string", "null"]}), f"{OUT}/properties/title", "type"),
    (put(f"{OUT}/properties/id", "format", "uri"), f"{OUT}/properties/id", "format"),
    (drop(f"{OUT}/properties/id", "format"), f"{OUT}/properties/id", "format"),
]


@pytest.mark.parametrize(
    ("change", "pointer", "rule"), BREAKING, ids=[f"{pointer} {rule}" for _, pointer, rule in BREAKING]
)
def test_what_breaks_is_named_by_its_place(change: Change, pointer: str, rule: str) -> None:
    new = deepcopy(RELEASED)
    change(new)
    assert [(fault.pointer, fault.rule) for fault in breaking_changes(RELEASED, new)] == [(pointer, rule)]


ADDITIVE: dict[str, Change] = {
    "a path": put("/paths", "/more", {"get": {"responses": {}}}),
    "an operation": put("/paths/~1units", "delete", {"responses": {}}),
    "an optional parameter": lambda d: place(d, f"{GET}/parameters").append({"name": "y", "in": "query", "schema": {}}),
    "a parameter that takes more": put(f"{GET}/parameters/0/schema", "maxLength", 60),
    "a parameter without limits": drop(f"{GET}/parameters/0/schema", "maxLength"),
    "a looser permission": put(POST, "x-permission", "signed_in"),
    "nobody need sign in": lambda d: place(d, GET).update({"x-permission": "anonymous", "security": []}),
    "a status": put(f"{GET}/responses", "409", {}),
    "a media type": put(f"{POST}/requestBody/content", "text/csv", {}),
    "an optional field of a request": put(f"{IN}/properties", "new", {"type": "string"}),
    "a field that is no longer required": put(IN, "required", []),
    "a word of a request": put(f"{IN}/properties/kind", "enum", ["a", "b", "c"]),
    "null is taken": put(f"{IN}/properties", "kind", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "more is taken": put(f"{IN}/properties/count", "maximum", 10),
    "other properties are taken": put(IN, "additionalProperties", True),
    "a field of an answer": put(f"{OUT}/properties", "new", {"type": "string"}),
    "a field of an answer that is always there": put(OUT, "required", ["id", "kind", "below", "title"]),
    "a word of an answer": put(f"{OUT}/properties/kind", "enum", ["a", "b"]),
    "a description": put(f"{OUT}/properties/kind", "description", "which"),
    "another name of a schema": lambda d: (
        place(d, "/components/schemas").update({"Made": place(d, OUT)}),
        place(d, f"{GET}/responses/200/content/application~1json").update(
            {"schema": {"$ref": "#/components/schemas/Made"}}
        ),
    ),
}


@pytest.mark.parametrize("change", ADDITIVE.values(), ids=ADDITIVE.keys())
def test_what_only_adds_passes(change: Change) -> None:
    new = deepcopy(RELEASED)
    change(new)
    assert new != RELEASED
    assert breaking_changes(RELEASED, new) == []


def test_the_real_document_breaks_nothing_of_itself_and_a_lost_field_is_found_in_it(app: FastAPI) -> None:
    released = app.openapi()
    assert breaking_changes(released, deepcopy(released)) == []
    new = deepcopy(released)
    del new["components"]["schemas"]["UnitBrief"]["properties"]["code"]
    new["components"]["schemas"]["RegistrationIn"]["required"].append("note")
    assert {(fault.pointer, fault.message) for fault in breaking_changes(released, new)} == {
        ("/components/schemas/UnitBrief/properties/code", "is gone"),
        ("/components/schemas/RegistrationIn/properties/note", "must be given now"),
    }
