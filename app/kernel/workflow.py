"""State machines as tables: ``{(state, action): Step}``. Every pair that is not in the table is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.kernel.errors import InvalidState, NoteRequired, Text
from app.kernel.schema import Out


@dataclass(frozen=True, slots=True)
class Step:
    """Where an action leads, which permission it takes, and whether it must be explained."""

    to: str
    permission: str
    needs_note: bool = False


Machine = Mapping[tuple[str, str], Step]


def step(machine: Machine, state: str, action: str) -> Step:
    """The step for ``action`` in ``state``. Raises 409 ``invalid_state``.

    What is possible instead depends on the caller too: ``allowed_actions`` of the resource tells it.
    """
    found = machine.get((state, action))
    if found is None:
        raise InvalidState(
            Text(
                "Đang ở trạng thái '{state}' nên không thực hiện được thao tác '{action}'; "
                "thao tác nào được phép thì xem allowed_actions",
                "'{action}' is not possible in the state '{state}'; see allowed_actions for what is",
            ).fill(action=action, state=state),
            current_status=state,
        )
    return found


def permission_for(machine: Machine, action: str) -> str:
    """What ``action`` takes, whatever the state: who may not take it learns that before in what state things are."""
    return next(found.permission for (_, name), found in machine.items() if name == action)


def require_note(found: Step, note: str | None) -> None:
    """Refuse with 422 when the step needs a note and there is none."""
    if found.needs_note and not note:
        raise NoteRequired


def actions(machine: Machine) -> Iterable[str]:
    """All actions of the machine, each once."""
    return dict.fromkeys(action for _, action in machine)


class ActionOut(Out):
    """An action that the caller may take now."""

    action: str
    needs_note: bool
