"""Acts as files: what spreadsheets do to them, and acts in the wrong order; each fault by its line, nothing changed."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.reorganisations.scene import act, unit

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
HEAD = "old_code,new_code,kind,effective_date,new_name,new_type,new_parent_code\n"
GOOD = HEAD + (
    "17509,17510,merged,2025-07-01,Xã Thành Mới,xã,40\n17510,17510,merged,2025-07-01,,,\n"
    "16714,16714,moved,2025-07-01,,,40\n412,,dissolved,2025-07-01,,,\n426,,dissolved,2025-07-01,,,\n"
)


async def sent(coordinator: Api, content: bytes, **more: Any) -> httpx.Response:
    """The answer to a file."""
    params = {name: value for name, value in act().items() if name not in {"changes", "effective_on"}}
    headers = {"Content-Type": "text/csv"}
    return await coordinator.request(
        "POST", "/reorganisations/csv", None, headers, content=content, params={**params, **more}
    )


@pytest.mark.parametrize(
    "content",
    [GOOD.encode("utf-8-sig"), GOOD.replace(",", ";").encode(), GOOD.replace("\n", "\r\n").encode("utf-8-sig")],
    ids=["bom", "semicolons", "windows"],
)
async def test_a_file_is_read_as_spreadsheets_write_it(coordinator: Api, content: bytes) -> None:
    answer = await sent(coordinator, content, dry_run="true")
    assert (answer.status_code, answer.json()["units_ended"]) == (200, 4), answer.text


async def test_a_code_that_lost_its_zero_is_told_so(coordinator: Api, system: Tx) -> None:
    for table, where in (("units", "code = '17509'"), ("unit_facts", "code = '17509'")):
        await system.session.execute(text(f"UPDATE {table} SET code = '01750' WHERE {where}"))
    answer = await sent(coordinator, GOOD.replace("17509,", "1750,").encode())
    assert ("/lines/2/old_code", "unknown_unit") in codes(answer)
    assert "01750" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", ("/lines/1", "wrong_header")),
        (HEAD.encode(), ("/lines/1", "empty_file")),
        (GOOD.replace("2025-07-01", "01/07/2025").encode(), ("/lines/2/effective_date", "bad_date")),
        (
            GOOD.replace("412,,dissolved,2025-07-01", "412,,dissolved,2025-07-02").encode(),
            ("/lines/5/effective_date", "other_date"),
        ),
        (GOOD.encode("utf-16"), ("/lines/1", "not_utf8")),
        (GOOD.replace("16714,16714,moved", "TH-17509-1,16714,merged").encode(), ("/lines/4/old_code", "outside_act")),
        (
            GOOD.replace("16714,16714,moved,2025-07-01,,,40", "16714,16714,moved,2025-07-01,,,17510").encode(),
            ("/lines/4/new_parent_code", "parent_level"),
        ),
    ],
)
async def test_what_is_wrong_is_told_by_line_and_changes_nothing(
    coordinator: Api, content: bytes, fault: tuple[str, str]
) -> None:
    answer = await sent(coordinator, content)
    assert answer.status_code == 422, answer.text
    assert fault in codes(answer)
    assert (await unit(coordinator, "17509"))["name"] == "Xã Mã Thành"
    assert (await coordinator.get("/reorganisations")).json()["items"] == []


async def test_ten_thousand_faults_are_told_in_part(coordinator: Api) -> None:
    lines = "".join(f"{n},,dissolved,2025-07-01,,,\n" for n in range(50_000, 60_000))
    answer = await sent(coordinator, (HEAD + lines).encode())
    assert answer.status_code == 422
    assert 0 < len(codes(answer)) <= 1_000


@pytest.mark.parametrize("day", ["1900-01-01", "2024-01-01"])
async def test_a_day_before_the_tree_began_is_refused(coordinator: Api, day: str) -> None:
    answer = await coordinator.post("/reorganisations", act(effective_on=day))
    assert ("/changes/0/old_code", "not_after_current") in codes(answer)


async def test_a_code_too_short_may_have_lost_its_zero(coordinator: Api) -> None:
    """Nobody bears it with zeros before it either: its length alone tells."""
    answer = await sent(coordinator, GOOD.replace("17509,17510", "1681,1751").encode())
    said = {error["pointer"]: error["message"] for error in answer.json()["errors"]}
    assert said["/lines/2/old_code"] == (
        "Không có đơn vị mang mã 1681; mã chỉ có 4 chữ số, có thể bảng tính đã bỏ số 0 ở đầu"
    )
    answer = await sent(coordinator, GOOD.replace("17510,17510,merged", "17510,1751,merged").encode())
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/lines/3/new_code", "unknown_successor")
    assert "mã chỉ có 4 chữ số" in error["message"]


async def test_a_header_says_what_is_needed_and_what_may_be_added(coordinator: Api) -> None:
    answer = await sent(coordinator, GOOD.replace("old_code", "ma_cu").encode())
    assert answer.json()["errors"][0]["message"] == (
        "Dòng tiêu đề phải có: old_code,new_code,kind,effective_date;"
        " có thể thêm: new_name,new_type,new_parent_code,primary,base_units"
    )


async def test_a_unit_that_has_ended_is_named_with_who_carries_on(coordinator: Api) -> None:
    assert (await sent(coordinator, GOOD.encode())).status_code == 201
    answer = await sent(coordinator, GOOD.replace("2025-07-01", "2025-07-02").encode(), decision_number="2/NQ")
    said = {error["pointer"]: error["message"] for error in answer.json()["errors"]}
    assert said["/lines/2/old_code"] == ("Xã Mã Thành (17509) đã kết thúc từ 01/07/2025; nay là Xã Thành Mới (17510)")


async def test_a_name_that_tells_another_kind_is_noted(coordinator: Api) -> None:
    content = GOOD.replace("Xã Thành Mới", "Phường Thành Mới")
    sheet = (await sent(coordinator, content.encode(), dry_run="true")).json()
    assert sheet["notes"] == ["17510 Phường Thành Mới: tên ghi là phường, loại ghi là xã; hãy kiểm tra lại"]
    assert (await sent(coordinator, GOOD.encode(), dry_run="true")).json()["notes"] == []
