"""The two real acts on the real tree: 21/460 -> 20/412 -> 0/130, and who sees what afterwards."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actor import SYSTEM, Tx
from app.identity.opening import open_as_system
from app.kernel.clock import start_of
from app.kernel.db import Database, create_engine
from app.reorganisations import service
from app.reorganisations.csvfile import parse
from app.reorganisations.schemas import ReorganisationHead, ReorganisationOut
from app.units.integrity import CHECKS
from app.units.loading import load_units
from app.units.references import ref_by_code
from tests.conftest import drop

pytestmark = pytest.mark.anyio
DATA = files("app.data") / "units"
ACTS = {
    "nghe_an_act_2024_12.csv": ("1243/NQ-UBTVQH15", date(2024, 12, 1)),
    "nghe_an_act_2025_07.csv": ("1678/NQ-UBTVQH15", date(2025, 7, 1)),
}


async def applied(tx: Tx, file: str) -> ReorganisationOut:
    """Carry out a shipped act."""
    province = await ref_by_code(tx.session, "40")
    assert province is not None
    head = ReorganisationHead(
        unit_id=province.id,
        decision_number=ACTS[file][0],
        issuing_body="Ủy ban Thường vụ Quốc hội",
        title="Sắp xếp đơn vị hành chính",
    )
    return await service.create(tx, head, parse((DATA / file).read_bytes()))


async def levels(connection: Any) -> dict[str, int]:
    """How many units of each level live."""
    found = await connection.execute(text("SELECT level, count(*) FROM units WHERE ended_on IS NULL GROUP BY level"))
    return {row[0]: row[1] for row in found}


@pytest.fixture(scope="module")
async def after(
    server_url: str, new_database: Callable[..., Any], template: str
) -> AsyncIterator[tuple[AsyncConnection, list[ReorganisationOut]]]:
    """The real tree after both acts."""
    address = await new_database(template)
    engine = create_engine(address, pool_size=2)
    made = []
    async with Database(engine).transaction() as session:
        await session.execute(text("TRUNCATE units CASCADE"))
        await open_as_system(session)
        tx = Tx(session, SYSTEM, start_of(date(2023, 1, 3)), "test")
        content = (DATA / "nghe_an_2024.csv").read_bytes()
        assert not (await load_units(tx, content, valid_from=date(2023, 1, 1))).errors
    for file, (_, day) in ACTS.items():
        async with Database(engine).transaction() as session:
            await open_as_system(session)
            made.append(await applied(Tx(session, SYSTEM, start_of(day), "test"), file))
    async with engine.connect() as connection:
        await open_as_system(connection)
        yield connection, made
    await engine.dispose()
    await drop(server_url, address)


After = tuple[AsyncConnection, list[ReorganisationOut]]


async def test_the_counts_are_those_of_the_resolutions(after: After) -> None:
    connection, (first, second) = after
    found = {(b.level, b.before, b.after) for b in first.balance.levels}  # type: ignore[union-attr]
    assert {("district", 21, 20), ("commune", 460, 412)} <= found
    found = {(b.level, b.before, b.after) for b in second.balance.levels}  # type: ignore[union-attr]
    assert {("district", 20, 0), ("commune", 412, 130)} <= found
    assert (await levels(connection))["commune"] == 130


async def test_every_check_of_the_tree_holds(after: After) -> None:
    connection, _ = after
    for check in CHECKS:
        assert await connection.scalar(text(check.sql)) == 0, check.title
