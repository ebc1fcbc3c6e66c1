"""The engine process's log: the house's own form, without the libraries' voices."""

import logging
import warnings

from services.kit.telemetry import logs
from services.render.engine.options import LogFormat

__all__ = ["configure"]


def configure(form: LogFormat) -> None:
    """Silences the libraries' warnings: they quote the part of a prompt that was cut off."""
    logs.configure("render-engine", style=form)
    logging.disable(logging.WARNING)
    logging.captureWarnings(capture=False)
    warnings.simplefilter("ignore")
