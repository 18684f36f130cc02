"""The demonstration's accounts: seven offices above, an editor and an approver at every district and commune,
an awards officer at every district."""

from datetime import date, datetime
from typing import Any

from app.demo.scene import Place, stable_id
from app.kernel.text import fold

OFFICES = {
    "ministry.viewer": ("central", "Cục V05 - Bộ Công an (mẫu)", ("viewer",)),
    "province.admin": ("province", "Quản trị hệ thống cấp tỉnh (mẫu)", ("administrator", "viewer")),
    "province.coordinator": ("province", "Phòng PV01 - cơ quan thường trực (mẫu)", ("coordinator",)),
    "province.editor": ("province", "Cán bộ tổng hợp cấp tỉnh (mẫu)", ("editor",)),
    "province.approver": ("province", "Lãnh đạo cấp tỉnh (mẫu)", ("approver",)),
    "province.awards": ("province", "Ban Thi đua - Khen thưởng (mẫu)", ("awards_officer",)),
    "province.auditor": ("province", "Thanh tra - kiểm tra (mẫu)", ("auditor",)),
}
TITLES = {"editor": "Cán bộ nhập liệu", "approver": "Lãnh đạo"}


def accounts(
    places: list[Place], password_hash: str, now: datetime
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Users and their grants, all with one password."""
    users: list[dict[str, Any]] = []
    grants: list[dict[str, Any]] = []

    def add(username: str, full_name: str, place: Place, roles: tuple[str, ...]) -> None:
        user_id = stable_id("user", username)
        users.append(
            {
                "id": user_id,
                "username": username,
                "full_name": full_name,
                "folded": fold(f"{username} {full_name}"),
                "password_hash": password_hash,
                "password_changed_at": now,
                **place.columns,
            }
        )
        for role in roles:
            grant_id = stable_id("grant", username, role)
            grants.append(
                {"id": grant_id, "user_id": user_id, "role": role, "valid_from": date(2023, 1, 1), **place.columns}
            )

    for username, (level, full_name, roles) in OFFICES.items():
        add(username, full_name, next(place for place in places if place.level == level), roles)
    for place in places:
        if place.level in {"district", "commune"}:
            for role, title in TITLES.items():
                add(f"{place.code}.{role}", f"{title} {place.short_name} (mẫu)", place, (role,))
        if place.level == "district":
            add(f"{place.code}.awards", f"Thi đua - Khen thưởng {place.short_name} (mẫu)", place, ("awards_officer",))
    return users, grants
