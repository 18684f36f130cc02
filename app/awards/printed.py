"""The list of proposals on paper: a Word document in the unit's template, or a workbook."""

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from app.access.actor import Tx
from app.access.permissions import Permission
from app.awards import queries
from app.awards.schemas import AwardItem, AwardQuery
from app.awards.service import shown
from app.campaigns.queries import find
from app.exports.annexes import roman
from app.exports.document import About, fill
from app.exports.files import MEDIA_TYPES, file_name
from app.exports.service import template_for
from app.exports.sheets import Column, Row, Sheet, Table
from app.exports.words import COMMITTEE, COMMITTEES, body_of, numbered, place_and_day, subject_of, uncapitalised
from app.exports.workbook import workbook
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, Text
from app.units.queries import get as unit_of

MOST: Final = 5_000
"""Proposals on one list."""

LEFT_OUT: Final = frozenset({"draft", "returned", "declined"})
"""Not on a list, unless the state is asked for: nobody proposes them now."""

_STATES: Final = {
    "draft": "Bản nháp",
    "submitted": "Đã gửi",
    "endorsed": "Đã nhất trí đề nghị",
    "granted": "Đã khen thưởng",
    "declined": "Không khen thưởng",
    "returned": "Trả lại",
}
_KINDS: Final = {"collective": "Tập thể", "individual": "Cá nhân"}


class AwardFile(NamedTuple):
    """A file, as ``app.kernel.http.attachment`` sends it."""

    content: bytes
    media_type: str
    name: str
    version: int = 0


async def award_file(tx: Tx, query: AwardQuery, kind: Literal["xlsx", "docx"]) -> AwardFile:
    """All proposals of ``query`` in one file; without ``status``, those that stand. Pages do not matter to it.

    Raises 404 for a unit that does not exist, 422 when there are more than a list holds.
    """
    unit_id = query.unit or query.under or tx.actor.topmost(Permission.AWARD_READ).id
    unit = await unit_of(tx.session, unit_id)
    awards = await shown(tx, await standing(tx, query))
    name = file_name("Danh sách đề nghị khen thưởng", unit.name, kind=kind)
    if kind == "xlsx":
        made = await asyncio.to_thread(workbook, [award_sheet(awards)], issuer=unit.name)
    else:
        made = await award_document(tx, unit, awards, query.campaign)
    return AwardFile(made, MEDIA_TYPES[kind], name)


async def standing(tx: Tx, query: AwardQuery) -> Sequence[AnyRow]:
    """The rows of all pages of ``query``, in the order of the tree."""
    params = query.model_copy(update={"cursor": None, "limit": 200, "include_total": False, "sort": "unit"})
    rows: list[AnyRow] = []
    while True:
        found = await queries.LISTING.page(tx.session, params, sort="unit")
        rows += [row for row in found.rows if query.status or row.status not in LEFT_OUT]
        if len(rows) > MOST:
            text = Text(f"Danh sách dài quá {MOST}; hãy lọc hẹp hơn", f"More than {MOST}: narrow the filters")
            raise Invalid(errors=[FieldError("/format", "too_many", text, "query")])
        if found.next_cursor is None:
            return rows
        params = params.model_copy(update={"cursor": found.next_cursor})


async def award_document(tx: Tx, unit: AnyRow, awards: Sequence[AwardItem], campaign_id: UUID | None) -> bytes:
    """The list as a paper of ``unit``, in the template that serves it."""
    campaign = await find(tx.session, campaign_id) if campaign_id else None
    about = f" {uncapitalised(subject_of(campaign.title))}" if campaign else ""
    committee = unit.level in COMMITTEES
    context = {
        "draft_notice": None,
        "parent_body": None if committee else unit.parent_name,
        "issuing_body": body_of(unit.name, unit.level),
        "number": numbered(None, "DS"),
        "place_and_date": place_and_day(unit.short_name if committee else None, None, tx.today.year),
        "abstract": f"Tập thể, cá nhân đề nghị khen thưởng{about}",
        "closing": _closing(awards),
        "signer_authority": [f"TM. {COMMITTEE}"] if committee else [],
        "signer_position": [],
        "signer_name": None,
        "recipients": ["Như trên", "Lưu: VT"],
        "forms": _forms(awards),
    }
    template = await template_for(tx, "award_list", unit.path_now)
    told = About("Danh sách đề nghị khen thưởng", body_of(unit.name, unit.level), tx.now)
    return await asyncio.to_thread(fill, template, context, about=told)


def _closing(awards: Sequence[AwardItem]) -> str:
    collectives = sum(award.recipient_kind == "collective" for award in awards)
    return f"(Danh sách gồm {collectives} tập thể, {len(awards) - collectives} cá nhân)./."


def _grouped(awards: Sequence[AwardItem]) -> list[list[AwardItem]]:
    """The proposals by form of award, each group in the order it came in."""
    order = {form: place for place, form in enumerate(dict.fromkeys(award.form.title for award in awards))}
    ranked = sorted(awards, key=lambda award: order[award.form.title])
    return [list(group) for _, group in groupby(ranked, key=lambda award: award.form.title)]


def _forms(awards: Sequence[AwardItem]) -> list[dict[str, Any]]:
    return [
        {
            "number": roman(place),
            "title": group[0].form.title,
            "authority": group[0].form.authority,
            "collectives": _people(group, "collective"),
            "individuals": _people(group, "individual"),
        }
        for place, group in enumerate(_grouped(awards), 1)
    ]


def _people(awards: Sequence[AwardItem], kind: str) -> list[dict[str, Any]]:
    chosen = [award for award in awards if award.recipient_kind == kind]
    return [
        {
            "index": place,
            "name": award.recipient_name,
            "unit": award.unit.name,
            "achievement": award.achievement,
            "status": _STATES[award.status],
            **({"position": _position(award)} if kind == "individual" else {}),
        }
        for place, award in enumerate(chosen, 1)
    ]


def _position(award: AwardItem) -> str:
    return ", ".join(part for part in (award.position, award.recipient_unit.name) if part)


_COLUMNS: Final = (
    Column("TT", "index"),
    Column("Tập thể, cá nhân", width=32),
    Column("Loại", width=10),
    Column("Chức vụ, đơn vị", width=30),
    Column("Đơn vị đề nghị", width=24),
    Column("Thành tích", width=48),
    Column("Từ ngày", "date", ("Thời gian",)),
    Column("Đến ngày", "date", ("Thời gian",)),
    Column("Trạng thái", width=16),
    Column("Số", width=16, groups=("Quyết định",)),
    Column("Ngày", "date", ("Quyết định",)),
)


def award_sheet(awards: Sequence[AwardItem]) -> Sheet:
    """The list as a sheet, under a heading for each form of award, with what became of each proposal."""
    rows = []
    for place, group in enumerate(_grouped(awards), 1):
        rows.append(Row((roman(place), group[0].form.title, *[None] * 9), "group"))
        rows += [Row(_line(number, award)) for number, award in enumerate(group, 1)]
    total = f"{len(awards)} đề nghị"
    rows.append(Row((None, "Tổng số", None, total, *[None] * 7), "total"))
    return Sheet("Khen thưởng", "Danh sách đề nghị khen thưởng", [Table(_COLUMNS, rows)])


def _line(number: int, award: AwardItem) -> tuple[object, ...]:
    who = (number, award.recipient_name, _KINDS[award.recipient_kind], _position(award), award.unit.name)
    what = (award.achievement, award.period_from, award.period_to, _STATES[award.status])
    return (*who, *what, award.decision_number, award.decision_date)
