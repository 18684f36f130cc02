"""Every slice's routes: the only importer of the ``api.py`` files."""

from fastapi import FastAPI

from app.access.actor import UnitEnded
from app.attachments.api import routes as attachments
from app.audit.api import routes as audit
from app.audit.api_changes import routes as changes
from app.awards.api import routes as awards
from app.awards.api_quotas import forms as award_forms
from app.awards.api_quotas import quotas as award_quotas
from app.campaigns.api import board, campaigns, owed
from app.criteria.api import routes as criteria
from app.directives.api import routes as directives
from app.evaluations.api import routes as evaluations
from app.exports.api import routes as document_templates
from app.forms.api import routes as forms
from app.forms.api_sets import of_campaign as campaign_forms
from app.forms.api_sets import routes as form_sets
from app.identity.api import keys
from app.identity.api import routes as identity
from app.identity.api_service_accounts import routes as service_accounts
from app.identity.api_users import routes as users
from app.integrity.api import routes as integrity
from app.kernel.addressing import more_specific
from app.kernel.http import StrictRoute, api_routes
from app.practices.api import routes as practices
from app.propaganda.api import forms as activity_forms
from app.propaganda.api import routes as propaganda
from app.registrations.api import routes as registrations
from app.reminders.api import inbox
from app.reminders.api import of_campaign as campaign_reminders
from app.reorganisations.api import routes as reorganisations
from app.reports.api import joining, packs
from app.reports.api import routes as reports
from app.reports.api_drafts import drafts
from app.reports.api_drafts import templates as outline_templates
from app.reports.api_findings import routes as findings
from app.reports.api_seals import routes as seals
from app.situation.api import indicators
from app.situation.api import routes as situation
from app.statistics.api import routes as statistics
from app.submissions.api import routes as submissions
from app.submissions.api_files import files
from app.submissions.api_workbook import returned, workbooks
from app.units.api import routes as units
from app.units.api_ended import answer as answer_ended
from app.webhooks.api import routes as webhooks

ROUTERS = (
    identity,
    keys,
    users,
    service_accounts,
    attachments,
    audit,
    awards,
    award_forms,
    award_quotas,
    changes,
    joining,
    packs,
    reports,
    drafts,
    outline_templates,
    findings,
    seals,
    board,
    campaigns,
    owed,
    criteria,
    directives,
    document_templates,
    evaluations,
    campaign_forms,
    form_sets,
    forms,
    practices,
    activity_forms,
    propaganda,
    indicators,
    situation,
    registrations,
    campaign_reminders,
    inbox,
    integrity,
    reorganisations,
    statistics,
    workbooks,
    returned,
    files,
    submissions,
    units,
    webhooks,
)


def include(app: FastAPI) -> None:
    """Mount every slice on ``app``."""
    app.add_exception_handler(UnitEnded, answer_ended)
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    known = list(api_routes(app))
    for route in known:
        if isinstance(route, StrictRoute):
            route.closer = more_specific(route, known)
