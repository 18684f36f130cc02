"""Reads an .xls or .ods file in a process of its own, with bounded memory and time.

These formats can declare a table of billions of cells in a few bytes, and the reader makes room for all of them: that
must not be the server's room. Started by ``reading_tables`` as a script; imports nothing of the application. Standard
input: the file. Standard output: JSON, ``{"tables": [{"name", "rows"}]}`` or ``{"error": code}``.
"""

import io
import json
import sys
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

MOST_MEMORY = 800_000_000
MOST_SECONDS = 20


def main() -> None:
    """Read standard input, write standard output. Arguments: most sheets, most rows, most columns."""
    _limit()
    sheets, rows, columns = (int(argument) for argument in sys.argv[1:4])
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        tables = []
        for name in book.sheet_names[:sheets]:
            lines = book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=rows + 1)
            wide = max((len(line) for line in lines), default=0)
            told = [[_told(cell) for cell in line[:columns]] for line in islice(lines, rows)]
            tables.append({"name": name, "rows": told, "whole": len(lines) <= rows and wide <= columns})
        answer: dict[str, Any] = {"tables": tables}
    except PasswordError:
        answer = {"error": "encrypted_refused"}
    except (CalamineError, ValueError, OSError):
        answer = {"error": "damaged_file"}
    except MemoryError:
        answer = {"error": "archive_bomb"}
    json.dump(answer, sys.stdout)


def _limit() -> None:
    """Bound memory and processor time, where the operating system knows how."""
    with suppress(ImportError):
        resource: Any = __import__("resource")
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))


def _told(cell: Any) -> Any:
    """A cell as JSON: days as ``{"day": ISO}``; a length of time has no meaning here and is told as text."""
    if isinstance(cell, datetime | date):
        return {"day": cell.isoformat()}
    if isinstance(cell, time | timedelta):
        return str(cell)
    return cell


if __name__ == "__main__":
    main()
