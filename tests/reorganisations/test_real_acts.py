"""The two real acts on the real tree: 21/460 -> 20/412 -> 0/130, and who sees what afterwards."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from importlib.resources import files
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.access.actor import SYSTEM, Tx
from app.identity.keys import Tokens
from app.identity.opening import open_as_system
from app.kernel import migrating
from app.kernel.clock import Clock, start_of, wall
from app.kernel.db import Database, create_engine
from app.kernel.errors import FieldError, Invalid
from app.main import wire
from app.reorganisations import service
from app.reorganisations.csvfile import parse
from app.reorganisations.schemas import ReorganisationHead, ReorganisationOut
from app.statistics.schemas import StatisticsQuery
from app.statistics.service import statistics
from app.units.integrity import TREE
from app.units.integrity_facts import FACTS
from app.units.integrity_lineage import LINEAGE
from app.units.loading import load_units
from app.units.references import ref_by_code
from tests.actors import Api
from tests.conftest import drop
from tests.reorganisations.real_records import sign_in, work_of_2023

pytestmark = pytest.mark.anyio
DATA = files("app.data") / "units"
ACTS = {
    "nghe_an_act_2024_12.csv": ("1243/NQ-UBTVQH15", date(2024, 12, 1)),
    "nghe_an_act_2025_07.csv": ("1678/NQ-UBTVQH15", date(2025, 7, 1)),
}


# Every commune and district registered in 2023 and was accepted; an officer of Phường Hồng Sơn, which is in Vinh.
RECORDED = (
    "INSERT INTO registrations (id, unit_id, unit_path, year, status, submitted_at, accepted_at, created_at,"
    " updated_at)"
    " SELECT gen_random_uuid(), id, path, 2023, 'accepted', '2023-03-01', '2023-03-15', '2023-02-20', '2023-03-15'"
    " FROM units WHERE level IN ('commune', 'district')",
    "INSERT INTO users (id, username, full_name, folded, unit_id, unit_path, password_hash, password_changed_at)"
    " SELECT gen_random_uuid(), code || '.officer', 'x', 'x', id, path, 'x', now() FROM units WHERE level = 'commune'",
    "INSERT INTO grants (id, user_id, role, unit_id, unit_path, valid_from)"
    " SELECT gen_random_uuid(), id, 'editor', unit_id, unit_path, '2023-01-03' FROM users",
)


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


async def refused(engine: AsyncEngine, file: str) -> list[FieldError]:
    """What is said against a shipped act."""
    async with Database(engine).transaction(keep=False) as session:
        await open_as_system(session)
        with pytest.raises(Invalid) as found:
            await applied(Tx(session, SYSTEM, start_of(ACTS[file][1]), "test"), file)
    return list(found.value.errors)


@pytest.fixture(scope="module")
async def after(
    server_url: str, new_database: Callable[..., Any]
) -> AsyncIterator[tuple[AsyncConnection, list[ReorganisationOut]]]:
    """The real tree after both acts."""
    address = await new_database()
    engine = create_engine(address, pool_size=2)
    made = []
    async with Database(engine).transaction() as session:
        await migrating.upgrade(session)
    async with Database(engine).transaction() as session:
        await open_as_system(session)
        tx = Tx(session, SYSTEM, start_of(date(2023, 1, 3)), "test")
        content = (DATA / "nghe_an_2024.csv").read_bytes()
        assert not (await load_units(tx, content, valid_from=date(2023, 1, 1))).errors
        for statement in RECORDED:
            await session.execute(text(statement))
        province = await ref_by_code(session, "40")
        assert province is not None
        await work_of_2023(tx, province)
    async with Database(engine).transaction() as session:
        await sign_in(session)
    refused_early.extend(await refused(engine, "nghe_an_act_2025_07.csv"))
    for file, (_, day) in ACTS.items():
        async with Database(engine).transaction() as session:
            await open_as_system(session)
            made.append(await applied(Tx(session, SYSTEM, start_of(day), "test"), file))
    async with engine.begin() as connection:  # as autovacuum would within a minute
        await connection.exec_driver_sql("ANALYZE")
    async with engine.connect() as connection:
        await open_as_system(connection)
        yield connection, made
    await engine.dispose()
    await drop(server_url, address)


refused_early: list[FieldError] = []
"""What the second act met on the tree before the first."""
After = tuple[AsyncConnection, list[ReorganisationOut]]


async def test_the_counts_are_those_of_the_resolutions(after: After) -> None:
    connection, (first, second) = after
    found = {(b.level, b.before, b.after) for b in first.balance.levels}  # type: ignore[union-attr]
    assert {("district", 21, 20), ("commune", 460, 412)} <= found
    found = {(b.level, b.before, b.after) for b in second.balance.levels}  # type: ignore[union-attr]
    assert {("district", 20, 0), ("commune", 412, 130)} <= found
    assert (await levels(connection))["commune"] == 130


async def test_the_second_act_before_the_first_is_refused_by_line(after: After) -> None:
    assert after
    # It knows nothing of the communes that the first act would have merged: districts would go from above them.
    assert {fault.code for fault in refused_early} == {"units_left"}
    assert all(fault.pointer.startswith("/lines/") for fault in refused_early)


async def test_the_same_act_twice_is_refused_and_changes_nothing(after: After) -> None:
    connection, _ = after
    faults = await refused(connection.engine, "nghe_an_act_2025_07.csv")
    assert {fault.code for fault in faults} <= {"already_ended", "not_after_current", "unknown_unit"}
    assert (await levels(connection))["commune"] == 130


async def test_every_check_of_the_tree_holds(after: After) -> None:
    connection, _ = after
    for check in (*TREE, *FACTS, *LINEAGE):
        assert (await connection.execute(text(check.rows))).all() == [], check.code


async def test_no_record_is_lost_or_given_to_another(after: After) -> None:
    connection, _ = after
    rows = await connection.execute(
        text(
            "SELECT r.unit_path = u.path AS placed, count(*) AS n, count(DISTINCT r.unit_id) AS units"
            " FROM registrations r JOIN units u ON u.id = r.unit_id JOIN unit_facts f ON f.unit_id = u.id"
            " AND f.valid_from <= '2023-06-01' AND (f.valid_to IS NULL OR f.valid_to > '2023-06-01') GROUP BY 1"
        )
    )
    assert [tuple(row) for row in rows] == [(True, 481, 481)]


async def test_the_tree_of_every_date_is_still_there(after: After) -> None:
    connection, _ = after
    for day, districts, communes in (("2024-11-30", 21, 460), ("2024-12-01", 20, 412), ("2025-07-01", 0, 130)):
        statement = (
            "SELECT count(*) FILTER (WHERE level = 'district'), count(*) FILTER (WHERE level = 'commune')"
            " FROM unit_facts WHERE valid_from <= CAST(:day AS date)"
            " AND (valid_to IS NULL OR valid_to > CAST(:day AS date))"
        )
        found = (await connection.execute(text(statement), {"day": date.fromisoformat(day)})).one()
        assert tuple(found) == (districts, communes), day


def predecessors(code: str) -> set[str]:
    """The communes of 2024 whose (primary) successor of today has the code, by the shipped files alone."""
    found = {code}
    for file in reversed(ACTS):
        act = parse((DATA / file).read_bytes())
        split = {change.old_code for change in act.changes if change.kind == "split"}
        lines = [change for change in act.changes if change.new_code in found]
        found = {c.old_code for c in lines if c.old_code and (c.old_code not in split or c.primary)}
    return found


async def test_every_living_commune_sees_exactly_its_predecessors(after: After) -> None:
    connection, _ = after
    statement = (
        "SELECT living.code, array_agg(f.code) FROM units living JOIN registrations r"
        " ON r.unit_path >= living.path AND r.unit_path < rtrim(living.path, '.') || '/'"
        " JOIN unit_facts f ON f.unit_id = r.unit_id AND f.valid_from = '2023-01-01'"
        " WHERE living.ended_on IS NULL AND living.level = 'commune' GROUP BY living.code"
    )
    seen = {row[0]: set(row[1]) for row in await connection.execute(text(statement))}
    assert len(seen) == 130
    assert {code: predecessors(code) for code in seen} == seen
    assert sum(len(codes) for codes in seen.values()) == 460


async def test_an_officer_of_truong_vinh_sees_what_its_predecessors_did_in_2023(after: After) -> None:
    connection, _ = after
    place = (
        await connection.execute(
            text("SELECT id, path, code FROM units WHERE name = 'Phường Trường Vinh' AND ended_on IS NULL")
        )
    ).one()
    officers = "SELECT count(*) FROM grants WHERE unit_id = :id AND valid_to IS NULL AND role = 'editor'"
    assert await connection.scalar(text(officers), {"id": place.id}) == len(predecessors(place.code)) > 1
    scope = {"scope_from": place.path, "scope_to": place.path.rstrip(".") + "/"}
    settings = ", ".join(f"set_config('app.{name}', :{name}, true)" for name in scope)
    await connection.execute(text(f"SELECT {settings}"), scope)
    assert await connection.scalar(text("SELECT count(*) FROM registrations")) == len(predecessors(place.code))
    await open_as_system(connection)
    assert await connection.scalar(text("SELECT count(*) FROM registrations")) == 481


def splits(answer: dict[str, Any]) -> dict[str, Any]:
    """The notes of units that were split, by code."""
    return {note["unit"]["code"]: note for note in answer["notes"] if note["code"] == "split_unit"}


async def test_truong_vinh_through_the_years_is_marked_with_both_acts(after: After) -> None:
    connection, _ = after
    tx = Tx(connection, SYSTEM, start_of(date(2026, 3, 1)), "test")
    province = await ref_by_code(connection, "40")
    ward = await connection.scalar(text("SELECT id FROM units WHERE name = 'Phường Trường Vinh' AND ended_on IS NULL"))
    assert province is not None
    query = StatisticsQuery(unit=province.id, group_by="commune,year", structure="current")
    answer = await statistics(tx, "registrations", query)
    assert answer["totals"]["registered"] == 481
    row = next(row for row in answer["rows"] if row["keys"]["commune"] and row["keys"]["commune"]["id"] == ward)
    first, second = (answer["changes"][place] for place in row["changes"])
    assert (row["keys"]["year"], row["values"]["registered"]) == (2023, len(predecessors("16690")))
    assert [first["decision_number"], second["decision_number"]] == [number for number, _ in ACTS.values()]
    shipped = parse((DATA / "nghe_an_act_2025_07.csv").read_bytes())
    lines = [line.old_code for line in shipped.changes if line.new_code == "16690"]
    assert sorted(one["code"] for one in second["came"]) == sorted(code for code in lines if code)
    assert (second["kinds"], second["area_changed"], second["went"]) == (["merged"], True, [])
    # What was split on 1/12/2024 is under one roof again wherever no note says otherwise.
    assert "17251" not in splits(answer)
    then = query.model_copy(update={"structure": "2024-12-01"})
    told = splits(await statistics(tx, "registrations", then))
    assert told.keys() == {"17185", "17194", "17251"}
    assert [one["name"] for one in told["17251"]["counted_for"]] == ["Xã Chi Khê"]


@pytest.fixture
async def caller(after: After, app: FastAPI, tokens: Tokens) -> AsyncIterator[Callable[[str], Any]]:
    """Calls over HTTP by the people of the real tree, in March 2026."""
    connection, _ = after
    clock = Clock(start_of(date(2026, 3, 2)) - wall())
    wire(app, Database(connection.engine), clock, tokens)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://test", timeout=60) as client:

        async def named(username: str) -> Api:
            found = await connection.scalar(text("SELECT id FROM users WHERE username = :name"), {"name": username})
            token = tokens.issuer.issue(sub=found, sid=found, now=int(wall().timestamp()))
            return Api(client, {"Authorization": f"Bearer {token}"})

        yield named


STRUCTURES = ("2024-06-30", "2024-12-31", "current")


def bottom(form: dict[str, Any]) -> dict[tuple[str, str, str], Any]:
    """What a form's tables add up to; of one without a total, which has no line for each unit, everything."""
    rows = [(table["code"], row) for table in form["tables"] for row in table["rows"]]
    last = [(code, row) for code, row in rows if row["kind"] == "total"] or rows
    return {(code, row["key"], name): cell["value"] for code, row in last for name, cell in row["cells"].items()}


