"""Types and names of the files that handlers offer."""

import re
from typing import Any, Final, Literal

from app.exports.sheets import clean

Kind = Literal["csv", "xlsx", "docx", "zip"]

MEDIA_TYPES: Final[dict[Kind, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "zip": "application/zip",
}

_LONGEST: Final = 120


def file_name(*parts: str, kind: Kind) -> str:
    """A name that every system can save, from what the file holds: ``Biểu số 3 - Huyện Yên Thành.xlsx``.

    ``app.kernel.http.attachment`` sends it beside its plain ASCII form.
    """
    whole = " - ".join(part for part in parts if part)
    plain = " ".join(re.sub(r'[<>:"/\\|?*\n\t]+', "-", clean(whole)).split()).strip(" .-")
    return f"{plain[:_LONGEST].rstrip(' .-') or 'tep'}.{kind}"


def answers(*kinds: Kind) -> dict[str, Any]:
    """``content`` of an OpenAPI response that may also be one of these files."""
    binary = {"type": "string", "format": "binary"}
    return {
        MEDIA_TYPES[kind].partition(";")[0]: {"schema": {"type": "string"} if kind == "csv" else binary}
        for kind in kinds
    }
