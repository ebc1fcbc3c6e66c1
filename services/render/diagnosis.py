"""What only render can tell an operator: what waits, who draws, and whose lease ran out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from services.contracts import Lane
from services.contracts.events import WorkerPhase
from services.kit.clock import Clock
from services.kit.diagnosis import Check, Finding, Section, bad, ok, warn
from services.kit.diagnosis.words import counted, span_of
from services.render.core import LineLoad, Roster, Running
from services.render.repository import Queue

__all__ = ["lane_finding", "models_finding", "overdue_finding", "render_checks", "worker_finding"]

_PATIENCE = {
    Lane.PAID: timedelta(minutes=2),
    Lane.FREE: timedelta(minutes=10),
    Lane.DEFERRED: timedelta(hours=24),
}
"""How long the oldest job of a lane may wait before somebody should know."""

_NO_LOOK = "mend the database first (above)"
_SWEPT_WITHIN = timedelta(minutes=1)


def render_checks(
    queue: Queue, roster: Callable[[], Roster], pools: Sequence[str], clock: Clock
) -> tuple[Check, ...]:
    async def lines() -> Sequence[Finding]:
        return [
            lane_finding(pool, lane, await queue.load_of(pool, lane), clock.now())
            for pool in pools
            for lane in Lane
        ]

    async def workers() -> Sequence[Finding]:
        return worker_finding(roster()), models_finding(roster())

    async def leases() -> Sequence[Finding]:
        running = [found.entry for found in await queue.running()]
        return (overdue_finding(running, clock.now()),)

    return (
        Check(Section.RENDER, "queue", lines, _NO_LOOK),
        Check(Section.RENDER, "workers", workers, _NO_LOOK),
        Check(Section.RENDER, "jobs past their lease", leases, _NO_LOOK),
    )


def lane_finding(pool: str, lane: Lane, line: LineLoad, now: datetime) -> Finding:
    what = f"{pool}/{lane}"
    if not line.waiting or line.since is None:
        return ok(Section.RENDER, what, "nothing waits")
    age = now - line.since
    figure = f"{counted(line.waiting, 'job')} waiting, the oldest for {span_of(age)}"
    if age <= _PATIENCE[lane]:
        return ok(Section.RENDER, what, figure)
    advice = "see workers (below): more of them (HEATSINK_RENDER_WORKERS) drain it faster"
    return warn(Section.RENDER, what, figure, advice)


def worker_finding(roster: Roster) -> Finding:
    """Of workers that were heard of lately."""
    counts = _counts(roster)
    figure = ", ".join(f"{counts[phase]} {phase}" for phase in WorkerPhase)
    running = sum(worker.running for worker in roster.workers.values())
    figure += f"; {counted(running, 'job')} running"
    if counts[WorkerPhase.READY]:
        return ok(Section.RENDER, "workers", figure)
    if counts[WorkerPhase.STARTING]:
        advice = "wait for the model to load; if it never does, see render's log for worker lines"
        return warn(Section.RENDER, "workers", figure, advice)
    advice = "see render's log for worker_died; HEATSINK_RENDER_WORKERS says how many there are"
    return bad(Section.RENDER, "workers", figure, advice)


def models_finding(roster: Roster) -> Finding:
    if not (troubles := roster.troubles):
        return ok(Section.RENDER, "models", "every worker serves what it should")
    advice = "heatsink models check looks the catalogue over; workers that start anew load again"
    return bad(Section.RENDER, "models", "not served: " + "; ".join(troubles), advice)


def overdue_finding(running: Sequence[Running], now: datetime) -> Finding:
    what = "jobs past their lease"
    late = [now - entry.lease_until for entry in running if entry.lease_until < now]
    if not late:
        return ok(Section.RENDER, what, f"none of {len(running)}")
    figure = f"{len(late)} of {len(running)}, the oldest by {span_of(max(late))}"
    if max(late) <= _SWEPT_WITHIN:
        advice = "the leader takes them back by itself: look again in a minute"
        return warn(Section.RENDER, what, figure, advice)
    return bad(Section.RENDER, what, figure, "see who leads the controller (leases, above)")


def _counts(roster: Roster) -> Mapping[WorkerPhase, int]:
    phases = [worker.phase for worker in roster.workers.values()]
    return {phase: phases.count(phase) for phase in WorkerPhase}
