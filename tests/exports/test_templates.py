"""Templates of documents over HTTP: installed, tried, refused by name of the fault, and which of them serves whom."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.access.actor import Tx
from app.exports.files import MEDIA_TYPES
from app.exports.service import template_for
from app.exports.shipped import shipped_template
from tests.actors import Api, codes
from tests.builders.people import also, user_id
from tests.builders.units import path, unit_id
from tests.conftest import Statements
from tests.exports.papers import changed, opened, put, swap, texts, with_text

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
DOCX = MEDIA_TYPES["docx"]
REPORT = shipped_template("report")
OWN = with_text(REPORT, "Mẫu của huyện: {{ issuing_body }}")


@pytest.fixture(autouse=True)
async def coordinators(system: Tx) -> None:
    """The districts' administrators coordinate, too."""
    for unit in ("district_yen_thanh", "district_vinh"):
        await also(system.session, unit, "administrator", "coordinator")


def coordinator_of(unit: str) -> str:
    """The role under which the unit's coordinator signs in."""
    return "coordinator" if unit == "province" else "administrator"


async def send(
    caller: Api, method: str, address: str, content: bytes = OWN, headers: dict[str, str] | None = None
) -> httpx.Response:
    """A request whose body is a file."""
    return await caller.request(method, address, None, {"Content-Type": DOCX, **(headers or {})}, content=content)


async def install(caller: Api, unit: str = "district_yen_thanh", content: bytes = OWN, code: str = "report") -> Any:
    """POST a template."""
    return await send(caller, "POST", f"/document-templates?unit={unit_id(unit)}&code={code}&name=Mẫu 1.docx", content)


async def installed(as_: As, unit: str = "district_yen_thanh", content: bytes = OWN) -> dict[str, Any]:
    """A template that is installed at ``unit``."""
    answer = await install(as_(unit, coordinator_of(unit)), unit, content)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_coordinator_installs_a_template_and_it_is_recorded(as_: As, audit: Callable[..., Any]) -> None:
    made = await installed(as_)
    assert (made["code"], made["name"], made["version"], made["size"]) == ("report", "Mẫu 1.docx", 1, len(OWN))
    assert (made["unit"]["code"], made["editable"]) == ("426", True)
    (event,) = await audit()
    assert (event.verb, event.actor_id) == ("document_template.install", user_id("district_yen_thanh", "administrator"))
    assert event.after == {"code": "report", "name": "Mẫu 1.docx", "sha256": made["sha256"]}


async def test_everyone_signed_in_reads_and_downloads_it(as_: As, anonymous: Api) -> None:
    address = f"/document-templates/{(await installed(as_))['id']}"
    answer = await as_("commune_c", "viewer").get(address, format="docx")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, DOCX, OWN)
    assert "filename*=UTF-8''M%E1%BA%ABu%201.docx" in answer.headers["content-disposition"]
    assert (await as_("commune_c", "viewer").get(address)).json()["editable"] is False
    assert (await anonymous.get(address)).status_code == 401
    assert (await install(anonymous)).status_code == 401


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("district_vinh", "administrator", 404),
        ("district_yen_thanh", "editor", 403),
        ("province", "coordinator", 201),
        ("district_yen_thanh", "administrator", 201),
    ],
)
async def test_only_coordinators_of_the_unit_or_above_install(as_: As, unit: str, role: str, status: int) -> None:
    assert (await install(as_(unit, role))).status_code == status


async def test_strangers_neither_replace_nor_remove(as_: As) -> None:
    address = f"/document-templates/{(await installed(as_))['id']}"
    for unit, role in (("district_vinh", "administrator"), ("commune_a", "editor")):
        caller = as_(unit, role)
        assert (await send(caller, "PUT", address, headers={"If-Match": "*"})).status_code == 403
        assert (await caller.request("DELETE", address, None, {"If-Match": "*"})).status_code == 403


async def test_one_template_of_a_kind_per_unit(as_: As) -> None:
    await installed(as_)
    answer = await install(as_("district_yen_thanh", "administrator"))
    assert (answer.status_code, codes(answer)) == (409, [("/code", "duplicate")])
    other = await install(
        as_("district_yen_thanh", "administrator"), content=shipped_template("award_list"), code="award_list"
    )
    assert other.status_code == 201


async def test_replacing_needs_the_version_and_counts_it_up(as_: As, audit: Callable[..., Any]) -> None:
    caller = as_("district_yen_thanh", "administrator")
    made = await installed(as_)
    address = f"/document-templates/{made['id']}"
    assert (await send(caller, "PUT", address)).status_code == 428
    assert (await send(caller, "PUT", address, headers={"If-Match": '"7"'})).status_code == 412
    etag = await caller.etag(address)
    answer = await send(caller, "PUT", f"{address}?name=Mẫu 2.docx", REPORT, {"If-Match": etag})
    assert (answer.status_code, answer.json()["version"], answer.json()["name"]) == (200, 2, "Mẫu 2.docx")
    assert (await caller.get(address, format="docx")).content == REPORT
    event = (await audit())[-1]
    assert (event.verb, event.before["sha256"], event.after["name"]) == (
        "document_template.replace",
        made["sha256"],
        "Mẫu 2.docx",
    )


