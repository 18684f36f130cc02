"""One table lists every route with its permission; a route that is not in it fails, and so does a stale line."""

from pathlib import Path

from fastapi import FastAPI

from app.access.matrix import document
from app.kernel.http import api_routes
from app.kernel.openapi import permission_of

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("routes.txt")


def routes(app: FastAPI) -> list[str]:
    """``METHOD path permission`` of every route; ``-`` = open, ``signed_in`` = reference data."""
    found = [
        f"{method} {route.path_format} {permission_of(route) or '-'}"
        for route in api_routes(app)
        for method in route.methods or ()
    ]
    return sorted(found, key=lambda line: (line.split()[1], line))


def test_the_table_of_routes_is_complete(app: FastAPI) -> None:
    assert routes(app) == TABLE.read_text().splitlines(), "read the difference, then write it into routes.txt"


def test_open_routes_are_few_and_known(app: FastAPI) -> None:
    opened = {line.rsplit(" ", 1)[0] for line in routes(app) if line.endswith(" -")}
    assert opened == {
        "GET /",
        "GET /healthz",
        "GET /readyz",
        "GET /docs",
        "GET /docs/oauth2-redirect",
        "GET /.well-known/jwks.json",
        "POST /api/v1/auth/sessions",
        "POST /api/v1/auth/sessions/refresh",
    }


def test_the_printed_matrix_is_fresh() -> None:
    assert (ROOT / "docs/permissions.md").read_text() == document()
