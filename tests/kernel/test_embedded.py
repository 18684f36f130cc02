"""The embedded server's whole life, with real processes: shared, killed, found again, stopped by the last."""

import asyncio
import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.kernel import embedded, embedded_home

IS_ROOT = os.geteuid() == 0
NOBODY = 65534
as_root = pytest.mark.skipif(not IS_ROOT, reason="only root keeps the database outside the data directory")

STARTER = """
import sys, time
from pathlib import Path
from app.kernel import embedded, embedded_home
embedded_home.ROOT_BASE = Path(sys.argv[2])
server = embedded.start(Path(sys.argv[1]))
print(server.pid, flush=True)
sys.stdin.readline()
server.stop()
"""


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    """Root's own place for these tests, so that they neither see nor leave anything in the real one."""
    if not IS_ROOT:
        yield embedded_home.ROOT_BASE
        return
    made = Path(tempfile.mkdtemp(prefix="dienhinh-test-", dir=embedded_home.ROOT_BASE.parent))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def used_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("used")


@pytest.fixture
def data_dir(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory that nobody used yet."""
    monkeypatch.setattr(embedded_home, "ROOT_BASE", base)
    yield tmp_path / "var"
    quit_servers(base, tmp_path)


@pytest.fixture
def used_dir(used_root: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data directory that other tests may have used, which saves the time of making a cluster."""
    monkeypatch.setattr(embedded_home, "ROOT_BASE", base)
    yield used_root / "var"
    quit_servers(base, used_root)


def quit_servers(*directories: Path) -> None:
    """End what a failed test left running."""
    for record in (record for directory in directories for record in directory.rglob("postmaster.pid")):
        with suppress(ProcessLookupError):
            os.kill(int(record.read_text().split()[0]), signal.SIGQUIT)


def query(url: str, *statements: str) -> list[Any]:
    """What each statement answers with in its first row and column, all in one committed transaction."""

    async def run() -> list[Any]:
        engine = create_async_engine(url)
        try:
            async with engine.begin() as connection:
                results = [await connection.execute(text(statement)) for statement in statements]
                return [result.scalar() if result.returns_rows else None for result in results]
        finally:
            await engine.dispose()

    return asyncio.run(run())


def spawn(data_dir: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", STARTER, str(data_dir), str(embedded_home.ROOT_BASE)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def said(starter: "subprocess.Popen[str]") -> int:
    assert starter.stdout is not None
    return int(starter.stdout.readline())


def finish(starter: "subprocess.Popen[str]") -> None:
    starter.communicate("\n", timeout=30)
    assert starter.returncode == 0


def is_running(pid: int) -> bool:
    """Whether the process is there and no zombie, which a container's first process may leave unreaped."""
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(pid, 0)
        if not Path("/proc/self/stat").exists():
            return True
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def is_gone(pid: int) -> bool:
    """Whether the process has ended, or ends within five seconds: a signal and an exit take their moment to be seen."""
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_running(pid)


def place_of(server: embedded.EmbeddedServer) -> Path:
    return server.log.parent


def test_the_role_owns_the_database_but_is_bound_by_row_security(used_dir: Path) -> None:
    with embedded.start(used_dir) as server:
        role = "FROM pg_roles WHERE rolname = current_user"
        flags = ("rolcanlogin", "rolcreaterole", "rolcreatedb", "rolsuper", "rolbypassrls", "rolreplication")
        answers = query(server.url(), *(f"SELECT {flag} {role}" for flag in flags))
        assert answers == [True, True, True, False, False, False]
        *_, before, _, _, after = query(
            server.url(),
            "CREATE TABLE fenced AS SELECT 1 AS id",
            "SELECT count(*) FROM fenced",
            "ALTER TABLE fenced ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE fenced FORCE ROW LEVEL SECURITY",
            "SELECT count(*) FROM fenced",
        )
        assert (before, after) == (1, 0)
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        assert query(server.url(), owner) == ["dienhinh"]
        assert query(server.url("postgres"), "SELECT current_database()") == ["postgres"]


def test_the_server_is_durable_and_speaks_on_no_network(used_dir: Path) -> None:
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "listen_addresses": "",
        "max_connections": "100",
        "server_encoding": "UTF8",
        "server_version_num": "18",
        "TimeZone": "UTC",
    }
    with embedded.start(used_dir) as server:
        shown = query(server.url(), *(f"SHOW {name}" for name in expected))
        assert query(server.url(), "SELECT lower('ĐIỂN HÌNH')") == ["điển hình"]
        assert stat.S_IMODE((place_of(server) / "run").stat().st_mode) == 0o700
        assert stat.S_IMODE((place_of(server) / "data").stat().st_mode) == 0o700
        assert stat.S_IMODE(server.log.stat().st_mode) == 0o600
    found = dict(zip(expected, shown, strict=True))
    assert found.pop("server_version_num").startswith(expected.pop("server_version_num"))
    assert found == expected


def test_one_server_serves_every_owner_and_the_last_one_stops_it(used_dir: Path) -> None:
    first = embedded.start(used_dir)
    second = embedded.start(used_dir)
    worker = spawn(used_dir)
    assert {first.pid, second.pid, said(worker)} == {first.pid}
    first.stop()
    first.stop()
    assert query(second.url(), "SELECT 1") == [1]
    finish(worker)
    assert query(second.url(), "SELECT 1") == [1]
    second.stop()
    assert is_gone(first.pid)
    assert not (place_of(second) / "data" / "postmaster.pid").exists()


def test_a_server_left_by_a_killed_owner_is_found_again(used_dir: Path) -> None:
    owner = spawn(used_dir)
    pid = said(owner)
    owner.kill()
    owner.communicate()
    assert is_running(pid)
    with embedded.start(used_dir) as server:
        assert server.pid == pid
        assert query(server.url(), "SELECT 1") == [1]
    assert is_gone(pid)


def test_starters_at_the_same_time_make_one_server(data_dir: Path) -> None:
    starters = [spawn(data_dir), spawn(data_dir)]
    pids = {said(starter) for starter in starters}
    assert len(pids) == 1
    finish(starters[0])
    assert is_running(pids.copy().pop())
    finish(starters[1])
    assert is_gone(pids.pop())


def test_a_killed_postmaster_is_replaced_and_keeps_what_was_committed(used_dir: Path) -> None:
    held = embedded.start(used_dir)
    query(held.url(), "CREATE TABLE kept AS SELECT 7 AS figure")
    os.kill(held.pid, signal.SIGKILL)
    assert is_gone(held.pid)
    with embedded.start(used_dir) as server:
        assert server.pid != held.pid
        assert query(server.url(), "SELECT figure FROM kept") == [7]
        held.stop()
        assert query(server.url(), "SELECT figure FROM kept") == [7]
    assert is_gone(server.pid)


def test_a_stale_record_naming_a_foreign_process_does_not_prevent_the_start(used_dir: Path) -> None:
    with embedded.start(used_dir) as server:
        record = place_of(server) / "data" / "postmaster.pid"
        lines = record.read_text().splitlines()
    bystander = subprocess.Popen(["/bin/sleep", "60"], **owner_of(record.parent))
    try:
        record.write_text("\n".join([str(bystander.pid), *lines[1:], ""]))
        with embedded.start(used_dir) as server:
            assert server.pid != bystander.pid
            assert query(server.url(), "SELECT 1") == [1]
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def owner_of(path: Path) -> dict[str, Any]:
    """The options that make a process belong to the owner of `path`."""
    found = path.stat()
    return {"user": found.st_uid, "group": found.st_gid, "extra_groups": []} if IS_ROOT else {}


def test_an_interrupted_first_start_is_begun_again(data_dir: Path) -> None:
    place = embedded_home.prepare(data_dir).root
    (place / "data.new.interrupted" / "base").mkdir(parents=True)
    with embedded.start(data_dir) as server:
        assert query(server.url(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [0]
    assert not list(place.glob("data.new.*"))


def test_a_server_that_cannot_start_is_reported_with_its_log(data_dir: Path) -> None:
    with embedded.start(data_dir) as server:
        place = place_of(server)
    with (place / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = on\n")
    with pytest.raises(embedded.EmbeddedServerError, match=r"no_such_setting") as refused:
        embedded.start(data_dir)
    assert str(server.log) in str(refused.value)


def test_data_of_another_major_version_is_refused(data_dir: Path) -> None:
    data = embedded_home.prepare(data_dir).data
    data.mkdir()
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(embedded.EmbeddedServerError, match="belongs to PostgreSQL 17"):
        embedded.start(data_dir)


@as_root
def test_root_opens_no_directory_and_says_where_the_data_is(used_dir: Path, base: Path) -> None:
    used_dir.mkdir(mode=0o700, exist_ok=True)
    program = Path(embedded_home.__file__)
    existing = {*used_dir.parents, used_dir, *program.parents, *Path(sys.executable).resolve().parents}
    modes = {directory: directory.stat().st_mode for directory in existing}
    with embedded.start(used_dir) as server:
        assert {directory: directory.stat().st_mode for directory in existing} == modes
        place = place_of(server)
        assert place.parent == base
        assert (used_dir / "postgresql-location.txt").read_text("utf-8").startswith(f"{place}\n")
        assert server.notice is not None
        assert str(place) in server.notice
        owner = Path(f"/proc/{server.pid}").stat().st_uid
        assert owner == (place / "data").stat().st_uid != 0


@as_root
def test_data_directories_of_root_do_not_share_a_database(data_dir: Path) -> None:
    homes = [embedded_home.prepare(directory) for directory in (data_dir, data_dir.with_name("other"))]
    assert homes[0].root != homes[1].root
    assert homes[0].programs == homes[1].programs
    assert homes[0] == embedded_home.prepare(data_dir)


@as_root
def test_a_moved_data_directory_does_not_quietly_begin_empty(data_dir: Path) -> None:
    place = embedded_home.prepare(data_dir).root
    moved = data_dir.rename(data_dir.with_name("moved"))
    with pytest.raises(embedded.EmbeddedServerError, match="moved or copied") as refused:
        embedded.start(moved)
    assert str(place) in str(refused.value)


@as_root
def test_root_does_not_begin_an_empty_database_beside_that_of_a_user(data_dir: Path) -> None:
    (data_dir / "postgresql" / "data").mkdir(parents=True)
    with pytest.raises(embedded.EmbeddedServerError, match="Run as that user"):
        embedded.start(data_dir)


@as_root
def test_root_is_told_the_remedy_where_no_place_can_be_made(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_home, "ROOT_BASE", Path("/proc/dienhinh"))
    with pytest.raises(embedded.EmbeddedServerError, match="DIENHINH_DATABASE_URL"):
        embedded.start(data_dir)


@pytest.fixture
def home_of_nobody() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="dienhinh-"))
    os.chown(made, NOBODY, NOBODY)
    yield made
    shutil.rmtree(made)


@contextmanager
def started_by_nobody(data_dir: Path, scratch: Path) -> Iterator[Any]:
    """What `serve_as_nobody` reports; its server runs meanwhile. Forked, as root's Python may be private."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=serve_as_nobody, args=(data_dir, scratch, theirs))
    child.start()
    try:
        assert ours.poll(60)
        yield ours.recv()
    finally:
        ours.send("stop")
        child.join(60)
        ours.close()
        theirs.close()
    assert child.exitcode == 0


def serve_as_nobody(data_dir: Path, scratch: Path, pipe: "Connection[Any, Any]") -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.chdir(scratch)
    tempfile.tempdir = str(scratch)
    try:
        with embedded.start(data_dir) as server:
            pipe.send((server.url(), server.notice, server.pid))
            pipe.recv()
    except embedded.EmbeddedServerError as error:
        pipe.send(str(error))
        pipe.recv()


AWKWARD = f'Điển Hình\'s $dữ liệu: 50%, "mới" {"dài" * 20}'


@as_root
@pytest.mark.parametrize("name", ["var", AWKWARD], ids=["plain", "long, Vietnamese, with signs of the shell"])
def test_a_normal_user_keeps_everything_in_the_data_directory(home_of_nobody: Path, name: str) -> None:
    data_dir = home_of_nobody / name
    for _ in ("first start", "later start"):
        with started_by_nobody(data_dir, home_of_nobody) as (url, notice, pid):
            assert query(url, "SELECT current_user") == ["dienhinh"]
            assert notice is None
            assert Path(f"/proc/{pid}").stat().st_uid == NOBODY
            assert (data_dir / "postgresql" / "data" / "PG_VERSION").exists()
            # The long path would not fit into a socket's address.
            assert ("/postgresql/run" in url) == (name == "var")
        assert is_gone(pid)


@as_root
def test_a_normal_user_does_not_begin_an_empty_database_beside_that_of_root(home_of_nobody: Path) -> None:
    (home_of_nobody / "postgresql-location.txt").write_text("/var/lib/dienhinh/0123456789ab\n")
    with started_by_nobody(home_of_nobody, home_of_nobody) as refusal:
        assert "made by root" in refusal
    assert not (home_of_nobody / "postgresql").exists()
