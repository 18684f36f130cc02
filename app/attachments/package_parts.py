"""What an Office document holds besides text and pictures: objects of other programs, things from elsewhere, fields.

Macros are told by the names of parts (``office.py``); the rest stands in relations and in the instructions of fields,
read here as XML, so that neither another encoding nor another spelling of the same hides it.
"""

import re
from collections.abc import Mapping
from typing import Final
from zipfile import ZipFile

from lxml import etree

from app.attachments.faults import ActiveParts, DamagedFile

_OBJECT_PART: Final = re.compile(
    r"^(?:word|xl|ppt)/(?:embeddings|externallinks|afchunk)/|^(?:word|xl|ppt)/afchunk|(?:^|/)oleobject\d*\.bin$"
    r"|^customui/|^xl/connections\.xml$|^xl/querytables/",
    re.IGNORECASE,
)
_OPEN_DOCUMENT: Final = re.compile(
    rb"<(?:\w+:)?(?:dde-\w+|table-source|section-source|event-listener|script)\b|oleobject"
)
# Fields that fetch what they show, or run a program for it. INCLUDEPICTURE comes with every picture copied from a page.
_FETCHING: Final = {"DDE", "DDEAUTO", "LINK", "IMPORT", "DATABASE", "INCLUDETEXT"}
_SPELT_OUT: Final = re.compile(r"\bQUOTE(?:\s+\d{2,3}){2}", re.IGNORECASE)
"""Letters by their numbers: there is no other use for it than to hide the name of another field."""
_WORD: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_WORD: Final = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_CHUNK: Final = 65_536
_HYPERLINK: Final = "/hyperlink"


def refuse_active(archive: ZipFile, kind: str) -> None:
    """Raises ``active_content_refused``, and ``damaged_file`` where a part is no XML."""
    names = [name.replace("\\", "/") for name in archive.namelist()]
    found = next((name for name in names if _OBJECT_PART.search(name)), None)
    if found:
        raise ActiveParts(found=found[:100])
    if kind in {"odt", "ods"}:
        return _refuse_in_open_document(archive)
    for name in archive.namelist():
        if name.endswith(".rels"):
            _read_as_xml(archive, name, _Relations())
        elif name.startswith("word/") and name.endswith(".xml"):
            _read_as_xml(archive, name, _Fields())
    return None


def _refuse_in_open_document(archive: ZipFile) -> None:
    for name in archive.namelist():
        if name.rpartition("/")[2] in {"content.xml", "styles.xml", "manifest.xml"}:
            tail = b""
            with archive.open(name) as part:
                while chunk := part.read(_CHUNK):
                    found = _OPEN_DOCUMENT.search(tail + chunk)
                    if found:
                        raise ActiveParts(found=found[0].decode("ascii").lstrip("<"))
                    tail = chunk[-50:]


class _Relations:
    """Told of each element: refuses relations that fetch something from outside the document."""

    def start(self, _tag: str, attributes: Mapping[str, str]) -> None:
        kind = attributes.get("Type", "")
        outside = attributes.get("TargetMode", "").strip().lower() == "external"
        if outside and not kind.endswith(_HYPERLINK):
            raise ActiveParts(found=f"{kind.rpartition('/')[2]} → {attributes.get('Target', '')}"[:100])
        if kind.endswith(("/oleObject", "/aFChunk", "/package", "/control")):
            raise ActiveParts(found=kind.rpartition("/")[2])

    def doctype(self, *_names: object) -> None:
        raise ActiveParts(found="DOCTYPE")

    def close(self) -> None:
        """The document has ended."""


class _Fields:
    """Told of each element of a text: refuses fields that run or fetch something."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._reading = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        space, _, name = tag.rpartition("}")
        if f"{space}}}" not in {_WORD, _STRICT_WORD}:
            return
        given = {key.rpartition("}")[2]: value for key, value in attributes.items()}
        if name == "fldSimple":
            _refuse_field(given.get("instr", ""))
        elif name == "fldChar" and given.get("fldCharType") == "begin":
            self._open.append("")
        elif name == "fldChar" and self._open:
            _refuse_field(self._open[-1])
            if given.get("fldCharType") == "end":
                self._open.pop()
        self._reading = name == "instrText"

    def data(self, text: str) -> None:
        if self._reading:
            if not self._open:
                self._open.append("")
            self._open[-1] += text

    def end(self, _tag: str) -> None:
        self._reading = False

    def doctype(self, *_names: object) -> None:
        raise ActiveParts(found="DOCTYPE")

    def close(self) -> None:
        for instruction in self._open:
            _refuse_field(instruction)


def _refuse_field(instruction: str) -> None:
    words = instruction.split(maxsplit=1)
    if words and words[0].strip('"').upper() in _FETCHING:
        raise ActiveParts(found=words[0][:100])
    if _SPELT_OUT.search(instruction):
        raise ActiveParts(found="QUOTE")


def _read_as_xml(archive: ZipFile, name: str, target: "_Relations | _Fields") -> None:
    parser = etree.XMLParser(target=target, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        with archive.open(name) as part:
            while chunk := part.read(_CHUNK):
                parser.feed(chunk)
        parser.close()
    except etree.XMLSyntaxError as fault:
        raise DamagedFile(kind="ZIP/Office") from fault
