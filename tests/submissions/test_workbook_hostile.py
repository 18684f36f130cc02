"""Workbooks that are not what they should be: foreign, outdated, bent, armed, or far too large. Refused by name."""

import base64
import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.access.actor import Tx
from app.audit.models import AuditEvent
from app.directives.models import Directive
from app.propaganda.models import ActivityForm
from app.submissions.workbook_layout import BY_SECTION, FIRST_ROW, LAST_ROW, MARK, NAMES_ROW
from tests.actors import Api
from tests.builders.records import directive
from tests.builders.units import unit_id
from tests.submissions.workbooks import ACTIVITY, DIRECTIVE, UNIT, XLSX, Workbook, cells, download, ground, send

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


def marked(book: Workbook, name: str, value: str) -> bytes:
    """The file with another value in its hidden mark."""
    page = book.book[MARK]
    for row in range(1, 20):
        if page.cell(row, 1).value == name:
            page.cell(row, 2).value = value
    return book.saved()


async def code(who: Api, content: bytes, **params: Any) -> str:
    """The code of the refusal."""
    answer = await send(who, content, **params)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]
    return str(answer.json()["code"])


async def test_foreign_outdated_and_bent_workbooks_are_refused_by_name(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    assert await code(clerk, marked(await download(clerk, campaign), "template", "khac")) == "foreign_workbook"
    assert await code(clerk, marked(await download(clerk, campaign), "form_version", "99")) == "outdated_workbook"
    other = str(unit_id("commune_b"))
    assert await code(clerk, marked(await download(clerk, campaign), "unit_id", other)) == "structure_changed"
    book = await download(clerk, campaign)
    del book.book[MARK]
    assert await code(clerk, book.saved()) == "foreign_workbook"
    book = await download(clerk, campaign)
    book.book["Tuyên truyền"].delete_cols(4)
    assert await code(clerk, book.saved()) == "structure_changed"
    book = await download(clerk, campaign)
    book.book["Đăng ký"].title = "Dang ky"
    assert await code(clerk, book.saved()) == "structure_changed"
    book = await download(clerk, campaign)
    book.book["Đăng ký"].cell(NAMES_ROW, 3).value = "nam"
    assert await code(clerk, book.saved()) == "structure_changed"
    own = (await download(clerk, campaign)).saved()
    assert await code(clerk, own, unit=str(unit_id("school_a1"))) == "foreign_workbook"
    assert await code(clerk, own, campaign=UNIT) == "foreign_workbook"
    assert (await send(clerk, own, unit=UNIT, campaign=campaign)).status_code == 200


async def test_what_stands_beyond_the_form_is_refused_by_cell(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    book, tab = await download(clerk, campaign), "Văn bản chỉ đạo"
    book.put(tab, LAST_ROW, **DIRECTIVE)
    book.put(tab, LAST_ROW + 1, **DIRECTIVE)
    book.put(tab, LAST_ROW + 9_000, title="Kế hoạch")
    beside = book.book[tab].cell(FIRST_ROW, len(BY_SECTION["directives"].names) + 2, 0)
    answer = await send(clerk, book.saved())
    assert cells(answer) == [
        (f"{tab}!{beside.coordinate}", "beyond_last_column"),
        (book.cell(tab, "unit", LAST_ROW + 1), "beyond_last_row"),
        (book.cell(tab, "title", LAST_ROW + 9_000), "beyond_last_row"),
    ]
    assert await system.session.scalar(select(func.count()).select_from(Directive)) == 0
    marked_file = await send(clerk, book.saved(), answer="workbook")
    assert marked_file.status_code == 422
    book.book[tab].delete_rows(LAST_ROW + 1, 9_000)
    beside.value = None
    assert (await send(clerk, book.saved())).status_code == 200


async def test_a_workbook_gives_no_rights(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    book = await download(as_("commune_a", "editor"), campaign)
    book.put("Văn bản chỉ đạo", FIRST_ROW, **DIRECTIVE)
    content = book.saved()
    assert await code(as_("commune_b", "editor"), content) == "foreign_workbook", "outside the scope it is not there"
    assert (await send(as_("commune_a", "viewer"), content)).status_code == 403
    assert cells(await send(as_("district_yen_thanh", "editor"), content)) == [
        (book.cell("Văn bản chỉ đạo", "unit", FIRST_ROW), "forbidden")
    ]
    anonymous = Api(as_("commune_a", "editor").http, {})
    assert (await send(anonymous, content)).status_code == 401
    assert (await anonymous.get(f"/campaigns/{campaign}/workbook", unit=UNIT)).status_code == 401
    outside = await as_("commune_b", "editor").get(f"/campaigns/{campaign}/workbook", unit=UNIT)
    assert outside.status_code == 404
    nowhere = await as_("commune_a", "editor").get(f"/campaigns/{UNIT}/workbook", unit=UNIT)
    assert nowhere.status_code == 404
    assert await system.session.scalar(select(func.count()).select_from(Directive)) == 0


async def test_a_record_of_others_cannot_be_reached_through_the_hidden_column(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    theirs = await directive(as_, "commune_b")
    clerk = as_("commune_a", "editor")
    await directive(as_)
    book = await download(clerk, campaign)
    key = book.book["Văn bản chỉ đạo"].cell(FIRST_ROW, 1)
    _, version, digest = str(key.value).split("|")
    key.value = f"{theirs['id']}|{version}|{digest}"
    book.put("Văn bản chỉ đạo", FIRST_ROW, title="Bị sửa")
    assert cells(await send(clerk, book.saved())) == [(book.cell("Văn bản chỉ đạo", "unit", FIRST_ROW), "record_gone")]
    key.value = "x"
    assert cells(await send(clerk, book.saved())) == [(book.cell("Văn bản chỉ đạo", "unit", FIRST_ROW), "unknown_line")]
    untouched = (await as_("commune_b", "editor").get(f"/directives/{theirs['id']}")).json()
    assert untouched["title"] == theirs["title"]


async def test_copied_lines_and_bent_fixed_cells_are_named(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    await directive(as_)
    book = await download(clerk, campaign)
    page = book.book["Văn bản chỉ đạo"]
    for column in range(1, page.max_column + 1):
        page.cell(FIRST_ROW + 1, column).value = page.cell(FIRST_ROW, column).value
    book.put("Văn bản chỉ đạo", FIRST_ROW, title="Một")
    book.put("Văn bản chỉ đạo", FIRST_ROW + 1, title="Hai", number_symbol="99/KH-UBND")
    book.put("Tình hình ANTT", FIRST_ROW, unit="Trường THCS Mã Thành", after_value=1)
    assert cells(await send(clerk, book.saved())) == [
        (book.cell("Tình hình ANTT", "unit", FIRST_ROW), "fixed_cell"),
        (book.cell("Văn bản chỉ đạo", "unit", FIRST_ROW + 1), "unknown_line"),
    ]


async def test_formulas_count_by_their_stored_result_or_are_named(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    book = await download(clerk, campaign)
    book.put("Tuyên truyền", FIRST_ROW, **ACTIVITY | {"sessions": "=1+1"})
    answer = await send(clerk, book.saved())
    assert cells(answer) == [(book.cell("Tuyên truyền", "sessions", FIRST_ROW), "formula_without_value")]


async def test_a_choice_that_has_left_its_catalogue_is_explained(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    book = await download(clerk, campaign)
    await system.session.execute(update(ActivityForm).where(ActivityForm.code == "direct").values(title_vi="Gặp gỡ"))
    book.put("Tuyên truyền", FIRST_ROW, **ACTIVITY)
    answer = await send(clerk, book.saved())
    assert cells(answer) == [(book.cell("Tuyên truyền", "form", FIRST_ROW), "unknown_choice")]
    assert "Danh mục đã thay đổi" in answer.json()["cells"][0]["remedy"]


async def test_a_download_is_put_down_in_the_log_where_nominees_stand_in_it(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    form = (await clerk.get("/award-forms", as_of="2024-07-01")).json()["items"]
    await clerk.made(
        "/awards",
        {
            "unit_id": UNIT,
            "campaign_id": campaign,
            "award_form_id": form[0]["id"],
            "recipient_kind": "individual",
            "recipient_name": "Nguyễn Văn A",
            "position": "Công an viên",
            "achievement": "Vận động nhân dân",
        },
    )
    await download(clerk, campaign)
    read = select(func.count()).select_from(AuditEvent).where(AuditEvent.verb == "award.read")
    assert await system.session.scalar(read) == 1


# --- files that are not opened ---------------------------------------------------------------------------------------


def repacked(content: bytes, change: Callable[[str, bytes], bytes], more: dict[str, bytes] | None = None) -> bytes:
    """The archive with its parts changed, and ``more`` parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, part in (more or {}).items():
            new.writestr(name, part)
    return out.getvalue()


def same(_name: str, part: bytes) -> bytes:
    """No change."""
    return part


def with_entity(name: str, part: bytes) -> bytes:
    """A sheet that declares an entity."""
    return b'<!DOCTYPE x [<!ENTITY a "b">]>' + part if name == "xl/worksheets/sheet2.xml" else part


def with_many_cells(name: str, part: bytes) -> bytes:
    """A sheet of half a million empty cells."""
    return part.replace(b"</sheetData>", b"<row>" + b"<c/>" * 500_000 + b"</row></sheetData>")


async def test_armed_and_swollen_files_are_not_opened(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    content = (await download(clerk, campaign)).saved()
    refused = {
        "macros_refused": repacked(content, same, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}),
        "archive_bomb": repacked(content, same, {"xl/media/image1.png": b"\0" * 45_000_000}),
        "damaged_file": content[: len(content) // 2],
        "encrypted_refused": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "legacy_format": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "unsupported_file_type": b"%PDF-1.7",
        "empty_file": b"",
    }
    for expected, bad in refused.items():
        assert await code(clerk, bad) == expected, expected
    assert await code(clerk, repacked(content, with_many_cells)) == "archive_bomb"
    assert await code(clerk, repacked(content, with_entity)) == "damaged_file"
    broken = repacked(content, lambda name, part: b"<x" if name == "xl/workbook.xml" else part)
    assert await code(clerk, broken) == "damaged_file"


async def test_too_large_and_of_another_type(as_: As, system: Tx) -> None:
    await ground(system)
    clerk = as_("commune_a", "editor")
    assert (await send(clerk, b"PK\x03\x04" + b"\0" * 2_100_000)).status_code == 413
    answer = await clerk.request("POST", "/submissions/workbook", headers={"Content-Type": "text/csv"}, content=b"a;b")
    assert (answer.status_code, answer.headers["accept"]) == (415, XLSX)


async def test_a_table_of_a_hundred_million_cells_takes_no_memory_of_the_servers(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    cell = '<table:table-cell table:number-columns-repeated="100" office:value-type="string"><text:p>a</text:p>'
    sheet = (
        '<?xml version="1.0"?><office:document-content'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="A"><table:table-row table:number-rows-repeated="1000000">{cell}'
        "</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", sheet)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    from_ods = await preview_code(clerk, campaign, out.getvalue())
    assert from_ods == "archive_bomb"
    assert await preview_code(clerk, campaign, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600) == "damaged_file"
    macros = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512 + "_VBA_PROJECT_CUR".encode("utf-16-le")
    assert await preview_code(clerk, campaign, macros) == "macros_refused"
    assert await preview_code(clerk, campaign, "\n".join("a;b" for _ in range(5_001)).encode()) == "table_too_large"
    assert await preview_code(clerk, campaign, ("a;" * 61).encode() + b"\n" + ("x;" * 61).encode()) == "table_too_large"
    assert await preview_code(clerk, campaign, b"a\0b") == "unsupported_file_type"


async def preview_code(who: Api, campaign: str, content: bytes) -> str:
    """The code of the refusal of a preview."""
    from_base64 = base64.b64encode(content).decode()
    body = {"unit_id": UNIT, "campaign_id": campaign, "file_name": "t", "content": from_base64}
    answer = await who.post("/submissions/files", body)
    assert answer.status_code == 422, answer.text
    return str(answer.json()["code"])
