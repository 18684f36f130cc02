"""The OpenAPI document: what FastAPI derives, completed with sign-in, the one error format, permissions, examples."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.kernel.http import PERMISSION, api_routes, expected_version
from app.kernel.openapi_examples import add_examples
from app.kernel.openapi_parts import HEADER_NAMES, MADE_BEFORE, SUCCESS, components, reference, refusal
from app.kernel.openapi_schemas import described, tidy

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_OPERATOR: Final = "Đơn vị vận hành hệ thống này / The operator of this installation"
_SERVER: Final = {"url": "/", "description": "Máy chủ đang phục vụ tài liệu này / The server that serves this document"}


def document(app: FastAPI) -> dict[str, Any]:
    """The document of ``app``, made once: sorted, so that a change of the code is a small change of the file."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            servers=[_SERVER],
            contact={"name": _OPERATOR},
            license_info={"name": "Proprietary", "identifier": "LicenseRef-Proprietary"},
        )
        routes = {
            (route.path_format, method.lower()): route for route in api_routes(app) for method in route.methods or ()
        }
        _complete_components(schema)
        for path, operations in schema["paths"].items():
            for method in _METHODS:
                if method in operations:
                    _complete(operations[method], method, routes[path, method])
                    _describe_parameters(operations[method], path, schema["paths"])
        add_examples(schema)
        app.openapi_schema = _sorted(schema)
    return app.openapi_schema


def permission_of(route: APIRoute) -> str | None:
    """The permission named at the door; "signed_in" for reference data; None for open routes."""
    for dependant in route.dependant.dependencies:
        if hasattr(dependant.call, PERMISSION):
            permission = getattr(dependant.call, PERMISSION)
            return str(permission) if permission else "signed_in"
    return None


def _complete_components(schema: dict[str, Any]) -> None:
    ours = components()
    derived, read = schema.get("components", {}).get("schemas", {}), _body_schemas()
    namesakes = [name for name in derived.keys() & read.keys() if tidy(derived[name]) != tidy(read[name])]
    if namesakes:
        raise ValueError(f"Two models are called {namesakes}: one of them would be documented as the other")
    schemas = derived | ours["schemas"] | read
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schema["components"] = ours | {"schemas": {name: described(name, tidy(one)) for name, one in schemas.items()}}


def _complete(operation: dict[str, Any], method: str, route: APIRoute) -> None:
    """Add to ``operation`` what its route may answer besides success: every status that a client may meet."""
    permission = permission_of(route)
    parameters = operation.setdefault("parameters", [])
    # A route declares with ``refusals`` what its door and its method do not tell.
    codes = {code for code in operation["responses"] if code >= "400"} - {"422"}
    operation["x-permission"] = permission or "anonymous"
    operation["security"] = [{"bearer": []}] if permission else []
    if permission:
        codes |= {"401", "403", "503"}
        if method == "post":
            parameters.append(reference("parameters", "IdempotencyKey"))
    if parameters or method != "get":
        codes.add("422")
    if "{" in route.path_format or (permission and not _is_collection(route)):
        codes.add("404")
    if method != "get":
        codes |= {"409", "503"}
    if "requestBody" in operation:
        codes |= {"408", "413", "415"}
    if any(dependant.call is expected_version for dependant in route.dependant.dependencies):
        parameters.append(reference("parameters", "IfMatch"))
        codes |= {"412", "428"}
    elif method == "get" and "{" in route.path_format and not _is_collection(route):
        parameters.append(reference("parameters", "IfNoneMatch"))
        operation["responses"]["304"] = {"description": SUCCESS["304"]}
    operation["responses"] |= _made_before(operation, route)
    operation["responses"].pop("422", None)
    for code in sorted(codes):
        # A file that shows what is wrong in it may come in the place of a problem.
        operation["responses"][code] = refusal(code, route.responses.get(int(code), {}).get("content", {}))
    _tidy_operation(operation)
    _tell_headers(operation, method, route)


def _tidy_operation(operation: dict[str, Any]) -> None:
    """Schemas that JSON Schema knows, words for success in two languages, no empty lists."""
    for parameter in operation["parameters"]:
        if "schema" in parameter:
            parameter["schema"] = tidy(parameter["schema"])
    if not operation["parameters"]:
        del operation["parameters"]
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for media in (media for body in bodies for media in body.get("content", {}).values()):
        if "schema" in media:
            media["schema"] = tidy(media["schema"])
    for code, answer in operation["responses"].items():
        if answer.get("description") == "Successful Response":
            answer["description"] = SUCCESS[code]


def _tell_headers(operation: dict[str, Any], method: str, route: APIRoute) -> None:
    """Name the headers of the answers of success that a client acts on."""
    taken = [parameter.get("$ref", "").rpartition("/")[2] for parameter in operation.get("parameters", ())]
    for code in ("200", "201", "202"):
        answer = operation["responses"].get(code)
        if answer is None:
            continue
        names = ["IdempotencyReplayed"] if "IdempotencyKey" in taken else []
        names += ["Link"] if method == "get" and _is_collection(route) else []
        names += ["ETag"] if {"IfMatch", "IfNoneMatch"} & {*taken} or code == "201" else []
        names += ["Location"] if code != "200" else []
        if names:
            told = {HEADER_NAMES.get(name, name): reference("headers", name) for name in names}
            answer["headers"] = {**answer.get("headers", {}), **told}


def _describe_parameters(operation: dict[str, Any], path: str, paths: dict[str, Any]) -> None:
    """Say of what has no description where it comes from."""
    for parameter in operation.get("parameters", ()):
        if parameter.get("in") == "path" and "description" not in parameter:
            above = path.partition(f"/{{{parameter['name']}}}")[0]
            parameter["description"] = f"As `GET {above}` lists it" if "get" in paths.get(above, {}) else "Its id"
        elif parameter.get("in") == "query" and "description" not in parameter:
            inner = [one["description"] for one in parameter["schema"].get("anyOf", ()) if "description" in one]
            if inner or parameter["name"] == "sort":
                parameter["description"] = inner[0] if inner else "The order of the items"


def _made_before(operation: dict[str, Any], route: APIRoute) -> dict[str, Any]:
    """The answer of a route whose client may choose the ``id`` of what it makes, when it was made before."""
    body = route.body_field.field_info.annotation if route.body_field and route.status_code == 201 else None
    if not isinstance(body, type) or not issubclass(body, BaseModel) or "id" not in body.model_fields:
        return {}
    return {"200": {**operation["responses"]["201"], "description": MADE_BEFORE}}


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


def _sorted(value: Any) -> Any:
    """Keys in order, but paths by name and schemas by name too; lists as they are."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
