"""Lists that go with a report behind its forms: documents by number and name, registered units by year with decision.

The workbook has all of them; the paper has them as long as they fit one, else the unit's own and a word where the rest
is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.directives.kinds import KINDS
from app.directives.models import TRACKS
from app.exports.sheets import Column, Row, Sheet, Table
from app.kernel.db import AnyRow
from app.reports import queries_lists as queries
from app.statistics.cells import ground_of
from app.units.kinds import KINDS as UNIT_KINDS

MOST_ON_PAPER: Final = 200
"""Lines of one list in a Word document: some ten pages."""

Sealed = Mapping[str, Sequence[Sequence[Any]]]
"""The counted records as a seal holds them: [id, version] by collection."""

_READING: Final = {
    "directives": Permission.DIRECTIVE_READ,
    "registrations": Permission.REGISTRATION_READ,
}
_TRACKS: Final = {
    "advised": "Văn bản đã tham mưu cấp ủy đảng, chính quyền, Ban Chỉ đạo ban hành",
    "issued_directly": "Văn bản đã trực tiếp ban hành chỉ đạo lực lượng Công an cơ sở",
}
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
_REST: Final = "Danh sách này có {own} dòng của chính đơn vị; toàn bộ {all} dòng ở bảng tính kèm theo báo cáo."
_CHANGED: Final = (
    "Có {changed} bản ghi đã thay đổi hoặc không còn sau khi báo cáo được niêm phong; danh sách in nội dung hiện nay."
)


@dataclass(frozen=True, slots=True)
class Lists:
    """What is listed; None for what the caller may not read."""

    own: UUID
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
    return Lists(unit.id, rows, changed)


def sheets(lists: Lists, attached: str, *, on_paper: bool) -> list[Sheet]:
    """The lists that have anything in them; ``attached`` says to which report they belong."""
    made = {"directives": _documents, "registrations": _registered}
    found = []
    for resource, rows in lists.rows.items():
        if not rows:
            continue
        cut = on_paper and len(rows) > MOST_ON_PAPER
        shown = [row for row in rows if row.unit_id == lists.own] if cut else rows
        notes = [_REST.format(own=len(shown), all=len(rows))] if cut else []
        if lists.changed.get(resource):
            notes.append(_CHANGED.format(changed=lists.changed[resource]))
        name, title, tables = made[resource](shown)
        found.append(Sheet(name, title, tables, [attached] if attached else [], notes))
    return found


def _documents(rows: Sequence[AnyRow]) -> tuple[str, str, list[Table]]:
    tables = []
    for track in TRACKS:
        of_track = [row for row in rows if row.track == track]
        lines = (
            (
                *(row.number_symbol, row.issued_on, row.title, row.issuing_body),
                *(KINDS[row.document_kind].title, row.unit_name),
            )
            for row in of_track
        )
        tables.append(_table(_DOCUMENTS, lines, f"{_TRACKS[track]}: {len(of_track)} văn bản"))
    return "Danh mục văn bản", "Danh mục văn bản chỉ đạo, triển khai thực hiện", tables


def _registered(rows: Sequence[AnyRow]) -> tuple[str, str, list[Table]]:
    tables = []
    for year in sorted({row.year for row in rows}):
        of_year = [row for row in rows if row.year == year]
        lines = (
            (
                *(row.unit_name, UNIT_KINDS[row.unit_kind].title_vi, row.parent_name),
                *(row.decision_number, row.decision_date),
            )
            for row in of_year
        )
        tables.append(_table(_UNITS, lines, f"Năm {year}: {len(of_year)} đơn vị"))
    return "Đơn vị đăng ký", "Danh sách đơn vị đăng ký xây dựng đơn vị điển hình", tables


def _table(columns: Sequence[Column], lines: Iterable[Sequence[object]], title: str) -> Table:
    rows = [Row((place, *line)) for place, line in enumerate(lines, 1)]
    return Table(columns, rows or [Row((None, "Không có", *[None] * (len(columns) - 2)))], title)
