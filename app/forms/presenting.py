"""Forms as the API writes them: plain values, since checking thousands of cells would cost more than counting them."""

from typing import Any

from app.forms.answers import AnswerRow, AnswerTable, FormAnswer
from app.units.schemas import UnitBrief


def document(form: FormAnswer) -> dict[str, Any]:
    """``form`` as ``FormOut`` describes it."""
    return {
        "number": form.number,
        "code": form.code,
        "title": form.title,
        "proposal": form.proposal,
        "source": form.source,
        "form_set": form.form_set.model_dump(),
        "campaign": form.campaign,
        "unit": form.unit.model_dump(),
        "structure": form.structure,
        "tables": [_table(table) for table in form.tables],
        "coverage": form.coverage,
        "notes": form.notes,
        "generated_at": form.generated_at,
    }


def _table(table: AnswerTable) -> dict[str, Any]:
    return {
        "code": table.code,
        "title": table.title,
        "columns": [
            {
                "code": column.code,
                "title": column.title,
                "groups": column.groups,
                "kind": column.kind,
                "unit_of_count": column.unit_of_count,
            }
            for column in table.columns
        ],
        "rows": [_row(row) for row in table.rows],
    }


def _row(row: AnswerRow) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "key": row.key,
        "title": row.title,
        "share": row.share,
        "unit": _unit(row.unit),
        "cells": {code: {"value": cell.value, "records": cell.records} for code, cell in row.cells.items()},
    }


def _unit(unit: UnitBrief | None) -> dict[str, Any] | None:
    return None if unit is None else {"id": unit.id, "code": unit.code, "name": unit.name}
