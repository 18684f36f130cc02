"""HTTP: forms filled with figures. Their definitions: ``api_sets.py``."""

from typing import Annotated

import orjson
from fastapi import Path, Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.exports.files import answers
from app.forms.answering import all_forms, answer, catalogue
from app.forms.answers import FormAsk
from app.forms.files import file_of
from app.forms.presenting import document
from app.forms.schemas_answer import FormOut, FormQuery, FormsOut, FormsQuery
from app.kernel.http import attachment, refusals, router

routes = router("/forms", "forms")

Number = Annotated[int, Path(ge=1, le=99, description="Số biểu mẫu / Number of the form", examples=[8])]
_HEADERS = {"Vary": "Authorization, Accept-Language", "Cache-Control": "private, no-cache"}


@routes.get(
    "",
    response_model=FormsOut,
    summary="Danh mục biểu mẫu / List the forms",
    responses={
        200: {"description": "The catalogue, or all forms in one file", "content": answers("xlsx", "docx")},
        **refusals(404, 409),
    },
)
async def list_forms(
    request: Request, query: Annotated[FormsQuery, Query()], tx: Tx = requires(P.STATISTICS_READ)
) -> Response:
    """The statistical forms that the campaign uses, with their addresses; or all of them, filled, in one file.

    409 `no_form_set` while no set of forms is published.
    """
    ask = FormAsk(query.unit, query.campaign, query.structure)
    if query.format == "json":
        found = await catalogue(tx, ask)
        return Response(
            FormsOut.model_validate(found).model_dump_json(), headers=_HEADERS, media_type="application/json"
        )
    return attachment(request, *await file_of(await all_forms(tx, ask), query.format))


@routes.get(
    "/{number}",
    response_model=FormOut,
    summary="Một biểu mẫu / Read a form",
    responses={
        200: {"description": "The form with its figures", "content": answers("csv", "xlsx", "docx")},
        **refusals(409),
    },
)
async def read_form(
    request: Request, number: Number, query: Annotated[FormQuery, Query()], tx: Tx = requires(P.STATISTICS_READ)
) -> Response:
    """A form of a unit and everything below it: a row for each unit directly below, each criterion or indicator.

    Every figure tells the address of exactly the records that it counts. 404 for a number that the campaign's set does
    not have.
    """
    form = await answer(tx, number, FormAsk(query.unit, query.campaign, query.structure))
    if query.format == "json":
        body = orjson.dumps(document(form), default=str, option=orjson.OPT_UTC_Z)
        return Response(body, headers=_HEADERS, media_type="application/json")
    return attachment(request, *await file_of([form], query.format))
