"""Structured logs: JSON lines outside a terminal, colours inside one; the request id stands in every line."""

import logging
import sys
from typing import Any

import orjson
import structlog


def _dumped(value: Any, default: Any = None, **_: Any) -> bytes:
    return orjson.dumps(value, default=default or str, option=orjson.OPT_NON_STR_KEYS)


def _dumps(value: Any, default: Any = None, **_: Any) -> str:
    return _dumped(value, default).decode()


def configure(form: str, level: str) -> None:
    """Set up logging of the process. ``form``: ``auto``, ``json`` or ``console``."""
    pretty = form == "console" or (form == "auto" and sys.stderr.isatty())
    number = logging.getLevelNamesMapping()[level.upper()]
    renderer: Any = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(_dumps)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if not pretty:
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, renderer if pretty else structlog.processors.JSONRenderer(_dumped)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=(
            structlog.PrintLoggerFactory(sys.stderr) if pretty else structlog.BytesLoggerFactory(sys.stderr.buffer)
        ),
        # What stands in for it for a while may be closed, and a logger that is kept would go on writing there.
        cache_logger_on_first_use=sys.stderr is sys.__stderr__,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.INFO if name == "uvicorn.error" else logging.WARNING)
