"""Sets of forms: drafts, what a definition may name, publishing for good, versions; which set a campaign uses."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actor import Tx
from app.forms.shipped import load_shipped_form_sets, shipped
from app.forms.soundness import faults
from app.identity.opening import open_as_system
from app.kernel.ids import new_id
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.units import ref, unit_id
from tests.conftest import MovableClock, Statements
from tests.forms.definitions import INDEX, RATE, REGISTERED, TITLE, definition, drafted, form_set, published

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
def coordinator(as_: As) -> Api:
    """The coordinator of the province."""
    return as_("province", "coordinator")


async def test_a_draft_is_made_read_changed_and_deleted(coordinator: Api, audit: Callable[..., Any]) -> None:
    made = await coordinator.made("/form-sets", form_set())
    path = f"/form-sets/{made['id']}"
    assert (made["status"], made["set_version"], made["editable"]) == ("draft", 1, True)
    assert made["definition"]["forms"][0]["tables"][0]["columns"][2]["cell"]["measure"] == "registrations"
    assert [action["action"] for action in made["allowed_actions"]] == ["publish"]
    edited = await coordinator.change("PATCH", path, {"title": "Tên khác", "notice": "Đề xuất"})
    assert (edited.json()["title"], edited.json()["notice"]) == ("Tên khác", "Đề xuất")
    assert (await coordinator.get(path)).json() == edited.json()
    assert (await coordinator.change("DELETE", path)).status_code == 204
    assert (await coordinator.get(path)).status_code == 404
    verbs = [event.verb for event in await audit()]
    assert verbs == ["form_set.create", "form_set.edit", "form_set.delete"]
    assert (await audit())[1].before["title"] == "Bộ biểu mẫu thử"


async def test_everyone_signed_in_reads_and_only_coordinators_write(as_: As, coordinator: Api, anonymous: Api) -> None:
    path = await drafted(coordinator)
    for method, place, body in (("GET", path, None), ("POST", "/form-sets", form_set()), ("GET", "/form-sets", None)):
        assert (await anonymous.request(method, place, body)).status_code == 401
    reader = as_("commune_a", "viewer")
    shown = (await reader.get(path)).json()
    assert (shown["editable"], shown["allowed_actions"]) == (False, [])
    assert (await reader.post("/form-sets", form_set())).status_code == 403
    assert (await reader.change("PATCH", path, {"title": "x"})).status_code == 403
    assert (await reader.change("DELETE", path)).status_code == 403
    assert (await reader.act(path, "publish")).status_code == 403
    assert (await reader.post(f"{path}/versions")).status_code == 403
    assert (await coordinator.get(f"/form-sets/{new_id()}")).status_code == 404
    elsewhere = await coordinator.post("/form-sets", form_set(unit="ministry"))
    assert elsewhere.status_code == 404


async def test_stale_and_missing_versions_are_refused(coordinator: Api) -> None:
    path = await drafted(coordinator)
    assert (await coordinator.request("PATCH", path, {"title": "x"})).status_code == 428
    assert (await coordinator.change("PATCH", path, {"title": "x"}, etag='"9"')).status_code == 412
    assert (await coordinator.act(path, "publish", etag='"9"')).status_code == 412
    assert codes(await coordinator.change("PATCH", path, {"title": None})) == [("/title", "null")]
    assert codes(await coordinator.post("/form-sets", {**form_set(), "sổ": 1}))[0][1] == "extra_forbidden"


async def test_one_set_of_a_code_and_one_draft_at_a_time(coordinator: Api) -> None:
    path = await drafted(coordinator)
    again = await coordinator.post("/form-sets", form_set())
    assert (again.status_code, codes(again)) == (409, [("/code", "duplicate")])
    early = await coordinator.post(f"{path}/versions")
    assert (early.status_code, early.json()["code"]) == (409, "invalid_state")


TABLE = "/definition/forms/0/tables/0"
CELL = REGISTERED["cell"]


def column(**changes: Any) -> dict[str, Any]:
    """A table whose third column is changed."""
    return {"columns": [INDEX, TITLE, {**REGISTERED, **changes}]}


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (column(cell={**CELL, "measure": "dang-ky"}), ("columns/2/cell/measure", "unknown_measure")),
        (column(cell={**CELL, "value": "khong_co"}), ("columns/2/cell/value", "unknown_value")),
        (column(cell={**CELL, "filters": {"mau": "do"}}), ("columns/2/cell/filters/mau", "unknown_filter")),
        (column(cell={**CELL, "filters": {"status": "x"}}), ("columns/2/cell/filters/status", "unknown_word")),
        (column(cell={**CELL, "filters": {"status": ["x"]}}), ("columns/2/cell/filters/status", "unknown_word")),
        (column(title="Năm {nam}"), ("columns/2/title", "unknown_placeholder")),
        (column(kind="text"), ("columns/2/kind", "kind")),
        (column(shows="title"), ("columns/2", "one_of")),
        ({"columns": [INDEX, INDEX]}, ("columns/1/code", "duplicate")),
        ({"columns": [INDEX, RATE]}, ("columns/1/computed/of/0", "unknown_column")),
        ({"columns": [{**INDEX, "shows": "failed", "kind": "text"}]}, ("columns/0/shows", "not_of_rows")),
        ({"rows": {"by": "criterion", "kinds": ["commune"]}}, ("columns/2/cell/measure", "not_of_rows")),
        (
            {"rows": {"by": "criterion", "kinds": ["lang"]}, "columns": [INDEX, TITLE]},
            ("rows/kinds/0", "unknown_kind"),
        ),
        (
            {"rows": {"by": "evaluation", "value": "x", "period": "first_year"}, "columns": [INDEX, TITLE]},
            ("rows/value", "unknown_value"),
        ),
    ],
)
async def test_what_a_definition_names_must_exist(
    coordinator: Api, table: dict[str, Any], fault: tuple[str, str]
) -> None:
    wanted = (f"{TABLE}/{fault[0]}", fault[1])
    refused = await coordinator.post("/form-sets", form_set(**table))
    assert refused.status_code == 422
    assert wanted in codes(refused)
    path = await drafted(coordinator)
    changed = await coordinator.change("PATCH", path, {"definition": definition(**table)})
    assert (changed.status_code, wanted in codes(changed)) == (422, True)


async def test_a_published_set_never_changes(coordinator: Api, connection: AsyncConnection) -> None:
    path = await published(coordinator)
    shown = (await coordinator.get(path)).json()
    assert (shown["status"], shown["editable"]) == ("published", False)
    assert shown["published_at"] is not None
    for answer in (
        await coordinator.change("PATCH", path, {"title": "x"}),
        await coordinator.change("DELETE", path),
        await coordinator.act(path, "publish"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_state")
    await open_as_system(connection)
    with pytest.raises(DBAPIError, match="never changes"):
        await connection.execute(text("UPDATE form_sets SET title = 'x' WHERE id = :id"), {"id": shown["id"]})


async def test_the_next_version_is_a_copy_and_retiring_keeps_the_old_one(
    coordinator: Api, audit: Callable[..., Any]
) -> None:
    path = await published(coordinator)
    first = (await coordinator.get(path)).json()
    second = await coordinator.made(f"{path}/versions", None)
    assert (second["set_version"], second["status"], second["previous_id"]) == (2, "draft", first["id"])
    assert second["definition"] == first["definition"]
    retired = await coordinator.done(path, "retire")
    assert (retired["status"], retired["definition"]) == ("retired", first["definition"])
    assert [event.verb for event in await audit()][-2:] == ["form_set.create", "form_set.retire"]


async def test_lists_page_and_filter_within_few_statements(coordinator: Api, statements: Statements) -> None:
    await published(coordinator, code="MOT")
    await drafted(coordinator, code="HAI")
    statements.seen.clear()
    page = (await coordinator.get("/form-sets", limit="1", include_total="true")).json()
    assert len(statements.seen) <= 4
    assert ([item["code"] for item in page["items"]], page["total"]) == (["HAI"], 2)
    assert "definition" not in page["items"][0]
    rest = (await coordinator.get("/form-sets", limit="1", cursor=page["next_cursor"])).json()
    assert [item["code"] for item in rest["items"]] == ["MOT"]
    found = (await coordinator.get("/form-sets", status="draft", unit=str(unit_id("province")))).json()
    assert [item["code"] for item in found["items"]] == ["HAI"]


# --- the set that ships, and which one a campaign uses --------------------------------------------------------------


def test_the_shipped_set_is_sound_and_says_what_is_a_proposal() -> None:
    (whole,) = shipped()
    assert faults(whole.definition) == []
    forms = whole.definition.forms
    assert [form.number for form in forms] == [1, 2, 3, 4, 5, 6, 7, 8]
    # The plan prints one form, the last; of form 3 it names the topic.
    assert [form.number for form in forms if not form.proposal] == [8]
    assert all("320/KH-UBND" in form.source for form in forms)
    assert "đề xuất" in (whole.notice or "")


async def test_loading_the_shipped_set_again_changes_nothing(system: Tx) -> None:
    first = await load_shipped_form_sets(system, ref("province"))
    assert await load_shipped_form_sets(system, ref("province")) == first
    count = await system.session.scalar(text("SELECT count(*) FROM form_sets WHERE status = 'published'"))
    assert count == 1


async def test_a_campaign_keeps_the_set_that_stood_when_it_opened(
    coordinator: Api, system: Tx, clock: MovableClock
) -> None:
    path = f"/campaigns/{await plan_320(system)}/form-set"
    nothing = await coordinator.get(path)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "no_form_set")
    clock.set("2024-07-02T12:00:00+07:00")
    late = (await published(coordinator, code="SAU")).rpartition("/")[2]
    first = (await coordinator.get(path)).json()
    # None was published in time: the first one published after it, whatever comes later.
    assert (first["form_set"]["id"], first["chosen"], first["version"]) == (late, False, 0)
    clock.set("2024-07-03T12:00:00+07:00")
    await published(coordinator, code="SAU-NUA")
    assert (await coordinator.get(path)).json() == first


async def test_the_newest_set_in_time_of_the_nearest_unit_is_used(
    coordinator: Api, system: Tx, clock: MovableClock
) -> None:
    clock.set("2024-05-01T12:00:00+07:00")
    path = await published(coordinator)
    clock.set("2024-06-01T12:00:00+07:00")
    second = await coordinator.made(f"{path}/versions", None)
    await coordinator.done(f"/form-sets/{second['id']}", "publish")
    await load_shipped_form_sets(system, ref("ministry"))
    clock.set("2024-07-01T12:00:00+07:00")
    campaign = await plan_320(system)
    used = (await coordinator.get(f"/campaigns/{campaign}/form-set")).json()
    assert (used["form_set"]["id"], used["form_set"]["set_version"]) == (second["id"], 2)
    await coordinator.done(f"/form-sets/{second['id']}", "retire")
    assert (await coordinator.get(f"/campaigns/{campaign}/form-set")).json()["form_set"]["id"] == second["id"]


async def test_a_coordinator_chooses_another_published_set(
    as_: As, coordinator: Api, system: Tx, anonymous: Api, audit: Callable[..., Any]
) -> None:
    await published(coordinator, code="MOT")
    other = (await published(coordinator, code="HAI")).rpartition("/")[2]
    draft = (await drafted(coordinator, code="BA")).rpartition("/")[2]
    campaign = f"/campaigns/{await plan_320(system)}"
    path = f"{campaign}/form-set"
    body = {"form_set_id": other}
    assert (await anonymous.get(path)).status_code == 401
    assert (await as_("commune_a", "editor").change("PUT", path, body)).status_code == 403
    assert (await coordinator.request("PUT", path, body)).status_code == 428
    assert (await coordinator.change("PUT", path, body, etag='"7"')).status_code == 412
    unknown = await coordinator.change("PUT", path, {"form_set_id": str(new_id())})
    assert codes(unknown) == [("/form_set_id", "unknown")]
    unpublished = await coordinator.change("PUT", path, {"form_set_id": draft})
    assert codes(unpublished) == [("/form_set_id", "not_published")]
    chosen = (await coordinator.change("PUT", path, body)).json()
    assert (chosen["form_set"]["id"], chosen["chosen"], chosen["version"]) == (other, True, 1)
    assert (await audit())[-1].verb == "campaign.choose_forms"
    again = await coordinator.change("PUT", path, body)
    assert again.json()["version"] == 2
    await coordinator.done(campaign, "close")
    closed = await coordinator.change("PUT", path, body)
    assert (closed.status_code, closed.json()["code"]) == (409, "invalid_state")
