"""Examples of the OpenAPI document: one file for each operation, from ``app/data/examples``.

A file holds ``{"summary": ..., "request": ..., "status": "201", "response": ...}``; request or response may be absent.
``openapi/examples`` is a link to the same folder. A test holds each of them to its schema.
"""

from functools import cache
from importlib.resources import files
from typing import Any, Final

import orjson

_JSON: Final = "application/json"


@cache
def examples() -> dict[str, dict[str, Any]]:
    """All examples by the ``operationId`` they belong to."""
    folder = files("app.data") / "examples"
    found = [file for file in folder.iterdir() if file.name.endswith(".json")] if folder.is_dir() else []
    return {file.name.removesuffix(".json"): orjson.loads(file.read_bytes()) for file in found}


def add_examples(schema: dict[str, Any]) -> None:
    """Put the examples where they belong; what an operation has already of its own stays."""
    known = examples()
    for operations in schema["paths"].values():
        for operation in operations.values():
            example = known.get(operation["operationId"])
            if example is None:
                continue
            if "request" in example:
                _add(operation["requestBody"], example["summary"], example["request"])
            if "response" in example:
                _add(operation["responses"][example["status"]], example["summary"], example["response"])


def _add(holder: dict[str, Any], summary: str, value: Any) -> None:
    media = holder["content"][_JSON]
    if "example" not in media:
        media.setdefault("examples", {}).setdefault("sample", {"summary": summary, "value": value})
