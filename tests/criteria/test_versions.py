"""The next version and its map; the sets that ship; a set as a value."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.criteria import queries
from app.criteria.passrule import passes
from app.criteria.shipped import load_shipped
from app.kernel.errors import NotFound
from app.kernel.ids import new_id
from tests.actors import Api, codes
from tests.builders.units import ref
from tests.criteria.documents import content, criteria, drafted, published, small

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
def coordinator(as_: As) -> Api:
    """The coordinator of the province."""
    return as_("province", "coordinator")


async def next_of(coordinator: Api, path: str) -> dict[str, Any]:
    """The next version of the set at ``path``."""
    return await coordinator.made(f"{path}/versions", None)


async def test_the_next_version_is_a_mapped_copy(coordinator: Api, audit: Callable[..., Any]) -> None:
    path = await published(coordinator)
    first = (await coordinator.get(path)).json()
    second = await next_of(coordinator, path)
    assert (second["set_version"], second["status"], second["previous_id"]) == (2, "draft", first["id"])
    assert content(second) == content(first)
    ids = {c["id"] for answer in (first, second) for c in criteria(answer).values()}
    assert len(ids) == 6
    shown = (await coordinator.get(f"/criteria-sets/{second['id']}/map")).json()
    assert shown == {
        "previous_id": first["id"],
        "items": [{"old": code, "new": [code]} for code in ("TC1", "TC2", "TC3")],
        "added": [],
        "version": 1,
    }
    assert (await audit())[-1].after["set_version"] == 2
    assert (await coordinator.get(path)).json() == first


async def test_versions_start_from_published_sets_one_at_a_time(coordinator: Api) -> None:
    path = await drafted(coordinator)
    early = await coordinator.post(f"{path}/versions")
    assert (early.status_code, early.json()["code"]) == (409, "invalid_state")
    await coordinator.done(path, "publish")
    second = await next_of(coordinator, path)
    twice = await coordinator.post(f"{path}/versions")
    assert (twice.status_code, codes(twice)) == (409, [("/code", "duplicate")])
    renamed = await coordinator.change("PUT", f"/criteria-sets/{second['id']}", small(code="OTHER"))
    assert codes(renamed) == [("/code", "fixed")]
    await coordinator.done(f"/criteria-sets/{second['id']}", "publish")
    await coordinator.done(path, "retire")
    assert (await next_of(coordinator, path))["set_version"] == 3


async def test_the_map_is_edited_while_draft(coordinator: Api, as_: As, audit: Callable[..., Any]) -> None:
    path = f"/criteria-sets/{(await next_of(coordinator, await published(coordinator)))['id']}"
    body = small()
    body["groups"][1]["criteria"].append({**body["groups"][1]["criteria"][0], "code": "TC4"})
    assert (await coordinator.change("PUT", path, body)).status_code == 200
    shown = (await coordinator.get(f"{path}/map")).json()
    assert ([i["new"] for i in shown["items"]], shown["added"]) == ([["TC1"], ["TC2"], ["TC3"]], ["TC4"])
    etag = await coordinator.etag(path)
    split = {"items": [{"old": "TC3", "new": ["TC4", "TC3"]}, {"old": "TC1", "new": ["TC1"]}]}
    after = (await coordinator.change("PUT", f"{path}/map", split, etag)).json()
    assert after["items"] == [
        {"old": "TC1", "new": ["TC1"]},
        {"old": "TC2", "new": []},
        {"old": "TC3", "new": ["TC3", "TC4"]},
    ]
    assert after["added"] == ["TC2"]
    assert (await as_("commune_a", "viewer").get(f"{path}/map")).json() == after
    event = (await audit())[-1]
    assert (event.verb, event.before["items"][1]["new"], event.after["items"][1]["new"]) == (
        "criteria_set.map",
        ["TC2"],
        [],
    )
    assert (await coordinator.change("PUT", f"{path}/map", split, etag)).status_code == 412
    assert (await coordinator.request("PUT", f"{path}/map", split)).status_code == 428
    await coordinator.done(path, "publish")
    assert (await coordinator.change("PUT", f"{path}/map", split)).status_code == 409
    assert (await coordinator.get(f"{path}/map")).json()["items"] == after["items"]


async def test_a_wrong_map_names_the_place(coordinator: Api) -> None:
    first = await published(coordinator)
    path = f"/criteria-sets/{(await next_of(coordinator, first))['id']}"
    wrong = {
        "items": [
            {"old": "TC1", "new": ["TC1", "TC9", "TC1"]},
            {"old": "TC8", "new": []},
            {"old": "TC1", "new": []},
        ]
    }
    answer = await coordinator.change("PUT", f"{path}/map", wrong)
    assert (answer.status_code, codes(answer)) == (
        422,
        [
            ("/items/0/new/1", "unknown_criterion"),
            ("/items/0/new/2", "repeated"),
            ("/items/1/old", "unknown_criterion"),
            ("/items/2/old", "repeated"),
        ],
    )
    alone = await drafted(coordinator, code="ALONE")
    answer = await coordinator.change("PUT", f"{alone}/map", {"items": []})
    assert answer.json()["code"] == "invalid_state"
    assert (await coordinator.get(f"{alone}/map")).json()["previous_id"] is None


async def test_what_ships_is_loaded_once_and_says_what_it_is(system: Tx, as_: As, audit: Callable[..., Any]) -> None:
    drafts = await load_shipped(system, ref("province"), publish=False)
    viewer = as_("commune_a", "viewer")
    seen = (await viewer.get("/criteria-sets")).json()["items"]
    assert {(item["code"], item["status"], sum(item["text_counts"].values())) for item in seen} == {
        ("QD9745-XA", "draft", 34),
        ("QD3015-HUYEN", "draft", 32),
        ("QD9745-CQDNCSGD", "draft", 6),
    }
    assert all(item["notice"].startswith("Không phải văn bản chính thức.") for item in seen)
    assert await load_shipped(system, ref("province"), publish=True) == drafts
    events = len(await audit())
    assert await load_shipped(system, ref("province"), publish=True) == drafts
    assert len(await audit()) == events == 6
    published_sets = (await viewer.get("/criteria-sets", status="published", kind="commune")).json()["items"]
    assert [(item["code"], item["text_counts"]["to_be_entered"]) for item in published_sets] == [("QD9745-XA", 32)]


async def test_a_set_as_a_value(coordinator: Api, system: Tx, statements: Any) -> None:
    path = await drafted(coordinator)
    set_id = UUID(path.rpartition("/")[2])
    made = await queries.definition(system.session, set_id)
    assert (made.status, made.recognised_by) == ("draft", "district")
    assert made.applies_to_kinds == {"commune", "ward"}
    assert [(c.code, c.group_code, c.threshold) for c in made.criteria] == [
        ("TC1", "N1", None),
        ("TC2", "N1.1", Decimal("97.5")),
        ("TC3", "N2", 0),
    ]
    assert made.by_code["TC2"] is made.by_id[made.criteria[1].id]
    assert passes(made, {c.id: "met" for c in made.criteria})
    assert not passes(made, {made.by_code["TC1"].id: "met", made.by_code["TC2"].id: "met"})

    # A draft may change, so it is read anew; afterwards one reading serves all.
    await coordinator.change("PATCH", path, {"title": "Tên mới"})
    assert (await queries.definition(system.session, set_id)).title == "Tên mới"
    await coordinator.done(path, "publish")
    kept = await queries.definition(system.session, set_id)
    statements.seen.clear()
    assert await queries.definition(system.session, set_id) is kept
    assert statements.seen == []
    await coordinator.done(path, "retire")
    assert await queries.current_status(system.session, set_id) == "retired"


async def test_what_is_kept_is_bounded(coordinator: Api, system: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_KEPT", {})
    monkeypatch.setattr(queries, "_KEPT_MOST", 2)
    for code in ("A", "B", "C"):
        path = await published(coordinator, code=code)
        await queries.definition(system.session, UUID(path.rpartition("/")[2]))
    assert [made.code for made in queries._KEPT.values()] == ["B", "C"]


async def test_unknown_sets_have_no_value(system: Tx) -> None:
    for ask in (queries.definition, queries.current_status):
        with pytest.raises(NotFound):
            await ask(system.session, new_id())
    assert await system.session.scalar(text("SELECT count(*) FROM criteria_sets")) == 0
