"""What makes an outline (đề cương) sound. Its printed numbers are kept as they are, jumps included."""

from collections.abc import Sequence

from app.kernel.errors import FieldError, Text

_TWICE = Text("Mã mục này xuất hiện hai lần", "This code appears twice")
_LOST = Text("Mục cha phải đứng trước trong đề cương", "The parent must stand earlier in the outline")


def outline_faults(sections: Sequence[tuple[str, str | None]]) -> list[FieldError]:
    """The faults of an outline given as (code, parent code) in its order: codes twice, parents that do not precede."""
    faults = []
    seen: set[str] = set()
    for position, (code, parent) in enumerate(sections):
        if code in seen:
            faults.append(FieldError(f"/outline/{position}/code", "duplicate", _TWICE))
        if parent is not None and parent not in seen:
            faults.append(FieldError(f"/outline/{position}/parent", "unknown_parent", _LOST))
        seen.add(code)
    return faults
