"""The pure rules: what counts as personal, what claims the same, where a proposal waits next."""

from uuid import UUID

import pytest

from app.awards.claims import claim_of
from app.awards.models import STATUSES
from app.awards.personal import identifiers
from app.awards.workflow import MACHINE, next_path
from app.kernel.errors import InvalidState
from app.kernel.workflow import actions, step

UNIT, OTHER = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    "text",
    [
        "CCCD 040199001234",
        "CMND: 182345678.",
        "số 040 199 001 234",
        "040.199.001.234",
        "ĐT 0912.345.678",
        "0912-345-678",
        "0912 345.678",
        "sinh ngày 01/02/1980",
        "Sinh năm: 1980",
        "Ngày sinh 1/2/1980",
        "từ 2023-2024, CCCD 040199001234",
    ],
)
def test_what_identifies_a_person_is_refused(text: str) -> None:
    (fault,) = identifiers({"achievement": text})
    assert (fault.pointer, fault.code) == ("/achievement", "personal_identifier")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Vận động 1.250.000.000 đồng ủng hộ quỹ",
        "từ 15/01/2023 đến 14/7/2024",
        "15.01.2023-14.07.2024",
        "các năm 2022-2023-2024",
        "Quyết định 9745/QĐ-BCA-V05 ngày 28/12/2022, 34 tiêu chí",
        "vận động học sinh năm học 2023-2024",
        "tuyên truyền 120 buổi, 15 000 lượt người",
        "Tổ 12345678",
    ],
)
def test_what_praises_work_is_not(text: str | None) -> None:
    assert identifiers({"achievement": text}) == []


def test_spelling_makes_no_other_claim_and_substance_does() -> None:
    first = claim_of("individual", UNIT, "Nguyễn Văn Hoà", "Xây dựng điển hình, năm 2024")
    assert first == claim_of("individual", UNIT, "nguyễn  văn HÒA", "xay dung dien hinh - nam 2024.")
    others = {
        claim_of("individual", OTHER, "Nguyễn Văn Hoà", "Xây dựng điển hình, năm 2024"),
        claim_of("collective", UNIT, "Nguyễn Văn Hoà", "Xây dựng điển hình, năm 2024"),
        claim_of("individual", UNIT, "Nguyễn Văn Hải", "Xây dựng điển hình, năm 2024"),
        claim_of("individual", UNIT, "Nguyễn Văn Hoà", "Xây dựng điển hình, năm 2023"),
        claim_of("collective", UNIT, None, "Xây dựng điển hình, năm 2024"),
        claim_of("collective", UNIT, "", "Xây dựng điển hình, năm 2024"),
    }
    assert len(others | {first}) == 7


def test_the_way_up_goes_unit_by_unit_and_begins_anew_when_the_tree_changed() -> None:
    school = "000001.000002.000003.000004."
    assert next_path(school, None) == "000001.000002.000003."
    assert next_path(school, "000001.000002.000003.") == "000001.000002."
    assert next_path(school, "000001.000009.") == "000001.000002.000003."


def test_every_pair_that_is_not_in_the_table_is_refused() -> None:
    for state in STATUSES:
        for action in actions(MACHINE):
            if (state, action) not in MACHINE:
                with pytest.raises(InvalidState):
                    step(MACHINE, state, action)
    assert {found.to for found in MACHINE.values()} <= set(STATUSES)
    assert [pair for pair in MACHINE if pair[0] in {"granted", "declined"}] == []
