"""Keyset pagination: one :class:`Listing` describes a collection, and every page of it is one or two statements."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from uuid import UUID
from zlib import crc32

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, bindparam, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.db import AnyRow, AnySelect, Session
from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.schema import Instant

Column: TypeAlias = ColumnElement[Any] | InstrumentedAttribute[Any]


class InvalidCursor(Invalid):
    """The cursor is damaged, or belongs to another query."""

    code = "invalid_cursor"
    title = Text("Con trỏ trang không hợp lệ", "The cursor is not valid")

    def __init__(self) -> None:
        message = Text(
            "Dùng nguyên giá trị next_cursor với đúng các tham số của trang trước",
            "Use next_cursor as given, with the same parameters as the page before",
        )
        super().__init__(errors=[FieldError("/cursor", "invalid_cursor", message, "query")])


class PageParams(BaseModel):
    """Query parameters that every collection takes; collections add their named filters."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[str | None, Field(max_length=2_000, description="`next_cursor` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=200, description="Items per page")] = 50
    include_total: Annotated[bool, Field(description="Also count all items of the query")] = False

    def filters(self) -> dict[str, Any]:
        """The named filters that were given, without the parameters of paging itself."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name not in _PAGING}
        return {name: value for name, value in values.items() if value is not None}


class SinceParams(PageParams):
    """Query parameters of a collection that can be followed: it also tells what was deleted since."""

    updated_since: Annotated[
        Instant | None,
        Field(
            description=(
                "Only what was created or changed at or after this instant of the server's clock; the last page then"
                " also lists what was `deleted` since, whatever the other filters say. Pass the latest `updated_at` or"
                " `deleted_at` you have seen, or better a few minutes before it: what commits late may bear an earlier"
                " instant, and reading it again does no harm. `GET /changes` misses nothing and repeats nothing"
            ),
            examples=["2024-07-01T05:00:00Z"],
        ),
    ] = None


Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """One page of a collection, as documented; ``app/kernel/http.py`` writes it."""

    items: list[Item]
    next_cursor: Annotated[str | None, Field(description="Pass as `cursor` for the next page; null on the last")]
    total: Annotated[int | None, Field(description="All items of the query, when `include_total=true`")] = None


class Tombstone(BaseModel):
    """What is left of a deleted record."""

    id: UUID
    deleted_at: Annotated[datetime, Field(description="Instant of the deletion, by the clock of `updated_at`")]


class PageSince(Page[Item], Generic[Item]):
    """One page of a collection that can be followed with `updated_since`."""

    deleted: Annotated[
        list[Tombstone] | None,
        Field(
            description=(
                "With `updated_since`, on the last page: records deleted at or after that instant in the units the"
                " caller reads. Take the items of all pages in first, then these out"
            )
        ),
    ] = None


_PAGING = {"cursor", "limit", "include_total", "sort"}


@dataclass(frozen=True, slots=True)
class PageRows:
    """One page as the database gave it."""

    rows: Sequence[AnyRow]
    next_cursor: str | None
    total: int | None
    deleted: list[Tombstone] | None = None
    """What is gone; None where the page does not tell (``audit/tombstones.py``)."""


def _encode(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, UUID) else value


_DECODERS: dict[type, Any] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    bytes: bytes.fromhex,
    UUID: UUID,
    int: int,
    str: str,
}


def digest_of(sort: str, given: Mapping[str, Any]) -> int:
    """The identity of a query: a cursor belongs to one."""
    return crc32(repr((sort, sorted((name, str(value)) for name, value in given.items()))).encode())


def write_cursor(digest: int, keys: Sequence[Any]) -> str:
    """Where the next page begins: after the item with ``keys``."""
    raw = json.dumps([digest, *map(_encode, keys)], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_cursor(cursor: str, digest: int, types: Sequence[type]) -> list[Any]:
    """The keys that :func:`write_cursor` wrote. Raises :class:`InvalidCursor`."""
    try:
        found, *values = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
        if found != digest or len(values) != len(types):
            raise InvalidCursor
        return [_DECODERS[kind](value) for kind, value in zip(types, values, strict=True)]
    except (ValueError, TypeError, KeyError, RecursionError) as fault:
        raise InvalidCursor from fault


@dataclass(frozen=True, eq=False)
class Listing:
    """A collection: what is selected, by what it may be filtered and sorted.

    ``filters`` maps a query parameter to a clause with a ``bindparam`` of the same name. ``sorts`` maps each value of
    ``sort`` to the columns it orders by (a leading ``-`` reads them downward); ``key`` is unique and ends every order.
    Statements are built once for each combination of filters and cached, since building costs a fifth of a request.
    """

    select: AnySelect
    key: Column
    sorts: Mapping[str, Sequence[Column]]
    filters: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Every page after the first compares with what its cursor says: a column that cannot be read back has none."""
        for column in (self.key, *(column for columns in self.sorts.values() for column in columns)):
            if column.type.python_type not in _DECODERS:
                raise TypeError(f"{column} has no type that a cursor can carry")

    def _ordering(self, sort: str) -> list[Column]:
        return [*self.sorts[sort], self.key]

    @lru_cache(maxsize=512)  # noqa: B019 - listings live as long as the process
    def _statement(self, names: frozenset[str], sort: str, continued: bool) -> AnySelect:
        columns = self._ordering(sort)
        downward = sort.startswith("-")
        statement = self.select.where(*(self.filters[name] for name in sorted(names)))
        if continued:
            after = tuple_(*(bindparam(f"after_{i}", type_=column.type) for i, column in enumerate(columns)))
            here = tuple_(*columns)
            statement = statement.where(here < after if downward else here > after)
        statement = statement.add_columns(*(column.label(f"_key_{i}") for i, column in enumerate(columns)))
        return statement.order_by(*(c.desc() if downward else c for c in columns)).limit(bindparam("_limit"))

    @lru_cache(maxsize=128)  # noqa: B019
    def _count(self, names: frozenset[str]) -> AnySelect:
        inner = self.select.where(*(self.filters[name] for name in sorted(names))).with_only_columns(self.key)
        return select(func.count()).select_from(inner.order_by(None).subquery())

    def _decode(self, cursor: str, sort: str, given: Mapping[str, Any]) -> dict[str, Any]:
        types = [column.type.python_type for column in self._ordering(sort)]
        return {f"after_{i}": key for i, key in enumerate(read_cursor(cursor, digest_of(sort, given), types))}

    async def page(
        self, session: Session, params: PageParams, *, sort: str, given: Mapping[str, Any] | None = None
    ) -> PageRows:
        """One page for ``params``; ``given`` replaces the filters of ``params`` where a slice has prepared them.

        What ``given`` holds beside the filters (the day of the question) is bound, and no part of the query's identity:
        a cursor outlives midnight.

        Raises:
            InvalidCursor: the cursor is damaged or belongs to other filters or another order.
        """
        given = params.filters() if given is None else given
        names = frozenset(name for name in given if name in self.filters)
        identity = {name: given[name] for name in names}
        values = {**given, "_limit": params.limit + 1}
        if params.cursor is not None:
            values |= self._decode(params.cursor, sort, identity)
        result = await session.execute(self._statement(names, sort, params.cursor is not None), values)
        rows = result.all()
        next_cursor = None
        if len(rows) > params.limit:
            rows = rows[: params.limit]
            keys = [getattr(rows[-1], f"_key_{i}") for i in range(len(self._ordering(sort)))]
            next_cursor = write_cursor(digest_of(sort, identity), keys)
        total = await session.scalar(self._count(names), dict(given)) if params.include_total else None
        return PageRows(rows, next_cursor, total)
