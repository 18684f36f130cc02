"""How rows of a statement are read, and under which address the records behind them stand."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal
from urllib.parse import urlencode

from app.statistics.shapes import Shape
from app.statistics.statements import Figures

ABSENT: Final = "none"
"""What a parameter is for records that have no key in its dimension."""

FIRST_KEY: Final = 2
"""Before the keys a row says whether it is the total, and its rank."""

Read = tuple[dict[str, Any], dict[str, Any]]


def _plain(value: Any) -> Any:
    return ABSENT if value is None else ",".join(value) if isinstance(value, tuple) else value


def query_of(keys: Mapping[str, Any]) -> str:
    """``keys``, which are words, years or identifiers, as more of a query."""
    return "".join(f"&{name}={ABSENT if key is None else key}" for name, key in keys.items())


def records_address(measure: str, parameters: Mapping[str, Any]) -> str:
    """The address of the records that ``parameters`` narrow to; several words of one are joined by commas."""
    plain = {name: _plain(value) for name, value in parameters.items()}
    return f"/api/v1/statistics/{measure}/records?{urlencode(plain, safe=',')}"


def key_reader(shape: Shape, made: Figures, language: Literal["vi", "en"]) -> Callable[[Any], Read]:
    """Of a row: its keys by dimension, and the parameters that narrow to them."""
    plan, place = [], FIRST_KEY
    for dimension, members in zip(shape.grouping(), made.keys, strict=True):
        shown = [
            ("title" if member == f"title_{language}" else member, place + 1 + i)
            for i, member in enumerate(members)
            if not member.startswith("title_") or member == f"title_{language}"
        ]
        plan.append((dimension.code, dimension.filter, place, shown))
        place += 1 + len(members)

    def read(row: Any) -> Read:
        keys: dict[str, Any] = {}
        parameters: dict[str, Any] = {}
        for code, parameter, at, shown in plan:
            key = parameters[parameter] = row[at]
            keys[code] = key if not shown or key is None else {"id": key, **{name: row[i] for name, i in shown}}
        return keys, parameters

    return read


def values_of(made: Figures, row: Any) -> dict[str, Any]:
    """The values of a row by what they are called."""
    return dict(zip(made.values, row[-len(made.values) :], strict=True))
