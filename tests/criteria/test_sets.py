"""Criteria sets over HTTP: drafts, publishing, who may."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.actor import Tx
from app.kernel.ids import new_id
from tests.actors import Api, codes
from tests.builders.units import unit_id
from tests.criteria.documents import SMALL, content, criteria, drafted, owned, published, small

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
def coordinator(as_: As) -> Api:
    """The coordinator of the province."""
    return as_("province", "coordinator")


async def test_a_coordinator_drafts_a_set_and_everyone_reads_it(
    coordinator: Api, as_: As, audit: Callable[..., Any]
) -> None:
    made = await coordinator.made("/criteria-sets", owned())
    assert (made["status"], made["set_version"], made["version"], made["unit"]["code"]) == ("draft", 1, 1, "40")
    assert (made["editable"], made["allowed_actions"]) == (True, [{"action": "publish", "needs_note": False}])
    seen = (await as_("commune_b", "viewer").get(f"/criteria-sets/{made['id']}")).json()
    assert content(seen) == SMALL
    assert list(criteria(seen)) == ["TC1", "TC2", "TC3"]
    assert (seen["editable"], seen["allowed_actions"]) == (False, [])
    assert seen["text_counts"] == {"sourced": 1, "to_be_entered": 1, "proposal": 1}
    (event,) = await audit()
    assert (event.verb, event.after["code"], event.after["groups"][0]["code"]) == (
        "criteria_set.create",
        "BTC-THU",
        "N1",
    )


def routes_of(path: str) -> list[tuple[str, str, Any]]:
    return [
        ("GET", "/criteria-sets", None),
        ("POST", "/criteria-sets", owned()),
        ("GET", path, None),
        ("PUT", path, small()),
        ("PATCH", path, {"title": "x"}),
        ("DELETE", path, None),
        ("POST", f"{path}/transitions", {"action": "publish"}),
        ("POST", f"{path}/versions", None),
        ("GET", f"{path}/map", None),
        ("PUT", f"{path}/map", {"items": []}),
        ("POST", f"/criteria-sets/import?unit={unit_id('province')}", small()),
    ]


async def test_reading_needs_signing_in_and_writing_the_permission(
    coordinator: Api, as_: As, anonymous: Api, audit: Callable[..., Any]
) -> None:
    path = await drafted(coordinator)
    for method, where, body in routes_of(path):
        answer = await anonymous.request(method, where, body, {"If-Match": "*"})
        assert answer.status_code == 401, where
        answer = await as_("province", "approver").request(method, where, body, {"If-Match": "*"})
        assert answer.status_code == (200 if method == "GET" else 403), (method, where)
    assert [event.verb for event in await audit()] == ["criteria_set.create"]


async def test_nobody_drafts_for_a_unit_outside_or_changes_what_others_keep(
    coordinator: Api, system: Tx, as_: As
) -> None:
    outside = await coordinator.post("/criteria-sets", owned("ministry"))
    assert outside.status_code == 404
    absent = await coordinator.post("/criteria-sets", {**owned(), "unit_id": str(new_id())})
    assert absent.status_code == 404
    path = await drafted(coordinator)
    await system.session.execute(
        text("UPDATE criteria_sets SET unit_id = :id, unit_path = (SELECT path FROM units WHERE id = :id)"),
        {"id": unit_id("ministry")},
    )
    for method, where, body in routes_of(path):
        if method != "GET" and where.startswith(path):
            answer = await coordinator.request(method, where, body, {"If-Match": "*"})
            assert (answer.status_code, answer.json()["permission"]) == (403, "criteria.manage"), where
    assert (await coordinator.get(path)).json()["status"] == "draft"


async def test_what_does_not_exist_is_not_found(coordinator: Api) -> None:
    for method, where, body in routes_of(f"/criteria-sets/{new_id()}"):
        if where.count("/") > 1 and "import" not in where:
            answer = await coordinator.request(method, where, body, {"If-Match": "*"})
            assert answer.status_code == 404, (method, where)


def broken(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    body = copy.deepcopy(owned())
    change(body)
    return body


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda b: b.pop("title"), ("/title", "missing")),
        (lambda b: b.update(titel="x"), ("/titel", "extra_forbidden")),
        (lambda b: b.update(recognised_by="ward"), ("/recognised_by", "literal_error")),
        (lambda b: b["pass_rule"].update(minimum=-1), ("/pass_rule/minimum", "greater_than_equal")),
        (lambda b: b["legal_basis"].update(issued_on=20240102), ("/legal_basis/issued_on", "date_parsing")),
        (lambda b: b["applies_to_kinds"].append("village"), ("/applies_to_kinds/2", "unknown_kind")),
        (lambda b: b["applies_to_kinds"].append("ward"), ("/applies_to_kinds/2", "repeated")),
        (lambda b: b["groups"][1].update(code="N1"), ("/groups/1/code", "duplicate_code")),
        (lambda b: b["groups"][1]["criteria"][0].update(code="TC2"), ("/groups/1/criteria/0/code", "duplicate_code")),
        (lambda b: b["groups"][0]["criteria"][0].pop("text_status"), ("/groups/0/criteria/0/text_status", "missing")),
        (lambda b: b["groups"][0]["criteria"][0].update(required=1), ("/groups/0/criteria/0/required", "bool_type")),
        (
            lambda b: b["groups"][1]["criteria"][0].update(threshold="2"),
            ("/groups/1/criteria/0/threshold", "decimal_type"),
        ),
        (
            lambda b: b["groups"][1]["criteria"][0].update(weight=-1),
            ("/groups/1/criteria/0/weight", "greater_than_equal"),
        ),
    ],
)
async def test_bad_input_names_the_place(
    coordinator: Api, change: Callable[[dict[str, Any]], None], fault: tuple[str, str]
) -> None:
    answer = await coordinator.post("/criteria-sets", broken(change))
    assert (answer.status_code, codes(answer)) == (422, [fault])
    assert (await coordinator.get("/criteria-sets")).json()["items"] == []


async def test_groups_do_not_nest_without_end(coordinator: Api) -> None:
    inner: list[Any] = []
    for n in range(6):
        inner = [{"code": f"G{n}", "title": "x", "groups": inner, "criteria": []}]
    answer = await coordinator.post("/criteria-sets", owned(groups=inner))
    assert codes(answer) == [("/groups/0" * 6, "too_deep")]


async def test_a_second_set_of_the_code_is_a_duplicate(coordinator: Api) -> None:
    await drafted(coordinator)
    answer = await coordinator.post("/criteria-sets", owned())
    assert (answer.status_code, codes(answer)) == (409, [("/code", "duplicate")])


async def test_a_draft_is_replaced_whole_and_keeps_what_stays(coordinator: Api, audit: Callable[..., Any]) -> None:
    path = await drafted(coordinator)
    before = (await coordinator.get(path)).json()
    body = small(title="Tên mới", groups=[SMALL["groups"][1], {**SMALL["groups"][0], "groups": []}])
    after = (await coordinator.change("PUT", path, body)).json()
    assert content(after) == body
    assert list(criteria(after)) == ["TC3", "TC1"]
    assert criteria(after)["TC1"]["id"] == criteria(before)["TC1"]["id"]
    assert after["version"] == 2
    event = (await audit())[-1]
    assert (event.verb, event.before["title"], event.after["title"]) == (
        "criteria_set.edit",
        "Bộ tiêu chí thử",
        "Tên mới",
    )


async def test_a_patch_changes_only_what_it_names(coordinator: Api) -> None:
    path = await drafted(coordinator)
    changes = {"pass_rule": {"minimum": 1}, "legal_basis": {"issued_on": None}, "notice": None}
    after = (await coordinator.change("PATCH", path, changes)).json()
    expected = small(notice=None, pass_rule={"kind": "minimum_met", "minimum": 1})
    expected["legal_basis"]["issued_on"] = None
    assert content(after) == expected
    refused = await coordinator.change("PATCH", path, {"title": None, "pass_rule": {"kind": None}})
    assert codes(refused) == [("/title", "string_type"), ("/pass_rule/kind", "literal_error")]
    assert content((await coordinator.get(path)).json()) == expected


async def test_changes_need_the_version_that_was_read(coordinator: Api) -> None:
    path = await drafted(coordinator)
    etag = await coordinator.etag(path)
    missing = await coordinator.request("PATCH", path, {"title": "a"})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert (await coordinator.change("PATCH", path, {"title": "a"}, etag)).status_code == 200
    for method, where, body in (
        ("PUT", path, small()),
        ("PATCH", path, {"title": "b"}),
        ("DELETE", path, None),
        ("POST", f"{path}/transitions", {"action": "publish"}),
    ):
        stale = await coordinator.request(method, where, body, {"If-Match": etag})
        assert (stale.status_code, stale.json()["code"]) == (412, "stale_version"), where
    assert (await coordinator.get(path)).json()["title"] == "a"
    same = await coordinator.get(path, headers={"If-None-Match": await coordinator.etag(path)})
    assert (same.status_code, same.content) == (304, b"")


async def test_a_published_set_never_changes(coordinator: Api, audit: Callable[..., Any]) -> None:
    path = await drafted(coordinator)
    shown = await coordinator.done(path, "publish")
    assert (shown["status"], shown["editable"]) == ("published", False)
    assert shown["published_at"].startswith("2024-07-01T05:00")
    for method, where, body in (
        ("PUT", path, small()),
        ("PATCH", path, {"title": "b"}),
        ("DELETE", path, None),
        ("PUT", f"{path}/map", {"items": []}),
        ("POST", f"{path}/transitions", {"action": "publish"}),
    ):
        answer = await coordinator.request(method, where, body, {"If-Match": "*"})
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_state"), where
    assert content((await coordinator.get(path)).json()) == SMALL
    retired = await coordinator.done(path, "retire")
    assert (retired["status"], retired["allowed_actions"]) == ("retired", [])
    assert (await coordinator.act(path, "retire")).json()["code"] == "invalid_state"
    verbs = [event.verb for event in await audit()]
    assert verbs == ["criteria_set.create", "criteria_set.publish", "criteria_set.retire"]


async def test_a_draft_is_deleted_whole(coordinator: Api, system: Tx, audit: Callable[..., Any]) -> None:
    path = await drafted(coordinator)
    assert (await coordinator.change("DELETE", path)).status_code == 204
    assert (await coordinator.get(path)).status_code == 404
    assert await system.session.scalar(text("SELECT count(*) FROM criteria")) == 0
    event = (await audit())[-1]
    assert (event.verb, event.before["code"], event.after) == ("criteria_set.delete", "BTC-THU", None)


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"groups": []}, [("/groups", "empty")]),
        ({"applies_to_kinds": []}, [("/applies_to_kinds", "empty")]),
        ({"pass_rule": {"kind": "minimum_met", "minimum": None}}, [("/pass_rule/minimum", "missing")]),
        ({"pass_rule": {"kind": "minimum_met", "minimum": 4}}, [("/pass_rule/minimum", "unreachable")]),
        ({"pass_rule": {"kind": "minimum_score", "minimum": 5}}, [("/pass_rule/minimum", "unreachable")]),
        ({"pass_rule": {"kind": "all_required", "minimum": 2}}, [("/pass_rule/minimum", "no_minimum")]),
    ],
)
async def test_an_unfinished_set_is_not_published(
    coordinator: Api, changes: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    path = await drafted(coordinator, **changes)
    answer = await coordinator.act(path, "publish")
    assert (answer.status_code, codes(answer)) == (422, faults)
    assert answer.json()["errors"][0]["in"] == "resource"
    assert (await coordinator.get(path)).json()["status"] == "draft"


@pytest.mark.parametrize(
    ("criterion", "faults"),
    [
        ({"title": None}, [("title", "missing")]),
        ({"measure": "number", "threshold": 5, "comparison": None}, [("comparison", "missing")]),
        ({"measure": "number", "threshold": None, "comparison": "at_most"}, [("threshold", "missing")]),
        ({"measure": "percentage", "threshold": 100.01}, [("threshold", "percentage")]),
        ({"measure": "percentage", "threshold": -1}, [("threshold", "percentage")]),
        ({"measure": "count", "threshold": 1.5}, [("threshold", "count")]),
        ({"measure": "yes_no", "threshold": 1}, [("threshold", "no_threshold")]),
        (
            {"title": None, "measure": "percentage", "threshold": 101},
            [("title", "missing"), ("threshold", "percentage")],
        ),
        ({"measure": "number", "threshold": -3.5}, []),
        ({"measure": "percentage", "threshold": 100}, []),
        ({"measure": "count", "threshold": None, "comparison": None}, []),
    ],
)
async def test_an_unfinished_criterion_is_named(
    coordinator: Api, criterion: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    body = owned()
    body["groups"][1]["criteria"][0].update(criterion)
    path = f"/criteria-sets/{(await coordinator.made('/criteria-sets', body))['id']}"
    answer = await coordinator.act(path, "publish")
    if faults:
        assert codes(answer) == [(f"/groups/1/criteria/0/{name}", code) for name, code in faults]
    else:
        assert answer.status_code == 200


async def test_all_required_needs_something_required(coordinator: Api) -> None:
    body = owned(pass_rule={"kind": "all_required", "minimum": None})
    body["groups"][0]["criteria"][0]["required"] = body["groups"][1]["criteria"][0]["required"] = False
    path = f"/criteria-sets/{(await coordinator.made('/criteria-sets', body))['id']}"
    assert codes(await coordinator.act(path, "publish")) == [("/pass_rule/kind", "none_required")]


async def test_lists_are_filtered_sorted_and_paged(coordinator: Api, as_: As, statements: Any) -> None:
    await published(coordinator)
    await drafted(coordinator, code="A", applies_to_kinds=["school"])
    viewer = as_("commune_a", "viewer")

    async def listed(**parameters: Any) -> list[tuple[str, int]]:
        answer = await viewer.get("/criteria-sets", **parameters)
        assert answer.status_code == 200, answer.text
        return [(item["code"], item["set_version"]) for item in answer.json()["items"]]

    path = f"/criteria-sets/{(await coordinator.get('/criteria-sets', code='BTC-THU')).json()['items'][0]['id']}"
    assert (await coordinator.post(f"{path}/versions")).status_code == 201
    statements.seen.clear()
    assert await listed(include_total="true") == [("A", 1), ("BTC-THU", 1), ("BTC-THU", 2)]
    assert len(statements.seen) <= 3
    assert await listed(sort="-set_version") == [("BTC-THU", 2), ("BTC-THU", 1), ("A", 1)]
    assert await listed(status="draft") == [("A", 1), ("BTC-THU", 2)]
    assert await listed(kind="ward") == [("BTC-THU", 1), ("BTC-THU", 2)]
    assert await listed(unit=str(unit_id("province")), code="A") == [("A", 1)]
    assert await listed(under=str(unit_id("district_vinh"))) == []
    first = (await viewer.get("/criteria-sets", limit=2)).json()
    assert first["items"][0]["notice"] == SMALL["notice"]
    assert await listed(limit=2, cursor=first["next_cursor"]) == [("BTC-THU", 2)]
    statements.seen.clear()
    await viewer.get(path)
    assert len(statements.seen) <= 4


async def test_the_database_itself_keeps_published_sets(coordinator: Api, system: Tx) -> None:
    await published(coordinator)
    for statement in ("UPDATE criteria SET title = 'x'", "DELETE FROM criteria_groups", "DELETE FROM criteria_sets"):
        assert (await system.session.execute(text(statement))).rowcount == 0, statement
    with pytest.raises(DBAPIError, match="never changes"):
        await system.session.execute(text("UPDATE criteria_sets SET title = 'x'"))
