"""Templates of documents as they travel."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kernel.pagination import SinceParams
from app.kernel.schema import Out
from app.units.schemas import UnitBrief

Code = Annotated[
    Literal["report", "award_list"],
    Field(description="`report` = báo cáo sơ kết; `award_list` = danh sách đề nghị khen thưởng"),
]


class TemplateQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[Literal["unit", "updated_at", "-updated_at"], Field(description="`unit` = order of the tree")] = (
        "unit"
    )
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    code: Annotated[Code | None, Field(description="Only of this kind of document")] = None


class TemplateOut(Out):
    """A template that a unit has installed for itself and everything below it."""

    id: UUID
    unit: UnitBrief
    code: Code
    name: Annotated[str, Field(description="Name of the file")]
    size: Annotated[int, Field(description="Bytes of the file")]
    sha256: Annotated[str, Field(description="SHA-256 of the file, hexadecimal")]
    editable: Annotated[bool, Field(description="Whether the caller may replace or remove it")]
    version: int
    created_at: datetime
    updated_at: datetime


class PlaceholderOut(Out):
    """A field that a template may name."""

    path: Annotated[str, Field(description="`sections.title`: within a loop `{%p for section in sections %}`")]
    meaning: Annotated[str, Field(description="What stands there, in Vietnamese")]
    repeated: Annotated[bool, Field(description="A list: loop over it")]


class KindOut(Out):
    """A kind of document with the fields its templates may name."""

    code: Code
    title: Annotated[str, Field(description="Its name in Vietnamese")]
    placeholders: list[PlaceholderOut]


class KindsOut(Out):
    """All kinds of documents that have templates."""

    items: list[KindOut]


class InForceOut(Out):
    """The template that a unit's documents are made from."""

    code: Code
    shipped: Annotated[bool, Field(description="No unit here or above has installed one: the shipped one serves")]
    template: Annotated[TemplateOut | None, Field(description="The nearest installed one; null when shipped")]
