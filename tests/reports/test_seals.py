"""What was submitted stays as it was, whoever looks at it: digest, signatures, and what has changed since."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actor import Tx
from app.directives.models import Directive
from app.forms.answers import AnswerCell, AnswerTable
from app.reports import queries, sealing
from app.reports.figures import forms_of
from app.reports.integrity import CHECKS
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import everything
from tests.builders.records import directive
from tests.builders.reports import accepted, draft, handed_in, ready, submitted, warnings

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
COUNT: dict[str, Any] = {"sections": {"I": "Đã ban hành {{directives.advised}} văn bản."}}


@pytest.fixture
async def plan(system: Tx) -> str:
    """Plan 320, opened, with all catalogues and forms."""
    await everything(system)
    return await plan_320(system)


async def body_of(who: Api, path: str, **which: Any) -> tuple[bytes, dict[str, Any]]:
    """The sealed body as bytes and as JSON."""
    answer = await who.get(f"{path}/seal/body", **which)
    assert answer.status_code == 200, answer.text
    return answer.content, answer.json()


async def diff(who: Api, path: str) -> dict[str, Any]:
    """Sealed against live."""
    answer = await who.get(f"{path}/diff")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_anybody_can_verify_the_digest(as_: As, plan: str, audit: Callable[..., Any]) -> None:
    made = await directive(as_)
    path, viewer = await submitted(as_, plan, **COUNT, number="05/BC-UBND"), as_("commune_a", "viewer")
    seal = (await viewer.get(f"{path}/seal")).json()
    content, body = await body_of(viewer, path)
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (seal["digest"], seal["size"])
    assert rfc8785.dumps(json.loads(content)) == content
    assert (body["report"]["number"], body["sections"]["I"]) == ("05/BC-UBND", "Đã ban hành 1 văn bản.")
    assert body["records"]["directives"] == [[made["id"], 1]]
    assert [form["number"] for form in body["forms"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (seal["sequence"], seal["latest"], seal["algorithm"]) == (1, True, "SHA-256")
    assert (await viewer.get(path)).json()["seal"]["digest"] == seal["digest"]
    event = next(event for event in await audit() if event.verb == "report.submit")
    assert event.after["digest"] == seal["digest"]


async def test_each_level_signs_the_same_digest(as_: As, plan: str) -> None:
    path = await accepted(as_, plan)
    seal = (await as_("commune_a", "viewer").get(f"{path}/seal")).json()
    assert [(s["act"], s["unit"]["code"]) for s in seal["signatures"]] == [("submit", "17509"), ("accept", "426")]
    assert {s["digest"] for s in seal["signatures"]} == {seal["digest"]}
    assert all(s["signer_name"] for s in seal["signatures"])


async def test_every_submission_is_sealed_anew_and_old_seals_stay(as_: As, plan: str) -> None:
    path, editor = await submitted(as_, plan), as_("commune_a", "editor")
    first, _ = await body_of(editor, path)
    await as_("district_yen_thanh", "approver").done(path, "return", note="Sửa")
    assert (await editor.get(path)).json()["seal"] is None
    await editor.change("PATCH", path, {"sections": {"I": "Viết lại"}})
    await handed_in(as_, path)
    second, body = await body_of(editor, path)
    assert (body["sections"]["I"], first != second) == ("Viết lại", True)
    assert (await body_of(editor, path, sequence=1))[0] == first
    old = (await editor.get(f"{path}/seal", sequence=1)).json()
    assert (old["sequence"], old["latest"], len(old["signatures"])) == (1, False, 1)
    assert (await editor.get(f"{path}/seal", sequence=3)).status_code == 404


async def test_a_report_never_submitted_has_no_seal(as_: As, plan: str, anonymous: Api) -> None:
    path = await draft(as_, plan)
    for place in ("seal", "seal/body", "diff"):
        answer = await as_("commune_a", "editor").get(f"{path}/{place}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_sealed")
        assert (await as_("commune_b", "editor").get(f"{path}/{place}")).status_code == 404
        assert (await anonymous.get(f"{path}/{place}")).status_code == 401
    assert codes(await as_("commune_a", "editor").get(f"{path}/seal", sequence=0)) == [
        ("/sequence", "greater_than_equal")
    ]


async def test_a_later_correction_shows_in_the_diff_and_changes_nothing_sealed(as_: As, plan: str) -> None:
    kept, gone = await directive(as_), await directive(as_, number_symbol="16/KH-UBND")
    path, viewer = await ready(as_, plan, "district_yen_thanh", **COUNT), as_("district_yen_thanh", "viewer")
    await handed_in(as_, path, "district_yen_thanh")
    before, _ = await body_of(viewer, path)
    assert (await diff(viewer, path))["unchanged"] is True
    # The district's report locks the district's own records; the commune goes on, and corrects.
    editor = as_("commune_a", "editor")
    assert (await editor.change("DELETE", f"/directives/{gone['id']}")).status_code == 204
    assert (await editor.change("PATCH", f"/directives/{kept['id']}", {"title": "Kế hoạch sửa"})).status_code == 200
    new = await directive(as_, "commune_b")
    third = await directive(as_, "commune_b", number_symbol="17/KH-UBND")
    found = await diff(viewer, path)
    assert found["unchanged"] is False
    assert found["sections"] == [{"code": "I", "sealed": "Đã ban hành 2 văn bản.", "live": "Đã ban hành 3 văn bản."}]
    changes = {
        kind: [(r["id"], r["sealed_version"], r["live_version"]) for r in found["records"][kind]]
        for kind in ("added", "removed", "changed")
    }
    assert changes == {
        "added": sorted([(new["id"], None, 1), (third["id"], None, 1)]),
        "removed": [(gone["id"], 1, None)],
        "changed": [(kept["id"], 1, 2)],
    }
    assert found["records"]["changed"][0]["href"] == f"/api/v1/directives/{kept['id']}"
    assert (await body_of(viewer, path))[0] == before
    assert (await viewer.get(path)).json()["rendered"]["I"] == "Đã ban hành 2 văn bản."


async def test_the_diff_goes_figure_by_figure(as_: As, plan: str) -> None:
    path, viewer = await ready(as_, plan, "district_yen_thanh"), as_("district_yen_thanh", "viewer")
    await handed_in(as_, path, "district_yen_thanh")
    await as_("commune_a", "editor").made(
        "/propaganda-activities",
        {
            "unit_id": (await as_("commune_a", "editor").get("/me")).json()["grants"][0]["unit"]["id"],
            "form": "direct",
            "nature": "event",
            "venue_kind": "commune",
            "date_from": "2024-03-12",
            "title": "Tuyên truyền tại xóm",
            "sessions": 4,
        },
    )
    cells = {cell["address"]: cell for cell in (await diff(viewer, path))["cells"]}
    total = cells["form3.total.sessions"]
    assert (total["sealed"], total["live"], total["difference"], total["form"]) == (0, 4, 4, 3)
    behind = (await viewer.get(total["records"])).json()["items"]
    assert sum(item["value"] for item in behind) == total["live"]
    assert {cell["column"] for cell in cells.values()} == {"sessions", "at_communes", "direct"}


async def test_forms_of_a_standing_report_are_the_sealed_ones(as_: As, plan: str, system: Tx) -> None:
    path = await submitted(as_, plan)
    row = await queries.get(system.session, UUID(path.rpartition("/")[2]))
    sealed = (await sealing.standing(system, row)).forms
    live = (await sealing.snapshot(system, row)).forms
    assert [form.tables for form in sealed] == [[_bare(table) for table in form.tables] for form in live]
    assert {form.generated_at for form in sealed} == {(await sealing.body(system, row.id, None)).sealed_at}


def _bare(table: AnswerTable) -> AnswerTable:
    """A table without the addresses of its records, which are not sealed."""
    rows = [
        replace(row, cells={code: AnswerCell(cell.value) for code, cell in row.cells.items()}) for row in table.rows
    ]
    return replace(table, columns=list(table.columns), rows=rows)


async def test_the_application_can_neither_change_nor_delete_a_seal(
    as_: As, plan: str, connection: AsyncConnection
) -> None:
    await submitted(as_, plan)
    await connection.execute(
        text(
            "SELECT set_config('role', 'dienhinh_app', true), set_config('app.scope_from', '0', true),"
            " set_config('app.scope_to', '~', true), set_config('app.scope_list', '', true)"
        )
    )
    for statement in (
        "UPDATE report_seals SET sections = '{}'",
        "DELETE FROM report_seals",
        "UPDATE report_signatures SET digest = ''",
        "DELETE FROM report_signatures",
    ):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with connection.begin_nested():
                await connection.execute(text(statement))


async def broken(system: Tx) -> set[str]:
    """The integrity checks that find something."""
    return {check.code for check in CHECKS if (await system.session.execute(text(check.rows))).all()}


async def test_tampering_is_found(as_: As, plan: str, system: Tx) -> None:
    await accepted(as_, plan)
    assert await broken(system) == set()
    with pytest.raises(DBAPIError, match="ck_report_seals_digest"):
        async with system.session.begin_nested():
            await as_owner(system, "UPDATE report_seals SET body = body || ' '")
    await as_owner(system, "UPDATE report_seals SET sections = '{}'")
    assert await broken(system) == {"seals.sections"}
    for statement in (
        "ALTER TABLE report_seals DROP CONSTRAINT ck_report_seals_digest",
        "UPDATE report_seals SET body = convert_to(replace(convert_from(body, 'UTF8'), 'quán triệt', 'x'), 'UTF8')",
        "UPDATE report_signatures SET digest = repeat('0', 64) WHERE act = 'accept'",
        "UPDATE reports SET status = 'returned'",
    ):
        await as_owner(system, statement)
    assert await broken(system) == {"seals.digest", "seals.signatures", "reports.lock", "reports.obligation"}


async def as_owner(system: Tx, statement: str) -> None:
    """What only somebody with the database's password can do."""
    connection: Any = system.session._connection  # type: ignore[attr-defined]
    await connection.execute(text("RESET ROLE"))
    await connection.execute(
        text(
            "SELECT set_config('app.scope_from', '0', true), set_config('app.scope_to', '~', true),"
            " set_config('app.scope_list', '', true)"
        )
    )
    await connection.execute(text(statement))


