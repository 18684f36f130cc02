"""What is to be known of figures over several versions of a criteria set: which criteria were put together. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final, Literal

from app.kernel.errors import Text

_MOST: Final = 20
"""Criteria that one note names."""

_REMARKS: Final[dict[str, Text]] = {
    "merged": Text(
        "Tiêu chí được gộp qua các phiên bản, số liệu cộng vào một dòng nên hãy so sánh bằng tỷ lệ: {lines}",
        "Criteria merged between versions are added up in one row, so compare their rates: {lines}",
    ),
    "split": Text(
        "Tiêu chí được tách qua các phiên bản, số liệu cộng vào một dòng nên hãy so sánh bằng tỷ lệ: {lines}",
        "Criteria split between versions are added up in one row, so compare their rates: {lines}",
    ),
    "dropped": Text(
        "Tiêu chí không còn trong phiên bản mới nhất, đứng riêng: {lines}",
        "Criteria that the newest version no longer has stand by themselves: {lines}",
    ),
    "added": Text(
        "Tiêu chí mới, không có trong phiên bản đầu tiên: {lines}",
        "Criteria that the first version did not have: {lines}",
    ),
}
_VERSION: Final = Text("{codes} (phiên bản {version})", "{codes} (version {version})")


def line_notes(language: Literal["vi", "en"], lines: Iterable[Mapping[str, Any] | None]) -> Iterator[dict[str, str]]:
    """A note for each sort of change of which ``lines``, keys of rows in any order and number, have one."""
    known = {line["id"]: line for line in lines if line is not None}
    for mark, text in _REMARKS.items():
        found = [_line(language, line) for line in known.values() if mark in line["marks"]]
        if found:
            told = "; ".join(found[:_MOST]) + ("; …" if len(found) > _MOST else "")
            yield {"code": f"criteria_{mark}", "message": getattr(text.fill(lines=told), language)}


def _line(language: Literal["vi", "en"], line: Mapping[str, Any]) -> str:
    """All of a line, version after version: ``TC2, TC3 (version 1) = TC2 (version 2)``."""
    versions = groupby(line["members"], key=lambda member: member["version"])
    told = ((", ".join(member["code"] for member in members), version) for version, members in versions)
    return " = ".join(getattr(_VERSION.fill(codes=codes, version=version), language) for codes, version in told)
