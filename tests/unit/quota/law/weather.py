"""Load and demand for the law's tests: a fleet that draws ten megapixel-steps a second."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.contracts import Lane
from services.contracts.events import Heat
from services.quota.core.law import DEFAULTS, LawState, Seen, Signal, Wish, Wishes, follow

__all__ = ["CAPACITY", "START", "Weather", "signal", "wishes"]

START = datetime(2036, 1, 1, 12, tzinfo=UTC)
CAPACITY = 10.0


def signal(
    at: datetime = START,
    *,
    wait: float = 0.0,
    paid_wait: float = 0.0,
    capacity: float = CAPACITY,
    coming: tuple[tuple[float | None, float], ...] = (),
    leaving: bool = False,
) -> Signal:
    """A report with the backlogs that make these waits."""
    return Signal(
        at=at,
        capacity=capacity,
        paid_backlog=paid_wait * capacity,
        free_backlog=max(0.0, wait - paid_wait) * capacity,
        paid_wait=paid_wait,
        free_wait=wait,
        coming=coming,
        leaving=leaving,
    )


def wishes(
    now: datetime = START, *, times: float = 1.0, paid: float = 0.0, count: int = 2_400
) -> Wishes:
    """So many times the capacity wished for in the last minute, spread over all multipliers."""
    cost = times * CAPACITY * DEFAULTS.memory / count
    asked = [
        Wish(
            account=f"free {number}",
            wanted=1,
            at=now,
            lane=Lane.FREE,
            cost=cost,
            critical=(number + 0.5) / count,
        )
        for number in range(count)
    ]
    if paid:
        cost = paid * CAPACITY * DEFAULTS.memory
        asked.append(Wish(account="paid", wanted=1, at=now, lane=Lane.PAID, cost=cost))
    return Wishes(DEFAULTS.memory).heard(asked, now)


@dataclass
class Weather:
    """The law under weather that stays as it is for some seconds."""

    state: LawState = field(default_factory=LawState)
    now: datetime = START

    def stays(
        self,
        seconds: float,
        *,
        times: float = 0.3,
        wait: float = 0.0,
        paid_wait: float = 0.0,
        silent_since: datetime | None = None,
        leaving: bool = False,
    ) -> LawState:
        asked = wishes(self.now, times=times)
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            self.now += timedelta(seconds=DEFAULTS.tick)
            at = silent_since or self.now
            told = signal(at, wait=wait, paid_wait=paid_wait, leaving=leaving)
            seen = Seen(now=self.now, signal=told, heat=Heat.HOT, wishes=asked)
            self.state = follow(self.state, seen, DEFAULTS)
        return self.state
