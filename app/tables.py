"""Every slice's tables, for Alembic."""

from app.audit import models as audit
from app.campaigns import models as campaigns
from app.criteria import models as criteria
from app.demo import models as demo
from app.evaluations import models as evaluations
from app.identity import models as identity
from app.kernel.db import Base
from app.registrations import models as registrations
from app.reports import models as reports
from app.units import models as units

metadata = Base.metadata
SLICES = (audit, campaigns, criteria, demo, evaluations, identity, registrations, reports, units)
