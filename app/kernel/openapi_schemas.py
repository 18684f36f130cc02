"""Schemas of the OpenAPI document, brought from what Pydantic writes to what JSON Schema 2020-12 knows."""

import re
from typing import Any, Final

# Pydantic's own words for limits that JSON Schema has no keyword for: of days, and of the decimals of a figure.
_OWN: Final = {
    "ge": "x-minimum",
    "gt": "x-exclusive-minimum",
    "le": "x-maximum",
    "lt": "x-exclusive-maximum",
    "max_digits": "x-max-digits",
    "decimal_places": "x-decimal-places",
}
_BY_NAME: Final = ("properties", "patternProperties", "$defs")
_INSIDE: Final = ("items", "additionalProperties", "propertyNames", "not", "contains")
_EACH: Final = ("anyOf", "oneOf", "allOf", "prefixItems")


def tidy(schema: Any) -> Any:
    """``schema`` without the titles that only repeat a name, and with limits under names that validators pass over."""
    if not isinstance(schema, dict):
        return schema
    return {_OWN.get(key, key): _tidy_value(key, value) for key, value in schema.items() if key != "title"}


def _tidy_value(key: str, value: Any) -> Any:
    if key in _BY_NAME:
        return {name: tidy(inner) for name, inner in value.items()}
    if key in _EACH:
        return [tidy(inner) for inner in value]
    return tidy(value) if key in _INSIDE else value


def described(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """``schema`` with a description: a page of things has none of its own."""
    found = re.fullmatch(r"Page(?:Since)?_(\w+?)_", name)
    return {"description": f"A page of `{found[1]}`", **schema} if found else schema
