"""Query parameters: what a route does not know, or takes once, is refused, so that a typo never passes silently."""

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.kernel.errors import FieldError, Invalid, Text


def query_names(route: APIRoute) -> tuple[set[str], set[str]]:
    """The names ``route`` takes, and those among them that may be repeated."""
    names: set[str] = set()
    many: set[str] = set()
    waiting = [route.dependant]
    while waiting:
        dependant = waiting.pop()
        waiting += dependant.dependencies
        for parameter in dependant.query_params:
            kind = parameter.field_info.annotation
            fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else None
            for field, info in (fields or {parameter.alias: parameter.field_info}).items():
                name = info.alias or field
                names.add(name)
                if "list[" in str(info.annotation):
                    many.add(name)
    return names, many


def check_query(request: Request, known: set[str], many: set[str]) -> None:
    """Raise 422 naming every parameter that is unknown, repeated, or no text."""
    seen: set[str] = set()
    errors = []
    for name, value in request.query_params.multi_items():
        if name not in known:
            text = Text("Tham số không tồn tại; kiểm tra chính tả", "Unknown parameter; check the spelling")
            errors.append(FieldError(f"/{name}"[:200], "extra_forbidden", text, "query"))
        elif name in seen and name not in many:
            text = Text("Tham số này chỉ được nêu một lần", "This parameter may be given only once")
            errors.append(FieldError(f"/{name}", "repeated", text, "query"))
        if "\x00" in value:
            text = Text("Có ký tự NUL", "Holds a NUL character")
            errors.append(FieldError(f"/{name}"[:200], "nul", text, "query"))
        if "\ufffd" in value:  # what decoding puts in the place of bytes that are no UTF-8
            text = Text("Không phải UTF-8", "Not UTF-8")
            errors.append(FieldError(f"/{name}"[:200], "not_utf8", text, "query"))
        seen.add(name)
    if errors:
        raise Invalid(errors=errors[:100])
