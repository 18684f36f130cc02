"""Attachments over HTTP: who may, what happens, what is refused."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from app.access.actor import Tx
from app.attachments.storage import Storage
from app.directives.models import Directive
from app.kernel.ids import new_id
from tests.actors import Api, codes
from tests.attachments import files
from tests.attachments.scene import PDF, As, attached, upload
from tests.builders import reports
from tests.builders.campaigns import plan_320
from tests.builders.people import user_id
from tests.builders.units import path, unit_id
from tests.evaluations.scene import Scene

pytestmark = pytest.mark.anyio
SHA = hashlib.sha256(PDF[1]).hexdigest()


@pytest.fixture
def scene(as_: As, system: Tx) -> Scene:
    """commune_a under Yên Thành."""
    return Scene(as_, system)


@pytest.fixture
async def evaluation(scene: Scene) -> str:
    """The id of a draft evaluation of commune_a."""
    return (await scene.drafted()).rpartition("/")[2]


async def directive(system: Tx, issued_on: date) -> str:
    """The id of a directive that commune_a issued on that day."""
    values: dict[str, Any] = {"track": "issued_directly", "document_kind": "plan", "number_symbol": "5/KH-CAX"}
    values |= {"title": "Kế hoạch", "issuing_body": "Công an xã", "folded": "ke hoach", "issued_on": issued_on}
    owner = {"unit_id": unit_id("commune_a"), "unit_path": path("commune_a")}
    made = new_id()
    await system.session.execute(insert(Directive), {"id": made, **values, **owner})
    return str(made)


async def test_an_editor_attaches_evidence_and_it_is_recorded(
    as_: As, evaluation: str, audit: Callable[..., Any]
) -> None:
    made = await attached(as_("commune_a", "editor"), evaluation_id=evaluation, title="Biên bản kiểm tra")
    assert (made["file_name"], made["media_type"]) == ("Biên bản số 3.pdf", "application/pdf")
    assert (made["size_bytes"], made["sha256"], made["title"]) == (len(PDF[1]), SHA, "Biên bản kiểm tra")
    assert (made["unit"]["code"], made["version"], made["editable"], made["lock"]) == ("17509", 1, True, None)
    assert made["created_by"] == str(user_id("commune_a", "editor"))
    subject = {"kind": "evaluation", "id": evaluation, "href": f"/api/v1/evaluations/{evaluation}"}
    assert made["subject"] == {**subject, "criterion_id": None, "criterion_code": None}
    event = (await audit())[-1]
    assert (event.verb, event.subject_id) == ("attachment.create", UUID(made["id"]))
    assert (event.after["sha256"], event.after["no_state_secrets"]) == (SHA, True)


async def test_the_download_is_the_file_and_nothing_a_browser_would_run(
    as_: As, evaluation: str, audit: Callable[..., Any]
) -> None:
    made = await attached(as_("commune_a", "editor"), evaluation_id=evaluation)
    reader = as_("district_yen_thanh", "viewer")
    answer = await reader.get(made["content_href"])
    assert (answer.status_code, answer.content) == (200, PDF[1])
    assert answer.headers["etag"] == f'"{SHA}"'
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"bien-ban-so-3.pdf\"; filename*=UTF-8''Bi%C3%AAn%20b%E1%BA%A3n%20s%E1%BB%91%203.pdf"
    )
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-length"] == str(len(PDF[1]))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["cache-control"] == "private, no-store"
    event = (await audit())[-1]
    assert (event.verb, event.actor_id) == ("attachment.read", user_id("district_yen_thanh", "viewer"))
    known = await reader.get(made["content_href"], headers={"If-None-Match": f'"{SHA}"'})
    assert (known.status_code, known.content) == (304, b"")


async def test_anonymous_is_refused_before_the_body_is_read(anonymous: Api) -> None:
    async def never_read() -> Any:
        raise AssertionError("the body was read")
        yield b""

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await anonymous.request("POST", "/attachments", headers=headers, content=never_read())
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (("commune_b", "editor"), 404),
        (("commune_a", "viewer"), 403),
        (("commune_a", "approver"), 403),
        (("district_yen_thanh", "editor"), 403),  # a higher level never edits a lower unit's data
        (("district_vinh", "editor"), 404),
        (("commune_a", "editor"), 201),
    ],
)
async def test_only_the_units_own_editor_attaches_and_deletes(
    app: FastAPI, as_: As, evaluation: str, who: tuple[str, str], status: int
) -> None:
    content = files.pdf(f"only {who}")
    answer = await upload(as_(*who), ("a.pdf", content, "application/pdf"), evaluation_id=evaluation)
    assert answer.status_code == status
    storage: Storage = app.state.evidence
    there = await storage.find(hashlib.sha256(content).hexdigest()) is not None
    assert there == (status == 201), "what may not be attached is not stored either"
    made = await attached(as_("commune_a", "editor"), evaluation_id=evaluation)
    gone = await as_(*who).request("DELETE", f"/attachments/{made['id']}", headers={"If-Match": "*"})
    assert gone.status_code == (204 if status == 201 else status)


async def test_the_robot_of_the_unit_attaches(robot: Api, evaluation: str) -> None:
    assert (await attached(robot, evaluation_id=evaluation))["sha256"] == SHA


async def test_evidence_of_one_criterion(scene: Scene, evaluation: str) -> None:
    rows = (await scene.seen())["results"]
    criterion = next(row["criterion"] for row in rows if row["criterion"]["code"] == "TC2")
    editor = scene.editor
    made = await attached(editor, evaluation_id=evaluation, criterion_id=criterion["id"])
    assert made["subject"]["criterion_code"] == "TC2"
    await attached(editor, evaluation_id=evaluation)  # the same file for the whole, and for the criterion
    found = (await editor.get("/attachments", criterion=criterion["id"])).json()["items"]
    assert [item["id"] for item in found] == [made["id"]]
    foreign = await upload(editor, evaluation_id=evaluation, criterion_id=new_id())
    assert (foreign.status_code, codes(foreign)) == (422, [("/criterion_id", "not_applicable")])


async def test_the_same_content_twice_on_a_record_is_a_duplicate(as_: As, evaluation: str) -> None:
    editor = as_("commune_a", "editor")
    await attached(editor, evaluation_id=evaluation)
    again = await upload(editor, ("Tên khác.pdf", PDF[1], "application/pdf"), evaluation_id=evaluation)
    assert (again.status_code, again.json()["code"], codes(again)) == (409, "duplicate", [("/file", "duplicate")])


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, ("", "missing")),
        ({"evaluation_id": "x"}, ("/evaluation_id", "uuid_parsing")),
        ({"evaluation_id": new_id(), "report_id": new_id()}, ("/report_id", "not_applicable")),
        ({"report_id": new_id(), "criterion_id": new_id()}, ("/criterion_id", "not_applicable")),
        ({"report_id": new_id(), "titel": "x"}, ("/titel", "extra_forbidden")),
        ({"report_id": new_id(), "title": "x" * 301}, ("/title", "string_too_long")),
        ({"report_id": new_id(), "title": "a\nb"}, ("/title", "string_pattern_mismatch")),
        ({"report_id": new_id(), "no_state_secrets": None}, ("/no_state_secrets", "declaration_required")),
        ({"report_id": new_id(), "no_state_secrets": "false"}, ("/no_state_secrets", "declaration_required")),
        ({"report_id": new_id(), "no_state_secrets": "yes"}, ("/no_state_secrets", "literal_error")),
        ({"report_id": new_id(), "file": None}, ("/file", "malformed_form")),
    ],
)
async def test_bad_fields_name_the_place(as_: As, fields: dict[str, Any], fault: tuple[str, str]) -> None:
    file = None if "file" in fields else PDF
    answer = await upload(as_("commune_a", "editor"), file, **{k: v for k, v in fields.items() if k != "file"})
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_a_record_that_is_not_there_is_404(as_: As) -> None:
    for name in ("evaluation", "report", "directive", "activity", "practice", "award"):
        answer = await upload(as_("commune_a", "editor"), PDF, **{f"{name}_id": new_id()})
        assert answer.status_code == 404, name


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (("a.pdf", b""), "empty_file"),
        (("a.pdf", files.EXE), "disguised_type"),
        (("a.exe", files.EXE), "unsupported_file_type"),
        (("a.pdf", files.pdf()[:200]), "damaged_file"),
        (("a.docx", files.with_macro_type()), "macros_refused"),
        (("a.doc", files.OLD_WORD), "legacy_office_refused"),
        (("a.pdf", files.pdf(trailer=b"/Encrypt 9 0 R")), "encrypted_refused"),
        (("a.pdf", files.pdf(extra=b"/OpenAction << /S /JavaScript >>")), "active_content_refused"),
        (("a.docx", files.crowd()), "archive_bomb"),
        (("Kế hoạch (Mật).pdf", files.pdf()), "secrecy_mark"),
        (("a.docx", files.word("TỐI MẬT", "KẾ HOẠCH")), "secrecy_mark"),
        (("a.docx", files.word("Kế hoạch", header="MẬT")), "secrecy_mark"),
    ],
)
async def test_every_refusal_of_a_file_reaches_the_caller_and_nothing_is_stored(
    app: FastAPI, as_: As, evaluation: str, file: tuple[str, bytes], code: str
) -> None:
    editor, content = as_("commune_a", "editor"), file[1]
    answer = await upload(editor, (*file, "application/pdf"), evaluation_id=evaluation)
    assert (answer.status_code, answer.json()["code"], codes(answer)) == (422, code, [("/file", code)])
    storage: Storage = app.state.evidence
    digest = hashlib.sha256(content).hexdigest()
    assert digest == SHA or await storage.find(digest) is None
    assert (await editor.get("/attachments", evaluation=evaluation)).json()["items"] == []
    english = await editor.request(
        "POST",
        "/attachments",
        headers={"Accept-Language": "en"},
        data={"no_state_secrets": "true", "evaluation_id": evaluation},
        files={"file": file},
    )
    assert english.json()["detail"].isascii() or code == "secrecy_mark"


async def test_a_title_with_a_secrecy_mark_is_refused(as_: As, evaluation: str) -> None:
    answer = await upload(as_("commune_a", "editor"), evaluation_id=evaluation, title="Kế hoạch (Tuyệt mật)")
    assert (answer.status_code, codes(answer)) == (422, [("/title", "secrecy_mark")])
    about = await upload(as_("commune_a", "editor"), evaluation_id=evaluation, title="Kế hoạch bảo vệ bí mật nhà nước")
    assert about.status_code == 201


async def test_what_was_handed_in_stays_and_what_was_added_since_may_go(scene: Scene, evaluation: str) -> None:
    editor = scene.editor
    first = await attached(editor, evaluation_id=evaluation)
    draft = await attached(editor, ("b.png", files.png(), "image/png"), evaluation_id=evaluation)
    assert (await editor.change("DELETE", f"/attachments/{draft['id']}")).status_code == 204
    await scene.approver.done(scene.path, "submit")
    late = await upload(editor, ("b.png", files.png(), "image/png"), evaluation_id=evaluation)
    assert (late.status_code, late.json()["code"], late.json()["current_status"]) == (409, "invalid_state", "submitted")
    assert (await editor.get(f"/attachments/{first['id']}")).json()["editable"] is False
    assert (await editor.change("DELETE", f"/attachments/{first['id']}")).json()["code"] == "invalid_state"
    await scene.above.done(scene.path, "return", note="Thiếu ảnh")
    new = await attached(editor, ("b.png", files.png(), "image/png"), evaluation_id=evaluation)
    shown = {item["id"]: item["editable"] for item in (await editor.get("/attachments")).json()["items"]}
    assert shown == {first["id"]: False, new["id"]: True}
    kept = await editor.change("DELETE", f"/attachments/{first['id']}")
    assert (kept.status_code, kept.json()["code"]) == (409, "invalid_state")
    assert (await editor.change("DELETE", f"/attachments/{new['id']}")).status_code == 204


async def test_deleting_needs_the_version_and_is_recorded(as_: As, evaluation: str, audit: Callable[..., Any]) -> None:
    editor = as_("commune_a", "editor")
    at = f"/attachments/{(await attached(editor, evaluation_id=evaluation))['id']}"
    assert (await editor.request("DELETE", at)).status_code == 428
    assert (await editor.change("DELETE", at, etag='"7"')).status_code == 412
    assert (await editor.change("DELETE", at)).status_code == 204
    assert (await editor.get(at)).status_code == 404
    event = (await audit())[-1]
    assert (event.verb, event.before["sha256"], event.after) == ("attachment.delete", SHA, None)


async def test_a_report_locks_its_own_files_and_the_directives_of_its_window(
    as_: As, system: Tx, evaluation: str
) -> None:
    editor, campaign = as_("commune_a", "editor"), await plan_320(system)
    inside, outside = [await directive(system, day) for day in (date(2024, 5, 2), date(2015, 5, 2))]
    of_inside = await attached(editor, directive_id=inside)
    report = await reports.ready(as_, campaign)
    of_report = await attached(editor, report_id=report.rpartition("/")[2])
    await reports.handed_in(as_, report)
    other = ("b.png", files.png(), "image/png")
    locked = await upload(editor, other, directive_id=inside)
    assert (locked.status_code, locked.json()["code"]) == (409, "period_locked")
    assert (await editor.change("DELETE", f"/attachments/{of_inside['id']}")).json()["code"] == "period_locked"
    seen = (await editor.get(f"/attachments/{of_inside['id']}")).json()
    assert (seen["editable"], seen["lock"]["report_id"]) == (False, report.rpartition("/")[2])
    assert (await upload(editor, other, report_id=report.rpartition("/")[2])).json()["code"] == "invalid_state"
    assert (await editor.get(f"/attachments/{of_report['id']}")).json()["editable"] is False
    assert (await upload(editor, other, directive_id=outside)).status_code == 201
    await as_("district_yen_thanh", "approver").done(report, "return", note="Sửa")
    assert (await upload(editor, other, directive_id=inside)).status_code == 201


async def test_a_deleted_draft_takes_its_files_along(scene: Scene, evaluation: str) -> None:
    made = await attached(scene.editor, evaluation_id=evaluation)
    assert (await scene.editor.change("DELETE", scene.path)).status_code == 204
    assert (await scene.editor.get(f"/attachments/{made['id']}")).status_code == 404


async def test_lists_are_fenced_filtered_and_paged(as_: As, system: Tx, evaluation: str, statements: Any) -> None:
    editor = as_("commune_a", "editor")
    document = await directive(system, date(2024, 5, 2))
    first = await attached(editor, evaluation_id=evaluation)
    second = await attached(editor, ("b.png", files.png(), "image/png"), directive_id=document)
    district = as_("district_yen_thanh", "viewer")

    async def ids(caller: Api, **query: Any) -> list[str]:
        return [item["id"] for item in (await caller.get("/attachments", **query)).json()["items"]]

    assert await ids(district) == [first["id"], second["id"]]
    assert await ids(as_("commune_b", "viewer")) == []
    assert await ids(district, directive=document) == [second["id"]]
    assert await ids(district, unit=str(unit_id("commune_b"))) == []
    assert await ids(district, under=str(unit_id("commune_a")), evaluation=evaluation) == [first["id"]]
    assert await ids(district, updated_since="2030-01-01T00:00:00Z") == []
    page = (await district.get("/attachments", limit=1, include_total="true")).json()
    assert (len(page["items"]), page["total"]) == (1, 2)
    assert await ids(district, limit=1, cursor=page["next_cursor"]) == [second["id"]]
    statements.seen.clear()
    await district.get("/attachments", include_total="true")
    assert len(statements.seen) <= 3


async def test_a_lost_object_is_told_as_unavailable(app: FastAPI, as_: As, evaluation: str) -> None:
    made = await attached(as_("commune_a", "editor"), evaluation_id=evaluation)
    storage: Storage = app.state.evidence
    await storage.remove([SHA])
    answer = await as_("commune_a", "viewer").get(made["content_href"])
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert answer.headers["retry-after"]
