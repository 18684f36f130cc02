"""Documents as a report names them: "Số của các văn bản, tên từng văn bản cụ thể" (outline, I). Pure."""

from collections.abc import Sequence
from typing import Final

from app.directives.kinds import KINDS
from app.exports.words import short_day, uncapitalised
from app.kernel.db import AnyRow

MOST_IN_TEXT: Final = 15
"""Beyond these the text refers to the annex."""


def named_paper(row: AnyRow) -> str:
    """``Kế hoạch số 15/KH-UBND ngày 12/3/2024 của Ủy ban nhân dân xã Mã Thành về xây dựng đơn vị điển hình``."""
    kind = "Văn bản" if row.document_kind == "other" else KINDS[row.document_kind].title
    about = row.title.strip().rstrip(".;")
    if about.casefold().startswith(f"{kind} ".casefold()):  # the kind is said already
        about = about[len(kind) :].lstrip(" :-")
    about = uncapitalised(about)
    about = about if about.startswith("về ") else f"về {about}"
    return f"{kind} số {row.number_symbol} ngày {short_day(row.issued_on)} của {row.issuing_body} {about}"


def listed_papers(rows: Sequence[AnyRow]) -> str:
    """The documents, each on a line of its own; a reference to the annex where there are too many; empty for none."""
    if len(rows) > MOST_IN_TEXT:
        return f"+ Danh mục {len(rows)} văn bản của đơn vị tại phụ lục kèm theo."
    ends = [";"] * (len(rows) - 1) + ["."]
    return "\n".join(f"+ {named_paper(row)}{end}" for row, end in zip(rows, ends, strict=False))
