"""Word documents: a template filled with a context, with annexes made of sheets."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from docx.document import Document as Doc
from docxtpl import DocxTemplate
from jinja2 import Template
from jinja2.exceptions import TemplateError
from lxml import etree

from app.exports.annexes import Tables, add_annexes, with_tables
from app.exports.layout import paper
from app.exports.placeholders import environment
from app.exports.sheets import Sheet, clean
from app.kernel.errors import DomainError, Text

MAX_STEPS: Final = 100_000
"""Turns that all loops of one document may take together."""

MAX_LETTERS: Final = 30_000_000
"""Letters of XML that one document may come to."""


class DocumentTooLong(DomainError):
    """The template makes more of its values than a document may be."""

    status = 422
    code = "document_too_long"
    title = Text("Văn bản dựng ra quá dài", "The document comes out too long")


class TemplateFails(DomainError):
    """The template cannot be filled: it was written for other fields, or its loops cut through the layout."""

    status = 422
    code = "template_fails"
    title = Text("Không dựng được văn bản từ mẫu này", "No document can be made from this template")


@dataclass(frozen=True, slots=True)
class About:
    """The properties of a document: its title, whose it is, the instant it was made, and a remark."""

    title: str
    author: str
    at: datetime
    remark: str = ""


class _Counted(list[Any]):
    """A list whose readers share one budget of steps."""

    def __init__(self, items: Sequence[Any], left: list[int]) -> None:
        super().__init__(items)
        self._left = left

    def __iter__(self) -> Iterator[Any]:
        for item in super().__iter__():
            self._left[0] -= 1
            if self._left[0] < 0:
                raise DocumentTooLong
            yield item


class _Bounded(Template):
    """A Jinja template that stops when it has written too much."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """The text. Raises 422 ``document_too_long``."""
        pieces, size = [], 0
        for piece in self.generate(*args, **kwargs):
            size += len(piece)
            if size > MAX_LETTERS:
                raise DocumentTooLong
            pieces.append(piece)
        return "".join(pieces)


class _Strict(DocxTemplate):  # type: ignore[misc]
    """docxtpl that refuses broken XML instead of guessing, and leaves the document's properties alone."""

    def fix_tables(self, xml: str) -> Any:
        """The body, parsed: an end of a paragraph without its beginning is an error here."""
        etree.fromstring(xml.encode())
        return super().fix_tables(xml)

    def render_properties(self, context: Any, jinja_env: Any = None) -> None:
        """Properties are no place for placeholders."""


def fill(
    template: bytes,
    context: Mapping[str, Any],
    annexes: Sequence[Sheet] = (),
    *,
    attached_to: str = "",
    about: About | None = None,
) -> bytes:
    """The document that ``template`` makes of ``context``, with each of ``annexes`` as a "Phụ lục" in its own section.

    ``attached_to`` stands under each annex's title: "(Kèm theo Báo cáo số ...)". Takes up to seconds of its own: call
    it in a thread (``asyncio.to_thread``). Raises 422 ``template_fails`` or ``document_too_long``.
    """
    made = _Strict(io.BytesIO(template))
    jinja = environment()
    jinja.template_class = _Bounded
    try:
        made.render(_guarded(dict(context), [MAX_STEPS]), jinja, autoescape=True)
    except (TemplateError, etree.XMLSyntaxError, TypeError, AttributeError, IndexError) as fault:
        raise TemplateFails(Text(f"Lỗi: {fault}", f"Error: {fault}")) from fault
    document: Doc = made.docx
    return _saved(document, about, add_annexes(document, annexes, attached_to))


def tables_document(sheets: Sequence[Sheet], *, attached_to: str = "", about: About | None = None) -> bytes:
    """A document of nothing but ``sheets``, one section each: forms by themselves."""
    document = paper()
    body = document.element.body
    for paragraph in list(body.iterchildren(tag="{*}p")):
        body.remove(paragraph)
    return _saved(document, about, add_annexes(document, sheets, attached_to, numbered=False))


def _saved(document: Doc, about: About | None, tables: Tables) -> bytes:
    facts = document.core_properties
    if about is not None:
        facts.title, facts.author, facts.last_modified_by = about.title[:255], about.author[:255], about.author[:255]
        facts.created = facts.modified = about.at
        facts.comments, facts.revision = about.remark[:255], 1
    out = io.BytesIO()
    document.save(out)
    return with_tables(out.getvalue(), tables)


def _guarded(value: Any, left: list[int]) -> Any:
    """``value`` with clean texts and counted lists."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {name: _guarded(item, left) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return _Counted([_guarded(item, left) for item in value], left)
    return value
