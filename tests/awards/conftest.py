"""The scene of the tests of awards."""

from collections.abc import Callable

import pytest

from app.access.actor import Tx
from tests.actors import Api
from tests.awards.scene import Scene, award_scene


@pytest.fixture
async def scene(as_: Callable[[str, str], Api], system: Tx) -> Scene:
    """See :func:`award_scene`."""
    return await award_scene(as_, system)
