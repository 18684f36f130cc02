"""Lists that go with a report behind its forms: documents by number and name, registered units by year with decision.

The workbook has all of them; the paper has them as long as they fit one, else those of the unit and of the levels next
to it, and says where the rest is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.directives.kinds import KINDS
from app.directives.models import TRACKS
from app.exports.sheets import Column, Row, Sheet, Table
from app.exports.words import capitalised
from app.kernel.db import AnyRow
from app.reports import queries_lists as queries
from app.statistics.cells import ground_of
from app.units.kinds import KINDS as UNIT_KINDS

MOST_ON_PAPER: Final = 200
"""Lines of one list in a Word document: some ten pages."""

_ALL: Final = 10_000
"""Longer than any path."""

Sealed = Mapping[str, Sequence[Sequence[Any]]]
"""The counted records as a seal holds them: [id, version] by collection."""

_READING: Final = {
    "directives": Permission.DIRECTIVE_READ,
    "registrations": Permission.REGISTRATION_READ,
}
_TRACKS: Final = {
    "advised": ("Văn bản tham mưu", "Văn bản đã tham mưu cấp ủy đảng, chính quyền, Ban Chỉ đạo ban hành"),
    "issued_directly": (
        *("Văn bản trực tiếp ban hành", "Văn bản đã trực tiếp ban hành chỉ đạo lực lượng Công an cơ sở"),
    ),
}
Made = tuple[str, str, list[tuple[str, Table]]]
"""The list's short name and title, and its tables with a short name each."""
_DOCUMENTS: Final = (
    Column("TT", "index"),
    Column("Số, ký hiệu", width=18),
    Column("Ngày ban hành", "date"),
    Column("Tên văn bản", width=44),
    Column("Cơ quan ban hành", width=26),
    Column("Loại văn bản", width=14),
    Column("Đơn vị", width=20),
)
_UNITS: Final = (
    Column("TT", "index"),
    Column("Đơn vị đăng ký", width=34),
    Column("Loại đơn vị", width=16),
    Column("Đơn vị quản lý", width=24),
    Column("Số", width=18, groups=("Quyết định phê duyệt danh sách",)),
    Column("Ngày", "date", groups=("Quyết định phê duyệt danh sách",)),
)
_REST: Final = "In {shown} dòng của đơn vị và các cấp gần nhất; toàn bộ {all} dòng có trong bảng tính kèm theo báo cáo."
_CHANGED: Final = (
    "Có {changed} bản ghi đã thay đổi hoặc không còn sau khi báo cáo được niêm phong; danh sách in nội dung hiện nay."
)


@dataclass(frozen=True, slots=True)
class Lists:
    """What is listed; None for what the caller may not read."""

    rows: Mapping[str, Sequence[AnyRow]]
    changed: Mapping[str, int]


async def lists_of(tx: Tx, unit: UnitRef, campaign_id: UUID, sealed: Sealed | None) -> Lists:
    """The documents and registrations that the figures count; those that were ``sealed``, where they are."""
    ground = await ground_of(tx, unit=unit.id, campaign=campaign_id)
    rows: dict[str, Sequence[AnyRow]] = {}
    changed: dict[str, int] = {}
    for resource, permission in _READING.items():
        if not tx.actor.can(permission, unit):
            continue
        if sealed is None:
            rows[resource] = await queries.counted(tx, ground, resource)
        else:
            then = {UUID(key): version for key, version in sealed.get(resource, ())}
            found = await queries.sealed(tx, resource, then)
            rows[resource] = found
            same = sum(row.version == then[row.id] for row in found)
            changed[resource] = len(then) - same if resource == "directives" else len(found) - same
    return Lists(rows, changed)


def paper_sheets(lists: Lists, attached: str) -> list[Sheet]:
    """The lists that have anything in them, cut to what fits a paper; ``attached`` says to which report they belong."""
    found = []
    for resource, rows in lists.rows.items():
        depth = _fitting(rows)
        shown = sum(len(row.unit_path) <= depth for row in rows)
        notes = [] if shown == len(rows) else [_REST.format(shown=shown, all=_count(rows))]
        if rows:
            name, title, made = _MADE[resource](rows, depth)
            told = [*notes, *_told(lists, resource)]
            found.append(Sheet(name, title, [table for _, table in made], _line(attached), told))
    return found


def book_sheets(lists: Lists, attached: str) -> list[Sheet]:
    """The same in full: each table on a sheet of its own, so that its header is repeated on every page."""
    found = []
    for resource, rows in lists.rows.items():
        _, title, tables = _MADE[resource](rows, _ALL)
        for name, table in tables if rows else ():
            above = [*_line(attached), *([table.title] if table.title else [])]
            found.append(Sheet(name, title, [replace(table, title=None)], above, _told(lists, resource)))
    return found


def _fitting(rows: Sequence[AnyRow]) -> int:
    """How long the paths are of as many levels of the tree, from the unit itself down, as fit on paper."""
    depths = [len(row.unit_path) for row in rows]
    return max((depth for depth in {*depths} if sum(each <= depth for each in depths) <= MOST_ON_PAPER), default=0)


def _count(rows: Sequence[AnyRow]) -> str:
    return f"{len(rows):,}".replace(",", ".")


def _line(attached: str) -> list[str]:
    return [attached] if attached else []


def _told(lists: Lists, resource: str) -> list[str]:
    changed = lists.changed.get(resource)
    return [_CHANGED.format(changed=changed)] if changed else []


def _documents(rows: Sequence[AnyRow], depth: int) -> Made:
    tables = []
    for track in TRACKS:
        of_track = [row for row in rows if row.track == track]
        lines = (
            (
                *(row.number_symbol, row.issued_on, row.title, row.issuing_body),
                *(KINDS[row.document_kind].title, row.unit_name),
            )
            for row in of_track
            if len(row.unit_path) <= depth
        )
        name, words = _TRACKS[track]
        tables.append((name, _table(_DOCUMENTS, lines, f"{words}: {_count(of_track)} văn bản")))
    return "Danh mục văn bản", "Danh mục văn bản chỉ đạo, triển khai thực hiện", tables


def _registered(rows: Sequence[AnyRow], depth: int) -> Made:
    tables = []
    for year in sorted({row.year for row in rows}):
        of_year = [row for row in rows if row.year == year]
        lines = (
            (
                *(row.unit_name, capitalised(UNIT_KINDS[row.unit_kind].title_vi), row.parent_name),
                *(row.decision_number, row.decision_date),
            )
            for row in of_year
            if len(row.unit_path) <= depth
        )
        tables.append((f"Đăng ký {year}", _table(_UNITS, lines, f"Năm {year}: {_count(of_year)} đơn vị")))
    return "Đơn vị đăng ký", "Danh sách đơn vị đăng ký xây dựng đơn vị điển hình", tables


_MADE: Final[Mapping[str, Callable[[Sequence[AnyRow], int], Made]]] = {
    "directives": _documents,
    "registrations": _registered,
}


def _table(columns: Sequence[Column], lines: Iterable[Sequence[object]], title: str) -> Table:
    rows = [Row((place, *line)) for place, line in enumerate(lines, 1)]
    return Table(columns, rows or [Row((None, "Không có", *[None] * (len(columns) - 2)))], title)
