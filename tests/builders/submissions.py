"""Bundles of the small tree."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api
from tests.builders import catalogues, criteria
from tests.builders.campaigns import plan_320
from tests.builders.units import TREE

As = Callable[[str, str], Api]
RESULTS = [
    {"criterion": "TC1", "outcome": "met"},
    {"criterion": "TC2", "outcome": "met", "figure": 85.5, "evidence": "Biên bản họp xóm"},
    {"criterion": "TC3", "outcome": "not_met", "figure": 1, "reason": "Mới có một mô hình"},
]
TABLES = (
    *("registrations", "evaluations", "evaluation_results", "directives", "propaganda_activities"),
    *("situation_figures", "practices", "awards", "reports", "report_sections", "audit_events"),
)


def directive(number: int, **fields: Any) -> dict[str, Any]:
    """A directive of the bundle."""
    return {
        "track": "advised",
        "document_kind": "plan",
        "number_symbol": f"{number}/KH-UBND",
        "issued_on": "2024-03-12",
        "title": f"Kế hoạch số {number} về phong trào toàn dân bảo vệ an ninh Tổ quốc",
        "issuing_body": "Ủy ban nhân dân xã Mã Thành",
        **fields,
    }


def activity(number: int, **fields: Any) -> dict[str, Any]:
    """An event of the bundle."""
    return {
        "form": "direct",
        "nature": "event",
        "venue_kind": "commune",
        "date_from": "2024-03-20",
        "title": f"Buổi tuyên truyền số {number}",
        "sessions": 1,
        **fields,
    }


def bundle(unit: str = "commune_a", **fields: Any) -> dict[str, Any]:
    """What ``unit`` reports: one of nearly everything that needs no campaign."""
    return {
        "unit": TREE[unit][0],
        "registrations": [{"year": 2024, "note": "Đăng ký xã điển hình"}],
        "evaluations": [{"year": 2024, "stage": "forecast", "results": RESULTS}],
        "directives": [directive(1), directive(2)],
        "activities": [activity(1)],
        "good_practices": [
            {"title": "Camera an ninh", "summary": "Mỗi xóm lắp ba camera.", "started_on": "2024-02-05"}
        ],
        **fields,
    }


async def scene(system: Tx) -> str:
    """What bundles rest on: criteria, catalogues, an open campaign; its id."""
    await criteria.criteria_set(system)
    await catalogues.activity_forms(system)
    await catalogues.indicators(system)
    return await plan_320(system)


async def counts(system: Tx) -> dict[str, int]:
    """Rows of every table that a bundle can write."""
    parts = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in TABLES)
    return dict((await system.session.execute(text(f"SELECT {parts}"))).one()._asdict())
