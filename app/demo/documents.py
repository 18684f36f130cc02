"""The sample's directives and good practices: each says that it is invented. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.demo.activities import Records, entered
from app.demo.scene import Place, Scene, day, stable_id, user_of
from app.kernel.text import fold

WORDS = {
    "commune": "xã",
    "ward": "phường",
    "township": "thị trấn",
    "city": "thành phố",
    "town": "thị xã",
    "rural_district": "huyện",
    "province": "tỉnh",
}
"""How each kind of unit is called before its name."""

ABOUT = "về xây dựng đơn vị điển hình về phong trào toàn dân bảo vệ an ninh Tổ quốc"


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as the sample invents it; ``at_communes``: how likely a commune has it."""

    kind: str
    symbol: str
    body: str
    about: str
    words: str
    track: str = "advised"
    at_communes: float = 0


PAPERS = (
    Paper("plan", "KH-UBND", "Ủy ban nhân dân", "2023-02-01", "Kế hoạch", at_communes=1),
    Paper("plan", "KH-UBND", "Ủy ban nhân dân", "2024-01-22", "Kế hoạch", at_communes=1),
    Paper("resolution", "NQ-ĐU", "Đảng ủy", "2023-01-16", "Nghị quyết", at_communes=0.6),
    Paper("programme", "CTr-BCĐ", "Ban Chỉ đạo", "2024-02-12", "Chương trình công tác", at_communes=0.4),
    Paper("guidance", "HD-CA", "Công an", "2023-02-20", "Hướng dẫn Công an cơ sở", "issued_directly"),
    Paper("official_letter", "CA-XDPT", "Công an", "2023-09-05", "Công văn đôn đốc Công an cơ sở", "issued_directly"),
    Paper("official_letter", "CA-XDPT", "Công an", "2024-05-03", "Công văn hướng dẫn sơ kết", "issued_directly"),
)
MODELS = (
    ("Camera an ninh khu dân cư", "Nhân dân đóng góp lắp camera ở các trục đường chính và cùng quản lý."),
    ("Tổ liên gia tự quản", "Các hộ liền kề giúp nhau giữ gìn trật tự, phòng cháy, chữa cháy."),
    ("Nhóm Zalo kết nối bình yên", "Công an xã tiếp nhận phản ánh và trả lời người dân trong ngày."),
    ("Thắp sáng đường quê", "Vận động xã hội hóa lắp đèn ở các đoạn đường tối."),
    ("Cổng trường an toàn giao thông", "Nhà trường, phụ huynh và Công an phân công trực giờ tan học."),
    ("Dòng họ tự quản về an ninh, trật tự", "Các dòng họ ký cam kết, quản lý, giáo dục con cháu."),
)
STATES = ("draft", "proposed", "selected", "to_be_replicated", "returned")
EIGHTH = 8


def add_directives(scene: Scene, records: Records) -> None:
    """Two to four documents of every commune, more of every district and the province."""
    for place in scene.places:
        if place.kind not in WORDS:
            continue
        for number, paper in enumerate(PAPERS):
            chance = paper.at_communes if place.level == "commune" else 1
            if scene.random.random() < chance:
                records.directives.append(_directive(scene, place, paper, number))


def _directive(scene: Scene, place: Place, paper: Paper, number: int) -> dict[str, Any]:
    issued = day(paper.about) + timedelta(days=scene.random.randrange(15))
    number_symbol = f"{scene.random.randrange(5, 150):02}/{paper.symbol} (mẫu)"
    title = f"{paper.words} {ABOUT} (dữ liệu mẫu)"
    return {
        "id": stable_id("directive", place.code, number),
        **place.columns,
        "track": paper.track,
        "document_kind": paper.kind,
        "number_symbol": number_symbol,
        "issued_on": issued.date(),
        "title": title,
        "issuing_body": f"{paper.body} {WORDS[place.kind]} {place.short_name}",
        "obliges": "Công an các xã, phường, thị trấn" if paper.track == "issued_directly" else None,
        "note": "Dữ liệu mẫu",
        "folded": fold(f"{number_symbol} {title}"),
        **entered(issued + timedelta(days=scene.random.randrange(1, 5)), user_of(place, "editor")),
    }


def add_practices(scene: Scene, records: Records) -> None:
    """A practice of one commune in eight, in every state in turn."""
    province = scene.at("province")[0]
    for turn, place in enumerate(scene.at("commune")[::EIGHTH]):
        status = STATES[turn % len(STATES)]
        started = day("2023-03-01") + timedelta(days=scene.random.randrange(300))
        records.practices.append(_practice(scene, (place, province), status, started))


def _practice(scene: Scene, places: tuple[Place, Place], status: str, started: datetime) -> dict[str, Any]:
    place, province = places
    name, summary = scene.random.choice(MODELS)
    proposed, selected, replicated = (day(text) for text in ("2024-05-20", "2024-06-03", "2024-06-17"))
    chosen, spread = status in {"selected", "to_be_replicated"}, status == "to_be_replicated"
    was_proposed = status != "draft"
    last = replicated if spread else selected if chosen or status == "returned" else proposed
    return {
        "id": stable_id("practice", place.code),
        **place.columns,
        "title": f"{name} (mẫu)",
        "summary": f"{summary} (dữ liệu mẫu)",
        "results": "Số vụ việc phức tạp giảm so với cùng kỳ (dữ liệu mẫu)" if was_proposed else None,
        "started_on": started.date(),
        "status": status,
        "return_note": "Đề nghị bổ sung số liệu chứng minh (dữ liệu mẫu)" if status == "returned" else None,
        "proposed_at": proposed if was_proposed else None,
        "proposed_by": scene.submitter(place) if was_proposed else None,
        **_step("selected", selected, (scene.approver_above(place), place.parent_id) if chosen else None),
        "selection_note": "Dữ liệu mẫu" if chosen else None,
        **_step("replicated", replicated, (user_of(province, "approver"), province.id) if spread else None),
        "replication_note": "Dữ liệu mẫu" if spread else None,
        **entered(day("2024-05-06"), user_of(place, "editor")),
        "version": {"draft": 1, "proposed": 2, "selected": 3, "returned": 3, "to_be_replicated": 4}[status],
        "updated_at": last if was_proposed else day("2024-05-06"),
    }


def _step(name: str, at: datetime, by: tuple[UUID | None, UUID | None] | None) -> dict[str, Any]:
    """The columns of a step taken by somebody for a unit, or by nobody."""
    person, unit = by or (None, None)
    return {f"{name}_at": at if by else None, f"{name}_by": person, f"{name}_unit_id": unit}
