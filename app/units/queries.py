"""All SQL about units, but for the loader's (``loading_queries.py``)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Integer,
    Uuid,
    all_,
    and_,
    any_,
    bindparam,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import Text as SqlText
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.access.actor import UnitRef
from app.kernel.db import AnyRow, AnySelect, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.facts import BETWEEN_WORDS
from app.units.models import LABELS, Unit, UnitFact
from app.units.spans import in_force

REF = select(Unit.id, Unit.path, Unit.level, Unit.ended_on).where(Unit.id == bindparam("id"))


async def unit_ref(session: Session, unit_id: UUID) -> UnitRef:
    """The unit as questions of rights need it. Raises 404 when there is none."""
    row = (await session.execute(REF, {"id": unit_id})).one_or_none()
    if row is None:
        raise NotFound
    return UnitRef(row.id, row.path, row.level)


def under_clause(path: InstrumentedAttribute[str], parameter: str = "under") -> ColumnElement[bool]:
    """Rows whose ``path`` lies in the subtree of the unit with the id bound to ``parameter``."""
    root = select(Unit.path).where(Unit.id == bindparam(parameter)).scalar_subquery()
    return and_(path >= root, path < func.rtrim(root, ".").concat("/"))


# --- reading -------------------------------------------------------------------------------------------------------

_Parent = aliased(Unit, name="parent")
_ParentFact = aliased(UnitFact, name="parent_fact")
_Root = aliased(UnitFact, name="root")


def _columns(shown: type[Unit] | type[UnitFact]) -> tuple[Any, ...]:
    """A unit with what ``shown`` says of it; ``path_now`` and ``level_now`` are for questions of rights."""
    return (
        Unit.id,
        *(getattr(shown, name) for name in ("code", "name", "short_name", "kind", "level", "parent_id")),
        shown.path.label("path_shown"),
        UnitFact.id.label("fact_id"),
        UnitFact.valid_from,
        UnitFact.valid_to,
        UnitFact.legal_basis,
        Unit.label,
        Unit.path.label("path_now"),
        Unit.level.label("level_now"),
        *(Unit.ended_on, Unit.successor_id, Unit.version, Unit.created_at, Unit.updated_at),
    )


_AS_OF = bindparam("as_of", type_=Date)

# The fact shown of today's units is the last: open, or closed on the day on which the unit ended.
_NOW = (
    select(*_columns(Unit), _Parent.code.label("parent_code"), _Parent.name.label("parent_name"))
    .select_from(Unit)
    .outerjoin(UnitFact, and_(UnitFact.unit_id == Unit.id, UnitFact.valid_to.is_not_distinct_from(Unit.ended_on)))
    .outerjoin(_Parent, _Parent.id == Unit.parent_id)
)


def _then(parent_on: Any, *more: Any) -> AnySelect:
    """Dated facts with their parents as they were called on ``parent_on``."""
    return (
        select(
            *_columns(UnitFact),
            func.coalesce(_ParentFact.code, _Parent.code).label("parent_code"),
            func.coalesce(_ParentFact.name, _Parent.name).label("parent_name"),
        )
        .select_from(UnitFact)
        .join(Unit, Unit.id == UnitFact.unit_id)
        .outerjoin(_Parent, _Parent.id == UnitFact.parent_id)
        .outerjoin(_ParentFact, and_(_ParentFact.unit_id == UnitFact.parent_id, in_force(_ParentFact, parent_on)))
        .where(*more)
    )


_THEN = _then(_AS_OF, in_force(UnitFact, _AS_OF))


def _subtree_then() -> ColumnElement[bool]:
    here = and_(_Root.unit_id == bindparam("under"), in_force(_Root, _AS_OF))
    root = select(_Root.path).where(here).scalar_subquery()
    return and_(UnitFact.path >= root, UnitFact.path < func.rtrim(root, ".").concat("/"))


def _found(folded: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Names with every word of the search and a word that begins with its last; see ``facts.search``."""
    blank = literal(" ", SqlText)
    words = blank.concat(func.translate(folded, BETWEEN_WORDS, " " * len(BETWEEN_WORDS))).concat(blank)
    # The first, cheap comparison spares most rows the second.
    return and_(
        folded.like(all_(bindparam("q", type_=ARRAY(SqlText)))),
        words.like(all_(bindparam("q_words", type_=ARRAY(SqlText)))),
    )


def _listing(shown: type[Unit] | type[UnitFact], select: AnySelect, subtree: ColumnElement[bool]) -> Listing:
    return Listing(
        select=select,
        key=Unit.id,
        sorts={
            "name": (shown.sort_key, shown.code),
            "-name": (shown.sort_key, shown.code),
            "code": (shown.code,),
            "-code": (shown.code,),
        },
        filters={
            "parent_id": shown.parent_id == bindparam("parent_id"),
            "under": subtree,
            "level": shown.level == bindparam("level"),
            "kind": shown.kind == bindparam("kind"),
            "code": shown.code == bindparam("code"),
            "q": _found(shown.folded),
            "living": Unit.ended_on.is_(None),
            "updated_since": Unit.updated_at >= bindparam("updated_since"),
        },
    )


LISTING = _listing(Unit, _NOW, under_clause(Unit.path))
"""Today's tree. ``living`` leaves ended units out; ``q`` takes what ``facts.search`` gives."""

LISTING_AS_OF = _listing(UnitFact, _THEN, _subtree_then())
"""The tree on the date bound to ``as_of``."""

