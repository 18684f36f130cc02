"""What bears the mark of a state secret, and what merely speaks of secrets."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Invalid
from app.kernel.secrecy import MARKS, refuse_secrecy_marks, secrecy_mark

MARKED = [
    ("05/KH-UBND-M", "Mật"),
    ("05/KH-UBND(M)", "Mật"),
    ("05/KH-UBND (M)", "Mật"),
    ("12/BC(TM)", "Tối mật"),
    ("12/BC-CAT(TuM)", "Tuyệt mật"),
    ("12/BC-CAT-TUM", "Tuyệt mật"),
    ("12/BC-CAT-TM", "Tối mật"),
    ("15/BC-UBND(m)", "Mật"),
    ("71-KL/TW (mật)", "Mật"),
    ("05/kh-ubnd-m", "Mật"),
    ("12/M-UBND", "Mật"),
    ("12/TM-UBND", "Tối mật"),
    ("05M/KH-UBND", "Mật"),
    ("12/M", "Mật"),
    ("1234/2023/QĐ-TTg-M", "Mật"),
    ("123/CAT-PV01-M", "Mật"),
    ("05-KH-UBND-M.pdf", "Mật"),
    ("05_KH_UBND_M.docx", "Mật"),
    ("Triển khai Kế hoạch số 05/KH-UBND-M của Ủy ban nhân dân tỉnh", "Mật"),
    ("Mật", "Mật"),
    ("TUYỆT MẬT", "Tuyệt mật"),
    ("Kế hoạch phòng, chống tội phạm (Mật)", "Mật"),
    ("Kế hoạch phòng, chống tội phạm (MAT)", "Mật"),
    ("Kế hoạch phòng, chống tội phạm [TỐI MẬT]", "Tối mật"),
    ("Kế hoạch phòng, chống tội phạm (đóng dấu Mật)", "Mật"),
    ("Kế hoạch phòng, chống tội phạm (độ mật: Tuyệt mật)", "Tuyệt mật"),
    ("Kế hoạch phòng, chống tội phạm “Tối mật”", "Tối mật"),
    ("Kế hoạch phòng, chống tội phạm - Mật", "Mật"),
    ("Kế hoạch phòng, chống tội phạm – TỐI MẬT.", "Tối mật"),
    ("Độ mật: Tối mật", "Tối mật"),
    ("Độ mật: Mật", "Mật"),
    ("Do mat: Toi mat", "Tối mật"),
    ("Dấu chỉ độ mật: Tuyệt mật. Kế hoạch phòng, chống tội phạm", "Tuyệt mật"),
    ("MẬT - Kế hoạch phòng, chống tội phạm", "Mật"),
    ("Mật: Kế hoạch phòng, chống tội phạm", "Mật"),
    ("MẬT KẾ HOẠCH PHÒNG, CHỐNG TỘI PHẠM", "Mật"),
    ("TỐI MẬT BÁO CÁO TÌNH HÌNH", "Tối mật"),
    ("Báo cáo mật về tình hình địa bàn", "Mật"),
    ("Công văn mật số 5", "Mật"),
    ("Báo cáo tối mật về tình hình địa bàn", "Tối mật"),
    ("Tài liệu tuyệt mật phục vụ hội nghị", "Tuyệt mật"),
    ("Kế hoạch MẬT của Công an huyện", "Mật"),
    ("Báo cáo tình hình MẬT năm 2024", "Mật"),
    ("M Ậ T", "Mật"),
    ("T U Y Ệ T  M Ậ T", "Tuyệt mật"),
    ("T Ố I M Ậ T", "Tối mật"),
    ("Tuyệt-mật", "Tuyệt mật"),
    ("bao-cao_toi_mat.pdf", "Tối mật"),
    ("tuyet mat", "Tuyệt mật"),
    ("MAT", "Mật"),
    ("M\u200bật", "Mật"),
    ("Dòng đầu\nMẬT\nDòng cuối", "Mật"),
    ("Bảo vệ bí mật nhà nước (Mật)", "Mật"),
    ("Bảo vệ bí mật nhà nước. Độ mật: Tối mật", "Tối mật"),
]
ORDINARY = [
    "05/KH-UBND",
    "320/KH-BCĐ",
    "12/BC-TM",
    "12/BC-PTM",
    "12/2002/TT-BCA (A11)",
    "12/KH-CAT(PV05)",
    "15/KH-CAT-PV01",
    "123/UBND-NC",
    "71-KL/TW",
    "1234/QĐ-TTg",
    "05/NQ-HĐND-TT",
    "01/KH-MTTQ",
    "02/CTr-UBND",
    "03/KH-THCSMT",
    "Kế hoạch bảo vệ bí mật nhà nước",
    "KẾ HOẠCH BẢO VỆ BÍ MẬT NHÀ NƯỚC NĂM 2024",
    "Tăng cường BẢO MẬT hệ thống thông tin",
    "Ke hoach bao ve bi mat nha nuoc",
    "Quyết định về danh mục bí mật nhà nước độ Tối mật trong lĩnh vực nội vụ",
    "Quy định về xác định độ mật của văn bản",
    "Xây dựng mối quan hệ mật thiết giữa Công an và Nhân dân",
    "Báo cáo mật độ dân cư trên địa bàn",
    "Hướng dẫn mật khẩu an toàn",
    "Phối hợp với Mặt trận Tổ quốc",
    "Phoi hop voi Mat tran To quoc",
    "MẶT TRẬN TỔ QUỐC VIỆT NAM",
    "Vai trò của người đứng đầu (mặt trận) ở khu dân cư",
    "Thông báo mất trộm tài sản",
    "Tôi mất xe, trình báo Công an",
    "Đường mật và mật ong của hợp tác xã",
    "đường mật",
    "Bảo mật thông tin cá nhân",
    "Quản lý tài liệu mật và máy tính soạn thảo",
    "Giá 10.000đ/m đường bê tông",
    "Lắp 12 camera, 500m/cụm; đường 5/m",
    "Tỷ lệ 3/4 hộ gia đình, 12-15 hộ",
    "Từ ngày 15/12/2023 đến 14/7/2024",
    "Phòng Tham mưu (TM)",
    "Chuyển đổi số giai đoạn 2023-2025",
    "",
    "12",
]


@pytest.mark.parametrize(("text", "mark"), MARKED)
def test_what_bears_a_mark_is_found_in_every_spelling(text: str, mark: str) -> None:
    assert secrecy_mark(text) == mark
    assert secrecy_mark(unicodedata.normalize("NFD", text)) == mark


@pytest.mark.parametrize("mark", MARKS)
def test_a_stamp_in_any_case_and_without_accents_is_a_mark(mark: str) -> None:
    bare = "".join(c for c in unicodedata.normalize("NFD", mark) if not unicodedata.combining(c))
    for spelt in (mark, mark.upper(), mark.lower(), bare, bare.upper()):
        for place in ("{}", "({})", "Kế hoạch số 5 ({})", "Độ mật: {}", "{} - Kế hoạch số 5", "Kế hoạch số 5 - {}"):
            assert secrecy_mark(place.format(spelt)) == mark, place.format(spelt)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_are_no_mark(text: str) -> None:
    assert secrecy_mark(text) is None
    assert secrecy_mark(unicodedata.normalize("NFD", text)) is None
    assert secrecy_mark(text.lower()) is None


@given(st.text(alphabet="mậtMẬTtốituyệ ()/-_.0123456789KHUB\n", max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    assert secrecy_mark(text) in {None, *MARKS}


def test_the_refusal_names_every_place_and_what_to_do() -> None:
    with pytest.raises(Invalid) as refused:
        refuse_secrecy_marks(
            {"/number_symbol": "05/KH-UBND-M", "/title": "Kế hoạch (Mật)", "/note": None, "/x": "mật ong"}
        )
    assert (refused.value.status, refused.value.code) == (422, "secrecy_mark")
    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/number_symbol", "secrecy_mark"),
        ("/title", "secrecy_mark"),
    ]
    assert "'Mật'" in refused.value.errors[0].message.vi
    assert "State secrets" in refused.value.errors[0].message.en