async def test_figures_that_never_stand_still_are_refused(as_: As, plan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await directive(as_)
    path, approver = await ready(as_, plan, "district_yen_thanh"), as_("district_yen_thanh", "approver")
    known = await warnings(approver, path)
    tries: list[int] = []

    async def and_somebody_writes(tx: Tx, *which: Any) -> Any:
        tries.append(1)
        await tx.session.execute(update(Directive).values(version=Directive.version + 1))
        return await forms_of(tx, *which)

    monkeypatch.setattr("app.reports.sealing.forms_of", and_somebody_writes)
    refused = await approver.act(path, "submit", note="x", acknowledged=known)
    assert (refused.status_code, refused.json()["code"], len(tries)) == (409, "busy", 3)
    assert (await approver.get(path)).json()["status"] == "draft"


async def test_a_figure_written_meanwhile_is_read_again(as_: As, plan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await directive(as_)
    path, approver = await ready(as_, plan, "district_yen_thanh"), as_("district_yen_thanh", "approver")
    known = await warnings(approver, path)
    tries: list[int] = []

    async def and_once_somebody_writes(tx: Tx, *which: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            await tx.session.execute(update(Directive).values(version=Directive.version + 1))
        return await forms_of(tx, *which)

    monkeypatch.setattr("app.reports.sealing.forms_of", and_once_somebody_writes)
    await approver.done(path, "submit", note="x", acknowledged=known)
    assert len(tries) == 2
    assert (await body_of(approver, path))[1]["records"]["directives"][0][1] == 2
