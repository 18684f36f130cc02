"""Every slice's tables, for Alembic."""

from app.attachments import models as attachments
from app.audit import models as audit
from app.awards import models as awards
from app.campaigns import models as campaigns
from app.criteria import models as criteria
from app.demo import models as demo
from app.directives import models as directives
from app.evaluations import models as evaluations
from app.exports import models as exports
from app.forms import models as forms
from app.identity import models as identity
from app.kernel import idempotency
from app.kernel.db import Base
from app.practices import models as practices
from app.propaganda import models as propaganda
from app.registrations import models as registrations
from app.reminders import models as reminders
from app.reorganisations import models as reorganisations
from app.reports import models as reports
from app.situation import models as situation
from app.submissions import models as submissions
from app.units import models as units
from app.webhooks import models as webhooks

metadata = Base.metadata
SLICES = (
    attachments,
    audit,
    awards,
    campaigns,
    criteria,
    demo,
    directives,
    evaluations,
    exports,
    forms,
    idempotency,
    identity,
    practices,
    propaganda,
    registrations,
    reminders,
    reorganisations,
    reports,
    situation,
    submissions,
    units,
    webhooks,
)
