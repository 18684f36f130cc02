"""What nobody can run everywhere stays true to what everybody runs: the container's steps are the Makefile's."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def arguments(lines: str, program: str) -> list[str]:
    """What each line gives to `program`."""
    return re.findall(rf"^.*{re.escape(program)} (install .+)$", lines, re.MULTILINE)


def test_the_image_installs_as_the_makefile_does() -> None:
    of_makefile = [step for step in arguments(MAKEFILE, "$(PIP)") if "requirements-dev" not in step]
    assert arguments(DOCKERFILE, "-m pip") == [step for step in of_makefile if step != "install uv"]


def test_the_image_gets_every_file_it_copies() -> None:
    copied = " ".join(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)).split()
    let_in = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE)
    assert sorted(copied) == sorted(let_in)
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_image_does_not_run_as_root() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (\S+)$", final, re.MULTILINE) == ["dienhinh"]
    assert "/healthz" in final


def test_compose_gives_the_service_a_role_that_the_fence_binds() -> None:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    script = compose["configs"]["create-role"]["content"]
    assert "NOSUPERUSER" in script
    assert "NOBYPASSRLS" in script
    assert compose["services"]["api"]["environment"]["DIENHINH_DATABASE_URL"].startswith("postgresql://dienhinh:")
    assert compose["services"]["api"]["depends_on"] == {"database": {"condition": "service_healthy"}}


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_every_locked_package_has_its_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text("utf-8").strip())
    assert [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_locks_agree() -> None:
    versions: dict[str, set[str]] = {}
    for lock in ROOT.glob("requirements*.lock"):
        for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text("utf-8"), re.MULTILINE):
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = {"requirements.lock": project["project"]["dependencies"]}
    groups["requirements-dev.lock"] = [*groups["requirements.lock"], *project["dependency-groups"]["dev"]]
    groups["requirements-build.lock"] = project["dependency-groups"]["build"]
    for lock, wanted in groups.items():
        locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text("utf-8"), re.MULTILINE))
        names = {re.match(r"[A-Za-z0-9_-]+", each)[0].lower() for each in wanted}  # type: ignore[index]
        assert names - locked == set(), lock
