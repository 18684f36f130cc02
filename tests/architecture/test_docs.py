"""The documents name what exists, and the settings that exist; nothing names where packages come from."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kernel.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS = ROOT / "docs" / "operations.md"
SKIPPED = {".git", ".venv", "var", "dist", "node_modules", "__pycache__"}
# Put together here, so that this file is no exception.
REGISTRIES = tuple(f"{name}.{end}" for name, end in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org")])
PLACES = r"(?:app|docs|tests|migrations|openapi|bench)/"


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def files() -> Iterator[Path]:
    """Every file that could be committed."""
    waiting = [ROOT]
    while waiting:
        for each in waiting.pop().iterdir():
            if each.name in SKIPPED or each.name.endswith("_cache") or each.is_symlink():
                continue
            if each.is_dir():
                waiting.append(each)
            else:
                yield each


def paths_named(text: str) -> set[str]:
    """The paths of this repository in backticks, without line numbers and patterns."""
    spans = re.findall(rf"`({PLACES}[^`\s]*)`", text)
    return {span.rstrip("/") for span in spans if not set(span) & set("<>*{}$")}


def settings_rows(text: str) -> dict[str, str]:
    """The settings table: from variable to what stands as its default."""
    return dict(re.findall(r"^\| `(DIENHINH_[A-Z_]+)` \| (?:`(.*?)`)? ?\|", text, re.MULTILINE))


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_only_paths_that_exist(document: Path) -> None:
    named = paths_named(document.read_text("utf-8"))
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_paths_are_recognised() -> None:
    text = "`app/cli.py`, `docs/decisions/`, `migrations/versions/<date>.py`, `reports/submit.py`"
    assert paths_named(text) == {"app/cli.py", "docs/decisions"}


def test_the_settings_table_is_that_of_the_code() -> None:
    declared = {
        f"DIENHINH_{name.upper()}": "" if field.default is None else str(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert settings_rows(OPERATIONS.read_text("utf-8")) == declared


def test_the_template_of_settings_names_settings_that_exist() -> None:
    declared = {f"DIENHINH_{name.upper()}" for name in Settings.model_fields}
    containers = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text("utf-8")))
    named = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert named == declared | containers


def test_nothing_names_a_package_registry() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in files()
        if any(name.encode() in path.read_bytes() for name in REGISTRIES)
    ]
    assert found == []
