"""HTTP: the Excel workbook of a unit, given out filled in and taken back."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.exports.files import MEDIA_TYPES, answers, file_name
from app.kernel.http import attachment, one, refusals, router
from app.submissions.cases import Terms
from app.submissions.schemas import OnConflict
from app.submissions.workbook_schemas import WorkbookTakenOut
from app.submissions.workbook_service import Wanted, give_out, take_back, take_back_or_mark

workbooks = router("/campaigns", "submissions")
returned = router("/submissions", "submissions")

_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {MEDIA_TYPES["xlsx"]: {"schema": {"type": "string", "format": "binary"}}},
    }
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    422: {
        "description": "Wrong cells: `cells` of the problem lists all, or the workbook comes back with them marked",
        "content": answers("xlsx"),
    }
}


class TakingQuery(BaseModel):
    """How a workbook is taken back."""

    model_config = ConfigDict(extra="forbid")

    campaign: Annotated[UUID | None, Field(description="Refuse a workbook of another campaign")] = None
    unit: Annotated[UUID | None, Field(description="Refuse a workbook of another unit")] = None
    dry_run: Annotated[bool, Field(description="Check everything, change nothing")] = False
    on_conflict: Annotated[
        OnConflict,
        Field(description="What becomes of a new line when its record stands already and says something else"),
    ] = "fail"
    answer: Annotated[
        Literal["json", "workbook"],
        Field(
            description="`workbook`: wrong cells come back marked in the workbook itself, with the status 422; so does"
            " `Accept` with its type"
        ),
    ] = "json"

    @property
    def wanted(self) -> Wanted:
        """Whose workbook it must be."""
        return Wanted(self.campaign, self.unit)

    @property
    def terms(self) -> Terms:
        """How its lines are taken."""
        return Terms(on_conflict=self.on_conflict, dry_run=self.dry_run)


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
    content, source = await give_out(tx, id, unit)
    name = file_name("Biểu nhập liệu", source.campaign.code, source.scope.own.name, kind="xlsx")
    return attachment(request, content, MEDIA_TYPES["xlsx"], name, source.campaign.version)


@returned.post(
    "/workbook",
    response_model=WorkbookTakenOut,
    summary="Nộp biểu Excel đã điền / Send the filled-in workbook",
    openapi_extra=_FILE,
    responses=_ANSWERS,
)
async def submit_workbook(
    request: Request, query: Annotated[TakingQuery, Query()], tx: Tx = requires(P.REPORT_WRITE)
) -> Response:
    """Take over what was changed in the workbook: everything, or, when a single cell is wrong, nothing.

    Lines that were not changed are left alone; a changed line changes its record, a new line makes one, a line marked
    `x` in the column Xóa deletes it, a blanked one does nothing. 422 `cells_refused` lists every wrong cell with its
    remedy in `cells`. 422 `foreign_workbook`, `outdated_workbook`, `structure_changed`: not the workbook it should be.
    422 `archive_bomb`, `macros_refused`, `encrypted_refused`, `damaged_file`: not opened at all. A workbook may be
    sent again: what stands already is not made twice.
    """
    content = await request.body()
    if query.answer == "json" and MEDIA_TYPES["xlsx"] not in request.headers.get("accept", ""):
        return one(request, WorkbookTakenOut, await take_back(tx, content, query.wanted, query.terms))
    taken, marked = await take_back_or_mark(tx, content, query.wanted, query.terms)
    if taken is not None:
        return one(request, WorkbookTakenOut, taken)
    answer = attachment(request, marked, MEDIA_TYPES["xlsx"], file_name("Biểu có ô cần sửa", kind="xlsx"), 0)
    answer.status_code = 422
    return answer
