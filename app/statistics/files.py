"""Grouped figures as a sheet: what the answer says, with the words and names that people read."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from app.access.actor import Tx
from app.exports.csvfile import csv_of
from app.exports.files import MEDIA_TYPES, file_name
from app.exports.sheets import Column, Row, Sheet, Table
from app.exports.workbook import workbook
from app.kernel.errors import Text
from app.statistics.declarations import Change, Difference, Dimension, Measure, Ratio
from app.statistics.wording import titles_of

_NAMES = ("name", "title", "text")
_NONE = Text("(không có)", "(none)")
_TOTAL = Text("Tổng cộng", "Total")
_RANK = Text("Hạng", "Rank")
_CODE = Text("Mã", "Code")
_NAME = Text("Tên", "Name")
_COVERAGE = Text(
    "Báo cáo đã nộp: {submitted}/{expected}; đã được chấp nhận: {accepted}",
    "Reports submitted: {submitted} of {expected}; accepted: {accepted}",
)
_DIFFERENCE, _CHANGE = Text("Tăng, giảm", "Difference"), Text("Tỷ lệ tăng, giảm", "Change")
_MOST_CHANGES: Final = 200
"""Changes of areas that a file tells beneath its table."""
_SET = Text("{title} (phiên bản {version})", "{title} (version {version})")


class FiguresFile(NamedTuple):
    """A file, as ``app.kernel.http.attachment`` sends it."""

    content: bytes
    media_type: str
    name: str
    version: int = 0


async def file_of(tx: Tx, measure: Measure, answer: Mapping[str, Any], kind: Literal["csv", "xlsx"]) -> FiguresFile:
    """``answer`` as a file in the caller's language. Made in a thread: thousands of rows take time of their own."""
    sheet = sheet_of(tx.language, measure, answer)
    content = await (asyncio.to_thread(csv_of, sheet) if kind == "csv" else asyncio.to_thread(workbook, [sheet]))
    return FiguresFile(content, MEDIA_TYPES[kind], file_name(answer["title"], answer["unit"]["name"], kind=kind))


def sheet_of(language: Literal["vi", "en"], measure: Measure, answer: Mapping[str, Any]) -> Sheet:
    """One table: the keys, the rank where there is one, the values, and those of the year compared with."""
    dimensions = [measure.dimension_of[code] for code in answer["group_by"]]
    ranked = any("rank" in row for row in answer["rows"])
    columns = list(_key_columns(language, dimensions))
    width = len(columns)
    columns += [Column(getattr(_RANK, language), "integer")] if ranked else []
    kinds = list(_kinds(language, answer))
    columns += [column for kind, heading in kinds for column in _value_columns(language, measure, kind, heading)]

    def values_of(row: Mapping[str, Any], members: Sequence[str]) -> list[object]:
        return [row[member][code] for member in members for code in measure.value_of]

    members = [kind for kind, _ in kinds]
    totals = ["totals" if kind == "values" else f"{kind}_totals" for kind in members]
    rows = [
        Row([*_keys(language, dimensions, row["keys"]), *([row["rank"]] if ranked else []), *values_of(row, members)])
        for row in answer["rows"]
    ]
    blank: list[object] = [None] * (width + ranked)
    if blank:
        blank[0] = getattr(_TOTAL, language)
    rows.append(Row([*blank, *values_of(answer, totals)], "total"))
    return Sheet(answer["title"], answer["title"], [Table(columns, rows)], _subtitles(answer), _notes(language, answer))


def _kinds(language: Literal["vi", "en"], answer: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The members of a row that hold values, and the heading above each."""
    period = answer["period"]
    if "compared_with" not in period:
        yield "values", ()
        return
    yield "values", (str(period["year"]),)
    yield "previous", (str(period["compared_with"]),)
    yield "difference", (getattr(_DIFFERENCE, language),)
    yield "change", (getattr(_CHANGE, language),)


def _key_columns(language: Literal["vi", "en"], dimensions: Sequence[Dimension]) -> Iterator[Column]:
    for dimension in dimensions:
        title = getattr(dimension.title, language)
        if _has_code(dimension):
            yield Column(getattr(_CODE, language), groups=(title,))
            yield Column(getattr(_NAME, language), groups=(title,))
        else:
            yield Column(title, "index" if dimension.code == "year" else "text")


def _has_code(dimension: Dimension) -> bool:
    named = dimension.naming is not None or dimension.line is not None
    return named or dimension.place in {"ancestor", "self", "child"}


def _keys(language: Literal["vi", "en"], dimensions: Sequence[Dimension], keys: Mapping[str, Any]) -> Iterator[object]:
    for dimension in dimensions:
        key = keys[dimension.code]
        if _has_code(dimension):
            yield key and key["code"]
        if key is None:
            yield getattr(_NONE, language)
        elif isinstance(key, dict):
            name = next(key[member] for member in _NAMES if member in key) or key.get("code")
            versioned = "version" in key
            yield getattr(_SET.fill(title=name, version=key["version"]), language) if versioned else name
        elif dimension.words:
            yield getattr(titles_of(dimension.code, dimension.words)[key], language)
        else:
            yield key


def _value_columns(
    language: Literal["vi", "en"], measure: Measure, kind: str, heading: tuple[str, ...]
) -> Iterator[Column]:
    for value in measure.values:
        parts = isinstance(value, Ratio | Change) or (
            isinstance(value, Difference) and isinstance(measure.value_of[value.after], Ratio)
        )
        shown: Literal["percent", "integer"] = "percent" if parts or kind == "change" else "integer"
        yield Column(getattr(value.title, language), shown, heading)


def _subtitles(answer: Mapping[str, Any]) -> list[str]:
    period = answer["period"]
    campaign = period["campaign"]
    parts = [answer["unit"]["name"], str(campaign["title"]) if campaign else None]
    parts.append(None if period["year"] is None else str(period["year"]))
    days = [day.strftime("%d/%m/%Y") for day in (period["from"], period["to"]) if day is not None]
    return [part for part in (*parts, " - ".join(days)) if part]


def _notes(language: Literal["vi", "en"], answer: Mapping[str, Any]) -> list[str]:
    notes = [note["message"] for note in answer["notes"]]
    if answer["coverage"]["campaign"] is not None:
        counts = {name: answer["coverage"][name] for name in ("submitted", "expected", "accepted")}
        notes.insert(0, getattr(_COVERAGE.fill(**counts), language))
    return notes + [change["message"] for change in answer.get("changes", ())[:_MOST_CHANGES]]
