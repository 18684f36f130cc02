"""Every slice's routes: the only importer of the ``api.py`` files."""

from fastapi import FastAPI

from app.campaigns.api import board, campaigns, owed
from app.criteria.api import routes as criteria
from app.evaluations.api import routes as evaluations
from app.registrations.api import routes as registrations
from app.reports.api import joining
from app.reports.api import routes as reports
from app.units.api import routes as units

ROUTERS = (board, campaigns, criteria, evaluations, joining, owed, registrations, reports, units)


def include(app: FastAPI) -> None:
    """Mount every slice on ``app``."""
    for router in ROUTERS:
        app.include_router(router)
