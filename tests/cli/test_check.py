"""``dienhinh check`` on a broken database: what it says, what scripts read, what it mends."""

import asyncio
import json
from collections.abc import Callable

from sqlalchemy import text
from typer.testing import Result

from app.kernel.db import Database, create_engine
from app.kernel.settings import get_settings
from tests.cli.test_commands import UNITS, pytestmark, run
from tests.conftest import SYSTEM_SCOPE

__all__ = ["pytestmark", "run"]


def spoil(*statements: str) -> None:
    """Do what only somebody with the database's password can do."""

    async def done() -> None:
        address = get_settings().database_url
        assert address is not None
        database = Database(create_engine(address, pool_size=1))
        async with database.transaction() as session:
            await session.exec_driver_sql(SYSTEM_SCOPE)
            for statement in statements:
                await session.execute(text(statement))
        await database.dispose()

    asyncio.run(done())


STRAY = tuple(f"UPDATE {table} SET name = name || ' ' WHERE code = '17509'" for table in ("units", "unit_facts"))


def test_what_is_wrong_is_named_and_mended(run: Callable[..., Result]) -> None:
    run("load", "units", str(UNITS), "--valid-from", "2024-01-01")
    spoil(*STRAY)
    found = run("check")
    assert (found.exit_code, found.stdout.count("BAD")) == (1, 1)
    assert "BAD  Codes and names of units have no stray spaces [units.spelling]: 1." in found.stdout
    assert "dienhinh check --mend units.spelling" in found.stdout
    assert "«17509»" not in found.stdout
    shown = run("check", "units", "--verbose")
    assert (shown.exit_code, "«17509» «Xã Mã Thành»" in shown.stdout) == (1, True)
    assert "every evidence file" not in shown.stdout
    assert run("check", "--mend", "units.spelling").stdout == "units.spelling: 1 mended.\n"
    assert run("check").exit_code == 0
    assert run("check", "--mend", "units.spelling").stdout == "units.spelling: nothing to mend.\n"


def test_scripts_read_the_same(run: Callable[..., Result]) -> None:
    run("load", "units", str(UNITS), "--valid-from", "2024-01-01")
    sound = json.loads(run("check", "--json").stdout)
    assert (sound["sound"], {check["status"] for check in sound["checks"]}) == (True, {"sound"})
    assert sound["checks"][-1]["code"] == "attachments.files"
    spoil(*STRAY)
    answer = run("check", "--json")
    found = json.loads(answer.stdout)
    (broken,) = [check for check in found["checks"] if check["status"] != "sound"]
    assert (answer.exit_code, found["sound"], broken["code"], broken["count"]) == (1, False, "units.spelling", 1)
    assert broken["samples"][0]["unit"]["code"] == "17509"


def test_a_file_that_the_store_lacks(run: Callable[..., Result]) -> None:
    run("load", "units", str(UNITS), "--valid-from", "2024-01-01")
    spoil(
        "INSERT INTO directives (id, unit_id, unit_path, track, document_kind, number_symbol, issued_on, title,"
        " issuing_body, folded, number_key) SELECT gen_random_uuid(), id, path, 'advised', 'plan',"
        " '1/KH', '2024-03-01', 'x', 'x',"
        " 'x', 'x' FROM units WHERE code = '17509'",
        "INSERT INTO attachments (id, unit_id, unit_path, directive_id, file_name, media_type, size_bytes, sha256)"
        " SELECT gen_random_uuid(), unit_id, unit_path, id, 'x.pdf', 'application/pdf', 1, repeat('a', 64)"
        " FROM directives",
    )
    found = run("check", "--verbose")
    assert "BAD  every evidence file is in the store [attachments.files]: 1. Restore them" in found.stdout
    assert "a" * 64 in found.stdout


def test_what_cannot_be_done_is_refused(run: Callable[..., Result]) -> None:
    assert "no such check or group" in run("check", "nonsense").stderr
    refused = run("check", "--mend", "facts.gap")
    assert (refused.exit_code, "needs your judgement" in refused.stderr) == (1, True)
    assert "There is no check nonsense" in run("check", "--mend", "nonsense").stderr
