"""Directives and good practices of the small tree, recorded through the API and brought to a state."""

from collections.abc import Callable
from typing import Any

from tests.actors import Api
from tests.builders.units import TREE, unit_id

As = Callable[[str, str], Api]
DIRECTIVE = {
    "track": "advised",
    "document_kind": "plan",
    "number_symbol": "15/KH-UBND",
    "issued_on": "2024-03-12",
    "title": "Kế hoạch xây dựng xã điển hình về an ninh, trật tự năm 2024",
    "issuing_body": "Ủy ban nhân dân xã Mã Thành",
    "obliges": "Các ban, ngành, đoàn thể và các xóm",
}
PRACTICE = {
    "title": "Camera an ninh do nhân dân đóng góp",
    "summary": "Mỗi xóm lắp ba camera ở đường chính, ban cán sự xóm trông coi.",
    "results": "Lắp 42 camera; số vụ trộm cắp giảm từ 9 xuống 4 vụ.",
    "started_on": "2024-02-05",
}


async def directive(as_: As, unit: str = "commune_a", **fields: Any) -> dict[str, Any]:
    """A directive of ``unit``; ``fields`` replace those of DIRECTIVE."""
    body = {"unit_id": str(unit_id(unit)), **DIRECTIVE, **fields}
    return await as_(unit, "editor").made("/directives", body)


async def practice(as_: As, unit: str = "commune_a", status: str = "draft", **fields: Any) -> dict[str, Any]:
    """A good practice of ``unit`` (a commune) in ``status``; ``fields`` replace those of PRACTICE."""
    body = {"unit_id": str(unit_id(unit)), **PRACTICE, **fields}
    made = await as_(unit, "editor").made("/good-practices", body)
    district = str(TREE[unit][5])
    way = {
        "draft": [],
        "proposed": [(unit, "propose")],
        "selected": [(unit, "propose"), (district, "select")],
        "to_be_replicated": [(unit, "propose"), (district, "select"), (str(TREE[district][5]), "replicate")],
        "returned": [(unit, "propose"), (district, "return")],
    }
    for who, action in way[status]:
        note = {"note": "Bổ sung số liệu"} if action == "return" else {}
        made = await as_(who, "approver").done(f"/good-practices/{made['id']}", action, **note)
    return made
