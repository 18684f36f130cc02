"""The records that take files: what of each decides whether files may still come and go."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement

from app.access.permissions import Permission
from app.attachments.models import Attachment
from app.awards.models import Award
from app.awards.workflow import EDITABLE as AWARD_EDITABLE
from app.campaigns.period_queries import yearly_day
from app.directives.models import Directive
from app.evaluations.models import Evaluation
from app.evaluations.workflow import EDITABLE as EVALUATION_EDITABLE
from app.practices.models import Practice
from app.practices.workflow import EDITABLE as PRACTICE_EDITABLE
from app.propaganda.models import Activity
from app.reports.models import Report
from app.reports.workflow import EDITABLE as REPORT_EDITABLE


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """One kind of record that takes files.

    ``editable`` holds the states in which the unit may still change it (None = it has no states), ``handed_in`` when it
    was last submitted, ``day`` the day by which a report locks it (None = never).
    """

    model: Any
    column: Any
    collection: str
    reading: Permission
    editable: frozenset[str] | None = None
    handed_in: Any = None
    day: ColumnElement[Any] | None = None


KINDS: Final[Mapping[str, SubjectKind]] = {
    "evaluation": SubjectKind(
        Evaluation,
        Attachment.evaluation_id,
        "evaluations",
        Permission.EVALUATION_READ,
        EVALUATION_EDITABLE,
        Evaluation.submitted_at,
        yearly_day(Evaluation.created_at, Evaluation.year),
    ),
    "report": SubjectKind(
        Report, Attachment.report_id, "reports", Permission.REPORT_READ, REPORT_EDITABLE, Report.submitted_at
    ),
    "directive": SubjectKind(
        Directive, Attachment.directive_id, "directives", Permission.DIRECTIVE_READ, day=Directive.issued_on.expression
    ),
    "activity": SubjectKind(
        Activity,
        Attachment.activity_id,
        "propaganda-activities",
        Permission.ACTIVITY_READ,
        day=Activity.date_to.expression,
    ),
    "practice": SubjectKind(
        Practice,
        Attachment.practice_id,
        "good-practices",
        Permission.PRACTICE_READ,
        PRACTICE_EDITABLE,
        Practice.proposed_at,
        Practice.started_on.expression,
    ),
    "award": SubjectKind(
        Award, Attachment.award_id, "awards", Permission.AWARD_READ, AWARD_EDITABLE, Award.submitted_at
    ),
}
"""By the name in ``models.SUBJECTS``."""
