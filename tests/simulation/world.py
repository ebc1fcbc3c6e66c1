"""The whole platform in memory: every process, and every way in which the world treats it badly."""

from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from services.contracts import Stream
from services.kit.errors import KitError, Unavailable
from services.render.core import QUEUE, Running
from tests.simulation.broker import Broker
from tests.simulation.database import Database
from tests.simulation.engine import SLOTS
from tests.simulation.loop import HeldClock, HeldLoop
from tests.simulation.process import Fate, Process
from tests.simulation.replica import Parts, Replica
from tests.simulation.services import (
    DATABASES,
    Gateway,
    Notify,
    Quota,
    Render,
    RenderWorker,
)
from tests.simulation.terms import ACCOUNT_IDS, PLANS

__all__ = ["GROUPS", "PLACES", "WORKERS", "Doom", "World"]

_SERVICES: tuple[tuple[type[Replica], int], ...] = (
    (Gateway, 2),
    (Quota, 2),
    (Render, 1),
    (RenderWorker, 2),
    (Notify, 2),
)
GROUPS = {
    "gateway": (Stream.DECISIONS, Stream.RENDERS),
    "quota": (Stream.REQUESTS, Stream.RENDERS, Stream.ACCOUNTS),
    "render": (Stream.DECISIONS, Stream.CANCELLATIONS),
    "notify": (Stream.ACCOUNTS, Stream.DECISIONS, Stream.RENDERS),
}

PLACES = tuple(f"{kind.service}-{slot}" for kind, count in _SERVICES for slot in range(count))

WORKERS = tuple(place for place in PLACES if place.startswith(RenderWorker.service))

_SKEWS = (0, 5, -5, 2)
"""Seconds by which clocks are wrong; between some of them more than a lease."""
_MOST_CALLS = 20_000


@dataclass(frozen=True)
class Doom:
    """What comes over a process's call of a part, after so many others of that part."""

    part: str
    left: int
    fate: Fate


