"""Who may do what: the one table from role to permissions. ``docs/permissions.md`` is printed from it."""

from enum import StrEnum
from functools import cache
from typing import Final


class Permission(StrEnum):
    """``resource.verb``. The ``.read`` of a resource also decides which of its rows exist for the caller."""

    ACTIVITY_READ = "activity.read"
    ACTIVITY_WRITE = "activity.write"
    ATTACHMENT_READ = "attachment.read"
    ATTACHMENT_WRITE = "attachment.write"
    AUDIT_READ = "audit.read"
    AWARD_DECIDE = "award.decide"
    AWARD_ENDORSE = "award.endorse"
    AWARD_QUOTA = "award.quota"
    AWARD_READ = "award.read"
    AWARD_SUBMIT = "award.submit"
    AWARD_WRITE = "award.write"
    CAMPAIGN_MANAGE = "campaign.manage"
    CATALOGUE_MANAGE = "catalogue.manage"
    CHANGE_READ = "change.read"
    CRITERIA_MANAGE = "criteria.manage"
    DIRECTIVE_READ = "directive.read"
    DIRECTIVE_WRITE = "directive.write"
    EVALUATION_READ = "evaluation.read"
    EVALUATION_RECOGNISE = "evaluation.recognise"
    EVALUATION_SUBMIT = "evaluation.submit"
    EVALUATION_VERIFY = "evaluation.verify"
    EVALUATION_WRITE = "evaluation.write"
    FORM_MANAGE = "form.manage"
    INTEGRITY_READ = "integrity.read"
    OBLIGATION_MANAGE = "obligation.manage"
    OBLIGATION_READ = "obligation.read"
    PRACTICE_READ = "practice.read"
    PRACTICE_REPLICATE = "practice.replicate"
    PRACTICE_REVIEW = "practice.review"
    PRACTICE_SUBMIT = "practice.submit"
    PRACTICE_WRITE = "practice.write"
    REGISTRATION_READ = "registration.read"
    REGISTRATION_REVIEW = "registration.review"
    REGISTRATION_SUBMIT = "registration.submit"
    REGISTRATION_WRITE = "registration.write"
    REORGANISATION_MANAGE = "reorganisation.manage"
    REPORT_READ = "report.read"
    REPORT_REOPEN = "report.reopen"
    REPORT_REVIEW = "report.review"
    REPORT_SUBMIT = "report.submit"
    REPORT_WRITE = "report.write"
    SITUATION_READ = "situation.read"
    SITUATION_WRITE = "situation.write"
    STATISTICS_READ = "statistics.read"
    TEMPLATE_MANAGE = "template.manage"
    UNIT_MANAGE = "unit.manage"
    UNIT_READ = "unit.read"  # everyone reads units; this says whose changes answer 403 and not 404
    USER_MANAGE = "user.manage"
    USER_READ = "user.read"
    WEBHOOK_MANAGE = "webhook.manage"

    @property
    def reading(self) -> "Permission":
        """The permission whose holders see the rows this permission acts on."""
        return _READING.get(self, self)


class Reach(StrEnum):
    """How far below the unit of a grant a permission goes."""

    SUBTREE = "subtree"
    OWN = "own"  # the unit itself and base units directly under it
    ITSELF = "itself"  # the unit itself alone
    BASES = "bases"  # base units directly under it
    BELOW = "below"  # units directly under it
    FURTHER = "further"  # units further below; directly under it too where only the root stands above it
    LEVEL = "level"  # the subtree, for what the grant's own level decides
    DECIDING = "deciding"  # the unit and its subtree, for what the grant's own level decides


class Role(StrEnum):
    """What a grant gives at a unit (docs/permissions.md)."""

    VIEWER = "viewer"
    EDITOR = "editor"
    APPROVER = "approver"
    AWARDS_OFFICER = "awards_officer"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    INTEGRATOR = "integrator"


P = Permission

_READ_ALL: Final[dict[Permission, Reach]] = dict.fromkeys(
    (
        P.ACTIVITY_READ,
        P.ATTACHMENT_READ,
        P.AWARD_READ,
        P.CHANGE_READ,
        P.DIRECTIVE_READ,
        P.EVALUATION_READ,
        P.OBLIGATION_READ,
        P.PRACTICE_READ,
        P.REGISTRATION_READ,
        P.REPORT_READ,
        P.SITUATION_READ,
        P.STATISTICS_READ,
        P.UNIT_READ,
    ),
    Reach.SUBTREE,
)
_EDIT: Final = {
    P.ACTIVITY_WRITE: Reach.OWN,
    P.ATTACHMENT_WRITE: Reach.OWN,
    P.AWARD_WRITE: Reach.OWN,
    P.DIRECTIVE_WRITE: Reach.OWN,
    P.PRACTICE_WRITE: Reach.OWN,
    P.SITUATION_WRITE: Reach.OWN,
    P.REGISTRATION_WRITE: Reach.OWN,
    P.EVALUATION_WRITE: Reach.OWN,
    P.REPORT_WRITE: Reach.OWN,
    P.UNIT_MANAGE: Reach.OWN,
    # A base unit without an approver of its own: the manager's editor hands in, so that the manager's approver, often
    # the only one, may accept without approving what he or she submitted.
    P.AWARD_SUBMIT: Reach.BASES,
    P.PRACTICE_SUBMIT: Reach.BASES,
    P.REGISTRATION_SUBMIT: Reach.BASES,
    P.EVALUATION_SUBMIT: Reach.BASES,
    P.REPORT_SUBMIT: Reach.BASES,
}

