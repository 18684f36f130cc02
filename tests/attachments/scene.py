"""How a test uploads."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.actors import Api
from tests.attachments import files

As = Callable[[str, str], Api]
PDF = ("Biên bản số 3.pdf", files.pdf(), "application/pdf")


async def upload(caller: Api, file: tuple[str, bytes, str] | None = PDF, **fields: Any) -> httpx.Response:
    """POST a form as a browser does, with the declaration unless ``fields`` say otherwise."""
    said = {"no_state_secrets": "true", **fields}
    data = {name: str(value) for name, value in said.items() if value is not None}
    parts = {"file": file} if file else {"": ("", b"")}
    return await caller.request("POST", "/attachments", data=data, files=parts)


async def attached(caller: Api, file: tuple[str, bytes, str] = PDF, **fields: Any) -> dict[str, Any]:
    """An upload that must succeed; the attachment."""
    answer = await upload(caller, file, **fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())
