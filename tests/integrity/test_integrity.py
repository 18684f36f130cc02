"""Asking over the network whether the data is sound: by whom, of what part, within which bounds."""

from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.integrity import queries, service
from app.integrity.checks import CHECKS
from app.kernel.integrity import Check
from tests.actors import Api, codes
from tests.builders.records import As
from tests.builders.units import unit_id
from tests.conftest import SYSTEM_SCOPE, Statements

pytestmark = pytest.mark.anyio
_TEXTS = (CHECKS["units.path"].remedy,)


async def broken(caller: Api, **asked: Any) -> dict[str, Any]:
    """The checks that found something, by code."""
    answer = await caller.get("/integrity", **asked)
    assert answer.status_code == 200, answer.text
    return {check["code"]: check for check in answer.json()["checks"] if check["status"] == "broken"}


async def spoil(system: Tx, *keys: str) -> None:
    """Let the names of units have stray spaces."""
    connection: Any = system.session._connection  # type: ignore[attr-defined]
    await connection.exec_driver_sql(SYSTEM_SCOPE)
    for key in keys:
        for table, column in (("units", "id"), ("unit_facts", "unit_id")):
            await connection.execute(
                text(f"UPDATE {table} SET name = name || ' ' WHERE {column} = :id"), {"id": unit_id(key)}
            )


async def test_a_sound_part_of_the_tree(as_: As) -> None:
    found = (await as_("province", "administrator").get("/integrity")).json()
    assert (found["sound"], found["complete"], len(found["checks"])) == (True, False, len(CHECKS))
    apart = {check["code"]: check["reason"] for check in found["checks"] if check["status"] == "not_run"}
    tree = {check.code for check in CHECKS.values() if check.reach == "tree"}
    assert apart.keys() == tree
    assert tree >= {"units.root", "accounts.actors", "audit.vanished"}
    assert "toàn bộ cây" in apart["units.root"]


async def test_what_is_broken_is_told_with_place_and_remedy(as_: As, system: Tx) -> None:
    await spoil(system, "commune_a")
    answer = await as_("province", "administrator").get("/integrity", {"Accept-Language": "en"})
    assert answer.json()["sound"] is False
    (found,) = [check for check in answer.json()["checks"] if check["status"] == "broken"]
    assert (found["code"], found["count"], found["reason"]) == ("units.spelling", 1, None)
    assert found["title"] == "Codes and names of units have no stray spaces"
    assert found["remedy"].startswith("Stray spaces")
    assert found["command"] == "dienhinh check --mend units.spelling"
    unit = unit_id("commune_a")
    assert found["samples"] == [
        {
            "unit": {"id": str(unit), "code": "17509", "name": "Xã Mã Thành "},
            "table": "units",
            "id": str(unit),
            "href": f"/api/v1/units/{unit}",
            "found": "«17509» «Xã Mã Thành »",
            "expected": "«17509» «Xã Mã Thành»",
        }
    ]
    assert (await as_("province", "administrator").get(found["samples"][0]["href"])).status_code == 200


async def test_each_is_told_of_the_own_part_even_of_what_everybody_reads(as_: As, system: Tx) -> None:
    await spoil(system, "commune_a", "commune_c")
    assert (await broken(as_("province", "administrator")))["units.spelling"]["count"] == 2
    assert (await broken(as_("province", "auditor")))["units.spelling"]["count"] == 2
    connection: Any = system.session._connection  # type: ignore[attr-defined]
    await connection.exec_driver_sql(SYSTEM_SCOPE)
    place = "unit_id = u.id, unit_path = u.path FROM units u WHERE u.code = '426'"
    await connection.exec_driver_sql(f"UPDATE grants g SET {place} AND g.role = 'administrator'")
    found = (await broken(as_("province", "administrator")))["units.spelling"]
    assert (found["count"], found["samples"][0]["unit"]["code"]) == (1, "17509")


async def test_the_installation_is_told_to_every_administrator(as_: As, system: Tx) -> None:
    connection: Any = system.session._connection  # type: ignore[attr-defined]
    await connection.exec_driver_sql(SYSTEM_SCOPE)
    await connection.exec_driver_sql("ALTER TABLE directives NO FORCE ROW LEVEL SECURITY")
    found = await broken(as_("province", "administrator"))
    assert found.keys() == {"installation.fence"}
    assert found["installation.fence"]["samples"][0]["table"] == "directives"


