"""One holder at a time, by a document; and a fence, because time alone can't promise that."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NewType

from services.kit.clock import Clock
from services.kit.documents import Change, CollectionSpec, Documents
from services.kit.telemetry import metrics

__all__ = ["LEASES", "SKEW", "Fence", "Lease", "LeaseState"]

Fence = NewType("Fence", int)
"""Grows with every new holder. What a holder writes carries it, and who keeps that refuses a lower
one than it has seen: then nothing that a former holder does late has effect."""

SKEW = timedelta(seconds=30)
"""How far apart the clocks of two holders may be without a live one losing its lease."""


@dataclass(frozen=True)
class LeaseState:
    """`instance` tells processes of one name apart. `until` is by the holder's clock.

    Without a holder it was given up.
    """

    holder: str | None
    instance: str
    fence: int
    until: datetime


LEASES = CollectionSpec("leases", LeaseState)


class Lease:
    """A lease of `seconds` on `name`, for a process that calls itself `holder`.

    Promised: fences never repeat and never fall, whatever clocks do, and of two processes that ask
    the document decides for one. A process started anew under its name has the lease at its first
    call, with a new fence.

    Not promised: that a holder which was paused or cut off knows that another has taken its place.
    So it acts only while there is a `fence`, and marks what it writes with that.

    Clocks only cost time: another's lease is free when it was seen from here not to be renewed for
    `seconds`, or when it ended longer ago than SKEW. So clocks that are up to SKEW apart take the
    lease from no live holder, and a dead one is replaced `seconds` after its last sign of life.
    """

    def __init__(
        self,
        documents: Documents[LeaseState],
        name: str,
        holder: str,
        clock: Clock,
        seconds: float,
    ) -> None:
        self._documents = documents
        self._name = name
        self._holder = holder
        self._instance = secrets.token_hex(8)
        self._clock = clock
        self._seconds = seconds
        self._fence: Fence | None = None
        self._certain_until = 0.0
        self._asked = False
        self._seen: LeaseState | None = None
        self._seen_at = 0.0

    @property
    def fence(self) -> Fence | None:
        """The fence while the lease is ours for certain: `seconds` from the last renewal on."""
        return self._fence if self._clock.monotonic() < self._certain_until else None

    async def hold(self) -> Fence | None:
        """Takes or renews the lease; none while another has it. To be called thrice per `seconds`.

        Raises Unavailable when the database does not answer.
        """
        asked_at = self._clock.monotonic()
        state = await self._documents.change(self._name, self._take)
        self._asked = True
        if state is None or state.instance != self._instance:
            self._lost()
            return None
        self._fence = Fence(state.fence)
        self._certain_until = asked_at + self._seconds
        metrics.LEADER.set(1, lease=self._name)
        return self._fence

    async def release(self) -> None:
        """Gives the lease up, so that another has it at its next call; harmless without it."""
        self._fence = None
        metrics.LEADER.set(0, lease=self._name)
        await self._documents.change(self._name, self._give_up)

    def _take(self, state: LeaseState | None) -> Change[LeaseState] | None:
        until = self._clock.now() + timedelta(seconds=self._seconds)
        if state is None:
            return Change(LeaseState(self._holder, self._instance, 1, until))
        if state.instance == self._instance:
            return Change(replace(state, until=until))
        if self._is_free(state):
            return Change(LeaseState(self._holder, self._instance, state.fence + 1, until))
        return None

    def _give_up(self, state: LeaseState | None) -> Change[LeaseState] | None:
        if state is None or state.instance != self._instance:
            return None
        return Change(replace(state, holder=None, instance="", until=self._clock.now()))

    def _is_free(self, state: LeaseState) -> bool:
        now = self._clock.monotonic()
        if state != self._seen:
            self._seen, self._seen_at = state, now
        return (
            state.holder is None
            or (state.holder == self._holder and not self._asked)
            or self._clock.now() - state.until > SKEW
            or now - self._seen_at >= self._seconds
        )

    def _lost(self) -> None:
        if self._fence is not None:
            metrics.LEASES_LOST.add(1, lease=self._name)
        self._fence = None
        metrics.LEADER.set(0, lease=self._name)
