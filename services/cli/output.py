"""What people read goes to stderr while it happens; what scripts read goes to stdout at the end."""

import json
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["StepBar", "console", "print_json"]


def console() -> Console:
    return Console(stderr=True, highlight=False)


def print_json(body: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")
    sys.stdout.flush()


class StepBar:
    """A line that shows the job's status and the step it is at."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[place]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._bar.add_task("submitted", total=None, place="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def status(self, status: str) -> None:
        self._bar.update(self._task, description=status)

    def progress(self, step: int, steps: int) -> None:
        self._bar.update(
            self._task,
            description="running",
            completed=step,
            total=steps,
            place=f"step {step} of {steps}",
        )
