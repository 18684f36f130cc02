"""The OpenAPI document: what FastAPI derives, completed with sign-in, the one error format, and permissions."""

from typing import Annotated, Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from app.kernel.http import PERMISSION, api_routes, expected_version
from app.kernel.problems import PROBLEM

_METHODS = ("get", "post", "put", "patch", "delete")


class ProblemError(BaseModel):
    """One fault at one place."""

    in_: Annotated[
        Literal["body", "query", "path", "header", "resource"],
        Field(alias="in", description="What the pointer points into; `resource` = the resource as GET shows it"),
    ]
    pointer: Annotated[str, Field(description="JSON Pointer (RFC 6901) to the place", examples=["/results/3/reason"])]
    code: Annotated[str, Field(description="Stable English code of the fault", examples=["reason_required"])]
    message: Annotated[str, Field(description="What is wrong and how to mend it, in the caller's language")]


class Problem(BaseModel):
    """Every error of this API (RFC 9457). Titles and messages are Vietnamese, or English by `Accept-Language: en`."""

    type: Annotated[str, Field(examples=["urn:dienhinh:problem:validation_failed"])]
    title: str
    status: int
    detail: Annotated[str, Field(description="This occurrence, in words")]
    instance: Annotated[str, Field(description="The path of the request")]
    code: Annotated[str, Field(description="Stable English code", examples=["validation_failed"])]
    request_id: Annotated[str, Field(description="Quote it to the operator: it is in every log line and audit entry")]
    errors: list[ProblemError]


_REASONS = {
    "304": "Không thay đổi / Not modified",
    "401": "Chưa đăng nhập / Not signed in",
    "403": "Không có quyền / Permission lacking",
    "404": "Không có hoặc ngoài phạm vi / Absent or outside the scope",
    "408": "Gửi quá chậm / The body came too slowly",
    "409": "Sai trạng thái hoặc trùng / Wrong state or duplicate",
    "412": "Dữ liệu đã bị thay đổi / Stale version",
    "413": "Nội dung quá lớn / Body too large",
    "415": "Sai kiểu nội dung / Wrong content type",
    "422": "Dữ liệu không hợp lệ / Invalid data",
    "428": "Thiếu If-Match / If-Match missing",
    "429": "Thử quá nhiều lần; xem Retry-After / Too many attempts; see Retry-After",
    "503": "Tạm thời không sẵn sàng; xem Retry-After / Temporarily unavailable; see Retry-After",
}


_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag you last read; `*` = whatever the version",
    "schema": {"type": "string", "examples": ['"3-1a2b3c4d"']},
}
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "A key of your own making, such as a UUID: the same request sent again within 72 hours gets the stored answer,"
        " with `Idempotency-Replayed: true`, and changes nothing"
    ),
    "schema": {"type": "string", "maxLength": 257, "examples": ['"8e03978e-40d5-43dd-bc93-6894a57f9324"']},
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "An ETag you have: 304 when nothing changed",
    "schema": {"type": "string"},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document of ``app``, made once: sorted, so that a change of the code is a small change of the file."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            license_info=None,
        )
        routes = {
            (route.path_format, method.lower()): route for route in api_routes(app) for method in route.methods or ()
        }
        components = schema.setdefault("components", {})
        components.setdefault("schemas", {}).pop("HTTPValidationError", None)
        components["schemas"].pop("ValidationError", None)
        components["schemas"] |= _problem_schemas() | _body_schemas()
        components["securitySchemes"] = {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "Access token from POST /api/v1/auth/sessions, or a service-account key (dhk_...)",
            }
        }
        for path, operations in schema["paths"].items():
            for method in _METHODS:
                if method in operations:
                    _complete(operations[method], method, routes[path, method])
        app.openapi_schema = _sorted(schema)
    return app.openapi_schema


def permission_of(route: APIRoute) -> str | None:
    """The permission named at the door; "signed_in" for reference data; None for open routes."""
    for dependant in route.dependant.dependencies:
        if hasattr(dependant.call, PERMISSION):
            permission = getattr(dependant.call, PERMISSION)
            return str(permission) if permission else "signed_in"
    return None


def _complete(operation: dict[str, Any], method: str, route: APIRoute) -> None:
    """Add to ``operation`` what its route may answer besides success: every status that a client may meet."""
    problem = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    permission = permission_of(route)
    # A route declares with ``refusals`` what its door and its method do not tell.
    codes = {code for code in operation["responses"] if code >= "400"} - {"422"}
    if permission:
        operation["security"] = [{"bearer": []}]
        operation["x-permission"] = permission
        codes |= {"401", "403", "503"}
        if method == "post":
            operation.setdefault("parameters", []).append(_IDEMPOTENCY)
    if operation.get("parameters") or method != "get":
        codes.add("422")
    if "{" in route.path_format or (permission and not _is_collection(route)):
        codes.add("404")
    if method != "get":
        codes |= {"409", "503"}
    if "requestBody" in operation:
        codes |= {"408", "413", "415"}
    if any(dependant.call is expected_version for dependant in route.dependant.dependencies):
        operation.setdefault("parameters", []).append(_IF_MATCH)
        codes |= {"412", "428"}
    elif method == "get" and "{" in route.path_format and not _is_collection(route):
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
        operation["responses"]["304"] = {"description": _REASONS["304"]}
    operation["responses"].pop("422", None)
    for code in sorted(codes):
        also = route.responses.get(int(code), {}).get("content", {})  # a file that shows what is wrong in it
        operation["responses"][code] = {"description": _REASONS[code], "content": {**problem, **also}}


def _is_collection(route: APIRoute) -> bool:
    """Whether ``route`` answers a page of things: it says nothing of those outside the scope, not even 404."""
    return "next_cursor" in getattr(route.response_model, "model_fields", {})


_BODIES: dict[str, type[BaseModel]] = {}


def document_body(model: type[BaseModel]) -> str:
    """List ``model`` among the schemas: the body of a route whose handler reads it itself. Where it then stands."""
    _BODIES[model.__name__] = model
    return f"#/components/schemas/{model.__name__}"


def _body_schemas() -> dict[str, Any]:
    wanted = [(_BODIES[name], "validation") for name in sorted(_BODIES)]
    _, found = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    return dict(found.get("$defs", {}))


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    inner = schema.pop("$defs")
    return {"Problem": schema, **inner}


def _sorted(value: Any) -> Any:
    """Keys in order, but paths by name and schemas by name too; lists as they are."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
