"""Reports of the small tree, brought to the state a test starts from."""

from collections.abc import Callable
from typing import Any

from tests.actors import Api
from tests.builders.units import TREE, unit_id

As = Callable[[str, str], Api]
READY = {"review_method": "in_writing", "sections": {"I": "Đã quán triệt", "II.1": "Đã tuyên truyền"}}


async def draft(as_: As, campaign_id: str, unit: str = "commune_a") -> str:
    """The path of a draft report of ``unit``."""
    body = {"campaign_id": campaign_id, "unit_id": str(unit_id(unit))}
    return f"/reports/{(await as_(unit, 'editor').made('/reports', body))['id']}"


async def ready(as_: As, campaign_id: str, unit: str = "commune_a", **fields: Any) -> str:
    """The path of a report of ``unit`` that lacks nothing but its submission."""
    path = await draft(as_, campaign_id, unit)
    answer = await as_(unit, "editor").change("PATCH", path, {**READY, **fields})
    assert answer.status_code == 200, answer.text
    return path


async def handed_in(as_: As, path: str, unit: str = "commune_a", **body: Any) -> dict[str, Any]:
    """The report at ``path`` after its unit's approver submitted it, with every warning taken note of."""
    approver = as_(unit, "approver")
    return await approver.done(
        path, "submit", **{"note": "Gửi báo cáo", "acknowledged": await warnings(approver, path)} | body
    )


async def warnings(who: Api, path: str) -> list[str]:
    """The codes of the warnings that stand against the report."""
    answer = await who.get(f"{path}/checks")
    assert answer.status_code == 200, answer.text
    return [warning["code"] for warning in answer.json()["warnings"]]


async def submitted(as_: As, campaign_id: str, unit: str = "commune_a", **fields: Any) -> str:
    """The path of a report that ``unit`` has submitted."""
    path = await ready(as_, campaign_id, unit, **fields)
    await handed_in(as_, path, unit)
    return path


async def accepted(as_: As, campaign_id: str, unit: str = "commune_a", **fields: Any) -> str:
    """The path of a report that the unit above has accepted."""
    path = await submitted(as_, campaign_id, unit, **fields)
    await as_(str(TREE[unit][5]), "approver").done(path, "accept")
    return path
