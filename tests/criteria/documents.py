"""A small set that uses everything a set may have."""

import copy
from typing import Any

from tests.actors import Api
from tests.builders.units import unit_id

SMALL: dict[str, Any] = {
    "code": "BTC-THU",
    "title": "Bộ tiêu chí thử",
    "notice": "Không phải văn bản chính thức.\nChỉ để kiểm thử.",
    "legal_basis": {"number": "1/QĐ-THU", "issued_on": "2024-01-02", "issuing_body": "UBND", "title": None},
    "applies_to_kinds": ["commune", "ward"],
    "recognised_by": "district",
    "pass_rule": {"kind": "minimum_met", "minimum": 2},
    "groups": [
        {
            "code": "N1",
            "title": "Nhóm 1",
            "criteria": [
                {
                    "code": "TC1",
                    "title": "=Có kế hoạch, được duyệt",
                    "description": '- Dòng một\n- Dòng hai; có dấu "ngoặc"',
                    "measure": "yes_no",
                    "threshold": None,
                    "comparison": None,
                    "unit_of_count": None,
                    "required": True,
                    "evidence_needed": True,
                    "weight": 1,
                    "text_status": "sourced",
                }
            ],
            "groups": [
                {
                    "code": "N1.1",
                    "title": "Nhóm con",
                    "criteria": [
                        {
                            "code": "TC2",
                            "title": "'Tỷ lệ hộ dân",
                            "description": None,
                            "measure": "percentage",
                            "threshold": 97.5,
                            "comparison": "at_least",
                            "unit_of_count": None,
                            "required": False,
                            "evidence_needed": False,
                            "weight": 2.5,
                            "text_status": "to_be_entered",
                        }
                    ],
                    "groups": [],
                }
            ],
        },
        {
            "code": "N2",
            "title": "+ Nhóm 2",
            "criteria": [
                {
                    "code": "TC3",
                    "title": "Số vụ",
                    "description": None,
                    "measure": "count",
                    "threshold": 0,
                    "comparison": "at_most",
                    "unit_of_count": "vụ",
                    "required": True,
                    "evidence_needed": False,
                    "weight": 1,
                    "text_status": "proposal",
                }
            ],
            "groups": [],
        },
    ],
}


def small(**changes: Any) -> dict[str, Any]:
    """The small set with other members."""
    return {**copy.deepcopy(SMALL), **changes}


def owned(unit: str = "province", **changes: Any) -> dict[str, Any]:
    """The small set as a body that creates it for ``unit``."""
    return {"unit_id": str(unit_id(unit)), **small(**changes)}


def content(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer says of the set itself, in the shape of :data:`SMALL`."""

    def group(value: dict[str, Any]) -> dict[str, Any]:
        return {
            "code": value["code"],
            "title": value["title"],
            "criteria": [{k: v for k, v in c.items() if k != "id"} for c in value["criteria"]],
            "groups": [group(inner) for inner in value["groups"]],
        }

    return {name: answer[name] for name in SMALL if name != "groups"} | {"groups": [group(g) for g in answer["groups"]]}


def criteria(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All criteria of an answer by code, in printed order."""
    found: dict[str, dict[str, Any]] = {}

    def walk(groups: list[dict[str, Any]]) -> None:
        for group in groups:
            found.update({c["code"]: c for c in group["criteria"]})
            walk(group["groups"])

    walk(answer["groups"])
    return found


async def drafted(coordinator: Api, **changes: Any) -> str:
    """The path of a new draft."""
    return f"/criteria-sets/{(await coordinator.made('/criteria-sets', owned(**changes)))['id']}"


async def published(coordinator: Api, **changes: Any) -> str:
    """The path of a published set."""
    path = await drafted(coordinator, **changes)
    await coordinator.done(path, "publish")
    return path
