"""Logs: one event per line with its fields, as JSON for machines or in colour for people."""

import logging
import sys
import threading
import time
from enum import StrEnum
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from services.kit.telemetry.exceptions import render
from services.kit.telemetry.redaction import redact
from services.kit.telemetry.tracing import current_ids

__all__ = ["Throttle", "configure", "reset", "silence_exporters"]

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_EXPORTERS = "opentelemetry"
_REPETITIVE = (f"{_EXPORTERS}.", "urllib3.", "aiokafka.")


def configure(
    service: str,
    *,
    replica: str = "0",
    style: StrEnum | str = "json",
    level: str = "info",
    stream: TextIO | None = None,
) -> None:
    """Sends all logs of this process through one chain, to standard error unless told otherwise.

    Libraries that log by the standard library are heard from WARNING up.
    """
    out = stream or sys.stderr
    chain = _chain(service, replica)
    renderer = _renderer(str(style), out)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *chain, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    _route_standard_logging(chain, renderer, out)


def silence_exporters() -> None:
    """Until the next `configure`: one that is cut off would complain after the last line."""
    logging.getLogger(_EXPORTERS).setLevel(logging.CRITICAL + 1)


def reset() -> None:
    """Back to how a process begins; for tests that configured."""
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(handler)
    logging.captureWarnings(capture=False)


class Throttle(logging.Filter):
    """Lets through one record of each exporter's loggers in so many seconds.

    Without a collector they would say the same with every batch.
    """

    def __init__(self, seconds: float = 60.0) -> None:
        super().__init__()
        self._seconds = seconds
        self._last: dict[str, float] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_REPETITIVE):
            return True
        now = time.monotonic()
        with self._lock:
            due = now - self._last.get(record.name, -self._seconds) >= self._seconds
            if due:
                self._last[record.name] = now
        return due


class _Handler(logging.StreamHandler[TextIO]):
    pass


def _chain(service: str, replica: str) -> list[Processor]:
    def identity(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {"service": service, "replica": replica, **event}

    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        identity,
        _with_trace,
        _with_exception,
        _redacted,
    ]


def _renderer(style: str, out: TextIO) -> Processor:
    if style == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    return structlog.dev.ConsoleRenderer(
        colors=out.isatty(),
        timestamp_key="time",
        exception_formatter=structlog.dev.plain_traceback,
        pad_event_to=20,
    )


def _with_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if ids := current_ids():
        event["trace_id"], event["span_id"] = ids
    return event


def _with_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    match event.pop("exc_info", None):
        case BaseException() as error:
            event["exception"] = render(error)
        case (_, BaseException() as error, _):
            event["exception"] = render(error)
        case None | False | (None, None, None):
            pass
        case _:
            current = sys.exception()
            if current is not None:
                event["exception"] = render(current)
    return event


def _redacted(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    cleaned: dict[str, Any] = redact(
        {name: value for name, value in event.items() if not name.startswith("_")}
    )
    return {**event, **cleaned}


def _route_standard_logging(chain: list[Processor], renderer: Processor, out: TextIO) -> None:
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = _Handler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *chain],
            processors=[remove_meta, renderer],
        )
    )
    handler.addFilter(Throttle())
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(_EXPORTERS).setLevel(logging.NOTSET)
    logging.captureWarnings(capture=True)
