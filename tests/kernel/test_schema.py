"""Answers are put together in a hurry; the result must be what Pydantic itself would have made."""

from typing import Any
from uuid import uuid4

from app.units.schemas import UnitBrief


def test_of_equals_model_construct() -> None:
    values: dict[str, Any] = {"id": uuid4(), "code": "17509", "name": "Xã Mã Thành"}
    quick, slow = UnitBrief.of(dict(values)), UnitBrief.model_construct(**values)
    assert quick == slow
    assert quick.model_dump_json() == slow.model_dump_json() == UnitBrief(**values).model_dump_json()
    assert quick.model_fields_set == slow.model_fields_set
    assert vars(quick) == vars(slow)
