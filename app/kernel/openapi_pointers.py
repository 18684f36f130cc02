"""JSON Pointers (RFC 6901) into the OpenAPI document."""

from collections.abc import Iterable
from typing import Any


def step(pointer: str, *steps: str) -> str:
    """``pointer`` and further down."""
    return pointer + "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in steps)


def at(value: Any, steps: Iterable[str]) -> Any:
    """What stands below ``value``. Raises KeyError or IndexError where nothing does."""
    for name in steps:
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value
