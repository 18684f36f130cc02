"""Named actors who call the API: a test reads as a sentence."""

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Api:
    """One caller. Paths are relative to ``/api/v1`` unless they start with it."""

    http: httpx.AsyncClient
    headers: dict[str, str]

    async def request(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx.Response:
        """A bare request."""
        url = path if path.startswith(("/api/", "/.well", "/health", "/ready", "/docs", "/open")) else f"/api/v1{path}"
        if body is not None:
            options["json"] = body
        return await self.http.request(method, url, headers={**self.headers, **(headers or {})}, **options)

    async def get(self, path: str, headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
        """GET with query parameters."""
        return await self.request("GET", path, headers=headers, params=params or None)

    async def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """POST."""
        return await self.request("POST", path, body, **options)

    async def etag(self, path: str) -> str:
        """The ETag the caller sees at ``path``."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.headers["etag"]

    async def change(self, method: str, path: str, body: Any = None, etag: str | None = None) -> httpx.Response:
        """PATCH, PUT or DELETE with the ETag the caller sees now, or the one given."""
        return await self.request(method, path, body, {"If-Match": etag or await self.etag(path)})

    async def act(self, path: str, action: str, etag: str | None = None, **body: Any) -> httpx.Response:
        """Take ``action`` on the resource at ``path``, with the ETag the caller sees now, or the one given."""
        match = {"If-Match": etag or await self.etag(path)}
        return await self.request("POST", f"{path}/transitions", {"action": action, **body}, match)

    async def made(self, path: str, body: Any) -> dict[str, Any]:
        """POST that must create; the resource."""
        answer = await self.post(path, body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def done(self, path: str, action: str, **body: Any) -> dict[str, Any]:
        """An action that must succeed; the resource after it."""
        answer = await self.act(path, action, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def codes(answer: httpx.Response) -> list[tuple[str, str]]:
    """The faults of a problem as (pointer, code)."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
