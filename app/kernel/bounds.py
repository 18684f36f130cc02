"""How large the body of a request may be: the setting that says so, for each handler."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

USUAL_BOUND: Final = "max_body_bytes"
_BOUND: Final = "body_bound"

Handler = TypeVar("Handler", bound=Callable[..., Any])


def bounded_by(setting: str) -> Callable[[Handler], Handler]:
    """Let the body of a handler be as large as ``setting`` says, instead of the usual one."""

    def marked(handler: Handler) -> Handler:
        setattr(handler, _BOUND, setting)
        return handler

    return marked


def bound_of(handler: Callable[..., Any]) -> str:
    """The setting that bounds the body of ``handler``."""
    found: str = getattr(handler, _BOUND, USUAL_BOUND)
    return found
