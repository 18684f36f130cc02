"""Exemplary units: registered, evaluated, recognised."""

from typing import Final

from app.evaluations import models as evaluations
from app.evaluations.models import Evaluation
from app.kernel.errors import Text
from app.registrations import models as registrations
from app.registrations.models import Registration
from app.statistics.declarations import Count, Measure, Ratio, Record
from app.statistics.dimensions import PLACES, criteria_set, words, year
from app.statistics.measures.periods import STAGE, STATUS, years

REGISTRATIONS: Final = Measure(
    code="registrations",
    title=Text("Đăng ký xây dựng đơn vị điển hình", "Registrations"),
    description=Text(
        "Đăng ký đã từng gửi lên cấp trên; bản nháp không được tính. Thuộc về ngày gửi gần nhất",
        "Registrations that were handed in; drafts are not counted. A registration belongs to the day it was last"
        " submitted",
    ),
    unit_of_count=Text("đăng ký", "registrations"),
    source=Registration.__table__,
    counts=registrations.HANDED_IN,
    unit_id=Registration.unit_id,
    path=Registration.unit_path,
    at=Registration.submitted_at,
    values=(
        Count("registered", Text("Đã đăng ký", "Registered"), registrations.REGISTERED),
        Count("accepted", Text("Đã được chấp nhận", "Accepted"), registrations.ACCEPTED),
        Count("returned", Text("Bị trả lại, chưa gửi lại", "Returned, not yet sent again"), registrations.RETURNED),
        Count("withdrawn", Text("Đã rút", "Withdrawn"), registrations.WITHDRAWN),
        Ratio("acceptance_rate", Text("Tỷ lệ được chấp nhận", "Share accepted"), "accepted", "registered"),
    ),
    dimensions=(
        *PLACES,
        year(Registration.year),
        words("status", STATUS, Registration.status, registrations.STATUSES),
    ),
    period=years(Registration.year),
    record=Record(*(Registration.id, "registrations", Registration.version, Registration.status, Registration.year)),
)

RECOGNITIONS: Final = Measure(
    code="recognitions",
    title=Text("Kết quả đánh giá và công nhận đơn vị điển hình", "Evaluations and recognitions"),
    description=Text(
        "Phiếu đánh giá đã gửi và không bị trả lại, theo giai đoạn: kết quả năm, duy trì, dự kiến. Thuộc về ngày gửi",
        "Evaluations handed in and not sent back, by stage: the year's result, maintenance, forecast. An evaluation"
        " belongs to the day it was submitted",
    ),
    unit_of_count=Text("phiếu đánh giá", "evaluations"),
    source=Evaluation.__table__,
    counts=evaluations.COUNTS,
    unit_id=Evaluation.unit_id,
    path=Evaluation.unit_path,
    at=Evaluation.submitted_at,
    values=(
        Count("evaluations", Text("Phiếu đánh giá, mọi giai đoạn", "Evaluations of any stage")),
        Count("evaluated", Text("Đã đánh giá", "Evaluated"), evaluations.EVALUATED),
        Count("recognised", Text("Được công nhận", "Recognised"), evaluations.RECOGNISED),
        Count("not_recognised", Text("Không được công nhận", "Not recognised"), evaluations.NOT_RECOGNISED),
        Ratio("recognition_rate", Text("Tỷ lệ được công nhận", "Share recognised"), "recognised", "evaluated"),
        Count("maintenance_evaluated", Text("Đã đánh giá duy trì", "Maintenance evaluated"), evaluations.MAINTENANCE),
        Count("kept", Text("Duy trì được", "Kept"), evaluations.KEPT),
        Count("not_kept", Text("Không duy trì được", "Not kept"), evaluations.NOT_KEPT),
        Ratio("kept_rate", Text("Tỷ lệ duy trì", "Share kept"), "kept", "maintenance_evaluated"),
        Count("forecast_evaluated", Text("Đã đánh giá dự kiến", "Forecast evaluated"), evaluations.FORECAST),
        Count("expected_met", Text("Dự kiến đạt", "Expected to meet"), evaluations.EXPECTED_MET),
        Count("expected_not_met", Text("Dự kiến không đạt", "Expected not to meet"), evaluations.EXPECTED_NOT_MET),
        Ratio(
            "expected_met_rate",
            Text("Tỷ lệ dự kiến đạt", "Share expected to meet"),
            "expected_met",
            "forecast_evaluated",
        ),
    ),
    dimensions=(
        *PLACES,
        year(Evaluation.year),
        words("stage", STAGE, Evaluation.stage, evaluations.STAGES),
        words("status", STATUS, Evaluation.status, evaluations.STATUSES),
        criteria_set(Evaluation.criteria_set_id),
    ),
    period=years(Evaluation.year),
    record=Record(Evaluation.id, "evaluations", Evaluation.version, Evaluation.status, Evaluation.year),
)
