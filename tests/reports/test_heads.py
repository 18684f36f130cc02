"""Head and foot of a report, as the tree proposes them and an editor changes them."""

from collections.abc import Callable

import pytest

from app.access.actor import Tx
from app.reports.heads import Place, head_of
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.reports import draft

As = Callable[[str, str], Api]
MINISTRY = Place("Bộ Công an", "Bộ Công an", "central")
PROVINCE = Place("Tỉnh Nghệ An", "Nghệ An", "province")
CITY = Place("Thành phố Vinh", "Vinh", "district")
WARD = Place("Phường Vinh Tân", "Vinh Tân", "commune")
SCHOOL = Place("Trường THCS Vinh Tân", "Trường THCS Vinh Tân", "base")


@pytest.mark.parametrize(
    ("unit", "parent", "bodies", "place", "addressee"),
    [
        (PROVINCE, MINISTRY, (None, "ỦY BAN NHÂN DÂN TỈNH NGHỆ AN"), "Nghệ An", "Bộ Công an (qua Cục V05)"),
        (WARD, CITY, (None, "ỦY BAN NHÂN DÂN PHƯỜNG VINH TÂN"), "Vinh Tân", "Ủy ban nhân dân thành phố Vinh"),
        (
            *(SCHOOL, WARD, ("ỦY BAN NHÂN DÂN PHƯỜNG VINH TÂN", "TRƯỜNG THCS VINH TÂN"), "Vinh Tân"),
            "Ủy ban nhân dân phường Vinh Tân",
        ),
    ],
)
def test_the_tree_proposes_the_head(
    unit: Place, parent: Place, bodies: tuple[str | None, str], place: str, addressee: str
) -> None:
    head = head_of(unit, parent)
    assert ((head["parent_body"], head["issuing_body"]), head["place"]) == (bodies, place)
    assert (head["addressees"], head["recipients"]) == ([addressee], ["Như trên", "Lưu: VT"])
    assert head["signer_authority"] == (None if unit is SCHOOL else "TM. ỦY BAN NHÂN DÂN")


def test_districts_report_to_the_steering_committee_of_the_province() -> None:
    [addressee] = head_of(CITY, PROVINCE)["addressees"]
    assert addressee.startswith("Ban Chỉ đạo phòng chống tội phạm")
    assert addressee.endswith("(qua Phòng PV01, Công an tỉnh)")


def test_a_numbered_ward_keeps_its_word() -> None:
    assert head_of(Place("Phường 1", "1", "commune"), CITY)["place"] == "Phường 1"


def test_the_root_reports_to_nobody() -> None:
    assert head_of(MINISTRY, None)["addressees"] == []


@pytest.mark.anyio
async def test_the_head_is_proposed_and_can_be_changed(as_: As, system: Tx) -> None:
    path, editor = await draft(as_, await plan_320(system)), as_("commune_a", "editor")
    made = (await editor.get(path)).json()
    assert (made["issuing_body"], made["place"]) == ("ỦY BAN NHÂN DÂN XÃ MÃ THÀNH", "Mã Thành")
    assert made["addressees"] == ["Ủy ban nhân dân huyện Yên Thành"]
    changes = {"place": "Yên Thành", "addressees": ["Công an huyện Yên Thành"], "recipients": None}
    changed = (await editor.change("PATCH", path, changes)).json()
    assert (changed["place"], changed["addressees"], changed["recipients"]) == (
        *("Yên Thành", ["Công an huyện Yên Thành"]),
        [],
    )
    faulty = await editor.change("PATCH", path, {"addressees": ["hai\ndòng"], "recipients": "VT"})
    assert codes(faulty) == [("/addressees/0", "string_pattern_mismatch"), ("/recipients", "list_type")]
