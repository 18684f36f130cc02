"""How far an evaluation has come when a test begins."""

from collections.abc import Callable
from typing import Any

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.criteria import USUAL, SmallSet, criteria_set
from tests.builders.units import unit_id

As = Callable[[str, str], Api]

MET: list[dict[str, Any]] = [
    {"criterion": "TC1", "outcome": "met"},
    {"criterion": "TC2", "outcome": "met", "figure": 82.5, "evidence": "Biên bản số 3"},
    {"criterion": "TC3", "outcome": "met", "figure": 2},
]
"""A complete self-assessment that satisfies the pass rule; TC4 is optional and left out."""

FAILED: list[dict[str, Any]] = [
    MET[0],
    {"criterion": "TC2", "outcome": "not_met", "figure": 41, "reason": "Mới đạt 41%"},
    MET[2],
]
"""Complete, but the required TC2 is not met."""

DECISION = {"decision_number": "15/QĐ-UBND", "decision_date": "2024-06-28"}


class Scene:
    """One commune's registration and evaluation, moved by the people who may."""

    def __init__(self, as_: As, system: Tx, *, unit: str = "commune_a", parent: str = "district_yen_thanh") -> None:
        self.as_ = as_
        self.system = system
        self.unit = unit
        self.editor = as_(unit, "editor")
        self.approver = as_(unit, "approver")
        self.above = as_(parent, "approver")
        self.registration = ""
        self.path = ""

    async def registered(self, status: str = "accepted", year: int = 2024) -> str:
        """Register the unit and bring the registration to ``status``; its id."""
        body = {"unit_id": str(unit_id(self.unit)), "year": year}
        self.registration = (await self.editor.made("/registrations", body))["id"]
        at = f"/registrations/{self.registration}"
        if status == "withdrawn":
            await self.approver.done(at, "withdraw")
        elif status != "draft":
            await self.approver.done(at, "submit")
            if status == "accepted":
                await self.above.done(at, "accept")
            if status == "returned":
                await self.above.done(at, "return", note="Xem lại")
        return self.registration

    def body(self, stage: str = "final", **more: Any) -> dict[str, Any]:
        """What starts an evaluation of the registration."""
        return {"registration_id": self.registration, "stage": stage, **more}

    async def drafted(
        self, stage: str = "final", made: SmallSet = USUAL, results: list[dict[str, Any]] | None = None
    ) -> str:
        """A draft with ``results`` (all met unless given) by a small set made for it; its path."""
        set_id = await criteria_set(self.system, made)
        if not self.registration:
            await self.registered()
        body = self.body(stage, criteria_set_id=str(set_id), results=MET if results is None else results)
        self.path = f"/evaluations/{(await self.editor.made('/evaluations', body))['id']}"
        return self.path

    async def submitted(self, **how: Any) -> str:
        """Submitted by the unit's approver."""
        await self.drafted(**how)
        await self.approver.done(self.path, "submit")
        return self.path

    async def verified(self, **how: Any) -> str:
        """Verified by the unit above as the unit entered it."""
        await self.submitted(**how)
        await self.above.done(self.path, "verify")
        return self.path

    async def recognised(self, **how: Any) -> str:
        """Recognised by the unit above, which is the level of the usual set."""
        await self.verified(**how)
        await self.above.done(self.path, "recognise", **DECISION)
        return self.path

    async def judge(self, *entries: dict[str, Any]) -> dict[str, Any]:
        """Enter verified values as the unit above; the evaluation after it."""
        answer = await self.above.change(
            "PUT", f"{self.path}/verification", {"results": list(entries)}, await self.above.etag(self.path)
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def seen(self) -> dict[str, Any]:
        """The evaluation as the unit's editor sees it."""
        answer = await self.editor.get(self.path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def values(seen: dict[str, Any], side: str) -> dict[str, Any]:
    """Outcomes of ``side`` by criterion code; None where nothing was entered."""
    return {row["criterion"]["code"]: row[side] and row[side]["outcome"] for row in seen["results"]}
