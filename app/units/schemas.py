"""Units as they travel."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kernel.schema import Out


class UnitBrief(Out):
    """A unit as other records name it."""

    id: UUID
    code: Annotated[str, Field(description="Official code (GSO) or the code of a base unit")]
    name: Annotated[str, Field(description="Full name with its type, e.g. `Xã Châu Bình`")]
