"""State machines as tables: ``{(state, action): Step}``. Every pair that is not in the table is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from app.kernel.errors import InvalidState, NoteRequired, Text
from app.kernel.schema import Out


@dataclass(frozen=True, slots=True)
class Step:
    """Where an action leads, which permission it takes, and whether it must be explained."""

    to: str
    permission: str
    needs_note: bool = False


Machine = Mapping[tuple[str, str], Step]
RETURNED: Final = "returned"
"""The state in which work lies with its unit again, to be put right."""

STATES: Final = {
    "accepted": "đã chấp nhận",
    "active": "đang hoạt động",
    "applied": "đã áp dụng",
    "cancelled": "đã hủy",
    "closed": "đã đóng",
    "declined": "không tặng",
    "disabled": "đã khóa",
    "draft": "bản nháp",
    "ended": "đã kết thúc",
    "endorsed": "đã nhất trí",
    "expected": "thuộc diện báo cáo",
    "failed": "không áp dụng được",
    "granted": "đã tặng",
    "in_force": "đang tồn tại",
    "left": "đã rút khỏi danh sách",
    "not_recognised": "không công nhận",
    "open": "đang mở",
    "planned": "chờ áp dụng",
    "proposed": "đã đề xuất",
    "published": "đã ban hành",
    "recognised": "đã công nhận",
    "retired": "đã thôi áp dụng",
    "returned": "bị trả lại",
    "reversed": "đã hoàn tác",
    "selected": "đã chọn",
    "submitted": "đã gửi",
    "to_be_replicated": "được nhân rộng",
    "verified": "đã thẩm định",
    "withdrawn": "đã rút",
}
ACTIONS: Final = {
    "accept": "chấp nhận",
    "allow_duplicate": "cho phép trùng",
    "apply": "áp dụng",
    "cancel": "hủy",
    "close": "đóng",
    "decline": "từ chối",
    "disable": "khóa",
    "enable": "mở khóa",
    "end": "kết thúc",
    "endorse": "nhất trí",
    "grant": "tặng",
    "leave": "rút khỏi danh sách",
    "open": "mở",
    "propose": "đề xuất",
    "publish": "ban hành",
    "recognise": "công nhận",
    "rejoin": "đưa lại vào danh sách",
    "reopen": "mở lại",
    "replicate": "nhân rộng",
    "reset_password": "đặt lại mật khẩu",
    "retire": "thôi áp dụng",
    "return": "trả lại",
    "reverse": "hoàn tác",
    "select": "chọn",
    "submit": "gửi",
    "verify": "thẩm định",
    "withdraw": "rút",
}
"""The words that people read; a code without one stands for itself."""


def step(machine: Machine, state: str, action: str) -> Step:
    """The step for ``action`` in ``state``. Raises 409 ``invalid_state``.

    What is possible instead depends on the caller too: ``allowed_actions`` of the resource tells it.
    """
    found = machine.get((state, action))
    if found is None:
        told = Text(
            f"Đang ở trạng thái “{STATES.get(state, state)}” nên không thực hiện được thao tác"
            f" “{ACTIONS.get(action, action)}”; thao tác nào được phép thì xem allowed_actions",
            f"'{action}' is not possible in the state '{state}'; see allowed_actions for what is",
        )
        raise InvalidState(told, current_status=state)
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
