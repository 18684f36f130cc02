"""What is sealed, byte for byte. Pure: the body, its canonical form (RFC 8785), its digest, and back again.

Whoever has the body can verify it without this product: SHA-256 of the bytes is the digest, and the bytes are what RFC
8785 makes of their JSON.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

import orjson
import rfc8785
from pydantic import BaseModel

from app.forms.answers import AnswerCell, AnswerColumn, AnswerRow, AnswerTable, FormAnswer
from app.forms.schemas import FormSetBrief
from app.statistics.measures import MEASURES
from app.units.schemas import UnitBrief

FORMAT: Final = "dienhinh.report.2"
"""Changes with the shape of the body, so that old seals stay readable.

1: columns did not say from which collections they count; ``records`` named only collections that had some, and
security figures were not among them.
"""
_FIRST: Final = "dienhinh.report.1"
_FIRST_LACKED: Final = frozenset({"situation-figures"})

_BEHIND: Final = re.compile(r"/api/v1/(?:statistics/(?P<measure>[^/?]+)/records|(?P<resource>[^/?]+)/)")

_FORM: Final = (
    *("number", "code", "title", "heading", "attached", "proposal", "source", "structure"),
    *("campaign", "coverage", "notes"),
)


def plain(value: Any) -> Any:
    """``value`` as JSON has it: identifiers and dates as text, tuples as lists."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return plain(value.model_dump()) if isinstance(value, BaseModel) else str(value)


def canonical(body: Mapping[str, Any]) -> bytes:
    """``body`` as RFC 8785 writes it."""
    return rfc8785.dumps(plain(body))


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read_body(content: bytes) -> dict[str, Any]:
    """The body that was sealed."""
    found = orjson.loads(content)
    assert isinstance(found, dict)
    return found


def plain_form(form: FormAnswer) -> dict[str, Any]:
    """A form for sealing: what it shows, without addresses of records and the instant of the question."""
    return {
        **{name: getattr(form, name) for name in _FORM},
        "form_set": form.form_set,
        "unit": form.unit,
        "tables": [
            {
                "code": table.code,
                "title": table.title,
                "columns": [{**asdict(column), "records": found} for column, found in counted_from(table)],
                "rows": [_plain_row(row) for row in table.rows],
            }
            for table in form.tables
        ],
    }


def counted_from(table: AnswerTable) -> Iterator[tuple[AnswerColumn, list[str]]]:
    """Each column with the collections its figures are counted from; one computed of others, with all of theirs."""
    own = {column.code: _collections(row.cells.get(column.code) for row in table.rows) for column in table.columns}
    every = sorted(set().union(*own.values()))
    for column in table.columns:
        yield column, own[column.code] or ([] if column.kind in {"index", "text"} else every)


def _collections(cells: Iterable[AnswerCell | None]) -> list[str]:
    found = set()
    for address in {cell.records.partition("?")[0] for cell in cells if cell is not None and cell.records}:
        parts = _BEHIND.match(address)
        assert parts is not None, address
        found.add(MEASURES[parts["measure"]].record.resource if parts["measure"] else parts["resource"])
    return sorted(found)


def _plain_row(row: AnswerRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in ("kind", "key", "title", "share", "unit")},
        "cells": {code: cell.value for code, cell in row.cells.items()},
    }


def sealed_form(body: Mapping[str, Any], sealed_at: datetime) -> FormAnswer:
    """The form that :func:`plain_form` wrote down, as if it had been answered at ``sealed_at``."""
    return FormAnswer(
        **{name: body[name] for name in _FORM},
        form_set=FormSetBrief.model_validate(body["form_set"]),
        unit=UnitBrief.model_validate(body["unit"]),
        tables=[_table(table) for table in body["tables"]],
        generated_at=sealed_at,
    )


def _table(body: Mapping[str, Any]) -> AnswerTable:
    columns = [
        AnswerColumn(c["code"], c["title"], c["kind"], tuple(c["groups"]), c["unit_of_count"]) for c in body["columns"]
    ]
    rows = [
        AnswerRow(
            *(row["kind"], row["key"], row["title"]),
            cells={code: AnswerCell(value) for code, value in row["cells"].items()},
            unit=None if row["unit"] is None else UnitBrief.model_validate(row["unit"]),
            share=row["share"],
        )
        for row in body["rows"]
    ]
    return AnswerTable(body["code"], body["title"], columns, rows)


Counted = tuple[str, str, int]
"""A counted record: the collection in which it is read, its id, its version."""


def listed_records(records: Iterable[Counted], collections: Iterable[str]) -> dict[str, list[list[Any]]]:
    """The records by collection, each as [id, version], in the order of their ids; every collection looked at."""
    found: dict[str, list[list[Any]]] = {resource: [] for resource in sorted(collections)}
    for resource, key, version in sorted(records):
        found[resource].append([key, version])
    return found


def looked_at(body: Mapping[str, Any], collections: Iterable[str]) -> frozenset[str]:
    """Of ``collections``, those whose counted records the seal lists: another it says nothing about."""
    known = frozenset(collections)
    return known - _FIRST_LACKED if body["format"] == _FIRST else known & frozenset(body["records"])


def collections_behind(body: Mapping[str, Any]) -> dict[tuple[int, str, str], list[str]]:
    """By form, table and column: the collections it is counted from. A column of an old seal does not say."""
    return {
        (form["number"], table["code"], column["code"]): column["records"]
        for form in body["forms"]
        for table in form["tables"]
        for column in table["columns"]
        if "records" in column
    }


def changed_records(
    sealed: Mapping[str, Sequence[Sequence[Any]]], live: Mapping[str, Sequence[Sequence[Any]]]
) -> dict[str, list[dict[str, Any]]]:
    """What is counted now and was not, what was counted and no longer is, and what has another version."""
    before = {(resource, key): version for resource, items in sealed.items() for key, version in items}
    after = {(resource, key): version for resource, items in live.items() for key, version in items}
    kinds: dict[str, list[dict[str, Any]]] = {"added": [], "removed": [], "changed": []}
    for place in sorted(before.keys() | after.keys()):
        old, new = before.get(place), after.get(place)
        if old == new:
            continue
        kind = "added" if old is None else "removed" if new is None else "changed"
        href = f"/api/v1/{place[0]}/{place[1]}"
        found = {"resource": place[0], "id": place[1], "href": href, "sealed_version": old, "live_version": new}
        kinds[kind].append(found)
    return kinds
