"""Identifiers that the client chooses: sent again with the same content, a record is the same record; with other
content it is refused. So a script may retry a POST blindly, and knows what it made before any answer came."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from sqlalchemy import String, bindparam, cast, func, literal, select

from app.kernel.db import Session
from app.kernel.errors import DomainError, FieldError, NotFound, Text, on_constraint
from app.kernel.locks import LockSpace

RowT = TypeVar("RowT")

_TAKEN = Text(
    "Mã định danh (id) này đã dùng cho một bản ghi khác hoặc cho nội dung khác; hãy chọn id mới",
    "This id stands for another record, or for other content: choose a new one",
)
_TURN = select(
    cast(
        func.pg_advisory_xact_lock(literal(int(LockSpace.CHOSEN_ID)), func.hashtext(bindparam("id", type_=String))),
        String,
    )
)


class DuplicateId(DomainError):
    """The chosen ``id`` stands for something else already; whether the caller may see that is not told."""

    code = "duplicate_id"
    title = Text("Mã định danh đã được dùng", "The id is taken")

    def __init__(self, *_given: object) -> None:
        super().__init__(_TAKEN, [FieldError("/id", "duplicate_id", _TAKEN)])


def refuse_taken_id(table: str) -> None:
    """Let a second row of ``table`` with the same id answer so, also to those who may not see the first: called next
    to its verbs."""
    on_constraint(f"pk_{table}", DuplicateId())


async def same_again(
    session: Session,
    chosen: UUID | None,
    find: Callable[[Session, UUID], Awaitable[RowT]],
    same: Callable[[RowT], bool],
) -> RowT | None:
    """The record that was made under the id ``chosen`` before; None when it is to be made now.

    ``find`` reads it (and raises 404 outside the fence, where the insert is then refused by the primary key); ``same``
    tells whether it says what the request says. Two with the same id at once go one after the other. Raises 409
    ``duplicate_id``.
    """
    if chosen is None:
        return None
    await session.execute(_TURN, {"id": str(chosen)})
    try:
        row = await find(session, chosen)
    except NotFound:
        return None
    if not same(row):
        raise DuplicateId
    return row
