"""What must always hold of stored data, as a declaration. Each slice declares its own beside the tables it owns.

``app/integrity`` gathers and runs them, for ``GET /integrity`` and for ``dienhinh check``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from app.kernel.errors import Text

Reach = Literal["scope", "tree", "installation"]
COLUMNS = ("unit_id", "kind", "id", "found", "expected")


@dataclass(frozen=True, slots=True)
class Check:
    """One rule.

    ``rows`` selects what breaks it, nothing where it holds: the unit, the table, the row's id, what stands there, what
    should (uuid and four texts, see ``COLUMNS``). It may use ``:today``.
    """

    code: str
    """Stable; what stands before the dot is its group."""
    title: Text
    """The rule as it holds."""
    rows: str
    remedy: Text
    mend: str = ""
    """SQL that mends it without loss, where that can be told without asking: ``dienhinh check --mend CODE``."""
    reach: Reach = "scope"
    """``scope``: of the units the caller sees; ``tree``: can be judged only by who sees every unit; ``installation``:
    of the database itself, told to everyone who may ask."""
    each: str = ""
    """Where the rule holds of several tables: SQL that names them. Its columns fill the ``{places}`` of ``rows``."""

    @property
    def group(self) -> str:
        """What the rule is about."""
        return self.code.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Child:
    """Rows of ``table`` belong to a row of ``parent``, which ``key`` names, and so to its unit."""

    table: str
    key: str
    parent: str
    id: str = "NULL::text"


def at_the_parents_unit(children: Iterable[Child]) -> str:
    """Rows that stand at another unit than what they belong to."""
    return " UNION ALL ".join(
        f"SELECT p.unit_id, '{one.table}', {one.id}, c.unit_id::text, p.unit_id::text"  # noqa: S608
        f" FROM {one.table} c JOIN {one.parent} p ON p.id = c.{one.key} WHERE c.unit_id <> p.unit_id"
        for one in children
    )


def to_the_parents_unit(children: Iterable[Child]) -> str:
    """SQL that takes them there."""
    return "; ".join(
        f"UPDATE {one.table} c SET unit_id = p.unit_id, unit_path = p.unit_path FROM {one.parent} p"  # noqa: S608
        f" WHERE p.id = c.{one.key} AND c.unit_id <> p.unit_id"
        for one in children
    )
