"""Forms in one tree for all times say whose records count for one successor only; so do the files made of them."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.forms.scene import the_scene
from tests.reorganisations.scene import applied
from tests.statistics.test_across_time import ACTS

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
TOLD = "Xã Mã Thành (17509) được chia từ 1/12/2024 cho Xã Mã Thành (17509) và Xã Đông (17511)"


@pytest.fixture
async def asked(as_: As, system: Tx, clock: MovableClock) -> str:
    """The campaign of the scene, of which one commune gave a part away at the end of 2024."""
    clock.set("2024-12-01T08:00:00+07:00")
    await applied(as_("province", "coordinator"), changes=ACTS["2024-12-01"], effective_on="2024-12-01")
    return await the_scene(system)


@pytest.mark.parametrize(
    ("unit", "structure", "said"),
    [
        ("province", "current", True),
        ("district_yen_thanh", "2024-12-01", True),
        ("province", "2024-11-30", False),
        ("province", "as_recorded", False),
        ("district_vinh", "current", False),
    ],
)
async def test_a_form_says_so(as_: As, asked: str, unit: str, structure: str, said: bool) -> None:
    reader = as_("province", "viewer")
    where: dict[str, Any] = {"campaign": asked, "unit": str(unit_id(unit)), "structure": structure}
    notes = (await reader.get("/forms/1", **where)).json()["notes"]
    assert [note["message"].startswith(TOLD) for note in notes if note["code"] == "split_unit"] == [True] * said


@pytest.mark.parametrize("kind", ["xlsx", "docx"])
async def test_its_files_say_so_too(as_: As, asked: str, kind: str) -> None:
    reader = as_("province", "viewer")
    made = await reader.get("/forms/1", campaign=asked, structure="current", format=kind)
    assert TOLD in written(made.content)
    made = await reader.get("/forms/1", campaign=asked, format=kind)
    assert "được chia từ" not in written(made.content)


def written(content: bytes) -> str:
    """All text of an office file."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
