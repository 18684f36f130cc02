"""A small, real piece of the tree: Nghệ An, two districts, three communes, a school, an agency of the province."""

from datetime import date
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actor import UnitRef
from app.kernel.ids import new_id
from app.kernel.text import fold, sort_key
from app.units.models import Unit, UnitFact

# key: (code, name, short name, kind, level, parent key)
TREE = {
    "ministry": ("BCA", "Bộ Công an", "Bộ Công an", "ministry", "central", None),
    "province": ("40", "Tỉnh Nghệ An", "Nghệ An", "province", "province", "ministry"),
    "district_vinh": ("412", "Thành phố Vinh", "Vinh", "city", "district", "province"),
    "district_yen_thanh": ("426", "Huyện Yên Thành", "Yên Thành", "rural_district", "district", "province"),
    "commune_a": ("17509", "Xã Mã Thành", "Mã Thành", "commune", "commune", "district_yen_thanh"),
    "commune_b": ("17510", "Xã Tiến Thành", "Tiến Thành", "commune", "commune", "district_yen_thanh"),
    "commune_c": ("16714", "Phường Vinh Tân", "Vinh Tân", "ward", "commune", "district_vinh"),
    "school_a1": ("TH-17509-1", "Trường THCS Mã Thành", "Trường THCS Mã Thành", "school", "base", "commune_a"),
    "agency_p1": ("SO-40-1", "Sở Giáo dục và Đào tạo", "Sở Giáo dục và Đào tạo", "agency", "base", "province"),
}
VALID_FROM = date(2024, 1, 1)


def unit_id(key: str) -> UUID:
    """The id of the unit ``key``: the same in every test run."""
    return uuid5(NAMESPACE_URL, f"unit:{key}")


def label(key: str) -> int:
    """Its label in paths."""
    return list(TREE).index(key) + 1


def path(key: str) -> str:
    """Its path from the root."""
    parent = TREE[key][5]
    return (path(parent) if parent else "") + f"{label(key):06x}."


def ref(key: str) -> UnitRef:
    """The unit as questions of rights need it."""
    return UnitRef(unit_id(key), path(key), TREE[key][4])


async def build(connection: AsyncConnection) -> None:
    """Insert the whole piece, valid from 1/1/2024."""
    units, facts = [], []
    for key, (code, name, short_name, kind, level, parent) in TREE.items():
        common = {
            "path": path(key),
            "label": label(key),
            "parent_id": unit_id(parent) if parent else None,
            "code": code,
            "name": name,
            "short_name": short_name,
            "kind": kind,
            "level": level,
            "folded": fold(name),
            "sort_key": sort_key(short_name),
        }
        units.append({"id": unit_id(key), **common})
        facts.append({"id": new_id(), "unit_id": unit_id(key), "valid_from": VALID_FROM, **common})
    await connection.execute(insert(Unit), units)
    await connection.execute(insert(UnitFact), facts)
    # New units of the tests must not collide with the labels given here.
    await connection.exec_driver_sql(f"SELECT setval('unit_label', {len(TREE) + 1000})")
