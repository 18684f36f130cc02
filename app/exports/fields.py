"""What the placeholders of each kind of document may name, with a sample of every value: the contract of a template."""

from typing import Any, Final

_LETTERHEAD: Final[dict[str, Any]] = {
    "draft_notice": "DỰ THẢO - số liệu chưa niêm phong",
    "parent_body": "UBND tỉnh Nghệ An",
    "issuing_body": "Công an tỉnh",
    "number": "05/BC-CAT-PV01",
    "place_and_date": "Nghệ An, ngày 05 tháng 7 năm 2024",
    "abstract": "Sơ kết 02 năm (2023 - 2024) thực hiện xây dựng đơn vị điển hình",
    "closing": "Trên đây là kết quả sơ kết 02 năm./.",
    "signer_authority": ["KT. GIÁM ĐỐC"],
    "signer_position": ["Phó Giám đốc"],
    "signer_name": "Nguyễn Văn A",
    "recipients": ["Như trên", "Lưu: VT, PV01"],
}
_SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "report": {
        **_LETTERHEAD,
        "addressees": ["Ủy ban nhân dân tỉnh Nghệ An", "Cục V05, Bộ Công an"],
        "introduction": "Thực hiện Kế hoạch số 320/KH-UBND ngày 26/4/2024, Công an tỉnh báo cáo như sau:",
        "sections": [
            {
                "level": level,
                "code": code,
                "number": number,
                "title": f"Đề mục {code}",
                "paragraphs": ["Đoạn thứ nhất.", "Đoạn thứ hai."],
            }
            for level, code, number in ((1, "I", "I"), (2, "II.1", "1"), (3, "II.1.a", "a"))
        ],
        "annexes": [{"number": "I", "title": "Biểu số 1"}, {"number": "II", "title": "Biểu số 2"}],
    },
    "award_list": {
        **_LETTERHEAD,
        "forms": [
            {
                "number": number,
                "title": title,
                "authority": "Giám đốc Công an tỉnh",
                "collectives": [
                    {
                        "index": 1,
                        "name": "Công an xã Mã Thành",
                        "unit": "Xã Mã Thành",
                        "achievement": "Có thành tích xuất sắc",
                        "status": "Đã gửi",
                    }
                ],
                "individuals": [
                    {
                        "index": 1,
                        "name": "Trần Thị B",
                        "position": "Trưởng Công an xã Mã Thành",
                        "unit": "Xã Mã Thành",
                        "achievement": "Có thành tích xuất sắc",
                        "status": "Đã gửi",
                    }
                ],
            }
            for number, title in (("I", "Bằng khen"), ("II", "Giấy khen"))
        ],
    },
}

MEANINGS: Final[dict[str, str]] = {
    "draft_notice": "Dòng DỰ THẢO ở lề trên; để trống khi số liệu đã niêm phong",
    "parent_body": "Cơ quan chủ quản",
    "issuing_body": "Cơ quan ban hành",
    "number": "Số và ký hiệu văn bản",
    "place_and_date": "Địa danh và thời gian ban hành",
    "abstract": "Trích yếu nội dung",
    "closing": "Câu kết thúc văn bản",
    "signer_authority": "Các dòng quyền hạn của người ký (TM., KT., TL., ...)",
    "signer_position": "Các dòng chức vụ của người ký",
    "signer_name": "Họ và tên người ký",
    "recipients": "Nơi nhận, mỗi nơi một dòng",
    "addressees": "Kính gửi, mỗi nơi một dòng",
    "introduction": "Câu mở đầu nêu căn cứ",
    "sections": "Các mục của đề cương theo thứ tự in",
    "sections.level": "Cấp của đề mục: 1, 2, 3",
    "sections.code": "Mã của đề mục trong đề cương",
    "sections.number": "Số in của đề mục",
    "sections.title": "Tên đề mục",
    "sections.paragraphs": "Các đoạn văn dưới đề mục",
    "annexes": "Các phụ lục kèm theo",
    "annexes.number": "Số của phụ lục",
    "annexes.title": "Tên phụ lục",
    "forms": "Các hình thức khen thưởng có đề nghị",
    "forms.number": "Số thứ tự La Mã của hình thức khen thưởng",
    "forms.title": "Tên hình thức khen thưởng",
    "forms.authority": "Cấp có thẩm quyền quyết định",
    "forms.collectives": "Tập thể được đề nghị",
    "forms.individuals": "Cá nhân được đề nghị",
    **{
        f"forms.{listed}.{name}": meaning
        for listed, named in (("collectives", "Tên tập thể"), ("individuals", "Họ và tên"))
        for name, meaning in (
            ("index", "Số thứ tự"),
            ("name", named),
            ("unit", "Đơn vị đề nghị"),
            ("achievement", "Thành tích"),
            ("status", "Trạng thái của đề nghị"),
        )
    },
    "forms.individuals.position": "Chức vụ, đơn vị công tác",
}
"""What each placeholder stands for, by its path; told to those who edit templates."""


def sample(code: str) -> dict[str, Any]:
    """A context of the document ``code`` with something in every field, none of it anybody's."""
    return _SAMPLES[code]


def paths(context: Any, above: str = "") -> list[str]:
    """The placeholders that ``context`` fills, as dotted paths; of a list, those of what it holds."""
    if isinstance(context, list):
        return paths(context[0], above) if context and isinstance(context[0], dict) else []
    found = []
    for name, value in context.items():
        path = f"{above}.{name}" if above else name
        found.append(path)
        if isinstance(value, list | dict):
            found += paths(value, path)
    return found
