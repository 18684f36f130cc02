"""What a look-over answers."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.kernel.schema import Out
from app.units.schemas import UnitBrief


class IntegrityQuery(BaseModel):
    """Which checks to run."""

    model_config = ConfigDict(extra="forbid")

    code: Annotated[
        list[Annotated[str, StringConstraints(max_length=60)]],
        Field(
            max_length=60,
            description="Codes of checks or of groups (what stands before the dot); all where it is left out",
        ),
    ] = []


class IntegritySample(Out):
    """One row that breaks the rule."""

    unit: Annotated[UnitBrief | None, Field(description="The unit it belongs to, as it is called today")]
    table: Annotated[str, Field(description="The table in which it stands")]
    id: Annotated[str | None, Field(description="Its identifier there")]
    href: Annotated[str | None, Field(description="Where to read it, if the API shows it by itself")]
    found: Annotated[str | None, Field(description="What stands there")]
    expected: Annotated[str | None, Field(description="What should, where that can be told")]


class IntegrityCheck(Out):
    """One rule and what came of it."""

    code: Annotated[str, Field(description="Stable; what stands before the dot is its group")]
    title: Annotated[str, Field(description="The rule as it holds, in the language of the request")]
    status: Annotated[
        Literal["sound", "broken", "not_run"],
        Field(description="`not_run`: `reason` says why; it was neither found sound nor broken"),
    ]
    count: Annotated[int | None, Field(description="How many break it; null where it was not run")]
    samples: Annotated[list[IntegritySample], Field(description="The first 20 of them, in the order of the tree")]
    remedy: Annotated[str, Field(description="How to mend it")]
    command: Annotated[str | None, Field(description="What mends it on the server, where that needs no judgement")]
    seconds: float
    reason: str | None


class IntegrityOut(Out):
    """What was looked over, within what the caller may see."""

    checked_at: datetime
    sound: Annotated[bool, Field(description="Nothing that was run is broken")]
    complete: Annotated[bool, Field(description="Everything asked for was run")]
    checks: list[IntegrityCheck]
