"""The balance sheet of an act as it travels."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field

from app.kernel.schema import Out
from app.units.schemas import Level, UnitBrief

SHOWN: Final = 1_000
"""How many entries of each list a balance sheet shows unless asked for more."""

Fate = Literal["created", "changed", "ended", "enlarged"]


class LevelBalance(Out):
    """How many units of a level live before and after."""

    level: Level
    before: int
    after: int


class RecordBalance(Out):
    """How many records of a kind stand under the act's unit, before and after: the same."""

    kind: str
    before: int
    after: int


class UnitBalance(Out):
    """A unit that the act touches. `records_*`: what is seen at it, of itself and of predecessors that ended."""

    code: str
    name: str
    fate: Fate
    successor: Annotated[str | None, Field(description="Code and name of the (primary) successor of one that ends")]
    records_before: int
    records_after: int


class SheetLengths(Out):
    """How long the lists of a balance sheet are, of which it shows the beginnings."""

    units: int
    unplaced: int
    without_successor: int
    notes: int


class BalanceOut(Out):
    """The balance sheet of an act (bảng cân đối).

    Of its lists, the first 1,000 entries, or as many as a dry run asks for; `lengths` has all. Those of an act that was
    carried out are read page by page at `/units` and `/unplaced` of it; its splits are among its lines.
    """

    effective_on: date
    applies: Annotated[Literal["now", "on_its_day"], Field(description="When it would take effect")]
    levels: list[LevelBalance]
    units_created: int
    units_changed: Annotated[int, Field(description="Renamed, recoded or moved")]
    units_ended: int
    base_units_placed: Annotated[int, Field(description="Agencies, enterprises and schools that go to a successor")]
    base_units_unplaced: Annotated[int, Field(description="Those nobody was named for: they wait to be placed")]
    grants_at_ended: Annotated[int, Field(description="People's roles at units that end")]
    obligations_open: Annotated[int, Field(description="What units that end still owe in open campaigns")]
    records: list[RecordBalance]
    later_records: Annotated[
        int,
        Field(
            description="Of these, what units that end recorded on or after the act's day (`later_records`): it stays"
            " with the unit that recorded it, and is seen today at its successor"
        ),
    ] = 0
    units: list[UnitBalance]
    unplaced: Annotated[list[UnitBrief], Field(description="Base units that will wait")]
    without_successor: Annotated[
        list[UnitBrief], Field(description="Units that end without one: their history counts for the unit above")
    ]
    notes: Annotated[
        list[str],
        Field(
            description="In Vietnamese: split units, and under whom each is counted today; names that tell another"
            " kind than the act"
        ),
    ]
    lengths: SheetLengths
