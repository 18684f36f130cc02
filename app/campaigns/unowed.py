"""Deadlines that fit no unit: a campaign of today may still name levels that an act abolished."""

from typing import Final

from sqlalchemy import text

from app.access.actor import Tx
from app.campaigns.schemas import CampaignWarning
from app.kernel.db import AnyRow
from app.kernel.errors import Text

_DRAFT: Final = text(
    """
SELECT d.id, d.task, d.level FROM deadlines d
WHERE d.campaign_id = :campaign_id AND NOT EXISTS (
    SELECT FROM units u LEFT JOIN units p ON p.id = u.parent_id
    WHERE u.level = d.level AND u.ended_on IS NULL AND u.path >= :path_from AND u.path < :path_to
        AND (d.parent_level IS NULL OR d.parent_level = p.level))
ORDER BY d.due_before, d.id"""
)
_OPENED: Final = text(
    """
SELECT d.id, d.task, d.level FROM deadlines d
WHERE d.campaign_id = :campaign_id AND NOT EXISTS (
    SELECT FROM obligations o WHERE o.campaign_id = d.campaign_id AND o.deadline_id = d.id)
ORDER BY d.due_before, d.id"""
)
_TOLD: Final = {
    "draft": Text(
        "Không có đơn vị nào đang hoạt động ứng với hạn này: mở đợt thì không ai phải thực hiện",
        "No living unit fits this deadline: once opened, nobody owes by it",
    ),
    "open": Text("Khi mở đợt không có đơn vị nào ứng với hạn này", "No unit fitted this deadline when it was opened"),
}


async def unowed(tx: Tx, campaign: AnyRow) -> list[CampaignWarning]:
    """A warning for each deadline by which nobody owes, or would owe. For who sees the whole of the campaign."""
    if campaign.status == "draft":
        path = campaign.unit_path
        given = {"path_from": path, "path_to": path.rstrip(".") + "/"}
        rows = await tx.session.execute(_DRAFT, {"campaign_id": campaign.id, **given})
    else:
        rows = await tx.session.execute(_OPENED, {"campaign_id": campaign.id})
    told = _TOLD["draft" if campaign.status == "draft" else "open"]
    return [
        CampaignWarning(code="no_units", deadline_id=row.id, task=row.task, level=row.level, message=_in(tx, told))
        for row in rows
    ]


def _in(tx: Tx, message: Text) -> str:
    return message.en if tx.language == "en" else message.vi
