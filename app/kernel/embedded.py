"""The embedded PostgreSQL: one server per data directory, shared by every process that starts it.

Three file locks carry the whole life cycle, because the kernel releases them whatever kills a process:
`start.lock` lets one process at a time start or stop; `owners.lock` is held shared by every owner, so the one
that can take it alone is the last; `alive.lock` is inherited by the server's own processes, so that a stale
postmaster.pid, a re-used process id or a zombie is never taken for a running server.
"""

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import quote

from app.kernel.embedded_home import (
    LOCK_SECONDS,
    MAJOR,
    EmbeddedServerError,
    Home,
    make_draft,
    prepare,
    remove_drafts,
    socket_directory,
    socket_path,
)
from app.kernel.filelock import exclusively, lock_again, try_lock, unlock

__all__ = ["DATABASE", "ROLE", "EmbeddedServer", "EmbeddedServerError", "start"]

ROLE = "dienhinh"
DATABASE = "dienhinh"
_SUPERUSER = "postgres"
_START_SECONDS = 120.0  # recovery after a crash may take a while
_STOP_SECONDS = 60.0  # a fast shutdown still writes a checkpoint
_POLL_SECONDS = 0.02
_LOG_TAIL = 2000  # characters
_LOG_LIMIT = 10 * 1024 * 1024  # bytes, kept once more as server.log.1

# Given on the command line at every start: neither an edited postgresql.conf nor the wheel can weaken them.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

# Row-level security binds an owner only if it is no superuser and may not bypass it.
_BOOTSTRAP = f"""\
CREATE ROLE {ROLE} LOGIN NOSUPERUSER CREATEROLE CREATEDB NOBYPASSRLS;
CREATE DATABASE {DATABASE} OWNER {ROLE};
"""


class _Postmaster(NamedTuple):
    pid: int
    sockets: Path
    port: int


class EmbeddedServer:
    """One owner's hold on the server of a data directory; made by `start`.

    `notice` is a sentence for the operator, in Vietnamese and English, when something was done that they
    might not expect; `log` is the server's log file; `pid` is that of the postmaster.
    """

    def __init__(self, home: Home, postmaster: _Postmaster, hold: int) -> None:
        self.notice = home.notice
        self.log = home.log
        self.pid = postmaster.pid
        self._home = home
        self._postmaster = postmaster
        self._hold: int | None = hold
        self._process = os.getpid()

    def url(self, database: str = DATABASE) -> str:
        """The address of `database` for SQLAlchemy on asyncpg, over the UNIX socket, as the owner role."""
        host = quote(str(self._postmaster.sockets), safe="/")
        name = quote(database, safe="")
        return f"postgresql+asyncpg://{ROLE}@/{name}?host={host}&port={self._postmaster.port}"

    def stop(self) -> None:
        """Let go of the server and, as its last owner, shut it down and wait; again is harmless.

        Open connections of the last owner are cut. Raises EmbeddedServerError if the server does not
        end, TimeoutError if another process is starting or stopping it for minutes.
        """
        hold, self._hold = self._hold, None
        # A forked child shares the hold of its parent and must not end it.
        if hold is None or self._process != os.getpid():
            return
        try:
            with exclusively(self._home.starting, LOCK_SECONDS):
                unlock(hold)
                if lock_again(hold):
                    _shut_down(self._home)
                    unlock(hold)  # before the next starter's turn, which takes it shared
        finally:
            os.close(hold)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def start(data_dir: Path) -> EmbeddedServer:
    """Give the running PostgreSQL of `data_dir`, making and starting it where needed.

    Blocks for a few seconds the first time and well under one later, so an event loop calls it in a thread.
    Every start wants its `stop`; a server left behind by a killed process is found and used again.
    Raises EmbeddedServerError, which names the remedy or the server's log, and TimeoutError as `stop` does.
    """
    home = prepare(data_dir)
    with exclusively(home.starting, LOCK_SECONDS):
        _initialise(home)
        postmaster = _ensure_running(home)
        hold = try_lock(home.owners, shared=True)
    assert hold is not None  # it is taken alone only under the lock just held
    return EmbeddedServer(home, postmaster, hold)


def _initialise(home: Home) -> None:
    """Make the cluster, its role and its database, all or nothing: the rename is the last step."""
    remove_drafts(home)
    version = home.data / "PG_VERSION"
    if version.exists():
        found = version.read_text("utf-8").strip()
        if found != str(MAJOR):
            raise EmbeddedServerError(
                f"{home.data} thuộc PostgreSQL {found}, bản này dùng {MAJOR}. Hãy chuyển bằng pg_upgrade.",
                f"{home.data} belongs to PostgreSQL {found}, this release uses {MAJOR}. Use pg_upgrade.",
            )
        return
    draft = make_draft(home)
    encoding = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    # Whoever can enter the socket's private directory is root or the server's own user: nothing to ask.
    access = ["--auth-local=trust", "--auth-host=reject", f"--username={_SUPERUSER}"]
    _run(home, draft, ["initdb", "-D", str(draft), "--no-instructions", *encoding, *access])
    _run(
        home,
        draft,
        ["postgres", "--single", "-D", str(draft), "-c", "exit_on_error=on", _SUPERUSER],
        _BOOTSTRAP,
    )
    draft.rename(home.data)


