"""What is to be known about figures, as it travels: notes, and the changes of units' areas."""

from datetime import date
from typing import Annotated

from pydantic import Field

from app.kernel.schema import Out
from app.units.act import ChangeKind
from app.units.schemas import UnitBrief


class FiguresNote(Out):
    """Something to know about the figures. What is about units has more than a message."""

    code: Annotated[
        str,
        Field(
            description="`no_campaign`, `unlike_units`, `proposal`; `split_unit` = records of a unit that was split"
            " count for one of its successors; `unit_not_yet` = units that the tree of the date did not have yet;"
            " `unit_ended` = the tree asked for does not have `unit`, which has ended"
        ),
    ]
    message: str
    unit: Annotated[UnitBrief | None, Field(description="The unit that was split or has ended, as it was called")] = (
        None
    )
    successors: Annotated[list[UnitBrief] | None, Field(description="All that it was split among or became")] = None
    primary: Annotated[UnitBrief | None, Field(description="The one that the act names primary")] = None
    units: Annotated[list[UnitBrief] | None, Field(description="`unit_not_yet`: which, the first twenty of them")] = (
        None
    )
    unit_count: Annotated[int | None, Field(description="How many there are")] = None
    counted_for: Annotated[
        list[UnitBrief] | None,
        Field(description="Under which units of the tree asked for the records count, or who bears what has ended"),
    ] = None
    effective_on: Annotated[
        date | None, Field(description="The day of the split, of the end, or of the tree asked for")
    ] = None
    decision_number: Annotated[str | None, Field(description="The act by which it was split or ended")] = None


class UnitOfChange(UnitBrief):
    """A unit that came to an area, or to which a part of it went, as it was called then."""

    kind: ChangeKind
    is_primary: Annotated[bool, Field(description="Whether the records of the old unit count for the new one")]


class UnitThatCame(UnitOfChange):
    """A unit of which an area was made."""

    whole: Annotated[bool, Field(description="False where it was split and other parts of it are elsewhere")]


class FiguresChange(Out):
    """What one act did to the area of one unit of the tree asked for."""

    unit: Annotated[UnitBrief, Field(description="As in the rows")]
    effective_on: Annotated[date, Field(description="From this day on the area is another")]
    decision_number: str | None
    kinds: Annotated[list[ChangeKind], Field(description="What the act calls it; `renamed` alone changes no area")]
    area_changed: Annotated[bool, Field(description="False where the unit only got another name or code")]
    came: Annotated[
        list[UnitThatCame], Field(description="Of what it was made; of a split not `is_primary`: without its records")
    ]
    message: Annotated[str, Field(description="All of it in a sentence")]
    went: Annotated[list[UnitOfChange], Field(description="To whom a part of it went, with the records of that part")]
