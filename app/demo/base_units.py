"""The sample's base units: invented, and each says so in its name and code. Pure."""

import csv
import io
from collections.abc import Iterable

from app.demo.scene import Place

MARK = "(mẫu)"
DEPARTMENTS = (
    "Sở Giáo dục và Đào tạo",
    "Sở Y tế",
    "Sở Giao thông vận tải",
    "Sở Tài chính",
    "Sở Tư pháp",
    "Sở Nội vụ",
    "Sở Công Thương",
    "Sở Xây dựng",
    "Sở Nông nghiệp và Phát triển nông thôn",
    "Sở Tài nguyên và Môi trường",
    "Sở Văn hóa và Thể thao",
    "Sở Du lịch",
    "Sở Thông tin và Truyền thông",
    "Sở Khoa học và Công nghệ",
    "Sở Kế hoạch và Đầu tư",
    "Sở Lao động - Thương binh và Xã hội",
)


def sample_csv(places: Iterable[Place]) -> bytes:
    """About 1,500 base units as the unit loader's CSV: departments of the province, two at each district, three at each
    commune (a school, an agency, an enterprise)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["code", "name", "type", "parent_code"])
    for place in places:
        if place.level == "province":
            for number, name in enumerate(DEPARTMENTS, 1):
                writer.writerow([f"MAU-{place.code}-S{number:02}", f"{name} {MARK}", "cơ quan", place.code])
        elif place.level == "district":
            writer.writerow(
                [f"MAU-{place.code}-T", f"Trường THPT {place.short_name} {MARK}", "cơ sở giáo dục", place.code]
            )
            writer.writerow([f"MAU-{place.code}-D", f"Công ty {place.short_name} {MARK}", "doanh nghiệp", place.code])
        elif place.level == "commune":
            writer.writerow(
                [f"MAU-{place.code}-T", f"Trường THCS {place.short_name} {MARK}", "cơ sở giáo dục", place.code]
            )
            writer.writerow([f"MAU-{place.code}-C", f"Trạm Y tế {place.short_name} {MARK}", "cơ quan", place.code])
            writer.writerow(
                [f"MAU-{place.code}-D", f"Doanh nghiệp {place.short_name} {MARK}", "doanh nghiệp", place.code]
            )
    return out.getvalue().encode()
