"""The language of placeholders: a small, sandboxed part of Jinja, and what is wrong with a template written in it.

A template may print values, choose with ``if`` and repeat with ``for``. It calls nothing, defines nothing and loops
over nothing but the document's own lists, so rendering it costs what its values and its length cost.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.kernel.errors import FieldError, Text

FILTERS: Final = ("upper", "lower", "capitalize", "trim", "default", "join", "first", "last", "length")
TESTS: Final = ("defined", "none", "odd", "even")
DEEPEST: Final = 3
"""Loops within loops."""

_MARK: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_STRAY: Final = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}")
_CELL: Final = re.compile(r"(\{[%{#])(?:tr|tc|p|r) ")
_QUOTES: Final = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'"})
_ANY: Final = object()
"""A value of which nothing further is known."""


def environment() -> ImmutableSandboxedEnvironment:
    """Jinja with nothing in it but what templates may use. An empty value prints as nothing."""
    made = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=True, finalize=lambda value: "" if value is None else value
    )
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.tests = {name: made.tests[name] for name in TESTS}
    made.globals = {}
    return made


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a document and its paragraphs' texts: where faults are found and shown."""

    part: str
    paragraphs: Sequence[str]

    def fault(self, line: int, code: str, text: Text) -> FieldError:
        """A fault in paragraph ``line`` (from 1), with what stands there."""
        written = self.paragraphs[line - 1].strip() if 0 < line <= len(self.paragraphs) else ""
        shown = written if len(written) <= 80 else written[:79] + "…"
        said = Text(
            f"{_PARTS_VI.get(self.part, self.part)}, đoạn {line} “{shown}”: {text.vi}",
            f"{self.part}, paragraph {line} “{shown}”: {text.en}",
        )
        return FieldError(f"/{self.part}/paragraphs/{line}", code, said)


_PARTS_VI: Final = {"body": "Thân văn bản", "header": "Đầu trang", "footer": "Chân trang", "footnotes": "Cước chú"}


def faults_of(place: Place, sample: Mapping[str, Any]) -> list[FieldError]:
    """What is wrong with the placeholders in ``place``, for a document whose fields are those of ``sample``."""
    faults = [fault for line, text in enumerate(place.paragraphs, 1) for fault in _broken(place, line, text)]
    if faults:
        return faults
    source = "\n".join("".join(_marks(text)) for text in place.paragraphs)
    try:
        tree = environment().parse(source)
    except TemplateSyntaxError as fault:
        told = Text(f"sai cú pháp ({fault.message})", f"syntax error ({fault.message})")
        return [place.fault(fault.lineno, "broken_placeholder", told)]
    walk = _Walk(place)
    walk.block(tree.body, dict(sample), 0)
    return walk.faults


def _marks(text: str) -> Iterator[str]:
    """The placeholders of a paragraph as Jinja writes them, without Word's typographic quotes."""
    for found in _MARK.findall(text):
        yield _CELL.sub(r"\1 ", found).translate(_QUOTES)


def _broken(place: Place, line: int, text: str) -> Iterator[FieldError]:
    stray = _STRAY.search(_MARK.sub("", text))
    if stray:
        told = Text(
            f"dấu “{stray[0]}” không có dấu đóng hoặc mở tương ứng trong cùng đoạn",
            f"“{stray[0]}” has no counterpart in the same paragraph",
        )
        yield place.fault(line, "broken_placeholder", told)
    if re.search(r"\{[{%]r ", text):
        told = Text("không dùng {{r ...}}", "{{r ...}} is not available")
        yield place.fault(line, "not_allowed", told)


