"""Forms as files."""

import asyncio
from collections.abc import Sequence
from typing import Literal, NamedTuple

from app.exports.csvfile import csv_of
from app.exports.document import tables_document
from app.exports.files import MEDIA_TYPES, file_name
from app.exports.workbook import workbook
from app.forms.answers import FormAnswer
from app.forms.sheets import sheets_of


class FormFile(NamedTuple):
    """A file, as ``app.kernel.http.attachment`` sends it."""

    content: bytes
    media_type: str
    name: str
    version: int = 0


async def file_of(forms: Sequence[FormAnswer], kind: Literal["csv", "xlsx", "docx"]) -> FormFile:
    """``forms`` in one file; CSV takes the first alone. Made in a thread: it takes time of its own."""
    first = forms[0]
    name = f"Biểu mẫu số {first.number}" if len(forms) == 1 else "Biểu mẫu thống kê"
    content = await asyncio.to_thread(_made, forms, kind)
    return FormFile(
        content, MEDIA_TYPES[kind], file_name(name, str(first.campaign["code"]), first.unit.name, kind=kind)
    )


def _made(forms: Sequence[FormAnswer], kind: Literal["csv", "xlsx", "docx"]) -> bytes:
    sheets = sheets_of(forms)
    if kind == "csv":
        return csv_of(sheets[0])
    if kind == "xlsx":
        return workbook(sheets, title=forms[0].form_set.title, issuer=forms[0].unit.name)
    return tables_document(sheets)
