"""Who is let in: the law as it runs in the service, behind the face that all controls have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from services.contracts import Lane, effective_limit
from services.contracts.events import Heat
from services.quota.core.law import (
    Constants,
    Door,
    LawState,
    Seen,
    Signal,
    Terrain,
    Wish,
    Wishes,
    critical_multiplier,
    follow,
)

__all__ = ["Ask", "Control", "Law", "Look", "Said", "instant"]

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def instant(seconds: float) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)


class Said(StrEnum):
    """The answer to a request, as quota's rules are called."""

    YES = "admitted"
    LATER = "deferred"
    WINDOW = "window"
    LOAD = "load"
    FULL = "fleet_full"


@dataclass(frozen=True, kw_only=True)
class Look:
    """The fleet at one moment, as a load report tells it."""

    at: float
    capacity: float
    paid_backlog: float
    free_backlog: float
    paid_rate: float
    coming: tuple[float, ...] = ()
    speed: float = 1.0

    def signal(self, floor: float) -> Signal:
        left = max(self.capacity - self.paid_rate, floor * self.capacity) or 1e-9
        return Signal(
            at=instant(self.at),
            capacity=self.capacity,
            paid_backlog=self.paid_backlog,
            free_backlog=self.free_backlog,
            paid_wait=self.paid_backlog / (self.capacity or 1e-9),
            free_wait=(self.paid_backlog + self.free_backlog) / left,
            coming=tuple((wait, self.speed) for wait in self.coming),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A request within its plan's own `images`; with it the account would have `wanted` in use."""

    who: int
    wanted: int
    images: int
    h: float
    cost: float
    at: float


class Control(Protocol):
    """What decides on adaptive requests; `m` is what it publishes, where it has such a thing.

    `defers`: it offers to draw later what it refuses for the load.
    """

    name: str
    lanes: bool
    defers: bool

    @property
    def m(self) -> float: ...

    def tick(self, now: float, look: Look | None) -> None:
        """Every five seconds, with the newest report that has arrived."""
        ...

    def hears(self, look: Look) -> None:
        """Every second, as it arrives."""
        ...

    def paid(self, now: float, cost: float) -> None:
        """An exempt request was let in."""
        ...

    def asks(self, ask: Ask) -> Said: ...

    def back_at(self, ask: Ask, said: Said, turns: Sequence[tuple[float, float]]) -> float | None:
        """The moment that its refusal names; `turns` are when h changes, and what it is then."""
        ...


@dataclass(frozen=True, slots=True)
class _Promise:
    wanted: int
    at: float
    until: float


@dataclass
class Law:
    """Ours."""

    k: Constants = field(default_factory=Constants)
    name: str = "heatsink"
    lanes: bool = True
    defers: bool = True

    def __post_init__(self) -> None:
        self._promises: dict[int, _Promise] = {}
        self.state = LawState()
        self._wishes = Wishes(self.k.memory)
        self._new: list[Wish] = []
        self._door = Door()
        self._look: Look | None = None
        self._signal: Signal | None = None

    @property
    def m(self) -> float:
        return self.state.m

    def tick(self, now: float, look: Look | None) -> None:
        moment = instant(now)
        self._wishes = self._wishes.heard(self._new, moment)
        self._new = []
        signal = look.signal(self.k.floor) if look else None
        seen = Seen(now=moment, signal=signal, heat=Heat.COOL, wishes=self._wishes)
        self.state = follow(self.state, seen, self.k)

    def hears(self, look: Look) -> None:
        self._signal = look.signal(self.k.floor)

    def paid(self, now: float, cost: float) -> None:
        self._new.append(
            Wish(
                account=f"paid {len(self._new)} {now}",
                wanted=1,
                at=instant(now),
                lane=Lane.PAID,
                cost=cost,
            )
        )

    def asks(self, ask: Ask) -> Said:
        moment = instant(ask.at)
        promised = self._is_promised(ask)
        critical = critical_multiplier(ask.wanted, ask.images, ask.h)
        self._new.append(
            Wish(
                account=str(ask.who),
                wanted=ask.wanted,
                at=moment,
                lane=Lane.FREE,
                cost=ask.cost,
                critical=0.0 if promised else critical,
            )
        )
        if not promised and ask.wanted > effective_limit(ask.images, self.state.m, ask.h):
            return Said.LOAD
        terrain = self._terrain()
        door = self._door.at(moment, terrain, self.k)
        shut = door.is_walled if promised else door.is_shut
        if shut(moment, terrain, self.k):
            self._send_away(ask, door)
            return Said.FULL
        self._door = door.letting_in(ask.cost, moment)
        self._promises.pop(ask.who, None)
        return Said.YES

    def _send_away(self, ask: Ask, door: Door) -> None:
        moment, terrain = instant(ask.at), self._terrain()
        held = self._promises.get(ask.who)
        if held is None or held.at <= ask.at:
            opens_at = ask.at + door.opens_in(moment, terrain, self.k)
            at = opens_at + self.k.spread * (1 - ask.h)
            self._promises[ask.who] = _Promise(ask.wanted, at, at + self.k.turn_kept)
            door = door.sending_away(ask.cost, moment, terrain, self.k)
        self._door = door

    def _terrain(self) -> Terrain:
        budget = self.state.budget if self.state.tight else None
        return Terrain(signal=self._signal, budget=budget)

    def back_at(self, ask: Ask, said: Said, turns: Sequence[tuple[float, float]]) -> float | None:
        """As `forecast.retry_at` and the door have it, with this population's own offsets."""
        held = self._promises.get(ask.who)
        if said is Said.FULL or (held and held.at > ask.at):
            return held.at if held else None
        at = min((at for at in self._moments(ask, turns) if at > ask.at), default=None)
        if at is not None:
            self._promises[ask.who] = _Promise(ask.wanted, at, at + self.k.promise_kept)
        return at

    def _moments(self, ask: Ask, turns: Sequence[tuple[float, float]]) -> Iterator[float]:
        m = self.state.m * self.k.promise_margin
        yield from (at for at, h in turns if effective_limit(ask.images, m, h) >= ask.wanted)
        if (ends_in := self.state.ends_in) is not None:
            yield ask.at + ends_in * (2 - ask.h)

    def _is_promised(self, ask: Ask) -> bool:
        held = self._promises.get(ask.who)
        return held is not None and held.wanted == ask.wanted and held.at <= ask.at <= held.until