async def test_a_bad_file_leaves_the_old_template_in_place(as_: As) -> None:
    caller = as_("district_yen_thanh", "administrator")
    address = f"/document-templates/{(await installed(as_))['id']}"
    answer = await send(caller, "PUT", address, b"x", {"If-Match": "*"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_template")
    assert (await caller.get(address, format="docx")).content == OWN


async def test_removing_goes_back_to_the_one_above_and_then_to_the_shipped(
    as_: As, system: Tx, audit: Callable[..., Any]
) -> None:
    district = await installed(as_)
    province = await installed(as_, "province", with_text(REPORT, "Mẫu của tỉnh"))

    async def serving(unit: str) -> str:
        return texts(opened(await template_for(system, "report", path(unit))))[-1]

    assert await serving("commune_a") == "Mẫu của huyện: {{ issuing_body }}"
    assert await serving("commune_c") == "Mẫu của tỉnh"
    for unit, made in (("district_yen_thanh", district), ("province", province)):
        caller = as_(unit, coordinator_of(unit))
        assert (await caller.change("DELETE", f"/document-templates/{made['id']}")).status_code == 204
        if unit != "province":
            assert await serving("commune_a") == "Mẫu của tỉnh"
    assert await template_for(system, "report", path("commune_a")) == REPORT
    assert [event.verb for event in await audit()][-1] == "document_template.delete"


async def test_the_template_in_force_can_be_asked_for(as_: As) -> None:
    caller = as_("commune_a", "viewer")
    question: dict[str, Any] = {"unit": str(unit_id("commune_a")), "code": "report"}
    assert (await caller.get("/document-templates/in-force", **question)).json() == {
        "code": "report",
        "shipped": True,
        "template": None,
    }
    made = await installed(as_)
    found = (await caller.get("/document-templates/in-force", **question)).json()
    assert (found["shipped"], found["template"]["id"]) == (False, made["id"])
    assert (await caller.get("/document-templates/in-force", code="report")).status_code == 422


async def test_the_list_is_filtered_and_takes_few_statements(as_: As, statements: Statements) -> None:
    await installed(as_)
    await installed(as_, "province")
    statements.seen.clear()
    answer = await as_("commune_a", "viewer").get("/document-templates", under=str(unit_id("district_yen_thanh")))
    assert [item["unit"]["code"] for item in answer.json()["items"]] == ["426"]
    assert len(statements.seen) <= 6
    everything = await as_("commune_a", "viewer").get("/document-templates", code="report", sort="-updated_at")
    assert len(everything.json()["items"]) == 2
    assert (await as_("commune_a", "viewer").get("/document-templates", code="x")).status_code == 422


async def test_the_shipped_one_and_its_fields_are_there_to_begin_with(as_: As) -> None:
    caller = as_("commune_a", "viewer")
    answer = await caller.get("/document-templates/shipped/report")
    assert (answer.content, answer.headers["content-type"]) == (REPORT, DOCX)
    kinds = {kind["code"]: kind for kind in (await caller.get("/document-templates/shipped")).json()["items"]}
    told = {field["path"]: field for field in kinds["report"]["placeholders"]}
    assert told["sections.title"] == {"path": "sections.title", "meaning": "Tên đề mục", "repeated": False}
    assert told["sections"]["repeated"]
    assert set(kinds) == {"report", "award_list"}
    assert (await caller.get("/document-templates/shipped/letter")).status_code == 422


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("{{ nubmer }}", "unknown_placeholder", "có phải “number”"),
        ("{{ signer.name }}", "unknown_placeholder", "“signer”"),
        ("{% if draft_notice %}{{ sections[0].titel }}{% endif %}", "not_allowed", "Getitem"),
        (
            "{% if false %}{% for s in sections %}{{ s.titel }}{% endfor %}{% endif %}",
            "unknown_placeholder",
            "“title”",
        ),
        ("{{ sections }}", "not_a_value", "danh sách"),
        ("{% for x in number %}{% endfor %}", "not_a_list", "danh sách"),
        ("{% for i in range(99999999) %}x{% endfor %}", "not_allowed", "Call"),
        ("{{ number.__class__.__mro__ }}", "unknown_placeholder", "__class__"),
        ("{{ ''.join([number]) }}", "not_allowed", "Call"),
        ("{{ 'a' * 999999999 }}", "not_allowed", "Mul"),
        ("{% set x = 1 %}", "not_allowed", "Assign"),
        ("{% include 'x' %}", "not_allowed", "Include"),
        ("{{ number|safe }}", "not_allowed", "safe"),
        ("{{ number|pprint }}", "not_allowed", "pprint"),
        ("{{r number }}", "not_allowed", "{{r"),
        ("{{ number ", "broken_placeholder", "dấu “{{”"),
        ("number }}", "broken_placeholder", "dấu “}}”"),
        ("{{ number | }}", "broken_placeholder", "cú pháp"),
        ("{% if number %}", "broken_placeholder", "cú pháp"),
        ("{% for a in sections %}" * 4 + "{% endfor %}" * 4, "not_allowed", "lồng nhau"),
    ],
)
async def test_a_broken_placeholder_is_named_with_its_place(as_: As, line: str, code: str, said: str) -> None:
    answer = await install(as_("district_yen_thanh", "administrator"), content=with_text(REPORT, "Trước", line))
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_template")
    fault = answer.json()["errors"][0]
    assert fault["code"] == code, answer.text
    assert fault["pointer"].startswith("/body/paragraphs/")
    assert said in fault["message"]
    assert "Thân văn bản, đoạn" in fault["message"]


