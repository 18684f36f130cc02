"""Acts on very many records: what merely moves is not judged anew, and the time limit of requests ends no act."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.units.reorganising import lock_map
from tests.actors import Api
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import activity_forms, indicators
from tests.builders.units import ref, unit_id

pytestmark = pytest.mark.anyio
_EXPLAIN = "EXPLAIN (ANALYZE, FORMAT JSON) UPDATE {table} SET {change} WHERE unit_id = :unit"
_AS_A_MOVE = "unit_id = unit_id, unit_path = unit_path"  # what ON UPDATE CASCADE sets


async def _fired(tx: Tx, table: str, change: str) -> set[str]:
    await tx.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    statement = text(_EXPLAIN.format(table=table, change=change))
    (told,) = (await tx.session.execute(statement, {"unit": unit_id("commune_a")})).scalar_one()
    return {trigger["Trigger Name"] for trigger in told["Triggers"]}


@pytest.fixture
async def recorded(as_: Callable[[str, str], Api], system: Tx) -> None:
    """A total of a period and a figure of commune_a."""
    await activity_forms(system)
    await indicators(system)
    campaign, editor = await plan_320(system), as_("commune_a", "editor")
    mine: dict[str, Any] = {"unit_id": str(unit_id("commune_a"))}
    total: dict[str, Any] = {"form": "direct", "nature": "period_total", "sessions": 3, "title": "Tổng hợp quý I"}
    total |= {"venue_kind": "commune", "date_from": "2024-01-01", "date_to": "2024-03-31"}
    await editor.made("/propaganda-activities", mine | total)
    figure = {"campaign_id": campaign, "indicator": "traffic_accidents", "before_value": 8, "after_value": 6}
    await editor.made("/situation-figures", mine | figure)


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize(
    ("table", "change", "trigger"),
    [
        ("propaganda_activities", "date_to = date_to - 1", "propaganda_total_still_apart"),
        ("situation_figures", "after_value = after_value + 1", "situation_part_still_of_whole"),
    ],
)
async def test_a_record_is_judged_when_it_changes_and_not_when_it_moves(
    system: Tx, table: str, change: str, trigger: str
) -> None:
    assert trigger in await _fired(system, table, change)
    assert trigger not in await _fired(system, table, _AS_A_MOVE)


@pytest.mark.parametrize(("whole", "limit"), [(True, "30min"), (False, "30s")])
async def test_the_rewriting_of_paths_has_a_limit_of_its_own(system: Tx, whole: bool, limit: str) -> None:
    await system.session.execute(text("SET LOCAL statement_timeout = '30s'"))
    await lock_map(system.session, ref("province"), whole=whole)
    assert await system.session.scalar(text("SHOW statement_timeout")) == limit
