"""Directives over HTTP: who may, what happens, what is refused."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from app.directives.kinds import KINDS
from app.directives.models import DOCUMENT_KINDS
from app.directives.numbers import number_key
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.people import user_id
from tests.builders.records import DIRECTIVE, directive
from tests.builders.reports import submitted
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
BODY = {"unit_id": str(unit_id("commune_a")), **DIRECTIVE}


async def test_an_editor_records_a_document_and_it_is_logged(as_: As, audit: Callable[..., Any]) -> None:
    made = await directive(as_)
    assert (made["unit"]["code"], made["number_symbol"], made["issued_on"]) == ("17509", "15/KH-UBND", "2024-03-12")
    assert (made["document_kind"], made["document_kind_title"]) == ("plan", "Kế hoạch")
    assert (made["editable"], made["lock"], made["version"]) == (True, None, 1)
    assert made["created_by"] == str(user_id("commune_a", "editor"))
    (event,) = await audit()
    assert (event.verb, event.subject_kind, event.before) == ("directive.create", "directive", None)
    assert event.after == DIRECTIVE | {"note": None}
    assert (await as_("district_yen_thanh", "viewer").get(f"/directives/{made['id']}")).json()["editable"] is False


async def test_every_kind_of_document_has_its_words(as_: As) -> None:
    assert tuple(KINDS) == DOCUMENT_KINDS
    for kind, words in KINDS.items():
        made = await directive(as_, document_kind=kind, number_symbol=f"1/{words.symbol or 'UBND'}-{kind}")
        assert made["document_kind_title"] == words.title


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_b", "editor", 404),
        ("commune_a", "viewer", 403),
        ("commune_a", "approver", 403),
        ("district_yen_thanh", "editor", 403),
        ("commune_a", "editor", 201),
    ],
)
async def test_only_the_units_own_editor_records(as_: As, unit: str, role: str, status: int) -> None:
    assert (await as_(unit, role).post("/directives", BODY)).status_code == status
    listed = (await as_("commune_a", "viewer").get("/directives")).json()["items"]
    assert len(listed) == (status == 201)


async def test_anonymous_is_refused(anonymous: Api) -> None:
    assert (await anonymous.post("/directives", BODY)).status_code == 401
    assert (await anonymous.get("/directives")).status_code == 401


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"track": "both"}, ("/track", "literal_error")),
        ({"document_kind": "plans"}, ("/document_kind", "literal_error")),
        ({"number_symbol": " "}, ("/number_symbol", "string_too_short")),
        ({"number_symbol": "1" * 101}, ("/number_symbol", "string_too_long")),
        ({"title": "a\nb"}, ("/title", "string_pattern_mismatch")),
        ({"issued_on": "12/3/2024"}, ("/issued_on", "date_parsing")),
        ({"issued_on": "2024-07-02"}, ("/issued_on", "in_future")),
        ({"issuing_body": None}, ("/issuing_body", "string_type")),
        ({"secret": True}, ("/secret", "extra_forbidden")),
    ],
)
async def test_bad_input_names_the_place(as_: As, fields: dict[str, Any], fault: tuple[str, str]) -> None:
    answer = await as_("commune_a", "editor").post("/directives", {**BODY, **fields})
    assert (answer.status_code, codes(answer)) == (422, [fault])
    made = await directive(as_)
    if next(iter(fields)) not in {"secret", "issuing_body"}:
        patched = await as_("commune_a", "editor").change("PATCH", f"/directives/{made['id']}", fields)
        assert (patched.status_code, codes(patched)) == (422, [fault])


async def test_a_document_of_today_is_not_of_the_future(as_: As) -> None:
    assert (await directive(as_, issued_on="2024-07-01"))["issued_on"] == "2024-07-01"


@pytest.mark.parametrize(
    "fields",
    [
        {"number_symbol": "05/KH-UBND-M"},
        {"number_symbol": "12/BC(TM)"},
        {"title": "Kế hoạch phòng, chống tội phạm (Mật)"},
        {"title": unicodedata.normalize("NFD", "Độ mật: Tối mật. Kế hoạch phòng, chống tội phạm")},
        {"obliges": "Công an các xã (MẬT)"},
        {"note": "Do mat: Tuyet mat"},
        {"issuing_body": "UBND xã (TUYỆT MẬT)"},
    ],
)
async def test_what_bears_a_secrecy_mark_is_not_stored(as_: As, fields: dict[str, str]) -> None:
    editor, (name,) = as_("commune_a", "editor"), fields
    refused = await editor.post("/directives", {**BODY, **fields})
    assert (refused.status_code, refused.json()["code"]) == (422, "secrecy_mark")
    assert codes(refused) == [(f"/{name}", "secrecy_mark")]
    assert "không được lưu" in refused.json()["errors"][0]["message"]
    made = await directive(as_)
    refused = await editor.change("PATCH", f"/directives/{made['id']}", fields)
    assert (refused.status_code, codes(refused)) == (422, [(f"/{name}", "secrecy_mark")])
    (only,) = (await editor.get("/directives")).json()["items"]
    assert only["version"] == 1


async def test_a_plan_for_keeping_secrets_is_an_ordinary_document(as_: As) -> None:
    made = await directive(as_, title="Kế hoạch bảo vệ bí mật nhà nước năm 2024")
    assert made["title"] == "Kế hoạch bảo vệ bí mật nhà nước năm 2024"


async def test_the_same_number_and_day_is_a_duplicate(as_: As) -> None:
    await directive(as_)
    again = await as_("commune_a", "editor").post("/directives", {**BODY, "number_symbol": " 15/KH-UBND "})
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")
    assert codes(again) == [("/number_symbol", "duplicate")]
    other = await directive(as_, issued_on="2023-03-12")
    moved = await as_("commune_a", "editor").change(
        "PATCH", f"/directives/{other['id']}", {"issued_on": DIRECTIVE["issued_on"]}
    )
    assert (moved.status_code, moved.json()["code"]) == (409, "duplicate")
    await directive(as_, "commune_b")


@pytest.mark.parametrize(
    "spelt", ["15/kh-ubnd", "15 /KH-UBND", "15/ KH - UBND", "015/KH-UBND", "15/KH–UBND", "15/KH\u00a0-UBND."]
)
async def test_another_spelling_is_no_other_document(as_: As, spelt: str) -> None:
    first = await directive(as_)
    editor = as_("commune_a", "editor")
    again = await editor.post("/directives", {**BODY, "number_symbol": spelt})
    assert (again.status_code, codes(again)) == (409, [("/number_symbol", "duplicate")])
    other = await directive(as_, number_symbol="16/KH-UBND")
    moved = await editor.change("PATCH", f"/directives/{other['id']}", {"number_symbol": spelt})
    assert (moved.status_code, codes(moved)) == (409, [("/number_symbol", "duplicate")])
    own = await editor.change("PATCH", f"/directives/{first['id']}", {"number_symbol": spelt})
    assert own.status_code == 200
    assert [
        number_key(found) for found in ("15/KH-UBND", "115/KH-UBND", "15/KH-UBND1", "15/QĐ-UBND", "0/BC", "00")
    ] == [
        "15/KH-UBND",
        "115/KH-UBND",
        "15/KH-UBND1",
        "15/QD-UBND",
        "0/BC",
        "0",
    ]


async def test_changing_needs_the_version_that_was_read(as_: As, audit: Callable[..., Any]) -> None:
    path, editor = f"/directives/{(await directive(as_))['id']}", as_("commune_a", "editor")
    etag = await editor.etag(path)
    assert (await editor.request("PATCH", path, {"note": "a"})).status_code == 428
    changed = await editor.change("PATCH", path, {"note": "a", "track": "issued_directly"}, etag)
    assert (changed.status_code, changed.json()["note"], changed.json()["version"]) == (200, "a", 2)
    stale = await editor.change("PATCH", path, {"note": "b"}, etag)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    event = (await audit())[-1]
    assert (event.verb, event.before) == ("directive.edit", {"note": None, "track": "advised"})
    assert event.after == {"note": "a", "track": "issued_directly"}
    nothing = await editor.change("PATCH", path, {"title": None, "issued_on": None, "obliges": None})
    assert codes(nothing) == [("/issued_on", "null"), ("/title", "null")]


async def test_a_mistake_is_deleted_and_logged(as_: As, audit: Callable[..., Any]) -> None:
    path, editor = f"/directives/{(await directive(as_))['id']}", as_("commune_a", "editor")
    etag = await editor.etag(path)
    assert (await editor.request("DELETE", path)).status_code == 428
    assert (await as_("district_yen_thanh", "editor").change("DELETE", path, etag=etag)).status_code == 403
    assert (await as_("commune_b", "editor").change("DELETE", path, etag=etag)).status_code == 404
    assert (await editor.change("DELETE", path)).status_code == 204
    assert (await editor.get(path)).status_code == 404
    event = (await audit())[-1]
    assert (event.verb, event.before["number_symbol"], event.after) == ("directive.delete", "15/KH-UBND", None)


async def test_what_a_report_has_counted_stays(as_: As, system: Tx) -> None:
    campaign_id = await plan_320(system)
    inside = await directive(as_)
    outside = await directive(as_, issued_on="2022-03-12")
    editor = as_("commune_a", "editor")
    report = await submitted(as_, campaign_id)
    path = f"/directives/{inside['id']}"
    seen = (await editor.get(path, headers={"Accept-Language": "en"})).json()
    assert (seen["editable"], seen["lock"]["code"]) == (False, "period_locked")
    assert seen["lock"]["report_id"] == report.rpartition("/")[2]
    assert seen["lock"]["reason"].startswith("Locked by the report")
    refusals = [
        await editor.change("PATCH", path, {"note": "x"}),
        await editor.change("PATCH", path, {"issued_on": "2022-03-13"}),
        await editor.change("DELETE", path),
        await editor.post("/directives", {**BODY, "number_symbol": "16/KH-UBND"}),
        await editor.change("PATCH", f"/directives/{outside['id']}", {"issued_on": "2024-01-02"}),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in refusals} == {(409, "period_locked")}
    free = await editor.change("PATCH", f"/directives/{outside['id']}", {"note": "x"})
    assert (free.status_code, free.json()["lock"]) == (200, None)
    await directive(as_, "commune_b")
    await as_("district_yen_thanh", "approver").done(report, "return", note="Thiếu văn bản số 16")
    assert (await editor.change("PATCH", path, {"note": "x"})).status_code == 200


async def numbers(caller: Api, **query: Any) -> list[str]:
    """The numbers of the directives that the query finds."""
    answer = await caller.get("/directives", **query)
    assert answer.status_code == 200, answer.text
    return [item["number_symbol"] for item in answer.json()["items"]]


async def test_lists_are_fenced_filtered_and_paged(as_: As, system: Tx) -> None:
    campaign_id = await plan_320(system)
    days = {"1": "2022-11-30", "2": "2023-05-01", "3": "2024-02-01"}
    for unit in ("commune_a", "commune_b", "commune_c"):
        for number, day in days.items():
            await directive(as_, unit, number_symbol=f"{number}/{unit[-1].upper()}", issued_on=day)
    await directive(as_, number_symbol="4/A", track="issued_directly", document_kind="guidance", title="Tổ tự quản")
    province, district = as_("province", "viewer"), as_("district_yen_thanh", "viewer")
    assert await numbers(district) == ["1/A", "2/A", "3/A", "4/A", "1/B", "2/B", "3/B"]
    assert await numbers(as_("commune_b", "viewer")) == ["1/B", "2/B", "3/B"]
    assert await numbers(province, under=str(unit_id("district_vinh"))) == ["1/C", "2/C", "3/C"]
    assert await numbers(province, unit=str(unit_id("commune_b")), year=2023) == ["2/B"]
    assert await numbers(district, campaign=campaign_id, under=str(unit_id("commune_b"))) == ["2/B", "3/B"]
    assert await numbers(district, track="issued_directly") == ["4/A"]
    assert await numbers(district, document_kind="guidance") == ["4/A"]
    assert await numbers(province, issued_from="2023-05-01", issued_to="2024-01-31", sort="-issued_on") != []
    assert set(await numbers(province, issued_from="2023-05-01", issued_to="2024-01-31")) == {"2/A", "2/B", "2/C"}
    assert await numbers(district, q="tu QUAN to") == ["4/A"]
    assert await numbers(district, q="3/b") == ["3/B"]
    assert await numbers(district, q="%") == []
    assert await numbers(district, updated_since="2024-07-02T00:00:00Z") == []
    first = (await district.get("/directives", limit=3, year=2024, include_total="true")).json()
    rest = await numbers(district, limit=3, year=2024, cursor=first["next_cursor"]) if first["next_cursor"] else []
    assert ([item["number_symbol"] for item in first["items"]], rest, first["total"]) == (["3/A", "4/A", "3/B"], [], 3)


async def test_the_search_follows_a_change_and_takes_signs_for_themselves(as_: As) -> None:
    path, editor = f"/directives/{(await directive(as_))['id']}", as_("commune_a", "editor")
    await editor.change("PATCH", path, {"title": "Hướng dẫn tổ tự quản"})
    assert (await numbers(editor, q="tự quản"), await numbers(editor, q="15/kh ubnd huong")) == (["15/KH-UBND"],) * 2
    for absent in ("điển hình", "15_KH", "\\", "%%"):
        assert await numbers(editor, q=absent) == [], absent
    assert (await editor.get("/directives", q="a\x00")).status_code in {200, 422}


async def test_unknown_and_impossible_filters_are_refused(as_: As) -> None:
    editor = as_("commune_a", "editor")
    assert codes(await editor.get("/directives", trakc="advised")) == [("/trakc", "extra_forbidden")]
    assert codes(await editor.get("/directives", year="0")) == [("/year", "greater_than_equal")]
    assert await numbers(editor, campaign=str(unit_id("commune_a"))) == []


async def test_a_simple_request_takes_few_statements(as_: As, statements: Any) -> None:
    for number in range(3):
        made = await directive(as_, number_symbol=f"{number}/KH")
    statements.seen.clear()
    await as_("commune_a", "editor").get(f"/directives/{made['id']}")
    assert len(statements.seen) <= 2
    statements.seen.clear()
    await as_("commune_a", "editor").get("/directives", include_total="true")
    assert len(statements.seen) <= 3
