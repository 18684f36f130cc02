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
_LIMITS: Final = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_CALENDAR: Final = ("1900-01-01", "2999-12-31")
_YEARS: Final = "^(19|2[0-9])[0-9]{2}-"
"""The one limit of days that JSON Schema can say: ``kernel/schema.py`` takes the days of these years."""
_BY_NAME: Final = ("properties", "patternProperties", "$defs")
_INSIDE: Final = ("items", "additionalProperties", "propertyNames", "not", "contains")
_EACH: Final = ("anyOf", "oneOf", "allOf", "prefixItems")


def tidy(schema: Any) -> Any:
    """``schema`` without the titles that only repeat a name and the nulls that only say "may be left out".

    Limits stand under names that validators pass over.
    """
    if not isinstance(schema, dict):
        return schema
    schema = _plain(schema)
    said = {key: value for key, value in schema.items() if key != "title" and (key, value) != ("default", None)}
    if said.get("format") == "date" and (said.get("ge"), said.get("le")) == _CALENDAR:
        said["pattern"] = _YEARS
    words = _OWN | _LIMITS if schema.get("type") in {"number", "integer"} else _OWN
    return {words.get(key, key): _tidy_value(key, value) for key, value in said.items()}


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A figure is a JSON number (``kernel/schema.py`` refuses text), though Pydantic takes both for a Decimal."""
    choices = schema.get("anyOf", ())
    if [choice.get("type") for choice in choices] != ["number", "string"] or "decimal_places" not in schema:
        return schema
    made = {key: value for key, value in {**choices[0], **schema}.items() if key != "anyOf"}
    if isinstance(made.get("default"), str):
        made["default"] = float(made["default"])
    return made


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
