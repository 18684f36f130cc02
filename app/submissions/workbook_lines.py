"""A workbook as values: the lines that are known already, and the marks by which it is known again. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

import orjson

from app.kernel.text import collapse, nfc
from app.submissions.reading_values import Choices, Value, plain
from app.submissions.workbook_layout import DELETE, FORM_VERSION, SHEETS, TEMPLATE, SheetPlan

_SEPARATOR: Final = "|"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is filled in already.

    ``ref`` tells which record it is: its id, or the words by which it is found. ``version`` 0 = there is no record yet.
    Choices stand by their code. ``locked``: nobody may change it now.
    """

    ref: str
    version: int
    values: Mapping[str, Value]
    locked: bool = False


class Key(NamedTuple):
    """What column A says of a line: the record, its version when the workbook was made, and what the line said."""

    ref: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Mark:
    """For whom and for what a workbook was made."""

    campaign_id: str
    campaign: str
    unit_id: str
    unit: str
    catalogues: str
    """Fingerprint of all drop-downs: tells whether a catalogue has changed since."""
    made_at: str
    template: str = TEMPLATE
    form_version: int = FORM_VERSION


@dataclass(frozen=True, slots=True)
class Book:
    """All that a workbook says."""

    mark: Mark
    choices: Mapping[str, Choices]
    lines: Mapping[str, Sequence[Line]]


def key_text(plan: SheetPlan, line: Line) -> str:
    """What stands in column A."""
    return _SEPARATOR.join((line.ref, str(line.version), digest_of(plan, line.values)))


def read_key(text: str) -> Key | None:
    """What :func:`key_text` wrote, None when it was written by somebody else."""
    ref, _, rest = text.partition(_SEPARATOR)
    version, _, digest = rest.partition(_SEPARATOR)
    if not ref or not version.isascii() or not version.isdigit() or len(version) > 9 or len(digest) != 16:
        return None
    return Key(ref, int(version), digest)


def digest_of(plan: SheetPlan, values: Mapping[str, Value]) -> str:
    """A fingerprint of what a line says: unchanged as long as nobody has changed the line."""
    told = [_told(values.get(field.name)) for field in plan.fields if field.told and field.name != DELETE]
    return hashlib.sha256(orjson.dumps(told)).hexdigest()[:16]


def _told(value: Value) -> str | None:
    if isinstance(value, str):
        return collapse(nfc(plain(value))) or None
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else None if value is None else str(value)


def catalogues_of(choices: Mapping[str, Choices]) -> str:
    """A fingerprint of every drop-down."""
    listed = {name: list(found.labels.items()) for name, found in sorted(choices.items())}
    return hashlib.sha256(orjson.dumps(listed)).hexdigest()[:16]


def structure() -> dict[str, list[str]]:
    """The tabs with the names of their columns, as this version of the form has them."""
    return {plan.tab: list(plan.names) for plan in SHEETS}


def checksum(mark: Mark, tabs: Mapping[str, Sequence[str]]) -> str:
    """SHA-256 over the mark and the structure: broken when sheets or columns were added, renamed, moved or removed."""
    whole = {"mark": asdict(mark), "tabs": {tab: list(names) for tab, names in tabs.items()}}
    return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).hexdigest()
