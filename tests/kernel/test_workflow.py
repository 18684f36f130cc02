"""Refusals of the machines are in words that people read."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import app
from app.kernel.errors import InvalidState
from app.kernel.workflow import ACTIONS, STATES, Machine, Step, step


def machines() -> Iterator[Machine]:
    """Every machine of every slice."""
    for package in pkgutil.iter_modules(app.__path__, "app."):
        if not package.ispkg or "workflow" not in {found.name for found in _modules(package.name)}:
            continue
        for value in vars(importlib.import_module(f"{package.name}.workflow")).values():
            if isinstance(value, dict) and value and all(isinstance(found, Step) for found in value.values()):
                yield value


def _modules(package: str) -> Iterator[pkgutil.ModuleInfo]:
    yield from pkgutil.iter_modules(importlib.import_module(package).__path__)


def test_every_state_and_action_has_its_word() -> None:
    found = list(machines())
    assert len(found) >= 12
    states = {state for machine in found for state, _ in machine} | {s.to for m in found for s in m.values()}
    actions = {action for machine in found for _, action in machine}
    assert states - STATES.keys() == set()
    assert actions - ACTIONS.keys() == set()
    assert all(not word.isascii() for word in STATES.values())


def test_a_refusal_says_it_in_the_words_of_each_language() -> None:
    with pytest.raises(InvalidState) as caught:
        step({}, "accepted", "withdraw")
    assert caught.value.detail is not None
    assert caught.value.detail.vi.startswith("Đang ở trạng thái “đã chấp nhận” nên không thực hiện được thao tác “rút”")
    assert caught.value.detail.en.startswith("'withdraw' is not possible in the state 'accepted'")