@dataclass
class _Walk:
    """Goes through a template with a sample of every value in hand; finds names that nothing has, in any branch."""

    place: Place
    faults: list[FieldError] = field(default_factory=list)

    def refuse(self, node: nodes.Node, code: str, text: Text) -> object:
        """Note a fault at ``node``."""
        self.faults.append(self.place.fault(node.lineno, code, text))
        return _ANY

    def block(self, body: Sequence[nodes.Node], scope: Mapping[str, Any], depth: int) -> None:
        """The statements of ``body``."""
        for node in body:
            if isinstance(node, nodes.Output):
                for part in node.nodes:
                    self._printed(part, scope)
            elif isinstance(node, nodes.If):
                self.value(node.test, scope)
                self.block([*node.body, *node.elif_, *node.else_], scope, depth)
            elif isinstance(node, nodes.For) and not node.recursive and isinstance(node.target, nodes.Name):
                self._loop(node, node.target.name, scope, depth + 1)
            else:
                self._not_allowed(node)

    def _loop(self, node: nodes.For, name: str, scope: Mapping[str, Any], depth: int) -> None:
        listed = self.value(node.iter, scope)
        item = _ANY
        if isinstance(listed, list):
            item = listed[0] if listed else _ANY
        elif listed is not _ANY or not isinstance(node.iter, nodes.Name | nodes.Getattr):
            told = Text("chỉ lặp trên một danh sách của văn bản", "a loop goes over a list of the document")
            self.refuse(node, "not_a_list", told)
        if depth > DEEPEST:
            told = Text(f"tối đa {DEEPEST} vòng lặp lồng nhau", f"loops nest at most {DEEPEST} deep")
            self.refuse(node, "not_allowed", told)
        inner = {**scope, name: item, "loop": _LOOP}
        if node.test is not None:
            self.value(node.test, inner)
        self.block([*node.body, *node.else_], inner, depth)

    def _printed(self, node: nodes.Expr, scope: Mapping[str, Any]) -> None:
        if isinstance(self.value(node, scope), list | dict):
            told = Text(
                "đây là danh sách hoặc nhóm; hãy lặp bằng {% for %} hoặc nêu trường bên trong",
                "this is a list or a group: loop over it, or name a field within",
            )
            self.refuse(node, "not_a_value", told)

    def value(self, node: nodes.Node, scope: Mapping[str, Any]) -> Any:
        """A sample of what an expression gives, ``_ANY`` where that does not matter."""
        if isinstance(node, nodes.Name):
            return scope[node.name] if node.name in scope else self._unknown(node, node.name, list(scope))
        if isinstance(node, nodes.Getattr):
            return self._within(node, self.value(node.node, scope), node.attr)
        if isinstance(node, nodes.Filter) and node.node is not None:
            return self._filtered(node, node.node, scope)
        if not isinstance(node, _PLAIN) or (isinstance(node, nodes.Test) and node.name not in TESTS):
            return self._not_allowed(node)
        for child in node.iter_child_nodes():
            self.value(child, scope)
        return _ANY

    def _within(self, node: nodes.Expr, whole: Any, name: str) -> Any:
        if whole is _ANY and not name.startswith("_"):
            return _ANY
        if isinstance(whole, dict) and name in whole:
            return whole[name]
        return self._unknown(node, name, list(whole) if isinstance(whole, dict) else [])

    def _filtered(self, node: nodes.Filter, inner: nodes.Expr, scope: Mapping[str, Any]) -> Any:
        value = self.value(inner, scope)
        for argument in node.args:
            self.value(argument, scope)
        if node.name not in FILTERS or node.kwargs or node.dyn_args or node.dyn_kwargs:
            told = Text(f"không có bộ lọc “{node.name}”", f"there is no filter “{node.name}”")
            return self.refuse(node, "not_allowed", told)
        if node.name in {"first", "last"}:
            return value[0] if isinstance(value, list) and value else _ANY
        return value if node.name == "default" else _ANY

    def _unknown(self, node: nodes.Node, name: str, known: list[str]) -> object:
        near = get_close_matches(name, known, 1)
        told = Text(
            f"không có trường “{name}”" + (f"; có phải “{near[0]}”?" if near else ""),
            f"there is no field “{name}”" + (f"; did you mean “{near[0]}”?" if near else ""),
        )
        return self.refuse(node, "unknown_placeholder", told)

    def _not_allowed(self, node: nodes.Node) -> object:
        kind = type(node).__name__
        told = Text(f"không được dùng lệnh này ({kind})", f"this is not available in templates ({kind})")
        return self.refuse(node, "not_allowed", told)


_PLAIN: Final = (
    nodes.Const,
    nodes.TemplateData,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.CondExpr,
    nodes.Concat,
    nodes.Test,
    nodes.Add,
    nodes.Sub,
)
_LOOP: Final = dict.fromkeys(("index", "index0", "first", "last", "length", "revindex", "revindex0"), _ANY)
