"""What all verbs about other people's and scripts' accounts ask first (docs/decisions/0004-granting.md)."""

from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.identity import queries
from app.kernel.db import AnyRow
from app.kernel.errors import Forbidden, Text


class OwnAccount(Forbidden):
    """An administrator cannot shut the own account or go around its password: another administrator does."""

    code = "own_account"
    title = Text(
        "Không được tự thực hiện với tài khoản của mình; hãy nhờ quản trị viên khác",
        "Not on your own account: ask another administrator",
    )


class HoldsMore(Forbidden):
    """Whoever can take over an account has its rights, so it takes somebody who administers all of them."""

    code = "holds_more"
    title = Text(
        "Tài khoản này có quyền ngoài phạm vi quản trị của bạn; hãy nhờ cấp quản trị cao hơn",
        "This account holds rights beyond what you administer: ask an administrator above",
    )


def unit_of(row: AnyRow) -> UnitRef:
    """The unit of a row with ``unit_id``, ``unit_path``, ``unit_level``."""
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


async def require_all_of(tx: Tx, holder: UUID) -> None:
    """Refuse with 403 the caller's own account, and one with rights where the caller does not administer."""
    if tx.actor.id == holder:
        raise OwnAccount
    if await queries.holds_beyond_scope(tx.session, holder, tx.today):
        raise HoldsMore