class World:
    def __init__(self) -> None:
        # typeshed asks for sockets and threads, which is what this loop is without.
        self.loop = HeldLoop()  # type: ignore[abstract]
        self.parts = Parts(
            broker=Broker(ACCOUNT_IDS),
            databases={name: Database(*specs) for name, specs in DATABASES.items()},
            blobs={},
            plans=PLANS,
        )
        self.late: list[Callable[[], Any]] = []
        self.faults: list[str] = []
        self.hand_backs = 0
        self.disturbed = False
        self.replicas: dict[str, Replica] = {}
        self.frozen: set[str] = set()
        self.fates: dict[str, Doom] = {}
        self._lives = 0
        self._salts: dict[str, int] = defaultdict(int)
        for kind, count in _SERVICES:
            for slot in range(count):
                self._start(kind, slot)

    # Time and the way of calls

    def flow(self, seconds: float = 0.0) -> None:
        """Lets everything run that is not frozen, for so long."""
        until = self.loop.time() + seconds
        self._quiesce()
        while (due := self.loop.next_due()) is not None and due <= until:
            self.loop.advance(due)
            self._quiesce()
        self.loop.advance(until)

    def stand_still(self, seconds: float) -> None:
        """Time passes, and no call comes through."""
        self.disturbed = True
        self.loop.advance(self.loop.time() + seconds)

    def push(self, name: str, calls: int, pick: int) -> None:
        """One process alone gets on by some calls, not always the oldest."""
        self.replicas[name].poll()
        for _ in range(calls):
            if not (replica := self.replicas[name]).process.calls:
                return
            self._answer(replica, pick)

    def _quiesce(self) -> None:
        calls = 0
        busy = True
        while busy:
            busy = False
            for name in tuple(self.replicas):
                if name in self.frozen:
                    continue
                busy = self.replicas[name].poll() or busy
                while self.replicas[name].process.calls:
                    self._answer(self.replicas[name], 0)
                    busy = True
                    calls += 1
                    assert calls < _MOST_CALLS, f"{name} never comes to rest"

    def _answer(self, replica: Replica, pick: int) -> None:
        calls = replica.process.calls
        fate = self._fate(replica.place, calls[pick % len(calls)].part)
        replica.process.answer(fate, pick)
        if fate in (Fate.KILLED_BEFORE, Fate.KILLED_AFTER):
            self.kill(replica.place)
        else:
            self.loop.settle()

    def _fate(self, place: str, part: str) -> Fate:
        """The fate of a process's next call of a part; one that is still to come counts down."""
        if place not in self.fates or self.fates[place].part != part:
            return Fate.DONE
        doom = self.fates.pop(place)
        if doom.left > 0:
            self.fates[place] = replace(doom, left=doom.left - 1)
            return Fate.DONE
        self.disturbed = True
        return doom.fate

    # Lives and deaths

    def kill(self, place: str, *, seen: bool = True) -> None:
        """A process dies and another takes its place. `seen`: a dead worker's service knows."""
        replica = self.replicas[place]
        self.disturbed = True
        self.fates.pop(place, None)
        self._end(replica)
        self._start(type(replica), replica.slot)
        if seen and isinstance(replica, RenderWorker):
            self._bereave(replica.process.name)

    def rebalance(self, service: str, *, commits: bool) -> None:
        """Everyone's partitions are revoked and dealt anew."""
        self._salts[service] += 1
        members = [one for one in self.replicas.values() if one.service == service]
        for replica in members:
            if replica.member:
                replica.member.give_up(commits=commits)
        for replica in members:
            self._deal(replica)

    def double(self, pick: int) -> None:
        """A record of late is on its topic once more."""
        if records := self.parts.broker.everything:
            self.parts.broker.again(records[-1 - pick % len(records)])

    def settle_late(self, pick: int, *, lands: bool) -> None:
        """A write that nobody waits for any more takes place after all, or never."""
        if self.late:
            act = self.late.pop(pick % len(self.late))
            if lands:
                with suppress(KitError):
                    act()

    def dismiss(self, place: str) -> None:
        """A worker drains: what it can't finish goes back, and doesn't count as an attempt."""
        replica = self.replicas[place]
        assert isinstance(replica, RenderWorker)
        replica.stop.set()
        self.hand_backs += SLOTS
        self.disturbed = True
        self.loop.settle()

    def holders(self) -> list[str]:
        """Where the workers are that hold a job now."""
        entries = self.parts.databases["render"].states(QUEUE).values()
        lives = [entry.worker for entry in entries if isinstance(entry, Running)]
        return [place for place in WORKERS if self.replicas[place].process.name in lives]

    def calm(self) -> None:
        """From here on nothing goes wrong; those that were dismissed are replaced."""
        self.frozen.clear()
        self.fates.clear()
        self.late.clear()
        for place in WORKERS:
            replica = self.replicas[place]
            if isinstance(replica, RenderWorker) and replica.stop.is_set():
                self.kill(place)

    def end(self) -> None:
        for replica in self.replicas.values():
            self._end(replica)

    def _end(self, replica: Replica) -> None:
        self.faults += [f"{replica.process.name}: {fault!r}" for fault in replica.process.faults]
        replica.process.kill()

    def _start(self, kind: type[Replica], slot: int) -> None:
        self._lives += 1
        name = f"{kind.service}-{slot}"
        skew = timedelta(seconds=_SKEWS[self._lives % len(_SKEWS)])
        clock = HeldClock(self.loop, skew)
        process = Process(f"{name}.{self._lives}", self.loop, clock, self.late)
        self.replicas[name] = replica = kind(process, self.parts, slot)
        self._deal(replica)
        self.loop.settle()

    def _deal(self, replica: Replica) -> None:
        if (member := replica.member) is None:
            return
        count = next(count for kind, count in _SERVICES if kind.service == replica.service)
        salt = self._salts[replica.service]
        places = {
            (index, self.parts.broker.place(stream, key))
            for index, stream in enumerate(member.streams)
            for key in ACCOUNT_IDS
        }
        member.take_over(
            [
                place
                for index, place in sorted(places)
                if (index * (1 + salt) + place.partition + salt) % count == replica.slot
            ]
        )

    def _bereave(self, worker: str) -> None:
        render = self.replicas["render-0"]
        assert isinstance(render, Render)
        render.process.spawn(_quietly(render.sweep.bereave(worker)))
        self.loop.settle()


async def _quietly(act: Coroutine[Any, Any, None]) -> None:
    with suppress(Unavailable):
        await act