async def test_a_fault_in_the_header_says_so(as_: As) -> None:
    answer = await install(
        as_("district_yen_thanh", "administrator"), content=with_text(REPORT, header="{{ so_van_ban }}")
    )
    assert [(p.rpartition("/")[0], code) for p, code in codes(answer)] == [
        ("/header/paragraphs", "unknown_placeholder")
    ]


async def test_loops_that_cut_through_a_table_are_refused(as_: As) -> None:
    def cut(found: dict[str, bytes]) -> None:
        row = b"<w:tr><w:tc><w:p><w:r><w:t>{% for s in sections %}</w:t></w:r></w:p></w:tc></w:tr>"
        table = b"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid>" + row + b"</w:tbl>"
        end = b"<w:p><w:r><w:t>{% endfor %}</w:t></w:r></w:p><w:sectPr"
        found["word/document.xml"] = found["word/document.xml"].replace(b"<w:sectPr", table + end, 1)

    answer = await install(as_("district_yen_thanh", "administrator"), content=changed(REPORT, cut))
    assert (answer.status_code, codes(answer)) == (422, [("/body", "template_fails")])


TYPES, RELATIONS, BODY = "[Content_Types].xml", "word/_rels/document.xml.rels", "word/document.xml"
LINK = b'<Relationship Id="rX" Type="http://x/attachedTemplate" Target="http://evil/x.dotm" TargetMode="External"/>'
FIELD = b"<w:p><w:r><w:instrText>%s</w:instrText></w:r></w:p><w:sectPr"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_docx"),
        (b"{}", "not_docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted"),
        (REPORT[:-200], "not_docx"),
        (changed(REPORT, put("word/vbaProject.bin", b"x")), "macros"),
        (changed(REPORT, swap(TYPES, b"wordprocessingml.document.main+xml", b"x.macroEnabled.main+xml")), "macros"),
        (changed(REPORT, swap(TYPES, b"wordprocessingml.document.main", b"spreadsheetml.sheet.main")), "not_docx"),
        (changed(REPORT, put("word/embeddings/oleObject1.bin", b"x")), "embedded_objects"),
        (changed(REPORT, swap(RELATIONS, b"</Relationships>", LINK + b"</Relationships>")), "external_link"),
        (
            changed(REPORT, swap(BODY, b"<w:sectPr", FIELD % b'INCLUDEPICTURE "http://evil/x.png"')),
            "external_link",
        ),
        (changed(REPORT, swap(BODY, b"<w:sectPr", FIELD % b"PAGE {{ number }}")), "hidden_placeholder"),
        (changed(REPORT, put(BODY, b"<w:document")), "not_docx"),
        (changed(REPORT, put(BODY, b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')), "not_docx"),
        (changed(REPORT, put("word/media/image1.png", bytes(21_000_000))), "too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_file_that_may_not_be_opened_is_refused_by_name_of_the_reason(
    as_: As, content: bytes, code: str
) -> None:
    answer = await install(as_("district_yen_thanh", "administrator"), content=content)
    assert (answer.status_code, codes(answer)) == (422, [("", code)]), answer.text


async def test_too_large_a_body_and_another_type_are_refused_at_the_door(as_: As) -> None:
    caller = as_("district_yen_thanh", "administrator")
    assert (await install(caller, content=bytes(2_000_001))).status_code == 413
    address = f"/document-templates?unit={unit_id('district_yen_thanh')}&code=report"
    answer = await send(caller, "POST", address, headers={"Content-Type": "application/pdf"})
    assert (answer.status_code, answer.headers["accept"]) == (415, DOCX)
