"""What must always hold of figures: what a unit did itself and what its children did add up to its total."""

from typing import Any, Final

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from app.kernel.errors import Text
from app.kernel.integrity import Check
from app.statistics.declarations import Measure
from app.statistics.measures import MEASURES

_NOT_RECORDED: Final = frozenset({"units"})
"""What nobody records: units themselves are counted by their facts."""


def _counted(measure: Measure) -> Any:
    where = (measure.unit_id.label("unit_id"), measure.path.label("path"))
    return (
        select(literal(measure.code).label("measure"), *where, func.count().label("n"))
        .select_from(measure.source)
        .where(measure.counts)
        .group_by(measure.unit_id, measure.path)
    )


def _rows() -> str:
    """Totals found twice: by paths, as every figure is, and by walking from each unit to the one above it."""
    counted = union_all(*(_counted(measure) for code, measure in MEASURES.items() if code not in _NOT_RECORDED))
    own = counted.compile(dialect=dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    return f"""WITH RECURSIVE own AS MATERIALIZED ({own}), above (unit_id, id) AS (
    SELECT DISTINCT unit_id, unit_id FROM own
    UNION SELECT a.unit_id, coalesce(u.successor_id, u.parent_id) FROM above a JOIN units u ON u.id = a.id
        AND coalesce(u.successor_id, u.parent_id) IS NOT NULL
), by_tree AS (
    SELECT o.measure, a.id, sum(o.n) AS n FROM own o JOIN above a USING (unit_id) GROUP BY 1, 2
), by_path AS (
    SELECT o.measure, u.id, sum(o.n) AS n FROM own o CROSS JOIN generate_series(7, length(o.path), 7) AS w
    JOIN units u ON u.path = left(o.path, w) GROUP BY 1, 2
)
SELECT coalesce(t.id, p.id), 'units', coalesce(t.id, p.id)::text, coalesce(t.measure, p.measure) || ' ' ||
    coalesce(p.n, 0),
    coalesce(t.measure, p.measure) || ' ' || coalesce(t.n, 0)
FROM by_tree t FULL JOIN by_path p USING (measure, id) WHERE t.n IS DISTINCT FROM p.n"""  # noqa: S608


CHECKS: Final = (
    Check(
        "statistics.sums",
        Text(
            "Tổng của đơn vị bằng phần tự làm cộng các đơn vị trực thuộc, với mọi số liệu",
            "A unit's total is its own and its children's, in every measure",
        ),
        _rows(),
        Text(
            "Đường dẫn của bản ghi hoặc của đơn vị sai: sửa các phép units.* và paths.copies trước, tổng sẽ khớp lại",
            "The path of a row or a unit is wrong: mend what units.* and paths.copies tell, and the sums agree again",
        ),
    ),
)
