"""The subtree of today's tree that a question looks at: bound as ``path_from`` and ``path_to``."""

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam


def inside(path: Any) -> ColumnElement[bool]:
    """``path`` lies in it."""
    return and_(path >= bindparam("path_from"), path < bindparam("path_to"))
