"""What awards refuse, and how violations of their constraints read."""

from app.kernel.errors import DomainError, Duplicate, FieldError, Text, on_constraint


class NoQuota(DomainError):
    """The form is proposed only where a quota was given, and none was."""

    code = "no_quota"
    title = Text(
        "Chưa được giao chỉ tiêu cho hình thức khen thưởng này", "No quota has been given for this form of award"
    )


class QuotaExceeded(DomainError):
    """All awards of a quota have been granted."""

    code = "quota_exceeded"
    title = Text("Đã hết chỉ tiêu khen thưởng", "The quota is used up")


class BelowGranted(DomainError):
    """A quota cannot be less than what was granted under it."""

    code = "below_granted"
    title = Text(
        "Chỉ tiêu không được thấp hơn số đã khen thưởng", "A quota cannot be lower than what is granted already"
    )


class DuplicateAward(DomainError):
    """The same recipient stands in another proposal for an overlapping period."""

    code = "duplicate_award"
    title = Text(
        "Một thành tích không được khen thưởng nhiều hình thức", "One achievement does not receive two forms of award"
    )


class NoDuplicate(DomainError):
    """There is nothing to be allowed."""

    code = "no_duplicate"
    title = Text("Không có đề nghị trùng", "There is no other proposal for the same recipient and period")


class AwardFormUsed(DomainError):
    """What refers to the form needs it for ever."""

    code = "award_form_used"
    title = Text(
        "Hình thức đã được dùng nên không xóa được; hãy đặt ngày kết thúc (valid_to)",
        "The form is in use: end it with valid_to instead of deleting it",
    )


_CODE = Text("Mã đã dùng ở đơn vị này", "The code is in use at this unit")
on_constraint("uq_award_forms_unit_code", Duplicate(_CODE, [FieldError("/code", "duplicate", _CODE)]))
_QUOTA = Text(
    "Đơn vị đã có chỉ tiêu cho hình thức này trong đợt; hãy sửa chỉ tiêu đó",
    "The unit has a quota for this form in the campaign: change that one",
)
on_constraint("uq_award_quotas_campaign_form_unit", Duplicate(_QUOTA, [FieldError("/unit_id", "duplicate", _QUOTA)]))
on_constraint("fk_awards_award_form_id", AwardFormUsed())
on_constraint("fk_award_quotas_award_form_id", AwardFormUsed())
