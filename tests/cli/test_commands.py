"""The command line on an empty database: load, make accounts, check, and the refusals."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url
from typer.testing import CliRunner, Result

from app.cli import cli
from app.kernel.settings import get_settings
from tests.conftest import drop

pytestmark = pytest.mark.real_commits
UNITS = Path(__file__).resolve().parents[2] / "app/data/units/nghe_an_2024.csv"


@pytest.fixture
def run(
    server_url: str, new_database: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Result]]:
    """``run("load", "units", ...)`` on an empty, migrated database."""
    address = asyncio.run(new_database())
    monkeypatch.setenv("DIENHINH_DATABASE_URL", address)
    get_settings.cache_clear()

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(cli, list(arguments))

    assert invoke("migrate").exit_code == 0
    yield invoke
    get_settings.cache_clear()
    asyncio.run(drop(server_url, address))


def test_from_nothing_to_a_checked_installation(run: Callable[..., Result]) -> None:
    loaded = run("load", "units", str(UNITS), "--valid-from", "2024-01-01")
    assert (loaded.exit_code, loaded.stdout) == (0, "482 units created, 0 were already there.\n")
    again = run("load", "units", str(UNITS), "--valid-from", "2024-01-01")
    assert again.stdout == "0 units created, 482 were already there.\n"
    assert run("load", "criteria", "--owner", "40", "--publish").stdout == "3 criteria sets are there.\n"
    assert run("load", "campaign", "--owner", "40").exit_code == 0
    added = run("load", "catalogues", "--owner", "40").stdout
    assert added.startswith("13 forms of activities and 8 indicators added")
    assert run("load", "catalogues", "--owner", "40").stdout.startswith("0 forms of activities and 0 indicators added")
    made = run("user", "add", "nguyen.an", "--name", "Nguyễn Văn An", "--unit", "40", "--role", "administrator")
    assert "Password: " in made.stdout
    assert run("user", "grant", "nguyen.an", "viewer", "--unit", "426").exit_code == 0
    assert run("user", "disable", "nguyen.an").exit_code == 0
    checked = run("check")
    assert (checked.exit_code, "BAD" in checked.stdout) == (0, False)
    assert checked.stdout.count("ok ") >= 6


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("load", "units", "/nowhere.csv", "--valid-from", "2024-01-01"), "is not a file"),
        (("load", "criteria", "--owner", "99"), "no living unit with the code 99"),
        (("user", "add", "an.nguyen", "--name", "An", "--unit", "40"), "no living unit with the code 40"),
        (("user", "disable", "nobody.here"), "no user nobody.here"),
        (("demo", "--host", "0.0.0.0"), "DIENHINH_DEMO_PASSWORD"),
    ],
)
def test_refusals_say_what_to_do(run: Callable[..., Result], arguments: tuple[str, ...], said: str) -> None:
    answer = run(*arguments)
    assert answer.exit_code == 1
    assert said in answer.stderr


def test_a_second_account_of_the_name_and_a_bad_name_are_refused(run: Callable[..., Result]) -> None:
    run("load", "units", str(UNITS), "--valid-from", "2024-01-01")
    assert run("user", "add", "nguyen.an", "--name", "An", "--unit", "40").exit_code == 0
    second = run("user", "add", "nguyen.an", "--name", "An", "--unit", "40")
    assert (second.exit_code, "/username" in second.stderr) == (1, True)
    assert "username" in run("user", "add", "Có Dấu", "--name", "An", "--unit", "40").stderr


def test_a_faulty_file_loads_nothing_and_every_line_is_named(run: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "units.csv"
    file.write_text(
        "code,name,type,parent_code\n40,Tỉnh Nghệ An,tỉnh,\n426,Huyện Yên Thành,huyện,41\n"
        "40,Tỉnh B,tỉnh,\n5,Xã X,làng,40\n"
    )
    answer = run("load", "units", str(file), "--valid-from", "2024-01-01")
    assert answer.exit_code == 1
    assert {f"units.csv:{line}" in answer.stderr for line in (3, 4, 5)} == {True}
    assert run("load", "units", str(UNITS), "--valid-from", "2024-01-01").stdout.startswith("482 units created")


def test_a_tree_that_ships_is_loaded_by_its_name_and_never_over_another(run: Callable[..., Result]) -> None:
    assert run("load", "units", UNITS.name, "--valid-from", "2024-01-01").stdout.startswith("482 units created")
    answer = run("load", "units", "national_2025_07.csv", "--valid-from", "2025-07-01")
    assert (answer.exit_code, "Nothing was loaded" in answer.stderr) == (1, True)
    assert "use a reorganisation" in answer.stderr
    assert run("load", "units", UNITS.name, "--valid-from", "2024-01-01").stdout.startswith("0 units created, 482")
    for name in ("README.md", "data/nghe_an_2024.csv"):
        assert "is not a file" in run("load", "units", f"nowhere/{name}", "--valid-from", "2024-01-01").stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_told_before_anything_is_loaded(run: Callable[..., Result], command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        answer = run(command, "--port", str(port))
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (1, "", 1)
    assert f"port {port} is taken" in answer.stderr
    assert "make run PORT=" in answer.stderr
    assert run("load", "units", str(UNITS), "--valid-from", "2024-01-01").stdout.startswith("482 units created")


def test_a_host_that_is_not_of_this_machine_is_told_in_one_line(run: Callable[..., Result]) -> None:
    answer = run("serve", "--host", "192.0.2.1")
    assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)
    assert "cannot listen on 192.0.2.1:8000" in answer.stderr


def test_the_demonstration_says_what_day_it_is(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.demo.listen", lambda *_: None)
    monkeypatch.setenv("DIENHINH_CLOCK_OFFSET_SECONDS", "0")  # the command sets it; put back afterwards
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    answer = run("demo", "--port", str(port))
    assert answer.exit_code == 0, answer.output
    assert "hôm nay / today: 10/07/2024" in answer.stdout


def test_a_database_that_is_not_there_is_told_in_one_line(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, server_url: str
) -> None:
    monkeypatch.setenv("DIENHINH_DATABASE_URL", make_url(server_url).set(database="nowhere").render_as_string(False))
    get_settings.cache_clear()
    answer = run("check")
    assert (answer.exit_code, answer.stderr.count("\n")) == (1, 1)
    assert "DIENHINH_DATABASE_URL" in answer.stderr
    assert "nowhere" in answer.stderr


def test_the_store_of_evidence_is_cleaned_and_verified(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DIENHINH_ATTACHMENTS_URL", str(tmp_path / "kho"))
    get_settings.cache_clear()
    assert run("attachments", "clean").stdout == (
        "0 files referred to; 0 without a row removed, 0 too young; 0 broken-off writes removed.\n"
    )
    old = tmp_path / "kho" / "ab" / ("ab" * 32)
    old.parent.mkdir()
    old.write_bytes(b"x")
    os.utime(old, (0, 0))
    assert "1 without a row would be removed" in run("attachments", "clean", "--dry-run").stdout
    assert "1 without a row removed" in run("attachments", "clean").stdout
    assert not old.exists()
    assert run("attachments", "verify").stdout == "0 files read.\n"
    assert "ok   every evidence file is in the store" in run("check").stdout
    monkeypatch.setenv("DIENHINH_ATTACHMENTS_URL", "ftp://nowhere")
    get_settings.cache_clear()
    refused = run("attachments", "clean")
    assert (refused.exit_code, "s3://bucket/prefix" in refused.stderr) == (1, True)
