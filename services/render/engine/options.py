"""How an engine is set up: filled in from the worker's settings, handed to the child as JSON."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter

__all__ = ["EngineKind", "EngineOptions", "LogFormat"]

_SPARE_CORE_FROM = 3


class EngineKind(StrEnum):
    DIFFUSERS = "diffusers"
    NOOP = "noop"
    """Draws flat colours at a set pace, without torch: for drills and tests around the engine."""


class LogFormat(StrEnum):
    JSON = "json"
    CONSOLE = "console"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What to load and what to use for it.

    `catalogue` is a file; `models` names the entries to load, none means all.
    `device` is `auto`, or what torch calls it (`cpu`, `cuda`, `cuda:1`).
    `threads` is torch's on a CPU; unset, all cores, but for one where there are more than two.
    `pixels_at_once` bounds how many pictures share a pass through the model.
    `renders_at_once` is how many renders are under way together, stepping or parked.
    `models_bytes` bounds the models that are in memory at once, none means all are; and
    `memory_bytes` bounds the process, but for what lies on an accelerator.
    `start_seconds` bounds loading, `close_seconds` a polite end.
    """

    catalogue: Path
    models: tuple[str, ...] = ()
    kind: EngineKind = EngineKind.DIFFUSERS
    device: str = "auto"
    threads: int | None = None
    pixels_at_once: int = 4 * 1024 * 1024
    renders_at_once: int = 8
    models_bytes: int | None = None
    memory_bytes: int | None = None
    noop_step_seconds: float = 0.05
    log_format: LogFormat = LogFormat.CONSOLE
    start_seconds: float = 600.0
    close_seconds: float = 10.0

    def to_json(self) -> str:
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> "EngineOptions":
        return _ADAPTER.validate_json(text)

    def rows_at_once(self, pixels: int) -> int:
        """Rows of a step for pictures of so many pixels; a guided picture has two."""
        return 2 * max(1, self.pixels_at_once // pixels)

    @property
    def thread_count(self) -> int:
        if self.threads is not None:
            return self.threads
        cores = _cores()
        return cores - 1 if cores >= _SPARE_CORE_FROM else cores


def _cores() -> int:
    """Those this process may use; not every system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_ADAPTER = TypeAdapter(EngineOptions)