def _ensure_running(home: Home) -> _Postmaster:
    deadline = time.monotonic() + _START_SECONDS
    launched = False
    while time.monotonic() < deadline:
        postmaster = _accepting(home)
        if postmaster is not None:
            return postmaster
        guard = try_lock(home.alive)
        if guard is not None:
            try:
                if launched:
                    raise _failure(home, "không khởi động được", "did not start")
                _launch(home, guard)
                launched = True
            finally:
                os.close(guard)  # the server, if launched, keeps its inherited copy and so the lock
        time.sleep(_POLL_SECONDS)
    raise _failure(home, "chưa sẵn sàng sau thời gian chờ", "was not ready in time")


def _launch(home: Home, guard: int) -> None:
    """Start the postmaster as nobody's child, holding `guard`, in a session of its own."""
    sockets = socket_directory(home)
    socket_file = socket_path(sockets)
    # No process of the server is left, so these files are stale. PostgreSQL would believe them while a process
    # has the id they name: another one, as happens in containers, or a zombie that waits to be reaped.
    for stale in (home.data / "postmaster.pid", socket_file, socket_file.with_name(f"{socket_file.name}.lock")):
        stale.unlink(missing_ok=True)
    if home.log.exists() and home.log.stat().st_size > _LOG_LIMIT:
        home.log.replace(home.log.with_suffix(".log.1"))
    quoted = str(sockets).replace('"', '""')
    settings = _SETTINGS | {"unix_socket_directories": f'"{quoted}"'}
    options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
    program = [str(home.programs / "postgres"), "-D", str(home.data), *options]
    home.log.touch(mode=0o600)  # a refused statement is written there in full
    with home.log.open("ab") as log:
        # The shell ends at once and leaves the postmaster to init: it outlives whoever started it, and a
        # control-C in the terminal does not reach it.
        subprocess.run(  # noqa: S603  (no text of a user reaches the shell: programs and options are arguments)
            ["/bin/sh", "-c", '"$0" "$@" &', *program],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(guard,),
            start_new_session=True,
            cwd=home.data,
            env=_environment(),
            umask=0o077,
            user=home.uid,
            group=home.gid,
            extra_groups=None if home.uid is None else [],
        )


def _accepting(home: Home) -> _Postmaster | None:
    """The postmaster of this home if it is ready for connections, by its own record and by its socket."""
    lines = _postmaster_record(home)
    if len(lines) < 8 or lines[7].strip() != "ready":
        return None
    postmaster = _Postmaster(pid=int(lines[0]), sockets=Path(lines[4]), port=int(lines[3]))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(socket_path(postmaster.sockets, postmaster.port)))
        except OSError:
            return None
    return postmaster


def _shut_down(home: Home) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    asked = False
    while (guard := try_lock(home.alive)) is None:
        record = _postmaster_record(home)
        if record and not asked:
            asked = True
            with suppress(ProcessLookupError):  # killed a moment ago; its children are about to follow
                os.kill(int(record[0]), signal.SIGINT)  # fast mode: cut connections, write a checkpoint
        if time.monotonic() > deadline:
            raise _failure(home, "không dừng được", "did not stop")
        time.sleep(_POLL_SECONDS)
    os.close(guard)


def _postmaster_record(home: Home) -> list[str]:
    try:
        return os.fsdecode((home.data / "postmaster.pid").read_bytes()).splitlines()
    except FileNotFoundError:
        return []


def _run(home: Home, directory: Path, command: list[str], text: str = "") -> None:
    done = subprocess.run(  # noqa: S603  (programs of the wheel, with paths as arguments)
        [str(home.programs / command[0]), *command[1:]],
        check=False,
        input=text,
        capture_output=True,
        text=True,
        cwd=directory,
        env=_environment(),
        umask=0o077,
        user=home.uid,
        group=home.gid,
        extra_groups=None if home.uid is None else [],
    )
    if done.returncode != 0:
        output = (done.stdout + done.stderr)[-_LOG_TAIL:]
        raise EmbeddedServerError(
            f"{command[0]} không chạy được: {output}", f"{command[0]} failed with {done.returncode}"
        )


def _environment() -> dict[str, str]:
    # Nothing of the caller's: PGPORT, PGDATA or LD_LIBRARY_PATH would change what the programs do.
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _failure(home: Home, vietnamese: str, english: str) -> EmbeddedServerError:
    tail = home.log.read_text("utf-8", "replace")[-_LOG_TAIL:] if home.log.exists() else ""
    return EmbeddedServerError(
        f"PostgreSQL nhúng {vietnamese}. Nhật ký: {home.log}",
        f"The embedded PostgreSQL {english}. Its log is {home.log}:\n{tail}",
    )