HISTORY = Listing(
    select=_then(UnitFact.valid_from),
    key=UnitFact.id,
    sorts={"-valid_from": (UnitFact.valid_from,)},
    filters={"unit_id": UnitFact.unit_id == bindparam("unit_id")},
)

_ONE_NOW = _NOW.where(Unit.id == bindparam("id"))
_ONE_THEN = _THEN.where(Unit.id == bindparam("id"))
_LOCKED = _ONE_NOW.with_for_update(of=Unit, key_share=True)
_LABELS = Unit.label == any_(bindparam("labels", type_=ARRAY(Integer)))
_ANCESTORS_NOW = _NOW.where(_LABELS).order_by(func.length(Unit.path))
_ANCESTORS_THEN = _THEN.where(_LABELS).order_by(func.length(UnitFact.path))


async def get(session: Session, unit_id: UUID, as_of: date | None = None) -> AnyRow:
    """One unit as it is today, or as it was on ``as_of``. Raises 404 when there is, or was, none."""
    statement, values = (_ONE_NOW, {"id": unit_id}) if as_of is None else (_ONE_THEN, {"id": unit_id, "as_of": as_of})
    row = (await session.execute(statement, values)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def lock(session: Session, unit_id: UUID) -> AnyRow:
    """One unit as it is today, kept from being changed meanwhile. Raises 404 outside the fence: it guards writing."""
    row = (await session.execute(_LOCKED, {"id": unit_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def ancestors(session: Session, labels: Sequence[int], as_of: date | None) -> Sequence[AnyRow]:
    """The units with ``labels``, root first."""
    if as_of is None:
        return (await session.execute(_ANCESTORS_NOW, {"labels": labels})).all()
    return (await session.execute(_ANCESTORS_THEN, {"labels": labels, "as_of": as_of})).all()


# --- writing -------------------------------------------------------------------------------------------------------

_MANAGER = (
    select(
        *(Unit.id, Unit.path, Unit.code, Unit.level, Unit.ended_on),
        select(func.min(UnitFact.valid_from))
        .where(UnitFact.unit_id == Unit.id, UnitFact.path == Unit.path)
        .scalar_subquery()
        .label("placed_from"),
    )
    .where(Unit.id == bindparam("id"))
    .with_for_update(of=Unit, key_share=True)
)
_TAKEN = (
    select(UnitFact.id)
    .where(
        UnitFact.code == bindparam("code"),
        UnitFact.unit_id.is_distinct_from(bindparam("but", type_=Uuid)),
        or_(UnitFact.valid_to.is_(None), UnitFact.valid_to > bindparam("since", type_=Date)),
    )
    .limit(1)
)
_numbers = func.generate_series(1, 9_999).column_valued("n")
_numbered: ColumnElement[str] = bindparam("stem", type_=SqlText) + cast(_numbers, SqlText)
_FREE_NUMBER = select(func.min(_numbers)).where(~select(UnitFact.id).where(UnitFact.code == _numbered).exists())
_LABEL = select(LABELS.next_value())


async def manager(session: Session, unit_id: UUID) -> AnyRow:
    """A unit that is to manage or succeed another, kept from being moved or ended meanwhile.

    ``placed_from`` is the first day of its present place in the tree. Raises 404 outside the fence.
    """
    row = (await session.execute(_MANAGER, {"id": unit_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def code_taken(session: Session, code: str, since: date, but: UUID | None = None) -> bool:
    """Whether a unit other than ``but`` bears ``code`` on some day from ``since`` on."""
    values = {"code": code, "since": since, "but": but}
    return (await session.scalar(_TAKEN, values)) is not None


async def free_number(session: Session, stem: str) -> int | None:
    """The smallest number that no unit's code, past or present, has after ``stem``; None if all 9,999 are used."""
    found: int | None = await session.scalar(_FREE_NUMBER, {"stem": stem})
    return found


async def new_label(session: Session) -> int:
    """A label that no unit has."""
    found: int = (await session.execute(_LABEL)).scalar_one()
    return found


async def add(session: Session, unit: Mapping[str, Any], fact: Mapping[str, Any]) -> None:
    """Insert a unit and the first of its dated facts."""
    await session.execute(insert(Unit), dict(unit))
    await session.execute(insert(UnitFact), dict(fact))


async def change(session: Session, unit_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked unit and count its version up."""
    await session.execute(update(Unit).where(Unit.id == unit_id).values(**values, version=Unit.version + 1))


async def replant(session: Session, old: str, new: str) -> None:
    """Move the subtree at path ``old`` to path ``new``; the database carries every unit-owned row along."""
    await session.execute(
        update(Unit)
        .where(Unit.path >= old, Unit.path < old.removesuffix(".") + "/")
        .values(path=literal(new, SqlText) + func.substr(Unit.path, len(old) + 1))
    )


async def close_fact(session: Session, fact_id: UUID, valid_to: date) -> None:
    """Let a fact be true until before ``valid_to``."""
    await session.execute(update(UnitFact).where(UnitFact.id == fact_id).values(valid_to=valid_to))


async def rewrite_fact(session: Session, fact_id: UUID, values: Mapping[str, Any]) -> None:
    """Put right what a fact said wrongly."""
    await session.execute(update(UnitFact).where(UnitFact.id == fact_id).values(**values))


async def add_fact(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a dated fact of an existing unit."""
    await session.execute(insert(UnitFact), dict(values))
