"""What says more of a person than name, position and unit; and what only looks like it."""

import pytest

from app.kernel.personal import has_identity_number, identifiers

PAPERS = [
    "CCCD 040199001234",
    "CMND: 182345678.",
    "CMND số 123.456.789",
    "căn cước công dân số 040-199-001-234",
    "Chứng minh nhân dân số: 182 345 678, cấp tại Nghệ An",
    "182345678 (CMND)",
    "040199001234",
    "Ông A (040199001234) có công",
    "số 040 199 001 234",
    "040.199.001.234",
    "040/123/456/789",
    "040_123_456_789",
    "040,123,456,789",
    "từ 2023-2024, CCCD 040199001234",
]
BIRTHS = [
    "sinh ngày 01/02/1980",
    "Sinh năm: 1980",
    "Ngày sinh 1/2/1980",
    "sinh 12/3/1980",
    "SN 1975",
    "sn: 1975",
    "ngày tháng năm sinh: 5/6/1980",
    "Ngày, tháng, năm sinh: 5/6/1980",
    "sinh ngày, tháng, năm: 5/6/1980",
    "NS 5/6/1980",
]
PHONES = ["ĐT 0912.345.678", "0912-345-678", "0912 345.678", "0912345678"]
ADDRESSES = ["Số nhà 12, đường Lê Lợi", "Hộ khẩu thường trú: xóm 3", "trú tại khối 5, phường Lê Lợi", "Địa chỉ: xóm 2"]
WORK = [
    None,
    "",
    "Vận động 1.250.000.000 đồng ủng hộ quỹ",
    "Vận động 125.000.000 đồng làm 1.250 thẻ CCCD",
    "Mua máy in CCCD 125.000.000 đồng",
    "Thu nhận 12.500 hồ sơ CCCD, kích hoạt 9.870 tài khoản định danh điện tử",
    "cấp CCCD từ 15/01/2023 đến 14/7/2024",
    "cấp 1.250 CCCD trong các năm 2022, 2023, 2024",
    "từ 15/01/2023 đến 14/7/2024",
    "15.01.2023-14.07.2024",
    "từ 01/2023-06/2024",
    "các năm 2022-2023-2024",
    "Quyết định 9745/QĐ-BCA-V05 ngày 28/12/2022, 34 tiêu chí",
    "vận động học sinh năm học 2023-2024",
    "học sinh 2023-2024 của trường",
    "học sinh năm 2023",
    "tuyên truyền 120 buổi, 15 000 lượt người",
    "Tổ 12345678",
    "Quản lý đăng ký thường trú, tạm trú; công dân cư trú trên địa bàn",
]
UUID = "01a207c2-d375-77b0-8240-040199001234"


@pytest.mark.parametrize("text", PAPERS)
def test_numbers_of_papers_are_found_in_any_grouping(text: str) -> None:
    assert has_identity_number(text)


@pytest.mark.parametrize("text", [*PHONES, *BIRTHS, *ADDRESSES, *(text for text in WORK if text), UUID])
def test_other_numbers_are_none(text: str) -> None:
    assert not has_identity_number(text)


@pytest.mark.parametrize("text", [*PAPERS, *PHONES, *BIRTHS, *ADDRESSES])
def test_what_identifies_a_nominee_is_refused(text: str) -> None:
    (fault,) = identifiers({"achievement": text})
    assert (fault.pointer, fault.code) == ("/achievement", "personal_identifier")


@pytest.mark.parametrize("text", WORK)
def test_what_praises_work_is_not(text: str | None) -> None:
    assert identifiers({"achievement": text}) == []
