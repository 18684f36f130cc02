"""One bundle: all or nothing, by the rules of every kind, and each item told."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders.submissions import activity, bundle, counts, directive, scene
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
FIGURES = [
    {"indicator": "reports_received", "before_value": 10, "after_value": 8},
    {"indicator": "reports_resolved", "before_value": 9, "after_value": 8},
]


def outcomes(answer: Any) -> dict[str, str]:
    """Outcome by pointer."""
    return {item["pointer"]: item["outcome"] for item in answer.json()["items"]}


@pytest.fixture
async def plan(system: Tx) -> str:
    """The scene; the id of the campaign."""
    return await scene(system)


async def test_a_bundle_stores_everything_a_unit_reports(as_: As, system: Tx, plan: str, audit: Any) -> None:
    before = len(await audit())
    editor = as_("commune_a", "editor")
    sent = bundle(
        campaign="KH320-2024",
        situation_figures=FIGURES,
        report={"number": "05/BC-UBND", "sections": {"II.1": "Đã tuyên truyền tại các xóm."}},
    )
    answer = await editor.post("/submissions", sent)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    none = dict.fromkeys(("updated", "unchanged", "skipped", "failed", "not_stored"), 0)
    assert found["summary"] == {"created": 10, **none}
    assert (found["stored"], found["unit"]["code"]) == (True, "17509")
    for item in found["items"]:
        shown = await editor.get(item["href"])
        assert shown.status_code == 200, item
        assert shown.json()["id"] == item["id"]
    rows = await counts(system)
    assert (rows["registrations"], rows["evaluations"], rows["evaluation_results"]) == (1, 1, 3)
    assert (rows["directives"], rows["propaganda_activities"], rows["situation_figures"]) == (2, 1, 2)
    verbs = [event.verb for event in (await audit())[before:]]
    wanted = ["registration.create", "evaluation.create", "directive.create", "directive.create", "activity.create"]
    wanted += ["figure.create", "figure.create", "practice.create", "report.create", "report.edit"]
    assert sorted(v for v in verbs if not v.startswith("obligation")) == sorted(wanted)


async def test_the_audit_entry_of_an_item_is_that_of_the_single_verb(as_: As, plan: str, audit: Any) -> None:
    editor = as_("commune_a", "editor")
    await editor.post("/submissions", bundle())
    await as_("commune_b", "editor").made("/directives", {"unit_id": str(unit_id("commune_b")), **directive(1)})
    found = [event for event in await audit() if event.verb == "directive.create"]
    assert found[0].after == found[-1].after
    assert (found[0].actor_name, found[0].subject_kind) == ("17509.editor", "directive")


async def test_the_same_bundle_again_changes_nothing(as_: As, system: Tx, plan: str) -> None:
    editor = as_("commune_a", "editor")
    sent = bundle(campaign=plan, situation_figures=FIGURES, report={"sections": {"II.1": "Một"}})
    first = await editor.post("/submissions", sent)
    assert first.status_code == 200, first.text
    before = await counts(system)
    for conflict in ("fail", "skip", "update"):
        again = await editor.post(f"/submissions?on_conflict={conflict}", sent)
        assert again.status_code == 200, again.text
        assert set(outcomes(again).values()) == {"unchanged"}
        assert [i["id"] for i in again.json()["items"]] == [i["id"] for i in first.json()["items"]]
    assert await counts(system) == before


async def test_a_conflict_fails_by_default_and_nothing_is_stored(as_: As, system: Tx, plan: str) -> None:
    editor = as_("commune_a", "editor")
    await editor.post("/submissions", bundle())
    before = await counts(system)
    other = bundle(registrations=[{"year": 2024, "note": "Khác"}], directives=[directive(9)])
    answer = await editor.post("/submissions", other)
    assert answer.status_code == 409
    assert codes(answer) == [("/registrations/0", "duplicate")]
    assert answer.json()["summary"]["not_stored"] == 1
    assert await counts(system) == before


async def test_skip_leaves_what_stands_and_stores_the_rest(as_: As, system: Tx, plan: str) -> None:
    editor = as_("commune_a", "editor")
    first = await editor.post("/submissions", bundle())
    other = bundle(directives=[directive(1, title="Tên khác"), directive(9)])
    answer = await editor.post("/submissions?on_conflict=skip", other)
    assert answer.status_code == 200, answer.text
    told = outcomes(answer)
    assert (told["/directives/0"], told["/directives/1"]) == ("skipped", "created")
    kept = await editor.get(next(i["href"] for i in first.json()["items"] if i["pointer"] == "/directives/0"))
    assert kept.json()["title"] == directive(1)["title"]


async def test_update_changes_by_the_single_verbs(as_: As, system: Tx, plan: str, audit: Any) -> None:
    editor = as_("commune_a", "editor")
    sent = bundle(campaign=plan, situation_figures=FIGURES, report={"number": "1", "sections": {"II.1": "Một"}})
    await editor.post("/submissions", sent)
    seen = len(await audit())
    changed = bundle(
        campaign=plan,
        registrations=[{"year": 2024, "note": "Ghi chú mới"}],
        evaluations=[{"year": 2024, "stage": "forecast", "results": [{"criterion": "TC1", "outcome": "met"}]}],
        directives=[directive(1, title="Tên mới"), directive(2), directive(3)],
        activities=[activity(1, people_reached=120)],
        situation_figures=[
            {"indicator": "reports_resolved", "before_value": 15, "after_value": 14},
            {"indicator": "reports_received", "before_value": 20, "after_value": 18},
        ],
        report={"number": "2", "sections": {"II.1": "Hai", "II.2": "Mới"}},
    )
    answer = await editor.post("/submissions?on_conflict=update", changed)
    assert answer.status_code == 200, answer.text
    told = outcomes(answer)
    assert {pointer for pointer, outcome in told.items() if outcome == "unchanged"} == {
        "/directives/1",
        "/good_practices/0",
    }
    assert told["/directives/2"] == "created"
    assert told["/report/sections/II.1"] == "updated"
    hrefs = {item["pointer"]: item["href"] for item in answer.json()["items"]}
    assert (await editor.get(hrefs["/registrations/0"])).json()["note"] == "Ghi chú mới"
    evaluation = (await editor.get(hrefs["/evaluations/0"])).json()
    assert [r["self"] is not None for r in evaluation["results"]] == [True, False, False, False]
    assert (await editor.get(hrefs["/activities/0"])).json()["people_reached"] == 120
    assert (await editor.get(hrefs["/situation_figures/0"])).json()["before_value"] == 15
    report = (await editor.get(hrefs["/report"])).json()
    assert (report["number"], report["sections"]) == ("2", {"II.1": "Hai", "II.2": "Mới"})
    verbs = {event.verb for event in (await audit())[seen:]}
    assert {"registration.edit", "evaluation.assess", "directive.edit", "directive.create", "figure.edit"} <= verbs


async def test_a_dry_run_answers_the_same_and_changes_nothing(as_: As, system: Tx, plan: str) -> None:
    editor = as_("commune_a", "editor")
    await editor.post("/submissions", bundle())
    before = await counts(system)
    changed = bundle(
        campaign=plan,
        directives=[directive(1, title="Mới"), directive(7)],
        report={"number": "5", "sections": {"II.1": "Thử"}},
        situation_figures=FIGURES,
    )
    answer = await editor.post("/submissions?dry_run=true&on_conflict=update", changed)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["dry_run"], answer.json()["stored"]) == (True, False)
    told = outcomes(answer)
    assert (told["/directives/0"], told["/directives/1"], told["/report"]) == ("updated", "created", "created")
    assert await counts(system) == before
    for item in answer.json()["items"]:
        if item["outcome"] == "created":
            assert (item["id"], item["href"]) == (None, None), "no record is there to be read"
        else:
            assert (await editor.get(item["href"])).status_code == 200
    real = await editor.post("/submissions?on_conflict=update", changed)
    assert outcomes(real) == told


@pytest.mark.parametrize("registrations", [[], [{"year": 2024, "note": "Khác"}]])
async def test_nothing_good_means_nothing_stored(
    as_: As, system: Tx, plan: str, registrations: list[dict[str, Any]]
) -> None:
    editor = as_("commune_a", "editor")
    await editor.post("/submissions", bundle())
    bad = {"unit": "17509", "registrations": registrations, "directives": [directive(8, issued_on="2030-01-01")]}
    answer = await editor.post("/submissions?partial=true", bad)
    assert answer.status_code == 200, answer.text
    assert answer.json()["stored"] is False
    assert set(outcomes(answer).values()) == {"failed"}


async def test_two_thousand_items_with_three_bad_ones(as_: As, system: Tx, plan: str) -> None:
    editor = as_("commune_a", "editor")
    items = [directive(n) for n in range(2_000)]
    items[17] |= {"issued_on": "2030-01-01"}
    items[1_000] |= {"title": "Kế hoạch (Mật)"}
    items[1_999] |= {"trak": "advised"}
    before = await counts(system)
    answer = await editor.post("/submissions", {"unit": "17509", "directives": items})
    assert answer.status_code == 422
    assert codes(answer) == [
        ("/directives/17/issued_on", "in_future"),
        ("/directives/1000/title", "secrecy_mark"),
        ("/directives/1999/trak", "extra_forbidden"),
    ]
    none = dict.fromkeys(("created", "updated", "unchanged", "skipped"), 0)
    assert answer.json()["summary"] == {"failed": 3, "not_stored": 1_997, **none}
    assert await counts(system) == before
    partial = await editor.post("/submissions?partial=true", {"unit": "17509", "directives": items})
    assert partial.status_code == 200
    assert partial.json()["summary"]["created"] == 1_997
    assert (await counts(system))["directives"] == 1_997


async def test_an_item_repeated_in_the_bundle_is_named(as_: As, plan: str) -> None:
    answer = await as_("commune_a", "editor").post(
        "/submissions", {"unit": "17509", "directives": [directive(1), directive(2), directive(1)]}
    )
    assert answer.status_code == 422
    assert codes(answer) == [("/directives/2", "repeated")]


async def test_chosen_ids_tell_items_apart_and_are_kept(as_: As, system: Tx, plan: str) -> None:
    editor = as_("commune_a", "editor")
    one, two = str(uuid4()), str(uuid4())
    what = {"title": "Camera an ninh", "summary": "Góp lắp", "started_on": "2024-03-01"}
    sent = {"unit": "17509", "good_practices": [{**what, "id": one}, {**what, "id": two}]}
    first = await editor.post("/submissions", sent)
    assert first.status_code == 200, first.text
    assert [item["id"] for item in first.json()["items"]] == [one, two]
    again = await editor.post("/submissions", sent)
    assert set(outcomes(again).values()) == {"unchanged"}
    assert (await counts(system))["practices"] == 2


async def test_an_event_is_not_sent_twice_whatever_its_spelling(as_: As, system: Tx, plan: str) -> None:
    editor = as_("commune_a", "editor")
    shout = activity(1)["title"].upper()
    twice = {"unit": "17509", "activities": [activity(1, id=str(uuid4())), activity(1, id=str(uuid4()), title=shout)]}
    refused = await editor.post("/submissions", twice)
    assert (refused.status_code, codes(refused)) == (409, [("/activities/1/title", "duplicate")])
    assert (await counts(system))["propaganda_activities"] == 0


async def test_a_directive_spelt_anew_is_the_one_that_stands(as_: As, system: Tx, plan: str) -> None:
    editor = as_("commune_a", "editor")
    await editor.post("/submissions", {"unit": "17509", "directives": [directive(1)]})
    spelt = directive(1) | {"number_symbol": directive(1)["number_symbol"].lower().replace("/", " / ")}
    refused = await editor.post("/submissions", {"unit": "17509", "directives": [spelt]})
    assert refused.status_code == 409
    updated = await editor.post("/submissions?on_conflict=update", {"unit": "17509", "directives": [spelt]})
    assert set(outcomes(updated).values()) == {"updated"}, updated.text
    assert (await counts(system))["directives"] == 1


async def test_an_id_of_another_unit_is_refused_without_telling_whose(as_: As, system: Tx, plan: str) -> None:
    chosen = str(uuid4())
    other = as_("commune_b", "editor")
    await other.made("/directives", {"id": chosen, "unit_id": str(unit_id("commune_b")), **directive(1)})
    before = await counts(system)
    answer = await as_("commune_a", "editor").post(
        "/submissions", {"unit": "17509", "directives": [directive(5), directive(6, id=chosen)]}
    )
    assert answer.status_code == 409, answer.text
    assert codes(answer) == [("/directives/1/id", "duplicate_id")]
    assert await counts(system) == before
