"""Sets as files: what is exported is read back the same, is safe in a spreadsheet, and faults are named by line."""

import csv
import io
import unicodedata
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.criteria import csvfile
from app.criteria.document import CriteriaSetFile, parse
from app.kernel.errors import Invalid
from tests.actors import Api, codes
from tests.builders.units import unit_id
from tests.criteria.documents import SMALL, content, criteria, drafted, published, small

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
HEADER = ",".join(csvfile.COLUMNS)


@pytest.fixture
def coordinator(as_: As) -> Api:
    """The coordinator of the province."""
    return as_("province", "coordinator")


async def send(who: Api, body: bytes, kind: str, unit: str = "province") -> httpx.Response:
    """POST a file."""
    path = f"/criteria-sets/import?unit={unit_id(unit)}"
    return await who.request("POST", path, headers={"Content-Type": kind}, content=body)


def lines(*more: str) -> bytes:
    """A right file, with more lines."""
    return csvfile.write(parse(CriteriaSetFile, SMALL)) + "".join(f"{line}\r\n" for line in more).encode()


@pytest.mark.parametrize(("form", "kind"), [("json", "application/json"), ("csv", "text/csv; charset=utf-8")])
async def test_what_is_exported_is_imported_the_same(coordinator: Api, as_: As, form: str, kind: str) -> None:
    path = await drafted(coordinator)
    file = await as_("commune_a", "viewer").get(path, format=form)
    assert (file.status_code, file.headers["content-type"]) == (200, kind)
    assert file.headers["content-disposition"] == (
        f'attachment; filename="bo-tieu-chi-btc-thu-v1.{form}";'
        f" filename*=UTF-8''B%E1%BB%99%20ti%C3%AAu%20ch%C3%AD%20BTC-THU%20v1.{form}"
    )
    assert "Không phải văn bản chính thức" in file.text
    assert file.text.count("to_be_entered") == 1
    again = await as_("commune_a", "viewer").get(path, format=form, headers={"If-None-Match": file.headers["etag"]})
    assert again.status_code == 304
    made = await send(coordinator, file.content, kind, "district_vinh")
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/api/v1/criteria-sets/{made.json()['id']}"
    assert (content(made.json()), made.json()["set_version"], made.json()["unit"]["code"]) == (SMALL, 1, "412")


async def test_the_csv_is_safe_to_open_in_a_spreadsheet(coordinator: Api) -> None:
    file = await coordinator.get(await drafted(coordinator), format="csv")
    assert file.content.startswith(b"\xef\xbb\xbfrecord,code,group,title,")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"), newline="")))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    by_code = {(row["record"], row["code"]): row for row in rows}
    assert by_code["criterion", "TC1"]["title"] == "'=Có kế hoạch, được duyệt"
    assert by_code["criterion", "TC2"]["title"] == "''Tỷ lệ hộ dân"
    assert (by_code["criterion", "TC2"]["group"], by_code["criterion", "TC2"]["threshold"]) == ("N1.1", "97.5")
    assert by_code["group", "N1.1"]["group"] == "N1"


async def test_a_file_without_version_becomes_the_next_one(coordinator: Api, audit: Callable[..., Any]) -> None:
    path = await published(coordinator)
    first = (await coordinator.get(path)).json()
    file = (await coordinator.get(path, format="json")).json()
    taken = await coordinator.post(f"/criteria-sets/import?unit={unit_id('province')}", file)
    assert (taken.status_code, codes(taken)) == (409, [("/code", "duplicate")])
    del file["version"]
    file["groups"][1]["criteria"][0]["code"] = "TC9"
    made = await coordinator.made(f"/criteria-sets/import?unit={unit_id('province')}", file)
    assert (made["set_version"], made["previous_id"]) == (2, first["id"])
    shown = (await coordinator.get(f"/criteria-sets/{made['id']}/map")).json()
    assert [(item["old"], item["new"]) for item in shown["items"]] == [
        ("TC1", ["TC1"]),
        ("TC2", ["TC2"]),
        ("TC3", []),
    ]
    assert shown["added"] == ["TC9"]
    assert (await audit())[-1].after["set_version"] == 2


async def test_files_are_refused_where_creating_is(coordinator: Api, as_: As) -> None:
    assert (await send(as_("province", "approver"), lines(), "text/csv")).status_code == 403
    assert (await send(coordinator, lines(), "text/csv", "ministry")).status_code == 404
    xml = await send(coordinator, b"<x/>", "application/xml")
    assert (xml.status_code, xml.headers["accept"]) == (415, "application/json, text/csv")
    put = await coordinator.request("POST", "/criteria-sets", headers={"Content-Type": "text/csv"}, content=lines())
    assert put.status_code == 415
    assert (await coordinator.post("/criteria-sets/import", small())).status_code == 422
    assert (await coordinator.get("/criteria-sets")).json()["items"] == []


async def test_faults_of_json_are_named_by_pointer(coordinator: Api) -> None:
    body = small(colour="red")
    body["groups"][0]["criteria"][0]["measure"] = "metre"
    answer = await coordinator.post(f"/criteria-sets/import?unit={unit_id('province')}", body)
    assert codes(answer) == [("/groups/0/criteria/0/measure", "literal_error"), ("/colour", "extra_forbidden")]
    broken = await send(coordinator, b'{"code": ', "application/json")
    assert broken.json()["code"] == "malformed_json"


