"""The documents and registrations that a report lists by name: exactly those that its figures count."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.access.actor import Tx
from app.directives.models import Directive
from app.kernel.db import AnyRow, AnySelect
from app.registrations.models import REGISTERED, Registration
from app.reports.queries_records import subtree
from app.statistics.cells import Ground
from app.statistics.declarations import Measure
from app.statistics.measures import MEASURES
from app.statistics.service import bound
from app.statistics.subtree import inside
from app.units.models import Unit

_PARENT: Final = aliased(Unit)
_KEY: Final = any_(bindparam("ids", type_=ARRAY(Uuid)))
_DIRECTIVES = (
    select(
        *(Directive.id, Directive.version, Directive.unit_path, Unit.name.label("unit_name"), Directive.track),
        *(Directive.document_kind, Directive.number_symbol, Directive.issued_on, Directive.title),
        Directive.issuing_body,
    )
    .join(Unit, Unit.id == Directive.unit_id)
    .order_by(Directive.unit_path, Directive.issued_on, Directive.id)
)
_REGISTRATIONS = (
    select(
        *(Registration.id, Registration.version, Registration.unit_path, Registration.year),
        *(Registration.decision_number, Registration.decision_date),
        *(Unit.name.label("unit_name"), Unit.kind.label("unit_kind"), _PARENT.name.label("parent_name")),
    )
    .join(Unit, Unit.id == Registration.unit_id)
    .outerjoin(_PARENT, _PARENT.id == Unit.parent_id)
    .where(REGISTERED)
    .order_by(Registration.year, Registration.unit_path, Registration.id)
)


def _counted(statement: AnySelect, measure: Measure) -> AnySelect:
    return statement.where(measure.counts, measure.period["campaign"], inside(measure.path))


_COUNTED = {
    "directives": _counted(_DIRECTIVES, MEASURES["directives"]),
    "registrations": _counted(_REGISTRATIONS, MEASURES["registrations"]),
}
_SEALED = {
    "directives": _DIRECTIVES.where(Directive.id == _KEY),
    "registrations": _REGISTRATIONS.where(Registration.id == _KEY),
}
_OWN = _COUNTED["directives"].where(Directive.unit_id == bindparam("own_unit"), Directive.track == bindparam("track"))


async def counted(tx: Tx, ground: Ground, resource: str) -> Sequence[AnyRow]:
    """The ``directives`` or ``registrations`` that are counted for the unit and campaign of ``ground``."""
    return (await tx.session.execute(_COUNTED[resource], _bound(tx, ground))).all()


async def sealed(tx: Tx, resource: str, ids: Collection[UUID]) -> Sequence[AnyRow]:
    """Those that were counted when a report was sealed, as they are now."""
    return (await tx.session.execute(_SEALED[resource], {"ids": list(ids)})).all()


async def own_directives(tx: Tx, ground: Ground, track: str) -> Sequence[AnyRow]:
    """The documents of the unit itself."""
    values = {**_bound(tx, ground), "own_unit": ground.unit_id, "track": track}
    return (await tx.session.execute(_OWN, values)).all()


def _bound(tx: Tx, ground: Ground) -> dict[str, Any]:
    return bound(tx, ground.row, {"campaign": ground.campaign_id, **subtree(ground)}, campaign=True, year=None)
