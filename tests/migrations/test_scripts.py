"""The migrations' text: none waits long for a lock, none depends on code that will change."""

import ast
from pathlib import Path

import pytest

from app.kernel import migrating

VERSIONS = sorted((migrating.SCRIPTS / "versions").glob("2*.py"))


@pytest.mark.parametrize("script", VERSIONS, ids=lambda path: path.stem)
def test_no_migration_waits_long_for_a_lock_or_depends_on_the_models(script: Path) -> None:
    tree = ast.parse(script.read_text("utf-8"))
    directions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name in ("upgrade", "downgrade"):
        assert "SET LOCAL lock_timeout" in ast.unparse(directions[name].body[0]), name
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module for module in imported if module.split(".")[0] == "app"} == set()
