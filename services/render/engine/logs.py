"""The engine process's own log: to standard error, one event a line."""

import logging
import sys
import warnings

import structlog

from services.render.engine.options import LogFormat

__all__ = ["configure"]


def configure(form: LogFormat) -> None:
    """Sets up structlog, and silences the libraries, whose warnings quote the prompts they cut."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
