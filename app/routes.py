"""Every slice's routes: the only importer of the ``api.py`` files."""

from fastapi import FastAPI

from app.criteria.api import routes as criteria
from app.registrations.api import routes as registrations

ROUTERS = (criteria, registrations)


def include(app: FastAPI) -> None:
    """Mount every slice on ``app``."""
    for router in ROUTERS:
        app.include_router(router)
