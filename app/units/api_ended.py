"""HTTP: how a refusal about a unit that has ended is answered, wherever it was raised."""

from starlette.requests import Request
from starlette.responses import Response

from app.access.actor import UnitEnded
from app.access.deps import Services
from app.kernel.errors import DomainError
from app.kernel.problems import respond
from app.units.ended import told


async def answer(request: Request, fault: Exception) -> Response:
    """Answer a :class:`UnitEnded`. Units are public, so naming the successor tells nobody what is not theirs."""
    assert isinstance(fault, DomainError)
    named = None
    if isinstance(fault, UnitEnded) and fault.unit_id is not None:
        services: Services = request.app.state.services
        async with services.database.transaction(keep=False) as session:
            named = await told(session, fault.unit_id)
    return respond(named or fault, request)
