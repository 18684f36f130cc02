"""A unit that was split, and whose parts another act brought together again: told as one whole, once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api
from tests.conftest import MovableClock
from tests.reorganisations.scene import applied
from tests.statistics.scene import Registered, local, register
from tests.statistics.test_figures import figures

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
_NEW = {"new_kind": "commune", "new_parent_code": "426"}
_SPLIT = {"kind": "split", "old_code": "17509", **_NEW}
_ONE = {"kind": "merged", "new_code": "17512", "new_name": "Xã Thành Mới", **_NEW}
ACTS: dict[str, list[dict[str, Any]]] = {
    "2024-12-01": [
        {**_SPLIT, "new_code": "17511", "new_name": "Xã Tây", "primary": True},
        {**_SPLIT, "new_code": "17513", "new_name": "Xã Đông"},
    ],
    "2025-07-01": [{**_ONE, "old_code": code} for code in ("17511", "17513", "17510")],
}


async def test_parts_that_are_together_again_are_one(as_: As, system: Tx, clock: MovableClock) -> None:
    await register(system, Registered("commune_a", year=2023, at=local(date(2023, 2, 1))))
    await system.session.execute(text("UPDATE registrations SET created_at = '2023-02-01'"))
    for day, changes in ACTS.items():
        clock.set(f"{day}T08:00:00+07:00")
        await applied(as_("province", "coordinator"), changes=changes, effective_on=day, decision_number=f"NQ {day}")
    clock.set("2026-03-01T08:00:00+07:00")
    caller = as_("province", "viewer")
    now = await figures(caller, "registrations", group_by="commune,year", structure="current")
    split, merged = now["changes"]
    assert [(one["code"], one["whole"], one["is_primary"]) for one in split["came"]] == [("17509", True, True)]
    assert "gồm địa bàn của Xã Mã Thành (17509) (NQ 2024-12-01)" in split["message"]
    assert [one["code"] for one in merged["came"]] == ["17510", "17511", "17513"]
    between = await figures(caller, "registrations", group_by="commune,year", structure="2024-12-31")
    (west,) = between["changes"]
    assert [(one["code"], one["whole"]) for one in west["came"]] == [("17509", False)]
    assert [one["code"] for one in west["went"]] == ["17513"]
