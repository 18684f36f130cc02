"""The rules of the house that a reader can check, checked by reading the code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APP = sorted((ROOT / "app").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
BENCH = sorted((ROOT / "bench").rglob("*.py"))
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    """Every function of a file."""
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function))


def lines(node: Function) -> int:
    """Lines of a function from ``def`` to its end, without its docstring."""
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        whole -= (first.end_lineno or first.lineno) - first.lineno + 1
    return whole


@pytest.mark.parametrize("path", [*APP, *BENCH, *TESTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_stay_small(path: Path) -> None:
    in_tests = path.is_relative_to(ROOT / "tests")
    assert len(path.read_text().splitlines()) <= (500 if in_tests else 300)
    if not in_tests:
        assert {node.name: lines(node) for node in functions(path) if lines(node) > 40} == {}


@pytest.mark.parametrize("path", APP, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_hides_inside_a_function(path: Path) -> None:
    hidden = [
        ast.unparse(inner)
        for node in functions(path)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []


@pytest.mark.parametrize("path", [p for p in APP if p.name == "api.py"], ids=lambda path: str(path.relative_to(ROOT)))
def test_handlers_are_short_and_hold_no_sql_role_or_try(path: Path) -> None:
    source = path.read_text()
    assert "sqlalchemy" not in source
    assert "Role" not in source
    for node in functions(path):
        if not node.decorator_list:
            continue
        assert lines(node) <= 15, node.name
        assert not any(isinstance(inner, ast.Try) for inner in ast.walk(node)), node.name
        assert ast.get_docstring(node), f"{node.name} has no docstring: it is the endpoint's description"


def test_only_the_kernel_commits_or_rolls_back() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in APP
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"commit", "rollback"}
        and not path.is_relative_to(ROOT / "app/kernel")
    ]
    assert found == []


def test_levels_are_data_not_code() -> None:
    """No rule asks whether a unit is a district: the chain of levels changed on 1/7/2025."""
    allowed = {"app/units/kinds.py", "app/units/models.py", "app/campaigns/models.py"}
    found = []
    for path in APP:
        name = str(path.relative_to(ROOT))
        if name in allowed or name.startswith("app/demo/"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                constants = [c.value for c in [node.left, *node.comparators] if isinstance(c, ast.Constant)]
                found += [
                    f"{name}:{node.lineno}" for value in constants if value in {"district", "commune", "province"}
                ]
    assert found == []


def test_python_jose_has_one_caller() -> None:
    callers = {
        str(path.relative_to(ROOT))
        for path in APP
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "jose" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "jose")
    }
    assert callers == {"app/identity/tokens.py"}
