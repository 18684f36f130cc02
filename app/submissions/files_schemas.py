"""Files that people made themselves, as they travel: what was found in them, how it is to be read, and the consent."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kernel.schema import Flag, In, Line, Out, Whole
from app.submissions.legacy import Encoding, FileEncoding
from app.submissions.reading_tables import MOST_COLUMNS, MOST_ROWS, MOST_SHEETS

SheetName = Literal["directives", "activities", "situation_figures", "registrations", "practices", "awards"]
Row = Annotated[Whole, Field(ge=1, le=MOST_ROWS)]
Holds = Literal["text", "numbers", "days", "mixed", "empty"]

_DEFAULTS = "What holds for every line of the table, by field: for what it has no column for"


class ColumnMapping(In):
    """How one column is read."""

    column: Annotated[Whole, Field(ge=1, le=MOST_COLUMNS, description="1 = column A")]
    field: Annotated[str | None, Field(max_length=40, description="Field of the record it fills; null = left out")] = (
        None
    )
    encoding: Annotated[Encoding, Field(description="`tcvn3` (ABC, .VnTime) and `vni` are converted")] = "unicode"
    capitals: Annotated[
        Flag, Field(description="Its capital letters came from the font (.VnTimeH): all of it becomes capitals")
    ] = False


class TableMapping(In):
    """How one table is read."""

    table: Annotated[str, Field(min_length=1, max_length=200, description="Name of the sheet; `CSV` for a CSV file")]
    kind: Annotated[SheetName, Field(description="What its lines are")]
    header_row: Row
    first_row: Annotated[Row | None, Field(description="First line; by default the one after the header")] = None
    last_row: Annotated[Row | None, Field(description="Last line; by default the last of the table")] = None
    columns: Annotated[list[ColumnMapping], Field(max_length=MOST_COLUMNS)]
    defaults: Annotated[dict[str, Line], Field(default_factory=dict, max_length=20, description=_DEFAULTS)]


Mapped = Annotated[list[TableMapping], Field(max_length=MOST_SHEETS, description="Tables left out are not imported")]


class FileIn(In):
    """A file, and how it is to be read; without `mapping` one is proposed."""

    unread = frozenset({"content"})

    unit_id: Annotated[UUID, Field(description="Whose records these are, where a line names no unit")]
    campaign_id: Annotated[UUID, Field(description="The campaign whose drop-downs and windows hold")]
    file_name: Annotated[Line, Field(description="What the file is called", examples=["tuyen truyen quy 1.xls"])]
    content: Annotated[str, Field(min_length=4, description="The file in Base64 (RFC 4648)")]
    mapping: Mapped | None = None


class FileConfirmation(In):
    """The same file with the mapping and token of its preview."""

    unread = frozenset({"content", "token"})

    unit_id: UUID
    campaign_id: UUID
    file_name: Line
    content: Annotated[str, Field(min_length=4, description="The same file in Base64")]
    mapping: Mapped
    token: Annotated[str, Field(min_length=64, max_length=64, description="`token` of the preview")]


class Sample(Out):
    """One cell before and after."""

    cell: Annotated[str, Field(examples=["D7"])]
    before: Annotated[str, Field(description="As the file has it")]
    after: Annotated[str | None, Field(description="As it would be stored; null where it cannot be read")]


class ColumnPreview(ColumnMapping, Out):
    """One column: what it was taken for, and its first cells."""

    unread = frozenset({"letter", "header"})

    letter: str
    header: Annotated[str, Field(description="Its heading, converted")]
    holds: Holds
    samples: list[Sample]


class TablePreview(Out):
    """One table of the file."""

    table: str
    rows: int
    kind: Annotated[SheetName | None, Field(description="What its lines were taken for; null = nothing we know")]
    missing: Annotated[list[str], Field(description="Required fields that no column and no default fills")]
    columns: list[ColumnPreview]


class CellFaultOut(Out):
    """One cell that cannot be read as the mapping says."""

    sheet: str
    cell: Annotated[str, Field(examples=["Tuyên truyền!D7"])]
    code: str
    message: str
    remedy: str


class PreviewOut(Out):
    """What the file holds and what would become of it. Nothing is stored yet."""

    file_type: Annotated[Literal["xls", "xlsx", "ods", "csv"], Field(description="By its content, not by its name")]
    sha256: str
    encoding: Annotated[FileEncoding | None, Field(description="Of a CSV file")]
    separator: Annotated[str | None, Field(description="Of a CSV file")]
    tables: list[TablePreview]
    lines: Annotated[int, Field(description="Lines that would be imported")]
    faults: Annotated[list[CellFaultOut], Field(description="The first 200 cells that cannot be read")]
    fault_count: int
    mapping: Annotated[list[TableMapping], Field(description="Change it and preview again, or confirm it as it is")]
    token: Annotated[
        str,
        Field(description="Stands for exactly this file, mapping, unit and campaign; needed to confirm"),
    ]