@pytest.mark.parametrize("number", range(1, 9))
async def test_every_form_comes_to_the_same_in_every_structure(caller: Callable[[str], Any], number: int) -> None:
    reader = await caller("reader")
    (campaign,) = (await reader.get("/campaigns")).json()["items"]
    found = []
    for structure in STRUCTURES:
        answer = await reader.get(f"/forms/{number}", campaign=campaign["id"], structure=structure)
        assert answer.status_code == 200, answer.text
        found.append(bottom(answer.json()))
    assert found[0] == found[1] == found[2] != {}
    if number == 1:
        told = {name: value for (table, _, name), value in found[0].items() if table == "communes"}
        assert (told["units"], told["registered_1"]) == (460, 460)
        assert (told["recognised_1"], told["not_recognised_1"]) == (225, 235)


async def test_an_officer_reads_the_predecessors_records_and_no_neighbours(
    caller: Callable[[str], Any], after: After
) -> None:
    connection, _ = after
    former = predecessors("16690")
    officer = await caller(f"{min(former)}.officer")
    for path in ("registrations", "evaluations", "propaganda-activities", "reports", "directives"):
        found: set[str] = set()
        cursor = None
        while cursor is not None or not found:
            more: dict[str, str] = {"cursor": cursor} if cursor else {}
            page = (await officer.get(f"/{path}", limit=200, **more)).json()
            found |= {item["unit"]["id"] for item in page["items"]}
            cursor = page["next_cursor"]
        rows = await connection.execute(
            text("SELECT f.code FROM unit_facts f WHERE f.valid_from = '2023-01-01' AND f.unit_id = ANY (:ids)"),
            {"ids": list(found)},
        )
        assert {row.code for row in rows} == former, path
    answer = (await officer.get("/statistics/registrations", group_by="commune,year", structure="current")).json()
    assert answer["totals"]["registered"] == len(former)
    (row,) = answer["rows"]
    behind = (await officer.get(row["records"], cell="registered", limit=200)).json()["items"]
    assert sum(record["value"] for record in behind) == row["values"]["registered"] == len(former)
    neighbour = await connection.scalar(
        text("SELECT id FROM units WHERE level = 'commune' AND ended_on IS NULL AND code <> '16690' LIMIT 1")
    )
    refused = await officer.get("/statistics/registrations", unit=str(neighbour), group_by="commune")
    assert refused.status_code == 404
