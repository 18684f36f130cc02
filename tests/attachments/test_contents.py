"""What a file really is: taken or refused by its content, with the reason."""

import re
import tempfile
import time
import tracemalloc
from collections.abc import Callable

import pytest

from app.attachments.contents import KINDS, Content, look_into
from app.attachments.faults import FileRefused
from tests.attachments import files


def look(content: bytes, name: str) -> Content:
    """What the product makes of ``content`` called ``name``."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        return look_into(file, name)


def refused(content: bytes, name: str) -> FileRefused:
    """The refusal of ``content`` called ``name``, which must read well in both languages."""
    with pytest.raises(FileRefused) as caught:
        look(content, name)
    fault = caught.value
    assert [(e.pointer, e.code) for e in fault.errors] == [("/file", fault.code)]
    assert fault.detail
    assert re.search(r"; hãy [^{}]+$", fault.detail.vi), "the remedy"
    assert ": " in fault.detail.en
    assert "{" not in fault.detail.en
    return fault


TAKEN: dict[str, Callable[[], bytes]] = {
    "pdf": files.pdf,
    "jpeg": files.jpeg,
    "png": files.png,
    "docx": files.word,
    "xlsx": files.sheet,
    "odt": files.open_document,
    "ods": lambda: files.open_document("spreadsheet"),
}


@pytest.mark.parametrize("kind", TAKEN)
def test_what_evidence_is_kept_in_is_taken(kind: str) -> None:
    for suffix in KINDS[kind].suffixes:
        assert look(TAKEN[kind](), f"Minh chứng{suffix.upper()}").kind == KINDS[kind]


def test_a_presentation_is_taken() -> None:
    types = (
        b'<Override ContentType="application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"/>'
    )
    parts = {"[Content_Types].xml": types, "ppt/presentation.xml": b"<p/>", "ppt/slides/slide1.xml": b"<a:p>A</a:p>"}
    found = look(files.packed(parts), "bao-cao.pptx")
    assert (found.kind, found.text) == (KINDS["pptx"], "A")


@pytest.mark.parametrize(
    ("content", "name", "code", "found"),
    [
        (b"", "a.pdf", "empty_file", "0 byte"),
        (files.EXE, "bien-ban.pdf", "disguised_type", "chương trình Windows"),
        (files.HTML, "bien-ban.pdf", "disguised_type", "trang web HTML"),
        (files.SVG, "anh.png", "disguised_type", "SVG"),
        (b"\n\n  " + files.SVG, "anh.jpg", "disguised_type", "SVG"),
        (b"#!/bin/sh\nrm -rf /\n", "a.docx", "disguised_type", "script"),
        (files.png(), "anh.pdf", "disguised_type", "PNG"),
        (files.word(), "so-lieu.xlsx", "disguised_type", "DOCX"),
        (files.pdf(), "khong-duoi", "disguised_type", "PDF"),
        (files.OLD_WORD, "bien-ban.docx", "disguised_type", "đời cũ"),
        (files.packed({"a.exe": files.EXE}), "bien-ban.docx", "disguised_type", "ZIP"),
        (files.packed({"a.txt": b"a"}), "tai-lieu.zip", "unsupported_file_type", "ZIP"),
        (files.EXE, "setup.exe", "unsupported_file_type", "chương trình Windows"),
        (files.HTML, "trang.html", "unsupported_file_type", "HTML"),
        (b"xin ch\xc3\xa0o", "ghi-chu.txt", "unsupported_file_type", "không xác định"),
        (b"\x00\x00\x00\x18ftypheic", "anh.heic", "unsupported_file_type", "HEIC"),
        (b"fLaC\x00\x00\x00\x22" + bytes(100), "loi.flac", "unsupported_file_type", "Lossless Audio"),
        (files.OLD_WORD, "bien-ban.doc", "legacy_office_refused", "đời cũ"),
    ],
)
def test_the_content_decides_and_is_named(content: bytes, name: str, code: str, found: str) -> None:
    fault = refused(content, name)
    assert fault.code == code
    assert fault.detail
    assert re.search(found, fault.detail.vi)


@pytest.mark.parametrize(
    "content",
    [
        files.pdf()[:300],
        files.png()[:-12],
        files.png()[:20] + b"\x07" + files.png()[21:],
        b"\x89PNG\r\n\x1a\n",
        files.jpeg()[:-2],
        b"\xff\xd8\xff\xe0" + bytes(300),
        files.word()[:-30],
        b"PK\x03\x04" + bytes(100),
    ],
    ids=["pdf", "png", "png header", "png sign", "jpeg", "jpeg sign", "docx", "zip sign"],
)
def test_what_is_cut_off_or_only_begins_like_its_kind_is_damaged(content: bytes) -> None:
    suffix = {b"%": ".pdf", b"\x89": ".png", b"\xff": ".jpg"}.get(content[:1], ".docx")
    assert refused(content, f"a{suffix}").code == "damaged_file"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (files.with_parts(files.word(), {"word/vbaProject.bin": b"x"}), "a.docx"),
        (files.with_parts(files.sheet(), {"xl/VBAPROJECT.BIN": b"x"}), "a.xlsx"),
        (files.with_parts(files.sheet(), {"xl/macrosheets/sheet1.xml": b"x"}), "a.xlsx"),
        (files.with_parts(files.word(), {"word/activeX/activeX1.bin": b"x"}), "a.docx"),
        (files.with_macro_type(), "a.docx"),
        (files.with_macro_type(), "a.docm"),
        (files.open_document(more={"Basic/Standard/Module1.xml": b"x"}), "a.odt"),
        (files.open_document(more={"Scripts/python/a.py": b"x"}), "a.odt"),
    ],
)
def test_macros_are_refused(content: bytes, name: str) -> None:
    assert refused(content, name).code == "macros_refused"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (files.pdf(trailer=b"/Encrypt 9 0 R"), "a.pdf"),
        (files.pdf(trailer=b"/Encr#79pt<</Filter/Standard>>"), "a.pdf"),
        (files.LOCKED_WORD, "a.docx"),
        (files.with_password_flags(files.word()), "a.docx"),
        (files.open_document(manifest=b"<manifest:encryption-data/>"), "a.odt"),
    ],
    ids=["pdf", "pdf escaped", "docx", "zip", "odt"],
)
def test_passwords_are_refused(content: bytes, name: str) -> None:
    assert refused(content, name).code == "encrypted_refused"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (files.pdf(extra=b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"), "/JavaScript"),
        (files.pdf(extra=b"/OpenAction << /S /J#61va#53cript /JS (1) >>"), "/JavaScript"),
        (files.pdf(extra=b"/OpenAction << /S/Launch /F (cmd.exe) >>"), "/Launch"),
        (files.pdf_with_hidden_script(), "/JavaScript"),
    ],
    ids=["script", "escaped", "launch", "in an object stream"],
)
def test_a_pdf_that_runs_something_is_refused(content: bytes, found: str) -> None:
    fault = refused(content, "a.pdf")
    assert fault.code == "active_content_refused"
    assert found in str(fault.detail)


def test_a_pdf_that_opens_at_a_page_is_taken() -> None:
    shown = files.pdf("JavaScript va Launch", extra=b"/OpenAction [3 0 R /Fit] /LaunchPad 1 /EncryptMetadata true")
    assert look(shown, "a.pdf").kind.title == "PDF"


def test_archives_that_unpack_to_too_much_are_refused_without_unpacking() -> None:
    made = [files.bomb(), files.crowd()]
    started = time.perf_counter()
    tracemalloc.start()
    for content in made:
        assert refused(content, "a.docx").code == "archive_bomb"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000
    assert time.perf_counter() - started < 5


def test_parts_that_share_their_bytes_are_a_bomb() -> None:
    made = files.packed({"a": bytes(100_000)}, level=0)
    start = made.find(b"PK\x01\x02")
    entry, end = made[start : made.find(b"PK\x05\x06")], made[made.find(b"PK\x05\x06") :]
    many = 40
    end = end[:8] + (many).to_bytes(2, "little") * 2 + (len(entry) * many).to_bytes(4, "little") + end[16:]
    assert refused(made[:start] + entry * many + end, "a.docx").code == "archive_bomb"


def test_a_lying_directory_is_not_read() -> None:
    made = bytearray(files.word())
    end = made.rfind(b"PK\x05\x06")
    made[end + 12 : end + 16] = (50_000_000).to_bytes(4, "little")
    assert refused(bytes(made), "a.docx").code == "archive_bomb"


@pytest.mark.parametrize(
    ("content", "name", "text"),
    [
        (files.word("Biên bản", "Số 5", header="CÔNG AN TỈNH"), "a.docx", "CÔNG AN TỈNH\nBiên bản\nSố 5"),
        (files.sheet("Số liệu", "A & B"), "a.xlsx", "Số liệu\nA & B"),
        (files.open_document(), "a.odt", "Biên bản"),
    ],
)
def test_the_text_of_the_first_page_is_read_where_that_is_cheap(content: bytes, name: str, text: str) -> None:
    assert text in look(content, name).text


def test_a_long_document_is_read_no_further_than_its_first_page() -> None:
    assert len(look(files.word(*["Dòng " * 20] * 2_000), "a.docx").text) <= 2_000


def test_a_large_file_is_looked_through_without_being_held() -> None:
    content = files.pdf().replace(b"xref\n", b"%" + b"\xe2/J" * 6_000_000 + b"\nxref\n", 1)
    with tempfile.TemporaryFile() as file:
        file.write(content)
        del content
        started = time.perf_counter()
        tracemalloc.start()
        look_into(file, "a.pdf")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 1_000_000
    assert time.perf_counter() - started < 5