# The right file has 19 lines, two of which go on within a cell.
@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("criterion,TC4,N9,x,,yes_no,,,,true,false,1,proposal", [("/lines/20/group", "unknown_group")]),
        ("criterion,TC4,N1,x,,metre,,,,true,false,1,proposal", [("/lines/20/measure", "literal_error")]),
        ("criterion,TC1,N1,x,,yes_no,,,,true,false,1,proposal", [("/lines/20/code", "duplicate_code")]),
        ("criterion,TC4,N1,x,,number,ten,at_most,,true,false,1,proposal", [("/lines/20/threshold", "number")]),
        (
            "criterion,TC4,N1,x,,number,1.23456,at_most,,true,false,1,proposal",
            [("/lines/20/threshold", "decimal_max_places")],
        ),
        ("criterion,TC4,N1,x,,yes_no,,,,maybe,false,1,proposal", [("/lines/20/required", "flag")]),
        ("criterion,TC4,N1,x,,yes_no,,,,true,false,1,", [("/lines/20/text_status", "missing")]),
        ("criterion,TC4,N1,x,,yes_no", [("/lines/20", "wrong_cell_count")]),
        ("group,N3,,,,,,,,,,,", [("/lines/20/title", "string_too_short")]),
        ("group,N3,N7,x,,,,,,,,,", [("/lines/20/group", "unknown_group")]),
        ("set,colour,,red,,,,,,,,,", [("/lines/20/code", "unknown_member")]),
        ("set,title,,x,,,,,,,,,", [("/lines/20/code", "repeated")]),
        ("note,x,,x,,,,,,,,,", [("/lines/20/record", "unknown_record")]),
        ('criterion,TC4,N1,"x,,yes_no', [("/lines/20", "bad_csv")]),
        ("criterion,TC4,N1,x\x00,,yes_no,,,,true,false,1,proposal", [("/lines/20/title", "nul")]),
        (
            "criterion,TC4,N9,x,,yes_no,,,,true,false,1,proposal\r\ngroup,bad code,,x,,,,,,,,,",
            [("/lines/20/group", "unknown_group"), ("/lines/21/code", "string_pattern_mismatch")],
        ),
    ],
)
async def test_faults_of_csv_are_named_by_line(coordinator: Api, line: str, faults: list[tuple[str, str]]) -> None:
    answer = await send(coordinator, lines(line), "text/csv")
    assert (answer.status_code, codes(answer)) == (422, faults)
    assert answer.json()["errors"][0]["message"].startswith("Dòng 20: ")
    assert (await coordinator.get("/criteria-sets")).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", ("/lines/1", "bad_header")),
        (b"code,title\r\n", ("/lines/1", "bad_header")),
        (HEADER.encode() + b"\r\n" + "set,title,,Bộ".encode("utf-16"), ("/lines/2", "not_utf8")),
        (lines().replace(b"group,N1,,", b'group,N1,,"'), ("/lines/13", "bad_csv")),
        (lines().replace(b"minimum_met", b"most"), ("/lines/11/title", "literal_error")),
        (lines().replace(b"commune ward", b"commune village"), ("/lines/9/title", "unknown_kind")),
        (b"\r\n".join(row for row in lines().split(b"\r\n") if b"set,title" not in row), ("/title", "missing")),
    ],
)
async def test_broken_files(coordinator: Api, body: bytes, fault: tuple[str, str]) -> None:
    answer = await send(coordinator, body, "text/csv")
    assert (answer.status_code, codes(answer)) == (422, [fault])


def test_a_spreadsheet_with_decimal_commas_is_understood() -> None:
    rows = list(csv.reader(io.StringIO(lines().decode("utf-8-sig"), newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([[cell.replace("97.5", "97,5") for cell in row] for row in rows])
    assert csvfile.read(b"\xef\xbb\xbf" + out.getvalue().encode()) == parse(CriteriaSetFile, SMALL)


def test_text_in_another_normal_form_is_normalised() -> None:
    decomposed = unicodedata.normalize("NFD", lines().decode())
    assert decomposed.encode() != lines()
    assert csvfile.read(decomposed.encode()).title == "Bộ tiêu chí thử"


def test_a_hostile_file_costs_little() -> None:
    """Ten thousand groups, each below the one before, and a file without end."""
    deep = [f"group,G{n},{f'G{n - 1}' if n else ''},x,,,,,,,,," for n in range(10_000)]
    with pytest.raises(Invalid) as refused:
        csvfile.read(lines(*deep))
    assert (refused.value.errors[0].pointer, refused.value.errors[0].code) == ("/lines/25/group", "too_deep")
    assert len(refused.value.errors) == 100
    with pytest.raises(Invalid) as refused:
        csvfile.read(lines(*["group,G,,x,,,,,,,,,"] * 30_000))
    assert {error.code for error in refused.value.errors} >= {"too_many_lines"}


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]).filter(lambda c: c.isascii() or c in "ộđêỹ＝\u2028"),
    min_size=1,
    max_size=30,
).filter(lambda text: bool(text.strip()))
tricky = st.sampled_from(["=1+1", "'=1", "''", "'", "-", "@x", '"', ",;", "a\nb", "a\r\nb", "a\rb", "\ufeffx", "＝x"])


@given(st.one_of(texts, tricky), st.one_of(texts, tricky), st.decimals(-1000, 1000, places=4), st.booleans())
def test_any_text_comes_back(title: str, description: str, threshold: Any, required: bool) -> None:
    value = small(title=" ".join(title.split()) or "x", notice=description)
    value["groups"][1]["criteria"][0] |= {"description": description, "threshold": threshold, "required": required}
    whole = parse(CriteriaSetFile, value)
    assert csvfile.read(csvfile.write(whole)) == whole


async def test_shipped_texts_say_what_they_are(coordinator: Api) -> None:
    path = await drafted(coordinator)
    seen = criteria((await coordinator.get(path)).json())
    assert [c["text_status"] for c in seen.values()] == ["sourced", "to_be_entered", "proposal"]
