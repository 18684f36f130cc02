"""What files cost: ``python -m bench.papers``. No database; the workbook against XlsxWriter with the same cells."""

import io
import resource
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

import xlsxwriter

from app.exports.document import fill
from app.exports.fields import sample
from app.exports.sheets import Column, Row, Sheet, Table
from app.exports.shipped import shipped_template
from app.exports.workbook import workbook

YEARS = ("Năm 2023", "Năm 2024 (dự kiến)")
FIGURES = ("Đăng ký", "Được công nhận", "Không đạt", "Duy trì được", "Tỷ lệ")


def forms(rows: int) -> list[Sheet]:
    """Eight forms with ``rows`` units each, two years side by side."""
    columns = [Column("TT", "index"), Column("Đơn vị")]
    columns += [Column(title, "integer", (year,)) for year in YEARS for title in FIGURES]
    lines = [Row((place, f"Xã số {place}", *range(place, place + 10))) for place in range(1, rows + 1)]
    total = Row((None, "Tổng cộng", *range(10)), "total")
    return [Sheet(f"Biểu {n}", "Kết quả xây dựng", [Table(columns, [*lines, total])]) for n in range(1, 9)]


def bare(sheets: Sequence[Sheet]) -> bytes:
    """The same cells through XlsxWriter with nothing around them."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        framed = book.add_format({"border": 1, "num_format": "#,##0"})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            for line, row in enumerate(row for table in sheet.tables for row in table.rows):
                for place, cell in enumerate(row.cells):
                    if isinstance(cell, str):
                        page.write_string(line, place, cell, framed)
                    elif isinstance(cell, int | float):
                        page.write_number(line, place, cell, framed)
                    else:
                        page.write_blank(line, place, None, framed)
    return out.getvalue()


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """The median time of ``work``."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return median(taken)


def main() -> None:
    """Print the table."""
    for rows, what in ((21, "districts"), (460, "communes"), (1_960, "communes and base units")):
        sheets = forms(rows)
        ours, theirs = seconds(lambda: workbook(sheets)), seconds(lambda: bare(sheets))  # noqa: B023
        paper = seconds(lambda: fill(shipped_template("report"), sample("report"), sheets))  # noqa: B023
        print(f"eight forms by {rows:5} {what:24} xlsx {ours:5.2f} s  bare {theirs:5.2f} s  ratio {ours / theirs:4.2f}")
        print(f"{'':41} report docx {paper:5.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    print(f"peak memory of the process {peak:.0f} MB")


if __name__ == "__main__":
    main()
