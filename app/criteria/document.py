"""The whole set as one nested document: into rows and back, as a file, and what is wrong with it. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError

from app.criteria.schemas import (
    CriteriaGroupIn,
    CriteriaGroupOut,
    CriteriaSetBody,
    CriterionIn,
    CriterionOut,
    PassRule,
    SetLegalBasis,
)
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.schema import Whole
from app.kernel.validation import refusal
from app.units.kinds import KINDS

MAX_DEPTH = 5
MAX_CRITERIA = 1_000


class CriteriaSetFile(CriteriaSetBody):
    """A set as a file carries it, into the system and out of it."""

    version: Annotated[
        Whole | None, Field(ge=1, le=10_000, description="The version of the set; null = the next free one")
    ] = None


@dataclass(frozen=True, slots=True)
class Place:
    """A group or criterion with the pointer to it."""

    pointer: str
    parent: CriteriaGroupIn | None
    depth: int


def groups_of(groups: Sequence[CriteriaGroupIn], place: Place | None = None) -> Iterator[tuple[CriteriaGroupIn, Place]]:
    """All groups in printed order, each before those below it."""
    base, parent, depth = (place.pointer, place.parent, place.depth) if place else ("", None, 1)
    for i, group in enumerate(groups):
        here = f"{base}/groups/{i}"
        yield group, Place(here, parent, depth)
        yield from groups_of(group.groups, Place(here, group, depth + 1))


def criteria_of(groups: Sequence[CriteriaGroupIn]) -> Iterator[tuple[CriterionIn, Place]]:
    """All criteria in printed order: a group's own, then those of the groups below it."""
    for group, place in groups_of(groups):
        for i, criterion in enumerate(group.criteria):
            yield criterion, Place(f"{place.pointer}/criteria/{i}", group, place.depth)


Body = TypeVar("Body", bound=CriteriaSetBody)


def parse(model: type[Body], value: Any) -> Body:
    """``value`` as ``model``, structure checked. Raises 422 with a pointer to each fault."""
    try:
        made = model.model_validate(value)
    except ValidationError as fault:
        raise refusal({**error, "loc": ("body", *error["loc"])} for error in fault.errors()) from fault
    check(made)
    return made


def check(body: CriteriaSetBody) -> None:
    """Refuse with 422 what not even a draft may be: codes twice, unknown kinds, nesting without end."""
    errors = [*_repeated("", "applies_to_kinds", body.applies_to_kinds), *_unknown_kinds(body)]
    groups = list(groups_of(body.groups))
    criteria = list(criteria_of(body.groups))
    errors += _codes_twice([(group.code, place) for group, place in groups])
    errors += _codes_twice([(criterion.code, place) for criterion, place in criteria])
    deep = Text("Tối đa {n} cấp nhóm", "Groups nest at most {n} deep").fill(n=MAX_DEPTH)
    errors += [FieldError(place.pointer, "too_deep", deep) for _, place in groups if place.depth > MAX_DEPTH]
    if len(criteria) > MAX_CRITERIA:
        many = Text("Tối đa {n} tiêu chí", "At most {n} criteria").fill(n=MAX_CRITERIA)
        errors.append(FieldError("/groups", "too_many", many))
    if errors:
        raise Invalid(errors=errors[:100])


def _unknown_kinds(body: CriteriaSetBody) -> Iterator[FieldError]:
    known = ", ".join(KINDS)
    for i, kind in enumerate(body.applies_to_kinds):
        if kind not in KINDS:
            message = Text("Chỉ nhận: {known}", "One of {known} is expected").fill(known=known)
            yield FieldError(f"/applies_to_kinds/{i}", "unknown_kind", message)


def _repeated(base: str, name: str, values: Sequence[str]) -> Iterator[FieldError]:
    for i, value in enumerate(values):
        if value in values[:i]:
            yield FieldError(f"{base}/{name}/{i}", "repeated", Text("Bị lặp lại", "Stands twice"))


def _codes_twice(found: Sequence[tuple[str, Place]]) -> Iterator[FieldError]:
    first: dict[str, Place] = {}
    for code, place in found:
        if code in first:
            message = Text("Mã {code} đã dùng ở {other}", "The code {code} stands at {other} already")
            message = message.fill(code=code, other=first[code].pointer)
            yield FieldError(f"{place.pointer}/code", "duplicate_code", message)
        first.setdefault(code, place)


Rows = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def rows_of(
    body: CriteriaSetBody,
    common: Mapping[str, Any],
    group_id: Callable[[str], UUID],
    criterion_id: Callable[[str], UUID],
) -> Rows:
    """The rows of the groups and of the criteria; ``common`` stands in each, the functions give ids by code."""
    ids = {group.code: group_id(group.code) for group, _ in groups_of(body.groups)}
    groups = [
        {
            **common,
            "id": ids[group.code],
            "parent_id": ids[place.parent.code] if place.parent else None,
            "code": group.code,
            "title": group.title,
            "position": position,
        }
        for position, (group, place) in enumerate(groups_of(body.groups), 1)
    ]
    criteria = [
        {
            **common,
            **criterion.model_dump(),
            "id": criterion_id(criterion.code),
            "group_id": ids[place.parent.code],
            "position": position,
        }
        for position, (criterion, place) in enumerate(criteria_of(body.groups), 1)
        if place.parent
    ]
    return groups, criteria


Made = TypeVar("Made", CriteriaGroupIn, CriteriaGroupOut)


def nest(
    groups: Sequence[AnyRow],
    criteria: Sequence[AnyRow],
    group_of: Callable[[AnyRow], Made],
    criterion_of: Callable[[AnyRow], Any],
) -> list[Made]:
    """Rows in printed order as the tree they came from."""
    made = {row.id: group_of(row) for row in groups}
    top: list[Any] = []
    for row in groups:
        siblings = made[row.parent_id].groups if row.parent_id else top
        siblings.append(made[row.id])
    for row in criteria:
        made[row.group_id].criteria.append(criterion_of(row))
    return top


def _pick(model: type[BaseModel], row: AnyRow) -> dict[str, Any]:
    values = row._asdict()
    return {name: values[name] for name in model.model_fields if name in values}


def shown(groups: Sequence[AnyRow], criteria: Sequence[AnyRow]) -> list[CriteriaGroupOut]:
    """The tree as it is answered."""
    return nest(
        groups,
        criteria,
        lambda row: CriteriaGroupOut.model_construct(**_pick(CriteriaGroupOut, row), criteria=[], groups=[]),
        lambda row: CriterionOut.model_construct(**_pick(CriterionOut, row)),
    )


def file_of(head: AnyRow, groups: Sequence[AnyRow], criteria: Sequence[AnyRow]) -> CriteriaSetFile:
    """The set as a file. What is stored was checked when it was written."""
    basis = head.legal_basis
    return CriteriaSetFile.model_construct(
        **{
            **_pick(CriteriaSetFile, head),
            "version": head.set_version,
            "legal_basis": None if basis is None else SetLegalBasis.model_validate(basis),
            "pass_rule": PassRule.model_construct(kind=head.pass_rule_kind, minimum=head.pass_rule_minimum),
            "groups": nest(
                groups,
                criteria,
                lambda row: CriteriaGroupIn.model_construct(code=row.code, title=row.title, criteria=[], groups=[]),
                lambda row: CriterionIn.model_construct(**_pick(CriterionIn, row)),
            ),
        }
    )
