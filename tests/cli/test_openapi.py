"""``dienhinh openapi``: writes, checks, and names what breaks clients of a release."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from app.cli import cli


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["openapi", *map(str, arguments)])


def test_the_document_is_written_and_known_to_be_fresh(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    assert "is stale" in run(file, "--check").stderr
    assert run(file).exit_code == 0
    assert run(file, "--check").exit_code == 0
    file.write_text(file.read_text("utf-8") + " ", "utf-8")
    assert run(file, "--check").exit_code == 1


def test_breaking_changes_are_named_and_additions_pass(tmp_path: Path) -> None:
    file = tmp_path / "released.json"
    run(file)
    assert run("--compare", file).exit_code == 0
    released = json.loads(file.read_text("utf-8"))
    del released["paths"]["/api/v1/units"]["get"]
    released["components"]["schemas"]["UnitBrief"]["properties"]["motto"] = {"type": "string"}
    file.write_text(json.dumps(released), "utf-8")
    answer = run("--compare", file)
    assert answer.exit_code == 1
    assert answer.stderr.splitlines()[0] == "/components/schemas/UnitBrief/properties/motto: is gone [removed]"
    assert "1 changes break clients" in answer.stderr


def test_a_release_that_is_not_there_is_told(tmp_path: Path) -> None:
    answer = run("--compare", tmp_path / "nothing.json")
    assert (answer.exit_code, "make release-openapi" in answer.stderr) == (1, True)
