"""The list of proposals as papers: who stands on it, in whose template, and that reading it is put down."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook

from app.awards.shipped import shipped_award_forms
from app.exports.files import MEDIA_TYPES
from app.exports.shipped import shipped_template
from tests.actors import Api, codes
from tests.awards.scene import PERSON, Scene
from tests.builders.units import unit_id
from tests.exports.papers import disorder, opened, texts, with_text

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
PROVINCE = str(unit_id("province"))


@pytest.fixture
async def proposed(scene: Scene) -> Scene:
    """A commune, a person in it and a hostile name proposed; a draft besides."""
    await scene.submitted()
    await scene.submitted(**PERSON)
    await scene.submitted("commune_b", **{**PERSON, "recipient_name": "=1+1 {{ number }} & <b>"})
    await scene.draft("commune_c")
    return scene


async def paper(caller: Api, **query: Any) -> bytes:
    """The list as a Word document."""
    answer = await caller.get("/awards", format="docx", **query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPES["docx"]), answer.text
    return answer.content


async def test_the_word_list_names_those_who_are_proposed(proposed: Scene) -> None:
    content = await paper(proposed.as_("province", "viewer"), under=PROVINCE, campaign=proposed.campaign)
    found = texts(opened(content))
    assert "Ủy ban nhân dân tỉnh Nghệ An" in found
    title = next(form["title"] for form in shipped_award_forms() if form["code"] == "BK-UBND-TINH")
    assert f"I. {title}" in found
    assert {"Nguyễn Văn A", "Trưởng Công an xã, Xã Mã Thành", "=1+1 {{ number }} & <b>"} <= set(found)
    assert "Phường Vinh Tân" not in found
    assert "(Danh sách gồm 1 tập thể, 2 cá nhân)./." in found
    assert disorder(content) == []


async def test_the_workbook_holds_the_same_and_no_formula(proposed: Scene) -> None:
    answer = await proposed.as_("province", "viewer").get("/awards", format="xlsx", under=PROVINCE)
    page = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    cells = [cell for line in page.iter_rows() for cell in line if cell.value is not None]
    assert "=1+1 {{ number }} & <b>" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert [cell.is_date for cell in cells].count(True) == 6
    assert "filename*=UTF-8''Danh%20s%C3%A1ch" in answer.headers["content-disposition"]


async def test_a_state_can_be_asked_for(proposed: Scene) -> None:
    found = texts(opened(await paper(proposed.as_("province", "viewer"), under=PROVINCE, status="draft")))
    assert "(Danh sách gồm 1 tập thể, 0 cá nhân)./." in found


async def test_the_fence_holds_for_files_too(proposed: Scene) -> None:
    neighbour = texts(opened(await paper(proposed.as_("commune_b", "viewer"), under=PROVINCE)))
    assert "Nguyễn Văn A" not in neighbour
    assert "=1+1 {{ number }} & <b>" in neighbour


async def test_reading_the_list_is_put_down(proposed: Scene, audit: Callable[..., Any]) -> None:
    await paper(proposed.as_("province", "viewer"), under=PROVINCE)
    assert [event.verb for event in await audit()][-1] == "award.read"


async def test_the_units_own_template_serves(proposed: Scene) -> None:
    content = with_text(shipped_template("award_list"), "Mẫu riêng của {{ issuing_body }}")
    answer = await proposed.as_("province", "coordinator").request(
        "POST",
        f"/document-templates?unit={PROVINCE}&code=award_list",
        None,
        {"Content-Type": MEDIA_TYPES["docx"]},
        content=content,
    )
    assert answer.status_code == 201
    found = texts(opened(await paper(proposed.as_("commune_a", "viewer"), unit=str(unit_id("commune_a")))))
    assert found[-1] == "Mẫu riêng của Ủy ban nhân dân xã Mã Thành"


async def test_unknown_formats_and_units_are_refused(proposed: Scene, anonymous: Api) -> None:
    caller = proposed.as_("province", "viewer")
    answer = await caller.get("/awards", format="pdf")
    assert (answer.status_code, codes(answer)) == (422, [("/format", "literal_error")])
    assert (await caller.get("/awards", format="docx", unit=proposed.campaign)).status_code == 404
    assert (await anonymous.get("/awards", format="docx")).status_code == 401
