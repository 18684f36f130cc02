"""HTTP: files that people made themselves, previewed and confirmed."""

from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.kernel.http import one, router
from app.submissions.cases import Terms
from app.submissions.files_schemas import FileConfirmation, FileIn, PreviewOut
from app.submissions.files_service import confirm, show
from app.submissions.schemas import OnConflict
from app.submissions.workbook_schemas import WorkbookTakenOut

files = router("/submissions/files", "submissions")


class ConfirmingQuery(BaseModel):
    """How the lines of a file are taken."""

    model_config = ConfigDict(extra="forbid")

    dry_run: Annotated[bool, Field(description="Check everything, change nothing")] = False
    on_conflict: Annotated[
        OnConflict, Field(description="What becomes of a line whose record stands already and says something else")
    ] = "fail"


@files.post("", response_model=PreviewOut, summary="Xem trước tệp tự lập / Preview a file of your own")
async def preview_file(request: Request, body: FileIn, tx: Tx = requires(P.REPORT_WRITE)) -> Response:
    """Look into an .xls, .xlsx, .ods or .csv file that is laid out in its own way; nothing is stored.

    Header, columns, separators and encodings (UTF-8, UTF-16, Windows-1258; TCVN3 and VNI column by column) are found
    and shown with the first cells before and after. Change `mapping` and preview again until it is right; then confirm
    with the `token`. Days are read day first, never month first; "1.234" in a column with decimals is refused. 422 for
    a file that is not opened: `archive_bomb`, `macros_refused`, `encrypted_refused`, `damaged_file`, `table_too_large`.
    """
    return one(request, PreviewOut, await show(tx, body))


@files.post(
    "/confirmation", response_model=WorkbookTakenOut, summary="Xác nhận nhập tệp / Confirm the import of a file"
)
async def confirm_file(
    request: Request,
    query: Annotated[ConfirmingQuery, Query()],
    body: FileConfirmation,
    tx: Tx = requires(P.REPORT_WRITE),
) -> Response:
    """Import the file as its preview showed it: every line, or, when a single cell is wrong, none.

    409 `not_previewed`: `token` stands for another file or mapping. 422 `cells_refused` lists every wrong cell with its
    remedy in `cells`; 422 `nothing_mapped`.
    """
    terms = Terms(on_conflict=query.on_conflict, dry_run=query.dry_run)
    return one(request, WorkbookTakenOut, await confirm(tx, body, terms))
