"""The rules of the cross-checks, alone: what each finds, and that it is silent once the reason is gone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.forms.answers import AnswerCell, AnswerColumn, AnswerRow, AnswerTable, FormAnswer
from app.reports.checking import ChecksFailed, WarningsStand, hold_against
from app.reports.checks import Facts, Link, Odd, Pair, YearFigures
from app.reports.oddities import far, run
from app.units.schemas import UnitBrief

SOUND_YEAR = {"registered": 10, "evaluated": 10, "recognised": 8, "not_recognised": 2, "kept": 7}
SOUND = Facts(
    empty_sections=(),
    below={"expected": 3, "submitted": 3, "accepted": 3},
    below_href="/api/v1/progress",
    situation_figures=5,
)
UNIT = UnitBrief.of({"id": UUID(int=1), "code": "1", "name": "Xã Một"})


def year(number: int = 2023, **values: int) -> YearFigures:
    """A year with ``values`` in the place of sound ones."""
    found = SOUND_YEAR | values
    return YearFigures(number, found, {name: f"/records/{name}" for name in found})


def form(number: int, table: str, columns: list[str], rows: list[tuple[str, Mapping[str, Any]]]) -> FormAnswer:
    """A form of one table; rows are (kind, values)."""
    made = [
        AnswerRow(
            kind,  # type: ignore[arg-type] # one of the three words
            f"r{i}" if kind == "row" else kind,
            f"Dòng {i}",
            {code: AnswerCell(value) for code, value in values.items()},
            UNIT if kind == "row" else None,
        )
        for i, (kind, values) in enumerate(rows)
    ]
    kinds = {"failed": "text", "reasons": "text"}
    shown = [AnswerColumn(code, code, kinds.get(code, "integer")) for code in columns]  # type: ignore[arg-type]
    whole: dict[str, Any] = dict.fromkeys(
        (
            "code",
            "title",
            "heading",
            "attached",
            "proposal",
            "source",
            "form_set",
            "campaign",
            "unit",
            "structure",
            "coverage",
            "notes",
            "generated_at",
        )
    )
    return FormAnswer(number=number, tables=[AnswerTable(table, None, shown, made)], **whole)


SUMMARY = form(
    1,
    "communes",
    ["not_recognised_1"],
    [("row", {"not_recognised_1": 1}), ("row", {"not_recognised_1": 1}), ("total", {"not_recognised_1": 2})],
)
LISTED = ["failed", "reasons"]
FAILING = form(
    8,
    "communes_1",
    LISTED,
    [("row", {"failed": "TC2", "reasons": "Mới đạt 41%"}), ("row", {"failed": "TC3", "reasons": "Chưa có mô hình"})],
)


def found(**facts: Any) -> list[tuple[str, str]]:
    """(severity, code) of what the rules find about sound facts with ``facts`` changed."""
    return [(check.severity, check.code) for check in run(replace(SOUND, **facts))]


def test_sound_facts_are_passed_over_in_silence() -> None:
    assert found(years=[year(), year(2024)], forms=[SUMMARY, FAILING], pairs=[Pair("a", "b", 3, 3)]) == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"years": [year(recognised=9, not_recognised=2)]}, "decided_exceed_evaluated"),
        ({"years": [year(kept=9)]}, "kept_exceed_recognised"),
        ({"pairs": [Pair("Đã giải quyết", "Đã tiếp nhận", 4, 3)]}, "part_exceeds_whole"),
        ({"forms": [SUMMARY, form(8, "communes_1", ["failed"], [("row", {"failed": "TC2"})])]}, "failing_rows"),
        ({"forms": [SUMMARY, form(8, "other", ["failed"], [])]}, "failing_rows"),
        (
            {"forms": [form(3, "main", ["a"], [("row", {"a": 2}), ("row", {"a": 2}), ("total", {"a": 5})])]},
            "total_is_not_the_sum",
        ),
    ],
)
def test_broken_arithmetic_is_an_error(facts: dict[str, Any], code: str) -> None:
    assert found(**facts) == [("error", code)]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"empty_sections": [("II.1", "Tuyên truyền")]}, "empty_sections"),
        ({"below": {"expected": 3, "submitted": 3, "accepted": 2}}, "units_below_missing"),
        ({"years": [year(recognised=7)]}, "undecided"),
        ({"unevaluated": Odd([Link("Xã Một (2023)", "/api/v1/registrations/1")], 1)}, "registered_not_evaluated"),
        ({"straddling": Odd([Link("Quý I", "/api/v1/propaganda-activities/1")], 1)}, "period_total_straddles"),
        ({"counted_twice": Odd([Link("Họp", "/api/v1/propaganda-activities/1")], 1)}, "event_inside_period_total"),
        ({"situation_figures": 0}, "no_situation_figures"),
        ({"years": [year(), year(2024, registered=40)]}, "far_from_previous_year"),
        ({"before_after": [("Cháy, nổ", 5, 60)]}, "far_from_before"),
        (
            {"forms": [form(8, "x", ["failed", "reasons"], [("row", {"failed": "", "reasons": "x"})])]},
            "failing_without_reason",
        ),
        (
            {"forms": [form(8, "x", ["failed", "reasons"], [("row", {"failed": "x", "reasons": None})])]},
            "failing_without_reason",
        ),
    ],
)
def test_what_is_odd_is_a_warning(facts: dict[str, Any], code: str) -> None:
    assert found(**facts) == [("warning", code)]


def test_a_check_tells_its_figures_and_where_to_look() -> None:
    [check] = run(replace(SOUND, years=[year(kept=9)]))
    assert (check.figures, [link.href for link in check.links]) == (
        {"kept": 9, "recognised": 8},
        ["/records/kept", "/records/recognised"],
    )
    assert check.message.vi == "Năm 2023: số duy trì (9) nhiều hơn số được công nhận (8)"
    assert check.pointer == "/figures/2023"


def test_forms_of_another_make_are_not_compared() -> None:
    assert found(forms=[form(1, "communes", ["other"], []), FAILING]) == []
    assert found(forms=[SUMMARY]) == []


@pytest.mark.parametrize(
    ("value", "other", "expected"),
    [(0, 9, False), (0, 10, True), (10, 30, True), (30, 10, True), (10, 29, False), (1000, 2000, False)],
)
def test_far_is_a_multiple_and_not_a_trifle(value: int, other: int, expected: bool) -> None:
    assert far(value, other) is expected


def test_errors_refuse_whatever_is_acknowledged() -> None:
    checks = run(replace(SOUND, years=[year(kept=9)], situation_figures=0))
    with pytest.raises(ChecksFailed) as refused:
        hold_against(checks, ["kept_exceed_recognised", "no_situation_figures"], "Đã biết")
    assert [(fault.pointer, fault.code) for fault in refused.value.errors] == [
        ("/figures/2023", "kept_exceed_recognised")
    ]


def test_warnings_are_taken_note_of_by_code_and_note() -> None:
    checks = run(replace(SOUND, situation_figures=0, empty_sections=[("I", "x")]))
    with pytest.raises(WarningsStand) as refused:
        hold_against(checks, ["empty_sections"], None)
    assert [(fault.pointer, fault.code) for fault in refused.value.errors] == [
        ("/acknowledged", "no_situation_figures"),
        ("/note", "note_required"),
    ]
    hold_against(checks, ["empty_sections", "no_situation_figures"], "Bổ sung sau")
    hold_against(run(SOUND), [], None)


def test_the_note_alone_answers_for_units_below() -> None:
    hold_against(run(replace(SOUND, below={"expected": 3, "submitted": 1, "accepted": 1})), [], "Mưa lũ")
