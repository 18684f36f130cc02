"""HTTP: the Excel workbook of a unit, given out filled in and taken back."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.exports.files import MEDIA_TYPES, answers, file_name
from app.kernel.http import attachment, refusals, router
from app.submissions.workbook_filling import book_of, source_of
from app.submissions.workbook_writing import write

workbooks = router("/campaigns", "submissions")


@workbooks.get(
    "/{id}/workbook",
    response_class=Response,
    summary="Biểu Excel của đơn vị / Download the workbook",
    responses={200: {"description": "The workbook", "content": answers("xlsx")}, **refusals(409)},
)
async def download_workbook(
    request: Request,
    id: UUID,
    unit: Annotated[UUID, Query(description="The unit; base units directly under it are in its workbook too")],
    tx: Tx = requires(P.REPORT_READ, recorded=True),
) -> Response:
    """An Excel workbook for everything the unit reports in the campaign, with what is known already filled in.

    Filled in, it goes back to `POST /submissions/workbook`. Drop-downs come from the catalogues in force; what may not
    be changed now is locked. Who is nominated for an award stands in it, so the download is put down in the log. 409
    `too_many_lines` where a sheet would not hold all records.
    """
    source = await source_of(tx, id, unit)
    book = await book_of(source)
    content = await asyncio.to_thread(write, book)
    name = file_name("Biểu nhập liệu", source.campaign.code, source.scope.own.name, kind="xlsx")
    return attachment(request, content, MEDIA_TYPES["xlsx"], name, source.campaign.version)
