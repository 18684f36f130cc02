"""Files of older habits: previewed with what was found, imported only as they were shown."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders.units import unit_id
from tests.submissions.old_letters import tcvn3, vni
from tests.submissions.workbooks import UNIT, cells, ground

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
FILES = Path(__file__).with_name("files")


def body(campaign: str, content: bytes, **more: Any) -> dict[str, Any]:
    """A file as it travels."""
    encoded = base64.b64encode(content).decode()
    return {"unit_id": UNIT, "campaign_id": campaign, "file_name": "tep.xls", "content": encoded, **more}


async def previewed(who: Api, campaign: str, content: bytes, **more: Any) -> dict[str, Any]:
    """The preview."""
    answer = await who.post("/submissions/files", body(campaign, content, **more))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def confirmed(who: Api, campaign: str, content: bytes, preview: dict[str, Any], **query: Any) -> httpx.Response:
    """The import of what was previewed."""
    sent = body(campaign, content, mapping=preview["mapping"], token=preview["token"])
    return await who.post("/submissions/files/confirmation", sent, params=query)


async def test_an_old_excel_file_in_tcvn3_becomes_directives(as_: As, system: Tx) -> None:
    campaign, clerk = await ground(system), as_("commune_a", "editor")
    content = (FILES / "tcvn3.xls").read_bytes()
    preview = await previewed(clerk, campaign, content)
    assert (preview["file_type"], preview["lines"], preview["fault_count"]) == ("xls", 2, 0), preview["faults"]
    [table] = preview["tables"]
    assert (table["kind"], preview["mapping"][0]["header_row"]) == ("directives", 3)
    title = next(column for column in table["columns"] if column["field"] == "title")
    assert (title["encoding"], title["header"]) == ("tcvn3", "Trích yếu nội dung")
    assert title["samples"][1]["before"] == tcvn3("Về việc đăng ký đơn vị điển hình ở Đô Lương")
    assert title["samples"][1]["after"] == "Về việc đăng ký đơn vị điển hình ở Đô Lương"
    days = next(column for column in table["columns"] if column["field"] == "issued_on")
    assert (days["holds"], days["samples"][0]["after"]) == ("days", "05/03/2024")
    assert (await clerk.get("/directives", unit=UNIT)).json()["items"] == [], "a preview stores nothing"
    answer = await confirmed(clerk, campaign, content, preview)
    assert answer.status_code == 200, answer.text
    found = (await clerk.get("/directives", unit=UNIT, sort="issued_on")).json()["items"]
    assert [(one["number_symbol"], one["issued_on"]) for one in found] == [
        ("31/KH-UBND", "2024-03-05"),
        ("32/CV-UBND", "2024-04-26"),
    ]
    assert found[1]["title"] == "Về việc đăng ký đơn vị điển hình ở Đô Lương"
    assert found[0]["document_kind"] == "plan"


async def test_an_opendocument_sheet_with_headings_of_its_own(as_: As, system: Tx) -> None:
    campaign, clerk = await ground(system), as_("commune_a", "editor")
    content = (FILES / "tuyen_truyen.ods").read_bytes()
    preview = await previewed(clerk, campaign, content)
    assert (preview["file_type"], preview["tables"][0]["kind"]) == ("ods", "activities")
    assert preview["tables"][0]["missing"] == ["nature"]
    mapping = preview["mapping"]
    mapping[0]["defaults"] = {"nature": "Một hoạt động"}
    preview = await previewed(clerk, campaign, content, mapping=mapping)
    assert (preview["lines"], preview["fault_count"]) == (2, 0), preview["faults"]
    answer = await confirmed(clerk, campaign, content, preview)
    assert answer.json()["summary"]["created"] == 2, answer.text
    school = (await clerk.get("/propaganda-activities", unit=str(unit_id("school_a1")))).json()["items"]
    assert [(one["sessions"], one["people_reached"]) for one in school] == [(2, 450)]


HEADER = ["Số, ký hiệu", "Ngày ban hành", "Trích yếu", "Cơ quan ban hành", "Loại văn bản", "Cách ban hành"]
LINE = ["41/KH-UBND", "26/4/2024", "Kế hoạch ở Đô Lương", "Ủy ban nhân dân xã", "Kế hoạch", "Tham mưu ban hành"]


@pytest.mark.parametrize(
    ("encode", "encoding"),
    [
        (lambda text: tcvn3(text).encode("latin-1"), "tcvn3"),
        (lambda text: vni(text).encode("latin-1"), "vni"),
        (lambda text: text.encode("utf-16"), "unicode"),
        (lambda text: text.encode("utf-8-sig"), "unicode"),
    ],
)
async def test_csv_in_old_and_new_letters(as_: As, system: Tx, encode: Callable[[str], bytes], encoding: str) -> None:
    campaign, clerk = await ground(system), as_("commune_a", "editor")
    content = encode("\r\n".join(";".join(line) for line in (HEADER, LINE)))
    preview = await previewed(clerk, campaign, content)
    assert (preview["file_type"], preview["separator"], preview["fault_count"]) == ("csv", ";", 0), preview["faults"]
    assert preview["mapping"][0]["columns"][2]["encoding"] == encoding
    answer = await confirmed(clerk, campaign, content, preview)
    assert answer.status_code == 200, answer.text
    [found] = (await clerk.get("/directives", unit=UNIT)).json()["items"]
    assert (found["title"], found["issued_on"]) == ("Kế hoạch ở Đô Lương", "2024-04-26")
    assert found["issuing_body"].casefold() == "ủy ban nhân dân xã", "TCVN3 has no capital Ủ: the font makes it"


async def test_only_what_was_previewed_is_taken(as_: As, system: Tx) -> None:
    campaign, clerk = await ground(system), as_("commune_a", "editor")
    content = "\r\n".join(",".join(f'"{cell}"' for cell in line) for line in (HEADER, LINE)).encode()
    preview = await previewed(clerk, campaign, content)
    other_file = await confirmed(clerk, campaign, content.replace(b"41/", b"42/"), preview)
    changed = {**preview, "mapping": [{**preview["mapping"][0], "last_row": 1}]}
    other_mapping = await confirmed(clerk, campaign, content, changed)
    for answer in (other_file, other_mapping):
        assert (answer.status_code, answer.json()["code"]) == (409, "not_previewed"), answer.text
    assert (await clerk.get("/directives", unit=UNIT)).json()["items"] == []


async def test_wrong_cells_of_a_file_are_named_and_nothing_is_taken(as_: As, system: Tx) -> None:
    campaign, clerk = await ground(system), as_("commune_a", "editor")
    lines = [HEADER, LINE, ["42/KH-UBND", "4/26/2024", *LINE[2:]], ["43/KH-UBND", "1/12/2030", *LINE[2:]]]
    content = "\n".join("\t".join(line) for line in lines).encode()
    preview = await previewed(clerk, campaign, content)
    assert [(fault["cell"], fault["code"]) for fault in preview["faults"]] == [("CSV!B3", "not_a_day")]
    answer = await confirmed(clerk, campaign, content, preview)
    assert cells(answer) == [("CSV!B3", "not_a_day"), ("CSV!B4", "in_future")]
    assert (await clerk.get("/directives", unit=UNIT)).json()["items"] == []


async def test_a_bad_mapping_is_refused_by_pointer(as_: As, system: Tx) -> None:
    campaign, clerk = await ground(system), as_("commune_a", "editor")
    mapping = [
        {
            "table": "CSV",
            "kind": "directives",
            "header_row": 1,
            "columns": [{"column": 1, "field": "title"}, {"column": 2, "field": "title"}, {"column": 3, "field": "x"}],
        },
        {"table": "Sheet9", "kind": "awards", "header_row": 1, "columns": []},
    ]
    answer = await clerk.post("/submissions/files", body(campaign, b"a;b;c\n1;2;3", mapping=mapping))
    assert codes(answer) == [
        ("/mapping/0/columns/1/field", "unknown_field"),
        ("/mapping/0/columns/2/field", "unknown_field"),
        ("/mapping/1/table", "unknown_table"),
    ]
    plain = await clerk.post("/submissions/files", {**body(campaign, b"x"), "content": "không phải"})
    assert codes(plain) == [("/content", "not_base64")]


async def test_nobody_imports_for_units_of_others(as_: As, system: Tx) -> None:
    campaign = await ground(system)
    content = b"a;b\n1;2"
    assert (await as_("commune_b", "editor").post("/submissions/files", body(campaign, content))).status_code == 404
    assert (await as_("commune_a", "viewer").post("/submissions/files", body(campaign, content))).status_code == 403