ROLES: Final[dict[Role, dict[Permission, Reach]]] = {
    Role.VIEWER: _READ_ALL,
    Role.EDITOR: _READ_ALL | _EDIT,
    Role.INTEGRATOR: _READ_ALL | _EDIT | {P.WEBHOOK_MANAGE: Reach.SUBTREE},
    Role.APPROVER: _READ_ALL
    | {
        P.AWARD_SUBMIT: Reach.ITSELF,
        P.AWARD_ENDORSE: Reach.ITSELF,
        P.PRACTICE_SUBMIT: Reach.ITSELF,
        P.PRACTICE_REVIEW: Reach.BELOW,
        P.PRACTICE_REPLICATE: Reach.FURTHER,
        P.REGISTRATION_SUBMIT: Reach.ITSELF,
        P.REGISTRATION_REVIEW: Reach.BELOW,
        P.EVALUATION_SUBMIT: Reach.ITSELF,
        P.EVALUATION_VERIFY: Reach.BELOW,
        P.EVALUATION_RECOGNISE: Reach.LEVEL,
        P.REPORT_SUBMIT: Reach.ITSELF,
        P.REPORT_REVIEW: Reach.BELOW,
    },
    Role.AWARDS_OFFICER: _READ_ALL | {P.AWARD_DECIDE: Reach.DECIDING, P.AWARD_QUOTA: Reach.DECIDING},
    Role.COORDINATOR: _READ_ALL
    | {
        P.CAMPAIGN_MANAGE: Reach.SUBTREE,
        P.CATALOGUE_MANAGE: Reach.SUBTREE,
        P.CRITERIA_MANAGE: Reach.SUBTREE,
        P.FORM_MANAGE: Reach.SUBTREE,
        P.OBLIGATION_MANAGE: Reach.SUBTREE,
        P.REORGANISATION_MANAGE: Reach.SUBTREE,
        P.REPORT_REOPEN: Reach.SUBTREE,
        P.TEMPLATE_MANAGE: Reach.SUBTREE,
        P.UNIT_MANAGE: Reach.SUBTREE,
        P.WEBHOOK_MANAGE: Reach.SUBTREE,
    },
    Role.ADMINISTRATOR: {
        P.INTEGRITY_READ: Reach.SUBTREE,
        P.USER_MANAGE: Reach.SUBTREE,
        P.USER_READ: Reach.SUBTREE,
    },
    Role.AUDITOR: {P.AUDIT_READ: Reach.SUBTREE, P.INTEGRITY_READ: Reach.SUBTREE},
}

_READING: Final = {
    P.ACTIVITY_WRITE: P.ACTIVITY_READ,
    P.ATTACHMENT_WRITE: P.ATTACHMENT_READ,
    P.AWARD_DECIDE: P.AWARD_READ,
    P.AWARD_ENDORSE: P.AWARD_READ,
    P.AWARD_QUOTA: P.AWARD_READ,
    P.AWARD_SUBMIT: P.AWARD_READ,
    P.AWARD_WRITE: P.AWARD_READ,
    P.DIRECTIVE_WRITE: P.DIRECTIVE_READ,
    P.EVALUATION_RECOGNISE: P.EVALUATION_READ,
    P.EVALUATION_SUBMIT: P.EVALUATION_READ,
    P.EVALUATION_VERIFY: P.EVALUATION_READ,
    P.EVALUATION_WRITE: P.EVALUATION_READ,
    P.OBLIGATION_MANAGE: P.OBLIGATION_READ,
    P.PRACTICE_REPLICATE: P.PRACTICE_READ,
    P.PRACTICE_REVIEW: P.PRACTICE_READ,
    P.PRACTICE_SUBMIT: P.PRACTICE_READ,
    P.PRACTICE_WRITE: P.PRACTICE_READ,
    P.REGISTRATION_REVIEW: P.REGISTRATION_READ,
    P.REGISTRATION_SUBMIT: P.REGISTRATION_READ,
    P.REGISTRATION_WRITE: P.REGISTRATION_READ,
    P.REORGANISATION_MANAGE: P.UNIT_READ,
    P.REPORT_REOPEN: P.REPORT_READ,
    P.REPORT_REVIEW: P.REPORT_READ,
    P.REPORT_SUBMIT: P.REPORT_READ,
    P.REPORT_WRITE: P.REPORT_READ,
    P.SITUATION_WRITE: P.SITUATION_READ,
    P.UNIT_MANAGE: P.UNIT_READ,
    P.USER_MANAGE: P.USER_READ,
}


WRITING_RECORDS: Final = frozenset(_READING) - {
    P.OBLIGATION_MANAGE,
    P.REORGANISATION_MANAGE,
    P.UNIT_MANAGE,
    P.USER_MANAGE,
}
"""What changes a unit's records. Once the unit has ended nobody holds it there: history is not rewritten."""

DECIDING_RECORDS: Final = frozenset(
    {
        P.AWARD_DECIDE,
        P.AWARD_ENDORSE,
        P.EVALUATION_RECOGNISE,
        P.EVALUATION_VERIFY,
        P.PRACTICE_REPLICATE,
        P.PRACTICE_REVIEW,
        P.REGISTRATION_REVIEW,
        P.REPORT_REVIEW,
    }
)
"""What those above decide of work handed in. It goes on when the unit ends: work is not left waiting for ever."""


@cache
def roles_with(permission: Permission) -> list[str]:
    """The roles that hold ``permission``, as the database stores them."""
    return [role.value for role, held in ROLES.items() if permission in held]
