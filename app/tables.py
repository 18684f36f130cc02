"""Every slice's tables, for Alembic."""

from app.audit import models as audit
from app.identity import models as identity
from app.kernel.db import Base
from app.registrations import models as registrations
from app.units import models as units

metadata = Base.metadata
SLICES = (audit, identity, registrations, units)
