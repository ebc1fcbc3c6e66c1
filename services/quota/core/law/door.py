"""The door between two ticks: a wave must not fill the queue before the multiplier falls.

A wall at the predicted wait (a bounded queue, sized by promise times speed: SRE book, chapter 22)
and a token bucket at the budget while limits are tight.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.quota.core.law.constants import Constants
from services.quota.core.law.signal import Signal

__all__ = ["Door", "Terrain"]


@dataclass(frozen=True, kw_only=True)
class Terrain:
    """What a replica knows of a pool: the newest load report, and what the leader told.

    `budget` is in megapixel-steps per second for all replicas, none while limits are not tight.
    `share` is the part of the requests that come to this replica, in (0, 1].
    """

    signal: Signal | None
    budget: float | None = None
    share: float = 1.0


_TRANSIT = timedelta(seconds=1)
"""How long a job that was let in takes at most until a load report counts it."""

_SLICE = timedelta(seconds=0.25)


@dataclass(frozen=True, kw_only=True)
class Door:
    """One replica's door to one pool. `let_in` are moments and costs, since the newest report.

    `empty_since` is when nobody was left to draw; none while somebody is. `named` is the last
    moment at which somebody who was sent away was told to come back.
    """

    as_of: datetime | None = None
    let_in: tuple[tuple[datetime, float], ...] = ()
    tokens: float | None = None
    filled_at: datetime | None = None
    empty_since: datetime | None = None
    named: datetime | None = None

    def at(self, now: datetime, terrain: Terrain, k: Constants) -> "Door":
        """The door at `now`: what a newer report counts is forgotten, the bucket fills."""
        as_of, let_in = self.as_of, self.let_in
        signal = terrain.signal
        if signal and (as_of is None or signal.at > as_of):
            as_of = signal.at
            let_in = tuple(one for one in let_in if one[0] > as_of - _TRANSIT)
        return Door(
            as_of=as_of,
            let_in=let_in,
            tokens=self._filled(now, terrain, k),
            filled_at=now,
            empty_since=(self.empty_since or now) if signal and signal.capacity <= 0 else None,
            named=self.named if self.named and self.named > now else None,
        )

    def _filled(self, now: datetime, terrain: Terrain, k: Constants) -> float | None:
        if terrain.budget is None:
            return None
        rate = k.bucket * terrain.budget * terrain.share
        if self.tokens is None or self.filled_at is None:
            return rate * k.burst
        elapsed = max(0.0, (now - self.filled_at).total_seconds())
        return min(rate * k.burst, self.tokens + rate * elapsed)

    def wait(self, now: datetime, terrain: Terrain) -> float:
        """The predicted wait in seconds of a free job that comes in now.

        What the report foresaw, and what came in since, less the time that has passed. A clock that
        is behind the reporter's, or a late report, does little harm: both are counted or neither.
        """
        signal = terrain.signal
        if signal is None:
            return 0.0
        age = max(0.0, (now - signal.at).total_seconds())
        since = sum(cost for _, cost in self.let_in) / terrain.share
        speed = signal.free_speed
        return max(0.0, signal.free_wait + (since / speed if speed else 0.0) - age)

    def is_shut(self, now: datetime, terrain: Terrain, k: Constants) -> bool:
        """True where an adaptive job would wait too long, or the budget is used up.

        The bucket may be overdrawn by one job, so that a large one gets in at all.
        """
        if self._is_in_gap(now, k):
            return False
        if self.tokens is not None and self.tokens <= 0:
            return True
        return self.wait(now, terrain) > k.wall * _promised(now, terrain, k)

    def is_walled(self, now: datetime, terrain: Terrain, k: Constants) -> bool:
        """True where a job would wait too long: not even who was told to come now gets in."""
        over = self.wait(now, terrain) > k.turn_wall * _promised(now, terrain, k)
        return over and not self._is_in_gap(now, k)

    def opens_in(self, now: datetime, terrain: Terrain, k: Constants) -> float:
        """In how many seconds one who is sent away now gets in, after those sent away before."""
        over = self.wait(now, terrain) - k.wall * _promised(now, terrain, k)
        if self.tokens is not None and self.tokens <= 0 and terrain.budget:
            over = max(over, -self.tokens / (k.bucket * terrain.budget * terrain.share))
        if self.named:
            over = max(over, (self.named - now).total_seconds())
        return min(k.longest_shut, max(0.0, over))

    def sending_away(self, cost: float, now: datetime, terrain: Terrain, k: Constants) -> "Door":
        """Somebody was told to come back when it opens: the next is told a later moment.

        A line of people who wait outside: they come back no faster than they can be let in.
        """
        speed = terrain.budget or (terrain.signal.free_speed if terrain.signal else 0.0)
        slot = cost / (k.turns * speed * terrain.share) if speed else 0.0
        named = now + timedelta(seconds=self.opens_in(now, terrain, k) + slot)
        return replace(self, named=named)

    def _is_in_gap(self, now: datetime, k: Constants) -> bool:
        """A worker died a moment ago: the next is on its way, and jobs can wait for it."""
        return self.empty_since is not None and (now - self.empty_since).total_seconds() < k.gap

    def letting_in(self, cost: float, now: datetime) -> "Door":
        tokens = None if self.tokens is None else self.tokens - cost
        last = self.let_in[-1] if self.let_in else None
        if last and now - last[0] < _SLICE:
            let_in = (*self.let_in[:-1], (last[0], last[1] + cost))
        else:
            let_in = (*self.let_in, (now, cost))
        return replace(self, let_in=let_in, tokens=tokens)


def _promised(now: datetime, terrain: Terrain, k: Constants) -> float:
    """The wait that is promised, in seconds; the older the report, the less is trusted."""
    age = (now - terrain.signal.at).total_seconds() if terrain.signal else 0.0
    return k.free_wait * min(1.0, max(0.5, 1 - age / k.free_wait))
