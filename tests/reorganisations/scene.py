"""One act on the small tree: two communes become one, directly under the province; both districts go."""

from typing import Any

from tests.actors import Api
from tests.builders.units import unit_id

MERGED = {"kind": "merged", "new_code": "17510", "new_name": "Xã Thành Mới", "new_kind": "commune"}
CHANGES: list[dict[str, Any]] = [
    {**MERGED, "old_code": "17509", "new_parent_code": "40"},
    {**MERGED, "old_code": "17510"},
    {"kind": "moved", "old_code": "16714", "new_code": "16714", "new_parent_code": "40"},
    {"kind": "dissolved", "old_code": "412"},
    {"kind": "dissolved", "old_code": "426"},
]


def act(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The body of an act of 1/7/2025."""
    return {
        "unit_id": str(unit_id("province")),
        "decision_number": "1678/NQ-UBTVQH15",
        "issuing_body": "Ủy ban Thường vụ Quốc hội",
        "title": "Sắp xếp đơn vị hành chính cấp xã",
        "effective_on": "2025-07-01",
        "changes": list(changes or CHANGES),
        **more,
    }


async def applied(coordinator: Api, **more: Any) -> dict[str, Any]:
    """The act, carried out."""
    made = await coordinator.made("/reorganisations", act(**more))
    assert made["status"] == "applied", made
    return made


async def unit(caller: Api, code: str) -> dict[str, Any]:
    """The living unit with that code."""
    found = (await caller.get("/units", code=code)).json()["items"]
    assert len(found) == 1, found
    return dict(found[0])
