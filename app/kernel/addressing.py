"""One address belongs to one route: `/sessions/refresh` is no session whose id is "refresh" (OpenAPI: path templating).

The framework tries routes one by one and remembers those of other methods: a method that the fixed address lacks would
reach the templated one, and a 405 would name methods that are not there.
"""

import re
from collections.abc import Sequence

from fastapi.routing import APIRoute


def more_specific(route: APIRoute, all_routes: Sequence[APIRoute]) -> tuple[re.Pattern[str], ...]:
    """Patterns of the addresses that ``route``'s template fits, and that another route names more closely."""
    ours = route.path_format.split("/")
    found = {}
    for other in all_routes:
        theirs = other.path_format.split("/")
        if other.path_format != route.path_format and len(theirs) == len(ours):
            pairs = list(zip(ours, theirs, strict=True))
            if all(mine == other_part or mine.startswith("{") for mine, other_part in pairs) and _closer(pairs):
                found[other.path_format] = other.path_regex
    return tuple(found.values())


def _closer(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether the first part in which they differ, names of parameters aside, is fixed in the other one."""
    return any(mine.startswith("{") and not theirs.startswith("{") for mine, theirs in pairs)
