"""What is known of the pools at this moment, from their reports and their renders' steps."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table

from services.contracts import Event, JobId
from services.contracts.events import (
    JobCancelled,
    JobCompleted,
    JobFailed,
    JobProgressed,
    JobRequeued,
    LoadReported,
)

__all__ = ["FleetView"]

_SILENT_SECONDS = 30.0
"""After which a render is taken off: its end was lost, or it stands still."""
_SHOWN = 20
_BAR_WIDTH = 30

_OVER = (JobCompleted, JobFailed, JobCancelled, JobRequeued)


@dataclass(frozen=True)
class _Drawing:
    """A render at its last step that was told, and when that was."""

    step: int
    steps: int
    seconds_left: float | None
    told_at: float


class FleetView:
    """Told each event; shows itself as tables, and a report as JSON. `now` is in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._loads: dict[str, LoadReported] = {}
        self._drawing: dict[JobId, _Drawing] = {}

    def heard(self, event: Event) -> None:
        match event:
            case LoadReported():
                self._loads[event.pool] = event
            case JobProgressed(job=job, step=step, steps=steps, seconds_left=left):
                self._drawing[job] = _Drawing(step, steps, left, self._now())
            case _ if isinstance(event, _OVER):
                self._drawing.pop(event.job, None)
            case _:
                pass

    def report(self, pool: str) -> dict[str, Any]:
        """The last load of a pool, with what is drawn just now, in all pools."""
        load = self._loads[pool].model_dump(
            mode="json", include={"at", "pool", "heat", "wanted", "capacity", "workers", "lanes"}
        )
        drawing = [
            {"job": job, "step": one.step, "steps": one.steps, "seconds_left": one.seconds_left}
            for job, one in self._current()
        ]
        return {**load, "drawing": drawing}

    def __rich__(self) -> RenderableType:
        if not self._loads:
            return "waiting for the first report of a pool, which comes once a second"
        loads = [self._loads[pool] for pool in sorted(self._loads)]
        return Group(_pools(loads), "", _workers(loads), "", self._renders())

    def _current(self) -> list[tuple[JobId, _Drawing]]:
        oldest = self._now() - _SILENT_SECONDS
        self._drawing = {job: one for job, one in self._drawing.items() if one.told_at >= oldest}
        return sorted(self._drawing.items())

    def _renders(self) -> Table:
        current = self._current()
        table = Table("job", "", "step", "seconds left", box=None)
        for job, one in current[:_SHOWN]:
            bar = ProgressBar(total=one.steps, completed=one.step, width=_BAR_WIDTH)
            left = "" if one.seconds_left is None else f"{one.seconds_left:.1f}"
            table.add_row(str(job), bar, f"{one.step} of {one.steps}", left)
        if len(current) > _SHOWN:
            table.add_row(f"and {len(current) - _SHOWN} more", "", "", "")
        return table


def _pools(loads: Iterable[LoadReported]) -> Table:
    table = Table("pool", "heat", "workers", "wanted", "lane: waiting, seconds to wait", box=None)
    for load in loads:
        lanes = "  ".join(
            f"{one.lane}: {one.waiting}, {one.wait_seconds:.0f} s" for one in load.lanes
        )
        wanted = "" if load.wanted is None else str(load.wanted)
        table.add_row(load.pool, load.heat.value, str(len(load.workers)), wanted, lanes)
    return table


def _workers(loads: Iterable[LoadReported]) -> Table:
    table = Table("worker", "pool", "phase", "renders that share its steps", box=None)
    for load in loads:
        for worker in load.workers:
            table.add_row(worker.id, load.pool, worker.phase.value, str(worker.running))
    return table
