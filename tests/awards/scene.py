"""What tests of awards begin with: plan 320 open, the shipped forms in the province's catalogue."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.access.actor import Tx
from app.awards.shipped import load_shipped_award_forms, shipped_award_forms
from tests.actors import Api
from tests.builders.campaigns import plan_320
from tests.builders.people import also
from tests.builders.units import ref, unit_id

As = Callable[[str, str], Api]
ACHIEVEMENT = "Thành tích xuất sắc trong xây dựng đơn vị điển hình về phong trào Toàn dân bảo vệ ANTQ"
DECISION = {"decision_number": "1234/QĐ-UBND", "decision_date": "2024-07-01"}
PERSON = {"recipient_kind": "individual", "recipient_name": "Nguyễn Văn A", "position": "Trưởng Công an xã"}


@dataclass
class Scene:
    """The campaign and the forms by their codes."""

    as_: As
    campaign: str
    forms: dict[str, str]

    def body(self, unit: str = "commune_a", form: str = "BK-UBND-TINH", **more: Any) -> dict[str, Any]:
        """A proposal of ``unit`` for itself."""
        return {
            "unit_id": str(unit_id(unit)),
            "campaign_id": self.campaign,
            "award_form_id": self.forms[form],
            "recipient_kind": "collective",
            "achievement": ACHIEVEMENT,
            **more,
        }

    async def draft(self, unit: str = "commune_a", form: str = "BK-UBND-TINH", **more: Any) -> str:
        """The path of a draft."""
        made = await self.as_(unit, "editor").made("/awards", self.body(unit, form, **more))
        return f"/awards/{made['id']}"

    async def submitted(self, unit: str = "commune_a", form: str = "BK-UBND-TINH", **more: Any) -> str:
        """The path of a proposal that ``unit`` has submitted."""
        path = await self.draft(unit, form, **more)
        await self.as_(unit, "approver").done(path, "submit")
        return path

    async def endorsed(self, form: str = "BK-UBND-TINH", **more: Any) -> str:
        """The path of a proposal of commune_a that district and province have endorsed."""
        path = await self.submitted("commune_a", form, **more)
        await self.as_("district_yen_thanh", "approver").done(path, "endorse")
        await self.as_("province", "approver").done(path, "endorse")
        return path

    async def quota(
        self, unit: str = "province", form: str = "BK-BCA", *, collectives: int = 1, individuals: int = 1
    ) -> str:
        """The path of a quota that the province's awards officer entered."""
        body = {
            "campaign_id": self.campaign,
            "award_form_id": self.forms[form],
            "unit_id": str(unit_id(unit)),
            "collectives": collectives,
            "individuals": individuals,
        }
        return f"/award-quotas/{(await self.as_('province', 'awards_officer').made('/award-quotas', body))['id']}"


async def award_scene(as_: As, system: Tx) -> Scene:
    """Plan 320 open, the forms loaded; the district's viewer is its awards officer."""
    campaign = await plan_320(system)
    ids = await load_shipped_award_forms(system, ref("province"))
    await also(system.session, "district_yen_thanh", "viewer", "awards_officer")
    codes = [form["code"] for form in shipped_award_forms()]
    return Scene(as_, campaign, {code: str(found) for code, found in zip(codes, ids, strict=True)})
