"""Trying a template before it is installed: is it safe to open, does it name only what there is, does it come out."""

from typing import Final

from app.exports.document import DocumentTooLong, TemplateFails, fill
from app.exports.fields import sample
from app.exports.package import Refused, places_of
from app.exports.placeholders import faults_of
from app.kernel.errors import FieldError, Invalid, Text


class BadTemplate(Invalid):
    """The file cannot be installed as a template; ``errors`` say what is wrong and where."""

    code = "bad_template"
    title = Text("Không cài được mẫu văn bản này", "This template cannot be installed")


MOST: Final = 50
"""Faults told at once."""


def try_template(code: str, content: bytes) -> None:
    """Refuse ``content`` unless it can be the template of the document ``code``: 422 ``bad_template``.

    Fills it with a sample, which takes a moment: call it in a thread.
    """
    try:
        places = places_of(content)
    except Refused as refused:
        raise BadTemplate(errors=[refused.fault]) from refused
    known = sample(code)
    faults = [fault for place in places for fault in faults_of(place, known)]
    if faults:
        raise BadTemplate(errors=faults[:MOST])
    try:
        fill(content, known)
    except (TemplateFails, DocumentTooLong) as fault:
        told = fault.detail or fault.title
        text = Text(
            f"Điền thử không thành công; kiểm tra các cặp for/endfor, if/endif ({told.vi})",
            f"Filling it with a sample failed: check the pairs for/endfor, if/endif ({told.en})",
        )
        raise BadTemplate(errors=[FieldError("/body", fault.code, text)]) from fault
