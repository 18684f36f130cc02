"""Warnings about a report: what is odd but may be right. Pure; errors and the facts themselves: ``checks.py``."""

from collections.abc import Callable, Iterator
from typing import Final

from app.kernel.errors import Text
from app.reports.checks import ERRORS, FAR, MOST_LINKS, SMALL, Check, Facts, Link, Odd

NOTE_ONLY: Final = frozenset({"units_below_missing"})
"""Taken note of by the submission's ``note`` alone: it names the reason."""


def _empty(facts: Facts) -> Iterator[Check]:
    if facts.empty_sections:
        text = Text("Chưa viết các mục: {codes}", "Nothing is written under: {codes}")
        codes = ", ".join(code for code, _ in facts.empty_sections)
        figures = {"empty": len(facts.empty_sections)}
        yield Check("empty_sections", "warning", text.fill(codes=codes), "/sections", figures)


def _below(facts: Facts) -> Iterator[Check]:
    missing = facts.below["expected"] - facts.below["accepted"]
    if missing:
        text = Text(
            "{missing} trong {expected} đơn vị cấp dưới chưa được chấp nhận báo cáo",
            "{missing} of {expected} units below have no accepted report",
        )
        message = text.fill(missing=missing, expected=facts.below["expected"])
        links = [Link("progress", facts.below_href)]
        yield Check("units_below_missing", "warning", message, "/units_below", dict(facts.below), links)


def _undecided(facts: Facts) -> Iterator[Check]:
    open_ones = {
        found.year: found.values["evaluated"] - found.values["recognised"] - found.values["not_recognised"]
        for found in facts.years
    }
    links = [Link(str(found.year), found.records["evaluated"]) for found in facts.years if open_ones[found.year] > 0]
    if links:
        total = sum(value for value in open_ones.values() if value > 0)
        text = Text(
            "{total} phiếu đánh giá chưa có kết quả công nhận hay không công nhận",
            "{total} evaluations are neither recognised nor declined yet",
        )
        yield Check("undecided", "warning", text.fill(total=total), "/figures", {"undecided": total}, links)


def _unexplained(facts: Facts) -> Iterator[Check]:
    listed = [
        row
        for form in facts.forms
        for table in form.tables
        if {"failed", "reasons"} <= {column.code for column in table.columns}
        for row in table.rows
    ]
    links = [
        Link(row.title, f"/api/v1/evaluations/{row.key}")
        for row in listed
        if not row.cells["failed"].value or not row.cells["reasons"].value
    ]
    if links:
        text = Text(
            "{total} đơn vị không đạt chưa nêu tiêu chí không đạt hoặc lý do",
            "{total} failing units lack a failed criterion or a reason",
        )
        figures = {"units": len(links)}
        message = text.fill(total=len(links))
        yield Check("failing_without_reason", "warning", message, "/forms/8", figures, links[:MOST_LINKS])


def _odd(code: str, text: Text, odd: Odd) -> Iterator[Check]:
    if odd.total:
        yield Check(code, "warning", text.fill(total=odd.total), "/figures", {"records": odd.total}, odd.links)


def _unevaluated(facts: Facts) -> Iterator[Check]:
    text = Text("{total} đăng ký chưa có phiếu đánh giá đã gửi", "{total} registrations have no evaluation handed in")
    return _odd("registered_not_evaluated", text, facts.unevaluated)


def _straddling(facts: Facts) -> Iterator[Check]:
    text = Text(
        "{total} số tổng hợp tuyên truyền, phát động có khoảng ngày nằm một phần ngoài mốc thời gian của đợt",
        "{total} period totals of activities lie partly outside the campaign's window",
    )
    return _odd("period_total_straddles", text, facts.straddling)


def _twice(facts: Facts) -> Iterator[Check]:
    text = Text(
        "{total} sự kiện nằm trong khoảng ngày của số tổng hợp cùng hình thức, có thể bị tính hai lần",
        "{total} events lie inside a period total of the same form and may be counted twice",
    )
    return _odd("event_inside_period_total", text, facts.counted_twice)


def _no_situation(facts: Facts) -> Iterator[Check]:
    if not facts.situation_figures:
        text = Text(
            "Chưa có số liệu so sánh tình hình an ninh, trật tự trước và sau",
            "There are no figures comparing security and order before and after",
        )
        yield Check("no_situation_figures", "warning", text, "/forms/7")


def far(value: int, other: int) -> bool:
    """Whether two counts differ by a multiple that is rather a slip than a change."""
    low, high = sorted((value, other))
    return high - low >= SMALL and high >= low * FAR


def _far_year(facts: Facts) -> Iterator[Check]:
    if len(facts.years) < 2:
        return
    before, now = facts.years[-2], facts.years[-1]
    figures = {str(year.year): year.values["registered"] for year in (before, now)}
    if far(*figures.values()):
        text = Text(
            "Số đăng ký năm {now} ({new}) khác xa năm {before} ({old})",
            "Registrations of {now} ({new}) are far from those of {before} ({old})",
        )
        old, new = figures.values()
        message = text.fill(now=now.year, before=before.year, old=old, new=new)
        links = [Link(str(year.year), year.records["registered"]) for year in (before, now)]
        yield Check("far_from_previous_year", "warning", message, "/figures", figures, links)


def _far_before(facts: Facts) -> Iterator[Check]:
    odd = [title for title, before, after in facts.before_after if far(before, after)]
    if odd:
        text = Text("Số sau khác xa số trước ở: {titles}", "Figures after are far from those before in: {titles}").fill(
            titles="; ".join(odd)
        )
        yield Check("far_from_before", "warning", text, "/forms/7", {"indicators": len(odd)})


WARNINGS: Final[tuple[Callable[[Facts], Iterator[Check]], ...]] = (
    _empty,
    _below,
    _undecided,
    _unexplained,
    _unevaluated,
    _straddling,
    _twice,
    _no_situation,
    _far_year,
    _far_before,
)


def run(facts: Facts) -> list[Check]:
    """All that the rules find, errors first."""
    return [check for rule in (*ERRORS, *WARNINGS) for check in rule(facts)]
