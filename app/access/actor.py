"""The caller as a value: who, with which grants, and what follows from them. No tables, no framework."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from app.access.permissions import DECIDING_RECORDS, ROLES, WRITING_RECORDS, Permission, Reach, Role
from app.kernel.clock import local_date
from app.kernel.db import Session
from app.kernel.errors import DomainError, FieldError, Forbidden, Invalid, NotFound, SelfApproval, Text
from app.kernel.workflow import RETURNED, ActionOut, Machine, Step

LABEL_WIDTH = 7
"""Characters of one label of a unit's path: six of the unit's own and the closing dot."""

_BY_LEVEL: Final = frozenset({Reach.LEVEL, Reach.DECIDING})
_AT_ITSELF: Final = frozenset({Reach.SUBTREE, Reach.OWN, Reach.ITSELF})
_AT_BASES: Final = frozenset({Reach.OWN, Reach.BASES})


class UnitEnded(DomainError):
    """The unit ended: its records stay as they are, new ones belong to its successor."""

    code = "unit_ended"
    title = Text("Đơn vị đã kết thúc; hãy dùng đơn vị kế thừa", "The unit has ended: use its successor")
    unit_id: UUID | None = None
    """Which unit it is: whoever answers names its successor (``units/ended.py``)."""

    @classmethod
    def of(cls, unit_id: UUID) -> "UnitEnded":
        """The refusal for that unit."""
        made = cls()
        made.unit_id = unit_id
        return made


@dataclass(frozen=True, slots=True)
class UnitRef:
    """As much of a unit as a question of rights needs. ``path`` is its place in the current tree."""

    id: UUID
    path: str
    level: str
    ended: bool = False
    """Whether it exists no longer: its records are read by whoever is responsible today, and changed by nobody."""
    bearing: str | None = None
    """If it has ended: the path at which those above decide what it had handed in (``units.upward.bearing_path``)."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held at a unit, valid for its subtree."""

    role: Role
    unit: UnitRef
    permissions: frozenset[Permission] | None = None
    """A service-account key may narrow the role to these; None = all of the role's."""

    def reach(self, permission: Permission) -> Reach | None:
        """How far ``permission`` goes under this grant, or None when the grant does not hold it."""
        if self.permissions is not None and permission not in self.permissions:
            return None
        return ROLES[self.role].get(permission)

    def covers(self, permission: Permission, unit: UnitRef, at_level: str | None) -> bool:
        """Whether this grant allows ``permission`` on ``unit`` (``at_level``: the level that must decide)."""
        reach = self.reach(permission)
        if reach is None or not unit.path.startswith(self.unit.path):
            return False
        steps = (len(unit.path) - len(self.unit.path)) // LABEL_WIDTH
        if reach in _BY_LEVEL:
            return self._decides(reach, steps, at_level)
        if steps == 0:
            return reach in _AT_ITSELF
        if reach is Reach.FURTHER:
            return steps > 1 or len(self.unit.path) <= 2 * LABEL_WIDTH
        directly = reach is Reach.BELOW or (reach in _AT_BASES and unit.level == "base")
        return reach is Reach.SUBTREE or (steps == 1 and directly)

    def _decides(self, reach: Reach, steps: int, at_level: str | None) -> bool:
        if reach is Reach.DECIDING:
            return self.unit.level == at_level
        # Always from above: a district's approver does not recognise the district.
        return steps == 1 if at_level == "managing_unit" else steps >= 1 and self.unit.level == at_level


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request brings to say who asks: its ``Authorization`` header, and where it comes from."""

    authorization: str | None
    address: str | None
    """The client's address as ``kernel/addresses.py`` found it; None where that is unknown."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, a service account, or the system itself."""

    kind: Literal["user", "service_account", "system"]
    id: UUID | None
    name: str
    grants: tuple[Grant, ...] = ()
    session_id: UUID | None = None
    key_id: UUID | None = None
    key_name: str | None = None
    """The name of the service account's key, to tell which script acted; None for people."""
    home: UnitRef | None = None

    def can(self, permission: Permission, unit: UnitRef, *, at_level: str | None = None) -> bool:
        """Whether ``permission`` holds at ``unit``."""
        if self.kind == "system":
            return True
        if unit.ended and permission in WRITING_RECORDS:
            if permission not in DECIDING_RECORDS or unit.bearing is None:
                return False
            unit = replace(unit, path=unit.bearing)
        return any(grant.covers(permission, unit, at_level) for grant in self.grants)

    def require(self, permission: Permission, unit: UnitRef, *, at_level: str | None = None) -> None:
        """Refuse unless ``permission`` holds at ``unit``: 404 where the caller may not even read, otherwise 403.

        409 ``unit_ended`` where the unit has ended and the caller holds ``permission`` at one above: nobody writes
        there, and what it had handed in is decided above the unit that bears it.
        """
        if not self.can(permission.reading, unit):
            raise NotFound
        if not self.can(permission, unit, at_level=at_level):
            if unit.ended and any(g.reach(permission) and unit.path.startswith(g.unit.path) for g in self.grants):
                raise UnitEnded.of(unit.id)
            raise self._refusal(permission, unit)

    def can_somewhere(self, permission: Permission) -> bool:
        """Whether some grant holds ``permission``."""
        return self.kind == "system" or any(grant.reach(permission) for grant in self.grants)

    def require_somewhere(self, permission: Permission) -> None:
        """Refuse with 403 unless some grant holds ``permission``."""
        if not self.can_somewhere(permission):
            raise self._refusal(permission)

    def _refusal(self, permission: Permission, unit: UnitRef | None = None) -> Forbidden:
        return _forbidden(permission, unit) if self.grants else Forbidden(_NO_ROLE)

    def require_not_submitter(self, submitted_by: UUID | None) -> None:
        """Refuse with 403 ``self_approval`` when the caller is who submitted."""
        if self.id is not None and self.id == submitted_by:
            raise SelfApproval

    def topmost(self, permission: Permission) -> UnitRef:
        """The one unit under which ``permission`` holds: what a question about "my unit" means when none is named.

        Raises 422 when the caller holds it at several places that do not lie in one another.
        """
        places = {grant.unit.path: grant.unit for grant in self.grants if grant.reach(permission)}
        top = [unit for path, unit in places.items() if not any(path != p and path.startswith(p) for p in places)]
        if len(top) != 1:
            text = Text("Hãy nêu đơn vị (unit)", "Name the unit: your grants do not lie under a single one")
            raise Invalid(errors=[FieldError("/unit", "missing", text, "query")])
        return top[0]

    def permissions(self) -> Iterator[tuple[Grant, list[Permission]]]:
        """Each grant with what it gives, for ``GET /me``."""
        for grant in self.grants:
            yield grant, sorted(p for p in ROLES[grant.role] if grant.reach(p))


