"""Small sets of forms, as clients write them."""

from copy import deepcopy
from typing import Any

from tests.actors import Api
from tests.builders.units import unit_id

INDEX = {"code": "tt", "title": "TT", "kind": "index", "shows": "index"}
TITLE = {"code": "title", "title": "Đơn vị", "kind": "text", "shows": "title"}
REGISTERED: dict[str, Any] = {
    "code": "registered",
    "title": "Đăng ký năm {first_year}",
    "kind": "integer",
    "cell": {"measure": "registrations", "value": "registered", "period": "first_year"},
}
RATE: dict[str, Any] = {
    "code": "rate",
    "title": "Tỷ lệ",
    "kind": "percent",
    "computed": {"operation": "ratio", "of": ["registered", "registered"]},
}
TABLE: dict[str, Any] = {
    "code": "main",
    "filters": {"level": "commune"},
    "rows": {"by": "child", "levels": ["district", "commune"]},
    "columns": [INDEX, TITLE, REGISTERED, RATE],
}
FORM: dict[str, Any] = {
    "number": 1,
    "code": "BM1",
    "title": "Biểu thử",
    "proposal": True,
    "source": "Đề xuất để thử",
    "tables": [TABLE],
}


def definition(**changes: Any) -> dict[str, Any]:
    """One form of one table, with members of its table replaced."""
    whole: dict[str, Any] = {"forms": [deepcopy(FORM)]}
    whole["forms"][0]["tables"][0].update(deepcopy(changes))
    return whole


def form_set(unit: str = "province", code: str = "BIEU-THU", **table: Any) -> dict[str, Any]:
    """A set kept by ``unit``."""
    return {
        "unit_id": str(unit_id(unit)),
        "code": code,
        "title": "Bộ biểu mẫu thử",
        "definition": definition(**table),
    }


async def drafted(coordinator: Api, **changes: Any) -> str:
    """The path of a draft."""
    return f"/form-sets/{(await coordinator.made('/form-sets', form_set(**changes)))['id']}"


async def published(coordinator: Api, **changes: Any) -> str:
    """The path of a published set."""
    path = await drafted(coordinator, **changes)
    await coordinator.done(path, "publish")
    return path
