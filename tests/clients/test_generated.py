"""The typed clients that partners generate from the document work against a served API (`make clients` makes them)."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.builders.people import ROBOT_KEY
from tests.clients.conftest import ROOT, Served

pytestmark = pytest.mark.real_commits
MADE = ROOT / "var" / "clients"


def tried(served: Served, *command: str | Path) -> dict[str, Any]:
    """What the client's trial found."""
    arguments = [*map(str, command), served.url, ROBOT_KEY, "17509"]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def expected(language: str) -> dict[str, Any]:
    none = dict.fromkeys(("updated", "unchanged", "skipped", "failed", "not_stored"), 0)
    return {
        "unit": "Xã Mã Thành",
        "same": True,
        "replayed": "true",
        "title": f"Kế hoạch từ {language} (mẫu)",
        "refused": "/issued_on",
        "bundle": {"created": 1, **none},
        "stale": 412,
        "gone": 404,
    }


def test_the_python_client_works(served: Served) -> None:
    program, trial = MADE / "python/tools/bin/python", MADE / "python/try.py"
    if not program.exists() or not trial.exists():
        pytest.skip("no generated Python client: `make clients` makes one")
    assert tried(served, program, trial) == expected("Python")


def test_the_typescript_client_works(served: Served) -> None:
    program, trial = shutil.which("node"), MADE / "typescript/built/try.js"
    if program is None or not trial.exists():
        pytest.skip("no generated TypeScript client, or no Node.js: `make clients` makes one where Node.js is")
    assert tried(served, program, trial) == expected("TypeScript")