_NO_ROLE = Text(
    "Tài khoản không có vai trò nào (chẳng hạn vì đơn vị đã kết thúc khi sắp xếp đơn vị hành chính): đề nghị quản trị"
    " viên (administrator) cấp trên giao vai trò ở đơn vị mới",
    "The account holds no role (for instance because an act ended its unit): ask an administrator above to grant one"
    " at the new unit",
)
_WHERE = {
    Reach.ITSELF: Text(" của chính đơn vị", " of the unit itself"),
    Reach.BASES: Text(" của đơn vị quản lý trực tiếp", " of the unit directly above"),
    Reach.BELOW: Text(" của đơn vị cấp trên trực tiếp", " of the unit directly above"),
    Reach.FURTHER: Text(" của đơn vị cấp trên nữa", " of a unit further above"),
}
"""Where the role must be held: an approver who may not accept the own unit's work learns whose approver may."""


def _forbidden(permission: Permission, unit: UnitRef | None = None) -> Forbidden:
    reaches = {role: held[permission] for role, held in ROLES.items() if permission in held}
    if unit is not None and unit.level != "base":
        reaches = {role: reach for role, reach in reaches.items() if reach is not Reach.BASES}
    held_by = [(role.value, _WHERE.get(reach, Text("", ""))) for role, reach in reaches.items()]
    return Forbidden(
        Text(
            f"Cần quyền {permission.value} đối với đơn vị này"
            f" (vai trò: {', '.join(role + where.vi for role, where in held_by)})",
            f"This needs the permission {permission.value} for this unit"
            f" (held by the roles: {', '.join(role + where.en for role, where in held_by)})",
        ),
        permission=permission.value,
    )


_NOBODY_THERE = Text(
    "Đơn vị đã kết thúc, không còn ai bổ sung nên không trả lại được; hãy dùng thao tác khác trong allowed_actions",
    "The unit has ended: nobody there could go on with what is sent back. See allowed_actions for what is possible",
)

SYSTEM = Actor("system", None, "system")


@dataclass(frozen=True, slots=True)
class Tx:
    """One opened, fenced transaction and who acts in it: what every verb of every slice takes first."""

    session: Session
    actor: Actor
    now: datetime
    request_id: str = ""
    language: Literal["vi", "en"] = "vi"
    today: date = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", local_date(self.now))


def refuse_sending_back(unit: UnitRef, found: Step) -> None:
    """Refuse (409 ``unit_ended``) to send work back to a unit that has ended: nobody there could go on with it."""
    if unit.ended and found.to == RETURNED:
        raise UnitEnded(_NOBODY_THERE)


def allowed(
    actor: Actor, machine: Machine, state: str, unit: UnitRef, *, at_level: str | None = None
) -> list[ActionOut]:
    """The actions of ``machine`` that ``actor`` may take on a record of ``unit`` in ``state``."""
    return [
        ActionOut.of({"action": action, "needs_note": found.needs_note})
        for (source, action), found in machine.items()
        if source == state
        and not (unit.ended and found.to == RETURNED)
        and actor.can(Permission(found.permission), unit, at_level=at_level)
    ]
