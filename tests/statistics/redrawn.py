"""A map that the law redrew, with records of every measure from before and after."""

from datetime import date
from typing import Any

from sqlalchemy import insert, select, text

from app.access.actor import Tx
from app.directives.models import Directive
from app.kernel.ids import new_id
from app.registrations.models import Registration
from app.reorganisations.queries import RECORDS
from app.units.models import Unit
from tests.actors import Api
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.reorganisations.scene import MERGED, applied
from tests.statistics import work
from tests.statistics.scene import FEBRUARY, Owed, Registered, campaign, local, register

BEFORE, AFTER = "2024-07-01", "2025-07-01"
ACT_DAY = date(2025, 7, 1)
CHANGES: list[dict[str, Any]] = [
    {**MERGED, "old_code": "17509", "new_parent_code": "40"},
    {**MERGED, "old_code": "17510"},
    # Commune C goes in two; its history is seen under the first.
    *(
        {"kind": "split", "old_code": "16714", "new_code": code, "new_name": name, "new_kind": "ward", **more}
        for code, name, more in (
            ("16715", "Phường Trường Vinh", {"new_parent_code": "40", "primary": True}),
            ("16716", "Phường Thành Vinh", {"new_parent_code": "40"}),
        )
    ),
    {"kind": "dissolved", "old_code": "412"},
    {"kind": "dissolved", "old_code": "426"},
]
"""The act of 1/7/2025 on the small tree: two communes merge, one splits, both districts go."""


async def more_work(tx: Tx) -> None:
    """Records of the measures that the scene of the forms has none of, and some on every level."""
    await work.issue(tx, "district_vinh")
    await work.issue(tx, "commune_a", kind="decision", track="issued_directly")
    await work.practise(tx, "school_a1", "proposed")
    await work.practise(tx, "commune_c", "to_be_replicated")
    found = await campaign(tx, Owed("commune_a"), Owed("commune_c", "accepted", local(date(2024, 7, 3))))
    form = await work.award_form(tx)
    await work.propose(tx, found, form, work.Proposed("commune_b"), work.Proposed("commune_c", "granted", person=True))
    await register(tx, Registered("district_vinh"), Registered("commune_b", "withdrawn", 2022))


async def redraw(tx: Tx, coordinator: Api, clock: MovableClock) -> None:
    """Carry the act out, and record something of the new units and of a unit that has ended."""
    for table in RECORDS:
        await tx.session.execute(text(f"UPDATE {table} SET created_at = :at"), {"at": FEBRUARY})
    clock.set("2025-07-02T08:00:00+07:00")
    await applied(coordinator, changes=CHANGES)
    for code in ("17510", "16715", "40"):
        await _record(tx, await _place(tx, Unit.code == code, Unit.ended_on.is_(None)))
    await _record(tx, await _place(tx, Unit.id == unit_id("commune_b")))


async def _place(tx: Tx, *which: Any) -> dict[str, Any]:
    row = (await tx.session.execute(select(Unit.id, Unit.path).where(*which))).one()
    return {"unit_id": row.id, "unit_path": row.path}


async def _record(tx: Tx, place: dict[str, Any]) -> None:
    at = local(date(2025, 7, 2))
    state = {"status": "accepted", "submitted_at": at, "accepted_at": at}
    await tx.session.execute(insert(Registration), {"id": new_id(), "year": 2025, **state, **place})
    words = {"track": "advised", "document_kind": "plan", "number_symbol": f"{new_id().hex[-6:]}/KH"}
    texts = {"title": "Kế hoạch", "issuing_body": "UBND", "folded": "ke hoach", "issued_on": date(2025, 7, 2)}
    await tx.session.execute(insert(Directive), {"id": new_id(), **texts, **words, **place})
