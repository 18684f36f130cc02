"""No check that cannot fail: each is broken on purpose and finds just that; a sound database has nothing."""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import date
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actor import SYSTEM, Tx
from app.identity.opening import open_as_system
from app.integrity.checks import CHECKS
from app.integrity.mending import NotMended, carry_out, mend, mendable
from app.integrity.service import Bounds, Found, running
from app.kernel.clock import Clock, start_of
from app.kernel.db import Database, create_engine
from tests.conftest import SYSTEM_SCOPE, drop
from tests.integrity.breaks import BREAKS, Break
from tests.reorganisations.test_real_acts import ACTS, applied

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]
TODAY = date(2025, 8, 1)
SLOW = {"accounts.actors", "paths.copies", "seals.records", "seals.sections", "statistics.sums"}
"""Half the time of all; left out where what is broken does not come near them."""


async def broken(connection: AsyncConnection, codes: Iterable[str] = CHECKS) -> dict[str, Found]:
    """Every check that is not sound."""
    await open_as_system(connection)
    tx = Tx(connection, SYSTEM, start_of(TODAY), "test")
    wanted = [CHECKS[code] for code in codes]
    found = [one async for one in running(tx, wanted, Bounds())]
    assert len(found) == len(wanted)
    return {one.check.code: one for one in found if one.status != "sound"}


@pytest.fixture(scope="module")
async def acted(server_url: str, new_database: Callable[..., Any], demonstration: str) -> AsyncIterator[Database]:
    """The demonstration after both real acts. It is sound before them and after each."""
    address = await new_database(demonstration)
    database = Database(create_engine(address, pool_size=1, statement_timeout_ms=0))
    async with database.transaction() as session:
        assert await broken(session) == {}
    for file, (_, day) in ACTS.items():
        async with database.transaction() as session:
            await open_as_system(session)
            await applied(Tx(session, SYSTEM, start_of(day), "test"), file)
            assert await broken(session) == {}, file
    yield database
    await database.dispose()
    await drop(server_url, address)


@pytest.fixture
async def connection(acted: Database) -> AsyncIterator[AsyncConnection]:
    """A connection whose changes are undone."""
    async with acted.transaction(keep=False) as session:
        yield session


async def do(connection: AsyncConnection, how: Break) -> None:
    """Break a rule as the role that owns the tables."""
    await connection.exec_driver_sql(SYSTEM_SCOPE)
    for statement in how.done:
        done = await connection.exec_driver_sql(statement)
        assert done.rowcount != 0, statement
    await connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")


def test_every_check_is_broken_by_some_test() -> None:
    assert BREAKS.keys() == CHECKS.keys()


@pytest.mark.parametrize("code", BREAKS)
async def test_what_is_broken_is_found_and_nothing_else_and_mending_mends(
    connection: AsyncConnection, code: str
) -> None:
    how = BREAKS[code]
    await do(connection, how)
    near = {code, *how.also}
    found = await broken(connection, [other for other in CHECKS if near & SLOW or other not in SLOW])
    assert found.keys() == {code, *how.also}
    one = found[code]
    assert (one.status, one.count) == ("broken", how.count or one.count)
    assert any(row.kind == how.table and how.found in (row.found or "") for row in one.samples), one.samples
    if CHECKS[code].reach != "installation":
        assert all(row.code and row.name for row in one.samples), one.samples
    assert all(row.found != row.expected for row in one.samples)
    if CHECKS[code].mend:
        await carry_out(connection, CHECKS[code])
        left = await broken(connection, near)
        assert left.keys() <= how.also


async def test_mending_is_kept_with_an_entry_in_the_log(connection: AsyncConnection) -> None:
    await do(connection, BREAKS["paths.copies"])
    done = await mend(connection, mendable("paths.copies"), Clock())
    assert (done.count, [one.check.code for one in done.others]) == (1, ["installation.keys"])
    last = (await connection.exec_driver_sql("SELECT * FROM audit_events ORDER BY seq DESC LIMIT 1")).one()
    assert (last.verb, last.actor_kind, last.after) == (
        *("integrity.mend", "system"),
        {"check": "paths.copies", "rows": 1},
    )


async def test_what_mending_would_not_mend_is_refused(connection: AsyncConnection) -> None:
    await do(connection, BREAKS["facts.today"])
    await connection.exec_driver_sql(SYSTEM_SCOPE)
    await connection.exec_driver_sql(
        "DELETE FROM unit_facts WHERE unit_id = (SELECT id FROM units WHERE code = 'MOI-1')"
    )
    with pytest.raises(NotMended, match="1 still break the rule"):
        await mend(connection, mendable("facts.today"), Clock())


async def test_what_is_sound_is_left_alone(connection: AsyncConnection) -> None:
    done = await mend(connection, mendable("units.path"), Clock())
    assert (done.count, done.others) == (0, [])


async def test_what_needs_judgement_is_not_mended() -> None:
    with pytest.raises(NotMended, match="needs your judgement"):
        mendable("facts.gap")
    with pytest.raises(NotMended, match="no check"):
        mendable("nothing")
