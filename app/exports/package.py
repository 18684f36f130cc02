"""Whether bytes are a Word document that may be opened at all: no macros, nothing from elsewhere, no bombs."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from app.exports.placeholders import Place
from app.kernel.errors import FieldError, Text

MAX_BYTES: Final = 2_000_000
"""Of the file as it arrives; the server's limit on bodies applies besides."""

MAX_PARTS: Final = 300
MAX_UNPACKED: Final = 20_000_000
MAX_BODY: Final = 2_000_000
"""Bytes of XML of the document's own text: beyond that it is no template."""

_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FORBIDDEN: Final = (
    (re.compile(r"vbaproject|vbadata", re.IGNORECASE), "macros", Text("chứa macro", "carries macros")),
    (
        re.compile(r"/(embeddings|activex|afchunk|customui)\b", re.IGNORECASE),
        "embedded_objects",
        Text("chứa đối tượng nhúng", "carries embedded objects"),
    ),
)
_FETCHING: Final = re.compile(r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|LINK|IMPORT|DATABASE)\b", re.IGNORECASE)
_MARKS: Final = re.compile(r"\{\{|\{%|\{#")
_PARTS: Final = {"main+xml": "body", "header+xml": "header", "footer+xml": "footer", "footnotes+xml": "footnotes"}
"""The parts that are filled in, by the end of their declared type."""


class Refused(Exception):
    """The file is not such a document; ``fault`` says why."""

    def __init__(self, code: str, message: Text) -> None:
        super().__init__(message.en)
        self.fault = FieldError("", code, message)


def places_of(content: bytes) -> list[Place]:
    """The parts of a document that may hold placeholders. Raises ``Refused`` where the file may not be opened."""
    if len(content) > MAX_BYTES:
        raise Refused("too_large", Text("Tệp lớn hơn 2 MB", "The file is larger than 2 MB"))
    if content.startswith(_OLE):
        text = Text(
            "Tệp được đặt mật khẩu hoặc là Word 97-2003; hãy lưu lại dạng .docx không mật khẩu",
            "The file has a password or is of Word 97-2003: save it as .docx without one",
        )
        raise Refused("encrypted", text)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            parts = _unpacked(package)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as fault:
        raise Refused("not_docx", Text("Không phải tệp Word (.docx)", "This is no Word file (.docx)")) from fault
    trees = {name: _parsed(name, parts[name]) for name in parts if name.endswith((".xml", ".rels"))}
    types = _types(trees)
    for name in parts:
        for pattern, code, text in _FORBIDDEN:
            if pattern.search(f"/{name}"):
                raise Refused(code, Text(f"Tệp {text.vi}: {name}", f"The file {text.en}: {name}"))
    _check_relations(trees)
    return list(_texts(trees, types))


def _unpacked(package: zipfile.ZipFile) -> dict[str, bytes]:
    entries = package.infolist()
    size = sum(entry.file_size for entry in entries)
    body = next((entry.file_size for entry in entries if entry.filename == "word/document.xml"), 0)
    if len(entries) > MAX_PARTS or size > MAX_UNPACKED or body > MAX_BODY:
        raise Refused("too_large", Text("Nội dung giải nén quá lớn", "It unpacks to more than a template may hold"))
    parts: dict[str, bytes] = {}
    for entry in entries:
        if entry.filename in parts:
            raise Refused("not_docx", Text("Tệp có hai phần trùng tên", "Two parts of the file have one name"))
        with package.open(entry) as stream:
            parts[entry.filename] = stream.read(entry.file_size + 1)
    return parts


def _parsed(name: str, content: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        tree = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as fault:
        raise Refused("not_docx", Text(f"Phần {name} bị hỏng", f"The part {name} is damaged")) from fault
    if tree.getroottree().docinfo.doctype:
        raise Refused("not_docx", Text(f"Phần {name} khai báo DTD", f"The part {name} declares a DTD"))
    return tree


def _types(trees: dict[str, Any]) -> dict[str, str]:
    """The declared type of each part, by its name."""
    declared = trees.get("[Content_Types].xml")
    kinds = (
        [] if declared is None else [(node.get("PartName") or "", node.get("ContentType") or "") for node in declared]
    )
    if any(re.search(r"macroEnabled|vbaProject", kind) for _, kind in kinds):
        raise Refused("macros", Text("Tệp chứa macro; hãy lưu dạng .docx", "The file carries macros: save it as .docx"))
    types = {name.removeprefix("/"): kind for name, kind in kinds if name}
    if types.get("word/document.xml") != _DOCX or "word/document.xml" not in trees:
        raise Refused("not_docx", Text("Không phải tệp Word (.docx)", "This is no Word file (.docx)"))
    return types


def _check_relations(trees: dict[str, Any]) -> None:
    for name, tree in trees.items():
        for relation in tree if name.endswith(".rels") else ():
            if (relation.get("TargetMode") or "").lower() == "external":
                target = str(relation.get("Target"))[:200]
                text = Text(f"Tệp liên kết ra ngoài: {target}", f"The file links to something outside: {target}")
                raise Refused("external_link", text)


def _texts(trees: dict[str, Any], types: dict[str, str]) -> Iterator[Place]:
    for name, tree in trees.items():
        part = _PARTS.get(types.get(name, "").rpartition(".")[2])
        if part is None:
            continue
        commands = "".join(node.text or "" for node in tree.iter(f"{_W}instrText"))
        commands += "".join(node.get(f"{_W}instr", "") for node in tree.iter(f"{_W}fldSimple"))
        if _FETCHING.search(commands):
            text = Text("Tệp có trường lấy nội dung từ nơi khác", "A field of the file fetches from elsewhere")
            raise Refused("external_link", text)
        _check_marks(tree)
        paragraphs = list(tree.iter(f"{_W}p"))
        yield Place(part, ["".join(node.text or "" for node in p.iter(f"{_W}t")) for p in paragraphs])


def _check_marks(tree: Any) -> None:
    """Placeholders stand in the text; anywhere else they would be filled in unseen."""
    for node in tree.iter():
        hidden = "".join(str(value) for value in node.attrib.values()) + (node.tail or "")
        if node.tag != f"{_W}t":
            hidden += node.text or ""
        found = _MARKS.search(hidden)
        if found:
            text = Text(
                f"Có “{found[0]}” ngoài phần chữ của văn bản (trường, thuộc tính)",
                f"There is a “{found[0]}” outside the document's text (a field, a property)",
            )
            raise Refused("hidden_placeholder", text)
