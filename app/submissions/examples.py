"""Examples of submissions for the API's document. A test sends them."""

from typing import Any, Final

BUNDLE: Final[dict[str, Any]] = {
    "unit": "17509",
    "campaign": "KH320-2024",
    "registrations": [{"year": 2024, "note": "Đăng ký xây dựng xã điển hình"}],
    "evaluations": [
        {
            "year": 2024,
            "stage": "forecast",
            "results": [
                {"criterion": "TC1", "outcome": "met"},
                {"criterion": "TC2", "outcome": "met", "figure": 85.5, "evidence": "Biên bản họp xóm"},
            ],
        }
    ],
    "directives": [
        {
            "id": "0190a1f0-0c5e-7b6a-9d0e-2f6b8a4c1d11",
            "track": "advised",
            "document_kind": "plan",
            "number_symbol": "15/KH-UBND",
            "issued_on": "2024-03-12",
            "title": "Kế hoạch xây dựng xã điển hình về an ninh, trật tự năm 2024",
            "issuing_body": "Ủy ban nhân dân xã Mã Thành",
        }
    ],
    "good_practices": [
        {
            "title": "Camera an ninh do nhân dân đóng góp",
            "summary": "Mỗi xóm lắp ba camera ở đường chính, ban cán sự xóm trông coi.",
            "started_on": "2024-02-05",
        }
    ],
}
ANSWER: Final[dict[str, Any]] = {
    "dry_run": False,
    "stored": True,
    "unit": {"id": "0190a1f0-0c5e-7b6a-9d0e-2f6b8a4c1d01", "code": "17509", "name": "Xã Mã Thành"},
    "summary": {"created": 1, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 0, "not_stored": 0},
    "items": [
        {
            "pointer": "/directives/0",
            "kind": "directive",
            "key": "15/KH-UBND 2024-03-12",
            "outcome": "created",
            "id": "0190a1f0-0c5e-7b6a-9d0e-2f6b8a4c1d11",
            "href": "/api/v1/directives/0190a1f0-0c5e-7b6a-9d0e-2f6b8a4c1d11",
            "errors": [],
        }
    ],
}
