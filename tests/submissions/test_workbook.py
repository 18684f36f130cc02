"""The round trip: downloaded, filled in, sent back; what was wrong comes back by its cell and nothing is half done."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from app.access.actor import Tx
from app.audit.models import AuditEvent
from app.directives.models import Directive
from app.propaganda.models import Activity
from app.submissions.workbook_layout import FIRST_ROW
from tests.actors import Api
from tests.builders.people import user_id
from tests.builders.records import directive, practice
from tests.builders.units import unit_id
from tests.submissions.workbooks import ACTIVITY, DIRECTIVE, UNIT, XLSX, Workbook, cells, download, ground, send

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def count(system: Tx, model: Any) -> int:
    """Rows of a table."""
    return int(await system.session.scalar(select(func.count()).select_from(model)) or 0)


async def test_a_clerk_fills_every_sheet_and_all_of_it_is_recorded(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    await clerk.made("/registrations", {"unit_id": UNIT, "year": 2024})
    book = await download(clerk, campaign)
    book.put("Văn bản chỉ đạo", FIRST_ROW, **DIRECTIVE)
    book.put("Tuyên truyền", FIRST_ROW, **ACTIVITY)
    row = book.find("Tình hình ANTT", "indicator", book.get("Tình hình ANTT", FIRST_ROW, "indicator"))
    book.put("Tình hình ANTT", row, before_value=12, after_value=9)
    book.put("Tự đánh giá", book.find("Tự đánh giá", "criterion", "TC1"), outcome="Đạt")
    book.put("Tự đánh giá", book.find("Tự đánh giá", "criterion", "TC2"), outcome="Đạt", figure="87,5", evidence="Sổ")
    book.put("Đăng ký", book.free("Đăng ký"), unit="Trường THCS Mã Thành", year=2024)
    book.put("Mô hình hay", FIRST_ROW, unit="Xã Mã Thành", title="Camera", summary="Ba camera", started_on="5-2-2024")
    book.put(
        "Khen thưởng",
        FIRST_ROW,
        unit="Xã Mã Thành",
        award_form="Giấy khen của Giám đốc Công an tỉnh",
        recipient_kind="Cá nhân",
        recipient_name="Nguyễn Văn A",
        position="Công an viên",
        achievement="Vận động nhân dân lắp camera",
    )
    book.put("Báo cáo", book.find("Báo cáo", "code", "II.1"), text="Đã tuyên truyền\nđến từng xóm")
    answer = await send(clerk, book.saved())
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["stored"]
    assert (told["summary"]["created"], told["summary"]["failed"]) == (8, 0), told
    found = (await clerk.get("/directives", unit=UNIT)).json()["items"][0]
    assert (found["number_symbol"], found["issued_on"], found["track"]) == ("21/KH-UBND", "2024-04-26", "advised")
    activity = (await clerk.get("/propaganda-activities", unit=UNIT)).json()["items"][0]
    assert (activity["sessions"], activity["date_from"], activity["date_to"]) == (1250, "2024-03-12", "2024-03-12")
    figure = (await clerk.get("/situation-figures", unit=UNIT)).json()["items"][0]
    assert (figure["before_value"], figure["after_value"]) == (12, 9)
    [evaluation] = (await clerk.get("/evaluations", unit=UNIT)).json()["items"]
    results = (await clerk.get(f"/evaluations/{evaluation['id']}")).json()["results"]
    assert evaluation["stage"] == "forecast"
    assert [result["self"] and result["self"]["figure"] for result in results] == [None, 87.5, None, None]
    [report] = (await clerk.get("/reports", unit=UNIT)).json()["items"]
    assert (await clerk.get(f"/reports/{report['id']}")).json()["sections"] == {"II.1": "Đã tuyên truyền\nđến từng xóm"}
    school = (await clerk.get("/registrations", unit=str(unit_id("school_a1")))).json()["items"]
    assert [found["year"] for found in school] == [2024]
    verb = select(AuditEvent.verb).where(AuditEvent.actor_id == user_id("commune_a", "editor"))
    assert {"directive.create", "award.create", "evaluation.create"} <= set((await system.session.scalars(verb)).all())


async def test_sent_again_the_same_workbook_makes_nothing_twice(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    await directive(as_)
    book = await download(clerk, campaign)
    book.put("Văn bản chỉ đạo", FIRST_ROW, title="Kế hoạch đã sửa")
    book.put("Văn bản chỉ đạo", FIRST_ROW + 1, **DIRECTIVE)
    content = book.saved()
    first = (await send(clerk, content)).json()
    assert (first["summary"]["created"], first["summary"]["updated"]) == (1, 1)
    again = (await send(clerk, content)).json()
    assert (again["summary"]["created"], again["summary"]["updated"], again["summary"]["unchanged"]) == (0, 0, 1)
    assert await count(system, Directive) == 2


async def test_two_mistakes_come_back_by_cell_then_marked_then_mended(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    book = await download(clerk, campaign)
    book.put("Văn bản chỉ đạo", FIRST_ROW, **DIRECTIVE | {"issued_on": "4/26/2024"})
    book.put("Tuyên truyền", FIRST_ROW, **ACTIVITY | {"form": "Phát tờ rơi trên mạng"})
    book.put("Tuyên truyền", FIRST_ROW + 1, **ACTIVITY | {"date_from": "12/3/2024"})
    content = book.saved()
    wrong = [
        (book.cell("Tuyên truyền", "form", FIRST_ROW), "unknown_choice"),
        (book.cell("Văn bản chỉ đạo", "issued_on", FIRST_ROW), "not_a_day"),
    ]
    answer = await send(clerk, content)
    assert cells(answer) == wrong
    assert answer.json()["code"] == "cells_refused"
    assert all(found["message"] and found["remedy"] for found in answer.json()["cells"])
    assert await count(system, Activity) == 0, "the good line is not stored either"
    asked = await clerk.request(
        "POST", "/submissions/workbook", headers={"Content-Type": XLSX, "Accept": XLSX}, content=content
    )
    assert (asked.status_code, asked.headers["content-type"]) == (422, XLSX)
    marked = await send(clerk, content, answer="workbook")
    assert marked.status_code == 422
    back = Workbook(marked.content)
    cell = back.book["Văn bản chỉ đạo"].cell(FIRST_ROW, back.column("Văn bản chỉ đạo", "issued_on"))
    assert "ngày/tháng/năm" in cell.comment.text
    assert cell.fill.fgColor.rgb.endswith("FFC7CE")
    assert [row[0].value for row in back.book["Ô cần sửa"].iter_rows(min_row=2)] == [place for place, _ in wrong]
    back.put("Văn bản chỉ đạo", FIRST_ROW, issued_on="26/4/2024")
    back.put("Tuyên truyền", FIRST_ROW, form="Qua loa, đài phát thanh (lượt)")
    mended = await send(clerk, back.saved())
    assert mended.status_code == 200, mended.text
    assert mended.json()["summary"]["created"] == 3


async def test_marks_of_an_earlier_time_are_taken_away(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    book = await download(clerk, campaign)
    book.put("Văn bản chỉ đạo", FIRST_ROW, **DIRECTIVE | {"issued_on": "?", "track": "?"})
    back = Workbook((await send(clerk, book.saved(), answer="workbook")).content)
    back.put("Văn bản chỉ đạo", FIRST_ROW, issued_on="26/4/2024")
    again = Workbook((await send(clerk, back.saved(), answer="workbook")).content)
    page = again.book["Văn bản chỉ đạo"]
    assert page.cell(FIRST_ROW, again.column("Văn bản chỉ đạo", "issued_on")).comment is None
    assert page.cell(FIRST_ROW, again.column("Văn bản chỉ đạo", "track")).comment is not None


async def test_what_a_rule_refuses_points_at_its_cell_too(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    await clerk.made("/registrations", {"unit_id": UNIT, "year": 2024})
    book = await download(clerk, campaign)
    book.put("Văn bản chỉ đạo", FIRST_ROW, **DIRECTIVE | {"issued_on": "1/8/2024"})
    book.put("Tuyên truyền", FIRST_ROW, **ACTIVITY | {"sessions": "x"})
    row = book.find("Tự đánh giá", "criterion", "TC2")
    book.put("Tự đánh giá", row, outcome="Đạt", figure=50)
    answer = await send(clerk, book.saved())
    assert set(cells(answer)) == {
        (book.cell("Văn bản chỉ đạo", "issued_on", FIRST_ROW), "in_future"),
        (book.cell("Tuyên truyền", "sessions", FIRST_ROW), "not_a_number"),
        (book.cell("Tự đánh giá", "figure", row), "contradicts_threshold"),
    }


async def test_a_dry_run_tells_and_changes_nothing(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    book = await download(clerk, campaign)
    book.put("Văn bản chỉ đạo", FIRST_ROW, **DIRECTIVE)
    answer = await send(clerk, book.saved(), dry_run="true")
    assert (answer.status_code, answer.json()["stored"], answer.json()["summary"]["created"]) == (200, False, 1)
    assert await count(system, Directive) == 0


async def test_a_marked_line_is_deleted_and_a_blanked_one_is_left_alone(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    await directive(as_)
    await directive(as_, number_symbol="16/KH-UBND", issued_on="2024-03-13")
    book = await download(clerk, campaign)
    page = book.book["Văn bản chỉ đạo"]
    for column in range(2, page.max_column + 1):
        page.cell(FIRST_ROW, column).value = None
    assert (await send(clerk, book.saved())).json()["lines"] == []
    assert await count(system, Directive) == 2
    book.put("Văn bản chỉ đạo", FIRST_ROW + 1, delete="x")
    answer = await send(clerk, book.saved())
    assert answer.json()["summary"]["deleted"] == 1, answer.text
    left = (await clerk.get("/directives", unit=UNIT)).json()["items"]
    assert [found["number_symbol"] for found in left] == ["15/KH-UBND"]


async def test_what_somebody_else_changed_since_is_not_overwritten(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    made = await directive(as_)
    book = await download(clerk, campaign)
    changed = await clerk.change("PATCH", f"/directives/{made['id']}", {"title": "Sửa trên phần mềm"})
    assert changed.status_code == 200
    assert (await send(clerk, book.saved())).json()["lines"] == [], "lines nobody has touched do not matter"
    book.put("Văn bản chỉ đạo", FIRST_ROW, title="Sửa trên biểu")
    answer = await send(clerk, book.saved())
    assert cells(answer) == [(book.cell("Văn bản chỉ đạo", "unit", FIRST_ROW), "changed_since")]
    assert (await clerk.get(f"/directives/{made['id']}")).json()["title"] == "Sửa trên phần mềm"


async def test_handed_in_records_are_locked_and_their_change_is_refused(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    clerk = as_("commune_a", "editor")
    await practice(as_, status="proposed")
    book = await download(clerk, campaign)
    title = book.book["Mô hình hay"].cell(FIRST_ROW, book.column("Mô hình hay", "title"))
    assert title.protection.locked
    book.put("Mô hình hay", FIRST_ROW, title="Tên khác")
    assert cells(await send(clerk, book.saved())) == [(book.cell("Mô hình hay", "unit", FIRST_ROW), "locked")]


async def test_the_sheets_guide_and_protect_whoever_fills_them_in(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    await directive(as_)
    book = await download(as_("commune_a", "editor"), campaign)
    assert book.book.sheetnames[0] == "Hướng dẫn"
    assert [page.title for page in book.book if page.sheet_state != "visible"] == ["Danh mục", "_dienhinh"]
    assert book.book["_dienhinh"].sheet_state == "veryHidden"
    page = book.book["Văn bản chỉ đạo"]
    assert page.protection.sheet
    assert page.freeze_panes == "C5"
    assert page.column_dimensions["A"].hidden
    assert page.row_dimensions[4 - 1].hidden
    assert page.cell(4, 2).protection.locked, "headings are locked"
    assert not page.cell(FIRST_ROW, 3).protection.locked, "cells to be filled in are open"
    rules = {rule.type: rule for rule in page.data_validations.dataValidation}
    assert {"list", "date", "textLength"} <= set(rules)
    assert "ngày/tháng/năm" in rules["date"].error
    lists = {column[0].value: [c.value for c in column[1:] if c.value] for column in book.book["Danh mục"].iter_cols()}
    assert lists["Đơn vị"] == ["Xã Mã Thành", "Trường THCS Mã Thành"]
    assert book.get("Văn bản chỉ đạo", FIRST_ROW, "number_symbol") == "15/KH-UBND"
    assert str(book.get("Văn bản chỉ đạo", FIRST_ROW, "issued_on")).startswith("2024-03-12")
    assert len(lists["Chỉ tiêu"]) == sum(
        1 for (value,) in book.book["Tình hình ANTT"].iter_rows(FIRST_ROW, 60, 3, 3, values_only=True) if value
    )
