"""A scene for every test of evaluations."""

import pytest

from app.access.actor import Tx
from tests.evaluations.scene import As, Scene


@pytest.fixture
def scene(as_: As, system: Tx) -> Scene:
    """commune_a under Yên Thành."""
    return Scene(as_, system)
