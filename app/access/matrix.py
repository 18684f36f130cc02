"""Prints ``docs/permissions.md`` from the one table: ``python -m app.access.matrix > docs/permissions.md``."""

import sys

from app.access.permissions import ROLES, Permission, Reach

WORDS = {
    Reach.SUBTREE: "subtree",
    Reach.OWN: "own",
    Reach.ITSELF: "itself",
    Reach.BASES: "bases",
    Reach.BELOW: "below",
    Reach.FURTHER: "further",
    Reach.LEVEL: "level",
    Reach.DECIDING: "deciding",
}


def document() -> str:
    """The matrix permission x role as Markdown."""
    roles = list(ROLES)
    lines = [
        "# Quyền theo vai trò / Permissions by role",
        "",
        "Printed from `app/access/permissions.py` (`python -m app.access.matrix > docs/permissions.md`).",
        "A role is granted at a unit. `subtree`: everywhere below it. `own`: the unit itself and base units",
        "directly under it. `itself`: the unit alone. `bases`: base units directly under it (an editor hands in for",
        "those, so that the approver may accept). `below`: units directly under it. `further`: units further below,",
        "and directly under it where only the root stands above it. `level`: in the subtree, for what the level of the",
        "grant's unit decides; `deciding`: the same with the unit itself. Nobody accepts, verifies, endorses, selects",
        "or recognises what he or she submitted (`self_approval`). `award.endorse` is asked of the unit at which a",
        "proposal waits.",
        "Units, campaigns and published criteria sets are readable by everyone signed in.",
        "",
        "| | " + " | ".join(role.value for role in roles) + " |",
        "|---" * (len(roles) + 1) + "|",
    ]
    for permission in Permission:
        cells = [WORDS[ROLES[role][permission]] if permission in ROLES[role] else "" for role in roles]
        lines.append(f"| `{permission.value}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
