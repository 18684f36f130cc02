"""What evaluations refuse, and how violations of their constraints read."""

from app.kernel.chosen import refuse_taken_id
from app.kernel.errors import DomainError, Duplicate, FieldError, Invalid, Text, on_constraint


class EvaluationIncomplete(Invalid):
    """A place of the evaluation is not filled in yet; ``errors`` point into the resource as GET shows it."""

    code = "evaluation_incomplete"
    title = Text("Phiếu đánh giá chưa đầy đủ", "The evaluation is not complete")


class RegistrationWithdrawn(DomainError):
    """A withdrawn registration is not evaluated."""

    code = "registration_withdrawn"
    title = Text("Đăng ký đã rút nên không đánh giá", "The registration was withdrawn: it is not evaluated")


class RegistrationNotSubmitted(DomainError):
    """An evaluation goes up after its registration."""

    code = "registration_not_submitted"
    title = Text("Đăng ký chưa được gửi lên", "The registration has not been submitted")


class RegistrationNotAccepted(DomainError):
    """Only units on the accepted list are verified."""

    code = "registration_not_accepted"
    title = Text("Đăng ký chưa được chấp nhận", "The registration has not been accepted")


class NotRecognisedYet(DomainError):
    """Only what was recognised can be kept."""

    code = "not_recognised_yet"
    title = Text(
        "Đơn vị chưa được công nhận nên chưa có gì để duy trì", "The unit is not recognised: there is nothing to keep"
    )


class PassRuleNotMet(DomainError):
    """The verified values do not satisfy the set's pass rule."""

    code = "pass_rule_not_met"
    title = Text(
        "Kết quả thẩm định chưa đạt theo bộ tiêu chí", "The verified values do not satisfy the set's pass rule"
    )


class RegistrationInUse(DomainError):
    """A registration that is evaluated cannot be deleted."""

    code = "in_use"
    title = Text("Đăng ký đã có phiếu đánh giá; hãy xóa phiếu đó trước", "Delete its evaluation first")


class RegistrationEvaluated(DomainError):
    """What was handed in for evaluation, or decided, keeps the registration and the year it was handed in for."""

    code = "registration_evaluated"
    title = Text(
        "Đăng ký đã có phiếu đánh giá được gửi hoặc đã có kết quả nên không rút, không đổi năm được;"
        " đề nghị cấp trên trả lại phiếu trước",
        "An evaluation of this registration was submitted or decided: have it returned before you withdraw the"
        " registration or change its year",
    )


on_constraint(
    "uq_evaluations_registration_stage",
    Duplicate(
        Text(
            "Đăng ký này đã có phiếu đánh giá ở giai đoạn này",
            "This registration already has an evaluation of this stage",
        ),
        [FieldError("/stage", "duplicate", Text("Giai đoạn này đã có phiếu đánh giá", "This stage has an evaluation"))],
    ),
)
# An insert locks the registration first, so only deleting the registration can violate this one.
on_constraint("fk_evaluations_registration", RegistrationInUse())
on_constraint("ck_registrations_evaluated", RegistrationEvaluated())
refuse_taken_id("evaluations")