async def test_only_what_is_asked_for_is_run(as_: As) -> None:
    who = as_("province", "administrator")
    one = (await who.get("/integrity", code="units.path")).json()
    assert [check["code"] for check in one["checks"]] == ["units.path"]
    assert (one["sound"], one["complete"]) == (True, True)
    group = (await who.get("/integrity", code=["seals", "units.path"])).json()["checks"]
    assert [check["code"] for check in group] == [c for c in CHECKS if c.startswith("seals.") or c == "units.path"]
    assert codes(await who.get("/integrity", code="nonsense")) == [("/code", "unknown")]


async def test_who_may_not_ask(as_: As, anonymous: Api) -> None:
    assert (await anonymous.get("/integrity")).status_code == 401
    for role in ("editor", "coordinator"):
        refused = await as_("province", role).get("/integrity")
        assert (refused.status_code, refused.json()["permission"]) == (403, "integrity.read")


async def test_one_at_a_time(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    async def taken(_session: Any) -> bool:
        return False

    monkeypatch.setattr(queries, "alone", taken)
    answer = await as_("province", "administrator").get("/integrity")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (409, "busy", "30")


async def test_the_lock_is_the_databases(system: Tx, engine: Any) -> None:
    assert await queries.alone(system.session)
    async with engine.connect() as other:
        assert not await queries.alone(other)


async def test_a_check_that_takes_too_long_leaves_the_others_their_answer(
    as_: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of the installation: of units, the planner would see that no row can be in the caller's scope.
    sleeping = "SELECT NULL::uuid, '', '', '', '' FROM pg_sleep(5)"
    slow = Check("units.path", CHECKS["units.path"].title, sleeping, *_TEXTS, reach="installation")
    monkeypatch.setitem(CHECKS, "units.path", slow)
    monkeypatch.setattr(service, "SECONDS_EACH", 0.3)
    found = (await as_("province", "administrator").get("/integrity", code="units")).json()
    by_code = {check["code"]: check for check in found["checks"]}
    assert (by_code["units.path"]["status"], by_code["units.path"]["count"]) == ("not_run", None)
    assert "dienhinh check" in by_code["units.path"]["reason"]
    assert by_code["units.level"]["status"] == "sound"
    assert (found["sound"], found["complete"]) == (True, False)


async def test_all_together_have_an_end(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SECONDS_ALL", 0.0)
    found = (await as_("province", "administrator").get("/integrity", code="units")).json()
    assert {check["status"] for check in found["checks"]} == {"not_run"}


async def test_a_statement_that_fails_is_told_and_not_taken_for_sound(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Check("units.path", CHECKS["units.path"].title, "SELECT 1/0", *_TEXTS)
    monkeypatch.setitem(CHECKS, "units.path", wrong)
    found = (await as_("province", "administrator").get("/integrity", code="units.path")).json()["checks"][0]
    assert (found["status"], found["count"]) == ("not_run", None)


async def test_nothing_can_be_written_by_looking(
    as_: As, monkeypatch: pytest.MonkeyPatch, statements: Statements
) -> None:
    assert not await broken(as_("province", "administrator"), code="units")
    assert all(statement.lstrip().startswith(("SELECT", "WITH", "\nWITH")) for statement in statements.seen)
    writing = "WITH x AS (DELETE FROM directives RETURNING id) SELECT NULL::uuid, '', '', '', '' FROM x"
    monkeypatch.setitem(CHECKS, "units.path", Check("units.path", CHECKS["units.path"].title, writing, *_TEXTS))
    found = (await as_("province", "administrator").get("/integrity", code="units.path")).json()["checks"][0]
    assert found["status"] == "not_run"


def test_every_check_says_what_it_is_in_both_languages() -> None:
    for code, check in CHECKS.items():
        assert code == check.code
        assert code.count(".") == 1
        assert check.title.vi != check.title.en
        assert len(check.remedy.vi) > 20 < len(check.remedy.en), code
