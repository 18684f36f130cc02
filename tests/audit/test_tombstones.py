"""`updated_since`: what changed, and what is gone."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.audit import tombstones
from app.audit.models import DELETION
from app.audit.service import Subject, record
from app.kernel.ids import new_id
from tests.actors import Api, codes
from tests.attachments.scene import attached
from tests.builders.records import directive
from tests.builders.units import ref, unit_id
from tests.conftest import SYSTEM_SCOPE
from tests.real import Real, real_application

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
BEGINNING = "2024-01-01T00:00:00Z"


async def register(as_: As, unit: str = "commune_a", year: int = 2024) -> dict[str, Any]:
    """A draft registration."""
    return await as_(unit, "editor").made("/registrations", {"unit_id": str(unit_id(unit)), "year": year})


async def delete(as_: As, made: dict[str, Any], unit: str = "commune_a") -> None:
    """Delete a draft registration."""
    assert (await as_(unit, "editor").change("DELETE", f"/registrations/{made['id']}")).status_code == 204


async def since(reader: Api, instant: str = BEGINNING, path: str = "/registrations", **more: Any) -> dict[str, Any]:
    """A page of what changed."""
    answer = await reader.get(path, updated_since=instant, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ids(deleted: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in deleted]


async def test_what_was_deleted_is_told_with_its_instant(as_: As, clock: Any) -> None:
    kept, gone = await register(as_, year=2023), await register(as_)
    clock.set("2024-07-02T08:00:00+07:00")
    await delete(as_, gone)
    found = await since(as_("commune_a", "viewer"))
    assert ids(found["items"]) == [kept["id"]]
    (tombstone,) = found["deleted"]
    assert tombstone["id"] == gone["id"]
    instant = datetime.fromisoformat(tombstone["deleted_at"])
    assert abs(instant - datetime.fromisoformat("2024-07-02T08:00:00+07:00")) < timedelta(minutes=1)


async def test_the_instant_itself_belongs_to_it(as_: As, system: Tx) -> None:
    gone = await register(as_)
    await delete(as_, gone)
    made = await register(as_)
    viewer = as_("commune_a", "viewer")
    at = (await since(viewer))["deleted"][0]["deleted_at"]
    assert ids((await since(viewer, at))["deleted"]) == [gone["id"]]
    after = (datetime.fromisoformat(at) + timedelta(microseconds=1)).isoformat()
    assert (await since(viewer, after))["deleted"] == []
    assert ids((await since(viewer, made["updated_at"]))["items"]) == [made["id"]]


async def test_without_it_nothing_is_told(as_: As) -> None:
    await delete(as_, await register(as_))
    assert "deleted" not in (await as_("commune_a", "viewer").get("/registrations")).json()


async def test_only_the_last_page_tells_and_tells_of_what_went_between(as_: As) -> None:
    made = [await register(as_, year=year) for year in (2021, 2022, 2023)]
    viewer = as_("commune_a", "viewer")
    first = await since(viewer, limit=2)
    assert "deleted" not in first
    await delete(as_, made[0])
    last = await since(viewer, limit=2, cursor=first["next_cursor"])
    assert (last["next_cursor"], ids(last["deleted"])) == (None, [made[0]["id"]])


async def test_only_what_lay_in_the_readers_units_is_told(as_: As) -> None:
    gone = await register(as_, "commune_b")
    await delete(as_, gone, "commune_b")
    assert (await since(as_("commune_a", "viewer")))["deleted"] == []
    for reader in (as_("commune_b", "viewer"), as_("district_yen_thanh", "viewer"), as_("province", "viewer")):
        assert ids((await since(reader))["deleted"]) == [gone["id"]]


async def test_one_kind_tells_nothing_of_another(as_: As) -> None:
    await delete(as_, await register(as_))
    viewer = as_("commune_a", "viewer")
    assert (await since(viewer, path="/directives"))["deleted"] == []
    assert (await since(viewer, path="/reports"))["deleted"] == []


async def test_what_was_made_again_under_its_id_is_not_gone(as_: As) -> None:
    body = {"id": str(new_id()), "unit_id": str(unit_id("commune_a")), "year": 2024}
    editor = as_("commune_a", "editor")
    await editor.made("/registrations", body)
    await delete(as_, body)
    await editor.made("/registrations", body)
    found = await since(as_("commune_a", "viewer"))
    assert (ids(found["items"]), found["deleted"]) == ([body["id"]], [])
    await delete(as_, body)
    assert ids((await since(as_("commune_a", "viewer")))["deleted"]) == [body["id"]]


@pytest.mark.parametrize("kind", sorted(tombstones.CATALOGUES))
async def test_everyone_learns_what_is_gone_from_catalogues(as_: As, system: Tx, kind: str) -> None:
    paths = {
        "award_form": "/award-forms",
        "award_quota": "/award-quotas",
        "campaign": "/campaigns",
        "criteria_set": "/criteria-sets",
        "document_template": "/document-templates",
        "form_set": "/form-sets",
    }
    gone = new_id()
    await record(system, f"{kind}.create", Subject(kind, gone, ref("province")))
    await record(system, f"{kind}.delete", Subject(kind, gone, ref("province")))
    for unit in ("commune_a", "school_a1"):
        found = (await since(as_(unit, "viewer"), path=paths[kind]))["deleted"]
        assert ids(found) == [str(gone)]
        assert found[0].keys() == {"id", "deleted_at"}


async def test_the_way_to_catalogues_leads_to_nothing_else_and_leaves_the_fence_as_it_was(
    as_: As, connection: Any
) -> None:
    gone = await register(as_, "commune_b")
    await delete(as_, gone, "commune_b")
    narrow = "SELECT set_config('role', 'dienhinh_app', true), set_config('app.scope_from', '1', true)"
    await connection.exec_driver_sql(f"{narrow}, set_config('app.scope_to', '2', true)")
    asked = text("SELECT count(*) FROM deleted_catalogue_entries(:kind, '2020-01-01')")
    assert await connection.scalar(asked, {"kind": "registration"}) == 0
    assert await connection.scalar(text("SELECT current_setting('app.scope_from')")) == "1"
    assert await connection.scalar(text("SELECT current_setting('app.scope_to')")) == "2"


async def test_an_instant_too_far_back_is_refused_not_cut_off(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    for year in (2022, 2023):
        await delete(as_, await register(as_, year=year))
    monkeypatch.setattr(tombstones, "MOST", 1)
    answer = await as_("commune_a", "viewer").get("/registrations", updated_since=BEGINNING)
    assert (answer.status_code, codes(answer)) == (422, [("/updated_since", "too_far_back")])


async def test_it_costs_one_statement_in_the_words_of_its_index(as_: As, statements: Any) -> None:
    await register(as_)
    viewer = as_("commune_a", "viewer")
    statements.seen.clear()
    await since(viewer)
    assert len(statements.seen) <= 3
    asked = next(one for one in statements.seen if "audit_events" in one)
    # In the words of the partial index, or the planner cannot know that it serves.
    assert str(DELETION) in asked.replace("%%", "%")


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """Where transactions really end."""
    async with real_application(server_url, new_database, 4) as made:
        yield made


@pytest.mark.real_commits
async def test_files_that_go_with_their_record_are_told_too(real: Real) -> None:
    editor, viewer = real.as_("commune_a", "editor"), real.as_("commune_a", "viewer")
    made = await directive(real.as_)
    files = [(await attached(editor, directive_id=made["id"]))["id"]]
    assert (await editor.change("DELETE", f"/directives/{made['id']}")).status_code == 204
    assert ids((await since(viewer, path="/attachments"))["deleted"]) == files
    async with real.engine.connect() as connection:
        await connection.exec_driver_sql(SYSTEM_SCOPE)
        events = (await connection.execute(text("SELECT * FROM audit_events ORDER BY seq DESC LIMIT 2"))).all()
    assert [event.verb for event in events] == ["attachment.delete", "directive.delete"]
    file, record_ = events
    assert (file.actor_id, file.at, file.request_id) == (record_.actor_id, record_.at, record_.request_id)
    assert (file.before["deleted_with"], file.subject_id) == ("directive", UUID(files[0]))


@pytest.mark.real_commits
async def test_a_file_taken_off_by_itself_is_told_once(real: Real) -> None:
    editor = real.as_("commune_a", "editor")
    made = await directive(real.as_)
    file = await attached(editor, directive_id=made["id"])
    assert (await editor.change("DELETE", f"/attachments/{file['id']}")).status_code == 204
    async with real.engine.connect() as connection:
        await connection.exec_driver_sql(SYSTEM_SCOPE)
        told = await connection.scalar(text("SELECT count(*) FROM audit_events WHERE verb = 'attachment.delete'"))
    assert told == 1
