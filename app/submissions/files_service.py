"""Files that people made themselves: shown as they would be understood first, taken in when that was confirmed."""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from uuid import UUID

from app.access.actor import Tx
from app.kernel.errors import DomainError, FieldError, Invalid, Text
from app.submissions.cases import Terms
from app.submissions.faults import CellFault, CellsRefused
from app.submissions.files_proposing import propose
from app.submissions.files_reading import check_mapping, lines_of, preview, token_of
from app.submissions.files_schemas import CellFaultOut, FileConfirmation, FileIn, PreviewOut, TableMapping
from app.submissions.reading_tables import Tables, read_tables
from app.submissions.workbook_bundle import Ground, asked_for
from app.submissions.workbook_carrying import carry_out
from app.submissions.workbook_filling import Source, mark_of, source_of
from app.submissions.workbook_reading import ReadBook
from app.submissions.workbook_schemas import WorkbookTakenOut

_MOST_SHOWN = 200


class NotPreviewed(DomainError):
    """The token stands for another file, another mapping, another campaign or another unit."""

    code = "not_previewed"
    title = Text(
        "Tệp hoặc cách đọc khác với lần xem trước; hãy xem trước lại rồi xác nhận",
        "File or mapping are not those of the preview: preview again, then confirm",
    )


class NothingMapped(Invalid):
    """No line of the file would be imported."""

    code = "nothing_mapped"
    title = Text("Không có dòng nào để nhập; hãy chỉ rõ bảng và cột (mapping)", "There is no line to import")


async def show(tx: Tx, data: FileIn) -> PreviewOut:
    """What the file holds, how it would be read, and what could not be. Stores nothing.

    Raises 404 by unit and campaign, 422 for a file that is not opened and by pointer for a bad mapping.
    """
    source = await source_of(tx, data.campaign_id, data.unit_id)
    file = await asyncio.to_thread(read_tables, _content(data.content))
    if data.mapping is None:
        found = [await asyncio.to_thread(propose, table) for table in file.tables]
        mapping = [one for one in found if one is not None]
    else:
        mapping = list(data.mapping)
        check_mapping(file, mapping)
    read = await asyncio.to_thread(lines_of, file, mapping, source.scope.choices, source.scope.own.code)
    by_table = {one.table: one for one in mapping}
    return PreviewOut.model_validate(
        {
            "file_type": file.kind,
            "sha256": file.sha256,
            "encoding": file.encoding,
            "separator": file.separator,
            "tables": [preview(table, by_table.get(table.name), source.scope.choices) for table in file.tables],
            "lines": len(read.lines),
            "faults": _shown(read.faults, tx.language),
            "fault_count": len(read.faults),
            "mapping": mapping,
            "token": _token(file, mapping, source),
        },
        from_attributes=True,
    )


async def confirm(tx: Tx, data: FileConfirmation, terms: Terms) -> WorkbookTakenOut:
    """Take the file in as it was shown: every line, or, where a cell is wrong, none.

    Raises 404, 409 ``not_previewed``, 422 ``nothing_mapped`` and ``cells_refused``.
    """
    source = await source_of(tx, data.campaign_id, data.unit_id)
    file = await asyncio.to_thread(read_tables, _content(data.content))
    if _token(file, data.mapping, source) != data.token:
        raise NotPreviewed
    check_mapping(file, data.mapping)
    read = await asyncio.to_thread(lines_of, file, data.mapping, source.scope.choices, source.scope.own.code)
    if not read.lines and not read.faults:
        raise NothingMapped
    book = ReadBook(mark_of(source), read.lines, read.faults)
    asked = asked_for(book, Ground(source.scope.by_code, {}, str(source.campaign.id)))
    asked.faults += read.faults
    return await carry_out(tx, asked, source, terms)


def _token(file: Tables, mapping: Sequence[TableMapping], source: Source) -> str:
    campaign_id: UUID = source.campaign.id
    return token_of(file, mapping, (str(campaign_id), str(source.scope.own.id)))


def _content(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        told = Text("Nội dung tệp phải là Base64 (RFC 4648)", "The content must be Base64 (RFC 4648)")
        raise Invalid(errors=[FieldError("/content", "not_base64", told)]) from fault


def _shown(faults: Sequence[CellFault], language: str) -> list[CellFaultOut]:
    cells = CellsRefused(list(faults[:_MOST_SHOWN]), language).members["cells"]
    return [CellFaultOut.model_validate(cell) for cell in cells]
