"""When and from where each key was last used, noted in memory until ``last_used.py`` writes it down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Use(NamedTuple):
    """One request by a key: its instant in real time, and the client's address where that is known."""

    at: datetime
    address: str | None


@dataclass(slots=True)
class KeyUses:
    """The last use of each key since the last time they were written down."""

    _last: dict[UUID, Use] = field(default_factory=dict)

    def note(self, key_id: UUID, use: Use) -> None:
        """A request came by the key."""
        self._last[key_id] = use

    def take(self) -> Mapping[UUID, Use]:
        """What was noted, to be written down; nothing is noted any more."""
        taken, self._last = self._last, {}
        return taken

    def give_back(self, uses: Mapping[UUID, Use]) -> None:
        """What could not be written down, for the next time; later uses go before."""
        self._last = {**uses, **self._last}
