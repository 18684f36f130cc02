"""Every rule of every slice, by its code."""

from collections.abc import Iterable
from typing import Final

from app.attachments.integrity import CHECKS as ATTACHMENTS
from app.audit.integrity import CHECKS as AUDIT
from app.awards.integrity import CHECKS as AWARDS
from app.campaigns.integrity import CHECKS as CAMPAIGNS
from app.criteria.integrity import CHECKS as CRITERIA
from app.evaluations.integrity import CHECKS as EVALUATIONS
from app.identity.integrity import CHECKS as ACCOUNTS
from app.kernel.integrity import Check
from app.reorganisations.integrity import CHECKS as REORGANISATIONS
from app.reports.integrity import CHECKS as REPORTS
from app.statistics.integrity import CHECKS as STATISTICS
from app.units.integrity import INSTALLATION, PATHS, TREE
from app.units.integrity_facts import FACTS
from app.units.integrity_lineage import LINEAGE
from app.webhooks.integrity import CHECKS as WEBHOOKS

CHECKS: Final[dict[str, Check]] = {
    check.code: check
    for check in (
        *TREE,
        *FACTS,
        *LINEAGE,
        *PATHS,
        *REORGANISATIONS,
        *ACCOUNTS,
        *CAMPAIGNS,
        *CRITERIA,
        *EVALUATIONS,
        *REPORTS,
        *AWARDS,
        *ATTACHMENTS,
        *AUDIT,
        *STATISTICS,
        *WEBHOOKS,
        *INSTALLATION,
    )
}
GROUPS: Final = tuple(dict.fromkeys(check.group for check in CHECKS.values()))


def chosen(wanted: Iterable[str]) -> list[Check]:
    """The checks named by code or group, in their order; all of them where none is named."""
    names = set(wanted)
    return [check for check in CHECKS.values() if not names or names & {check.code, check.group}]
