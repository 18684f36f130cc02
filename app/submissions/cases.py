"""A bundle while it is being worked on: its items one by one, and what each came to. Values only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from app.access.actor import UnitRef
from app.audit.planned import Entry
from app.evaluations.planning import Ground
from app.kernel.db import AnyRow
from app.kernel.errors import DomainError, FieldError, Text
from app.submissions.schemas import OnConflict, Outcome
from app.units.schemas import UnitBrief

_PLACES = {"/unit_id": "/unit", "/campaign_id": "/campaign"}
"""Where a bundle says what the body of a single record says in these fields."""

Action = Literal["create", "update", "none"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, by a pointer into the bundle, with the status it would answer alone."""

    pointer: str
    code: str
    message: Text
    status: int = 422


@dataclass(slots=True, eq=False)
class Slot:
    """One item. ``data`` is what was sent, read; None where it could not be read."""

    kind: str
    pointer: str
    data: Any
    id: UUID
    chosen: bool = False
    """Whether the client chose ``id``."""
    key: str | None = None
    action: Action = "none"
    outcome: Outcome = "not_stored"
    standing: Any = None
    """The row that is there already under the same id or key."""
    entry: Entry[Any] | None = None
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, error: DomainError) -> None:
        """Let the item fail with what a verb refuses."""
        self.outcome, self.action = "failed", "none"
        if not error.errors:
            self.faults.append(Fault(self.pointer, error.code, error.detail or error.title, error.status))
        for one in error.errors:
            self.faults.append(Fault(_place(self.pointer, one), one.code, one.message, error.status))

    def refuse_at(self, place: str, code: str, message: Text, status: int = 422) -> None:
        """Let the item fail at ``place`` in it."""
        self.outcome, self.action = "failed", "none"
        self.faults.append(Fault(self.pointer + place, code, message, status))


def _place(pointer: str, error: FieldError) -> str:
    return _PLACES.get(error.pointer) or pointer + error.pointer


@dataclass(slots=True, eq=False)
class Case:
    """One bundle: whose it is, and its items."""

    unit_name: str = ""
    campaign_name: str | None = None
    unit: UnitRef | None = None
    brief: UnitBrief | None = None
    campaign: "AnyRow | None" = None
    slots: list[Slot] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    """What is wrong with the bundle as a whole."""
    stored: bool = False
    grounds: dict[UUID, Ground] = field(default_factory=dict)
    """What each evaluation rests on, by its slot."""

    @property
    def place(self) -> UnitRef:
        """The unit, once it was found."""
        assert self.unit is not None
        return self.unit

    def failed(self) -> bool:
        """Whether anything in it is refused."""
        return bool(self.faults) or any(slot.outcome == "failed" for slot in self.slots)

    def kept(self) -> bool:
        """Whether any of it stands in the database; of a bundle that asks for nothing, all of it."""
        return not self.slots or any(slot.outcome not in {"failed", "not_stored"} for slot in self.slots)

    def of(self, kind: str) -> list[Slot]:
        """Its items of a kind."""
        return [slot for slot in self.slots if slot.kind == kind]

    def all_faults(self) -> Iterator[Fault]:
        """Every fault, in the order of the bundle."""
        yield from self.faults
        for slot in self.slots:
            yield from slot.faults


@dataclass(frozen=True, slots=True)
class Terms:
    """How bundles are taken: ``schemas.Options`` as values."""

    on_conflict: OnConflict = "fail"
    partial: bool = False
    dry_run: bool = False


def living(cases: Sequence[Case]) -> list[Case]:
    """Those whose unit was found."""
    return [case for case in cases if case.unit is not None and not case.faults]
