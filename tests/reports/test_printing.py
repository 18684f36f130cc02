"""A report's paper and the conference pack, opened again: the words, the figures, the seal, who may have them."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from docx.document import Document as Doc
from openpyxl import load_workbook

from app.access.actor import Tx
from app.exports.fields import paths, sample
from app.exports.files import MEDIA_TYPES
from app.exports.shipped import shipped_template
from app.forms.shipped import load_shipped_form_sets
from app.reports import printing
from tests.actors import Api
from tests.awards.scene import PERSON, Scene, award_scene
from tests.builders.reports import draft, handed_in, ready
from tests.builders.units import ref, unit_id
from tests.exports.papers import disorder, opened, texts, with_text
from tests.statistics.scene import Registered, register

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
HEAD: dict[str, Any] = {
    "number": "5/BC-UBND",
    "place": "Mã Thành",
    "signed_on": "2024-01-05",
    "signer_authority": "TM. ỦY BAN NHÂN DÂN / KT. CHỦ TỊCH",
    "signer_position": "PHÓ CHỦ TỊCH",
    "signer_name": "Nguyễn Văn A",
    "addressees": ["Ủy ban nhân dân huyện Yên Thành"],
    "recipients": ["Như trên;", "- Lưu: VT."],
}
FIGURE = "Đã tổ chức {{form3.total.direct}} buổi; có {{registrations.registered year=2024}} đăng ký."


@pytest.fixture
async def awards(as_: As, system: Tx) -> Scene:
    """Plan 320 open, with award forms and the shipped forms of statistics."""
    await load_shipped_form_sets(system, ref("province"))
    return await award_scene(as_, system)


@pytest.fixture
def campaign(awards: Scene) -> str:
    """Its id."""
    return awards.campaign


async def paper(caller: Api, path: str) -> bytes:
    """The report as a Word document."""
    answer = await caller.get(path, format="docx")
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPES["docx"]), answer.text
    return answer.content


def headers(document: Doc) -> list[str]:
    """What stands in the top margins."""
    section = document.sections[0]
    return [p.text for header in (section.first_page_header, section.header) for p in header.paragraphs if p.text]


async def test_the_paper_says_what_the_report_says(as_: As, campaign: str) -> None:
    path = await ready(as_, campaign, **HEAD, sections={"I": "Đã quán triệt.\n\nĐã triển khai <b>&</b>.", "V": "Tiếp"})
    await as_("commune_a", "editor").made(f"{path}/findings", {"kind": "strength", "text": "Người dân đồng thuận"})
    content = await paper(as_("commune_a", "viewer"), path)
    found = texts(opened(content))
    begun = found.index("Báo cáo")
    assert "Số: 05/BC-UBND" in found[:begun]
    assert "Mã Thành, ngày 05 tháng 01 năm 2024" in found[:begun]
    assert "Kính gửi: Ủy ban nhân dân huyện Yên Thành." in found
    assert next(line for line in found if line.startswith("Thực hiện Kế hoạch số 320/KH-UBND ngày 26/4/2024 của "))
    first = found.index("I. CÔNG TÁC PHỔ BIẾN, QUÁN TRIỆT, TỔ CHỨC TRIỂN KHAI THỰC HIỆN")
    assert found[first + 1 : first + 4] == [
        "Đã quán triệt.",
        "Đã triển khai <b>&</b>.",
        "II. KẾT QUẢ TỔ CHỨC THỰC HIỆN",
    ]
    strengths = found.index("1. Ưu điểm")
    assert found[strengths + 1] == "- Người dân đồng thuận"
    assert found.index("IV. NHẬN XÉT, ĐÁNH GIÁ VÀ BÀI HỌC KINH NGHIỆM") == strengths - 1  # printed numbering jumps
    signed = found.index("TM. ỦY BAN NHÂN DÂN")
    assert found[signed : signed + 4] == ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Nguyễn Văn A"]
    assert {"- Như trên;", "- Lưu: VT."} <= set(found)
    assert disorder(content) == []


async def test_its_annexes_are_the_forms_with_the_same_figures(as_: As, campaign: str) -> None:
    path = await ready(as_, campaign, **HEAD, sections={"I": FIGURE})
    caller = as_("commune_a", "viewer")
    document = opened(await paper(caller, path))
    found = texts(document)
    assert [line for line in found if line.startswith("Phụ lục ")] == [
        f"Phụ lục {number}" for number in ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
    ]
    assert len(document.sections) == 9
    assert any(line.startswith("(Kèm theo Báo cáo số 05/BC-UBND ngày 05 tháng 01 năm 2024 của ") for line in found)
    report = (await caller.get(path)).json()
    assert report["rendered"]["I"] in found
    assert "{{" not in "".join(found)


async def test_a_draft_is_marked_and_a_sealed_one_keeps_its_figures(as_: As, system: Tx, campaign: str) -> None:
    path = await ready(as_, campaign, **HEAD, sections={"I": FIGURE})
    marks = headers(opened(await paper(as_("commune_a", "viewer"), path)))
    assert len([mark for mark in marks if mark.startswith("DỰ THẢO - số liệu lúc ")]) == 2
    submitted = await handed_in(as_, path)
    before = opened(await paper(as_("commune_a", "viewer"), path))
    assert not [mark for mark in headers(before) if "DỰ THẢO" in mark]
    assert before.core_properties.comments == f"SHA-256 {submitted['seal']['digest']}"
    await register(system, Registered("school_a1"))
    after = opened(await paper(as_("commune_a", "viewer"), path))
    assert texts(after) == texts(before)
    assert "Đã tổ chức 0 buổi; có 0 đăng ký." in texts(after)
    await as_("district_yen_thanh", "approver").done(path, "return", note="Bổ sung số liệu")
    assert "Đã tổ chức 0 buổi; có 1 đăng ký." in texts(opened(await paper(as_("commune_a", "viewer"), path)))


async def test_the_office_s_own_template_serves(as_: As, campaign: str) -> None:
    path = await draft(as_, campaign)
    content = with_text(shipped_template("report"), "Mẫu của tỉnh cho {{ issuing_body }}: {{ annexes|length }} phụ lục")
    answer = await as_("province", "coordinator").request(
        "POST",
        f"/document-templates?unit={unit_id('province')}&code=report",
        None,
        {"Content-Type": MEDIA_TYPES["docx"]},
        content=content,
    )
    assert answer.status_code == 201, answer.text
    found = texts(opened(await paper(as_("commune_a", "viewer"), path)))
    assert "Mẫu của tỉnh cho ỦY BAN NHÂN DÂN XÃ MÃ THÀNH: 8 phụ lục" in found


async def test_the_context_is_the_one_templates_are_tried_on(
    as_: As, campaign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    def keep(_template: bytes, context: Any, *_rest: Any, **_more: Any) -> bytes:
        given.append(context)
        return b"PK"

    monkeypatch.setattr(printing, "fill", keep)
    await paper(as_("commune_a", "viewer"), await ready(as_, campaign, **HEAD))
    assert set(paths(given[0])) == set(paths(sample("report")))


async def test_who_may_not_read_the_report_has_no_paper(as_: As, anonymous: Api, campaign: str) -> None:
    path = await draft(as_, campaign)
    assert (await anonymous.get(path, format="docx")).status_code == 401
    assert (await as_("commune_b", "viewer").get(path, format="docx")).status_code == 404
    assert (await as_("commune_a", "viewer").get(path, format="pdf")).status_code == 422


async def pack(caller: Api, campaign: str) -> zipfile.ZipFile:
    """The conference pack."""
    answer = await caller.get(f"/campaigns/{campaign}/conference-pack")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def test_the_pack_holds_everything_and_tells_its_sums(
    as_: As, awards: Scene, campaign: str, audit: Callable[..., Any]
) -> None:
    await ready(as_, campaign, "province", **HEAD)
    await awards.submitted(**{**PERSON, "recipient_name": "Nguyễn Văn B"})
    found = await pack(as_("province", "viewer"), campaign)
    assert found.testzip() is None
    manifest = orjson.loads(found.read("manifest.json"))
    names = [file["name"] for file in manifest["files"]]
    assert names == [
        "1-bao-cao-so-ket.docx",
        "2-bieu-mau-thong-ke.xlsx",
        "3-mo-hinh-cach-lam-hay.docx",
        "3-mo-hinh-cach-lam-hay.xlsx",
        "4-danh-sach-khen-thuong.docx",
        "4-danh-sach-khen-thuong.xlsx",
    ]
    assert set(found.namelist()) == {*names, "manifest.json", "README.txt", "SHA256SUMS"}
    for file in manifest["files"]:
        assert hashlib.sha256(found.read(file["name"])).hexdigest() == file["sha256"]
        assert f"{file['sha256']}  {file['name']}\n" in found.read("SHA256SUMS").decode()
        assert file["name"] in found.read("README.txt").decode("utf-8-sig")
    assert "Số: 05/BC-UBND" in texts(opened(found.read(names[0])))
    book = load_workbook(io.BytesIO(found.read(names[1])))
    assert book.sheetnames == [f"Biểu {number}" for number in range(1, 9)]
    assert "Nguyễn Văn B" in texts(opened(found.read(names[4])))
    assert (await audit())[-1].verb == "award.read"


async def test_without_a_report_the_pack_says_so(as_: As, campaign: str) -> None:
    found = await pack(as_("province", "viewer"), campaign)
    manifest = orjson.loads(found.read("manifest.json"))
    assert manifest["report"] is None
    assert "1-bao-cao-so-ket.docx" not in found.namelist()


async def test_only_who_sees_the_whole_campaign_has_the_pack(as_: As, anonymous: Api, campaign: str) -> None:
    path = f"/campaigns/{campaign}/conference-pack"
    assert (await as_("commune_a", "viewer").get(path)).status_code == 404
    assert (await as_("province", "administrator").get(path)).status_code == 403
    assert (await anonymous.get(path)).status_code == 401
    unknown = f"/campaigns/{unit_id('commune_a')}/conference-pack"
    assert (await as_("province", "viewer").get(unknown)).status_code == 404
