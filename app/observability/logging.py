"""One JSON line an event on standard error, each with the request that it belongs to."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING

import orjson
import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

NOISY = ("uvicorn.access", "asyncio", "opentelemetry", "opensearch")  # said by our own lines, or not of interest
OWN_HANDLERS = ("uvicorn", "uvicorn.error")

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)  # of the request that is served, named in each of its lines


def configure(level: str, *, pretty: bool = False) -> None:
    """Send structlog and the standard library the same way; `pretty` is for people who watch a terminal.

    Our own lines do not go through the standard library: that took longer than it takes to answer from memory.
    """
    named: list[Processor] = [_of_request, structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name]
    timed = structlog.processors.TimeStamper(fmt="iso", utc=True)
    written: list[Processor] = (
        [structlog.dev.ConsoleRenderer()]
        if pretty
        else [structlog.processors.format_exc_info, structlog.processors.EventRenamer("message"), _json]
    )
    structlog.configure(
        processors=[*named, timed, *written, _encoded],
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*named, structlog.stdlib.ExtraAdder(), _without_colours, timed],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in OWN_HANDLERS:
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    for name in (*NOISY, *(OWN_HANDLERS if pretty else ())):  # who watches sees that it started
        logging.getLogger(name).setLevel(logging.WARNING)


def _of_request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if (served := request_id.get()) is not None:
        event.setdefault("request_id", served)
    return event


def _without_colours(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event.pop("color_message", None)  # uvicorn's, the same text once more
    return event


def _json(_: WrappedLogger, __: str, event: EventDict) -> str:
    try:
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # half a character, or a number of more than 64 bits, as a stranger sends them: no line may end who says it
        return json.dumps(event, default=str, skipkeys=True)


def _encoded(_: WrappedLogger, __: str, line: object) -> bytes:
    return str(line).encode(errors="backslashreplace")
