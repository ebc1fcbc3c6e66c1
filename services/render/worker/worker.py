"""The worker: claims while its engine has room, sees every render through, drains when told."""

import asyncio
from functools import partial

import structlog

from services.contracts import Envelope, Event
from services.contracts.events import JobCancelRequested, JobQueued, JobRequeued
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.pause import pause
from services.render.core import Claim
from services.render.worker.attempt import Attempt
from services.render.worker.bell import Bell
from services.render.worker.claimer import Claimer, Taken
from services.render.worker.desk import CancelWish
from services.render.worker.scout import Scout
from services.render.worker.tools import Tools

__all__ = ["Worker"]

_log = structlog.get_logger("render.worker")

_OPEN_PER_SLOT = 2
"""One is drawn while another's pictures and outcome are written."""


class Worker:
    """A Component. A stop lets renders run on for `finish_seconds`, then they go back.

    `hand_back_seconds` bounds the giving back.
    """

    name = "worker"

    def __init__(
        self,
        claimer: Claimer,
        scout: Scout,
        tools: Tools,
        bell: Bell,
        *,
        poll_seconds: float,
        finish_seconds: float,
        hand_back_seconds: float,
    ) -> None:
        self.draining = False
        self._claimer = claimer
        self._scout = scout
        self._tools = tools
        self._bell = bell
        self._poll_seconds = poll_seconds
        self._finish_seconds = finish_seconds
        self._hand_back_seconds = hand_back_seconds
        self._open: dict[Claim, Attempt] = {}
        self._drawing: set[Claim] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._unsure = False

    @property
    def running(self) -> int:
        return len(self._open)

    def hear(self, envelope: Envelope[Event]) -> None:
        """News from Kafka: only hints, for speed. The queue says what is true."""
        match envelope.data:
            case JobQueued() as queued:
                self._scout.queued(queued)
                self._bell.ring()
            case JobRequeued() as requeued:
                self._scout.requeued(requeued)
                self._bell.ring()
            case JobCancelRequested(job=job):
                for claim in self._open:
                    if claim.job == job:
                        self._tools.desk.tell(claim, CancelWish())
            case _:
                pass

    async def run(self, stop: asyncio.Event) -> None:
        closing = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tools.host.run(closing))
            claiming = tasks.create_task(self._claim_until(stop, tasks))
            await stop.wait()
            self.draining = True
            self._bell.ring()
            await claiming
            await self._drain()
            closing.set()

    async def _claim_until(self, stop: asyncio.Event, tasks: asyncio.TaskGroup) -> None:
        while not stop.is_set():
            try:
                while self._room() > 0 and not stop.is_set() and await self._claim(tasks):
                    pass
                # Off the way of claims: whoever is first is known when there is room again.
                news = await self._scout.look()
            except Unavailable as error:
                _log.warning("queue_away", reason=error.detail)
                self._unsure, news = True, False
            if not (news and self._room()):
                await self._bell.nap(self._poll_seconds)

    async def _claim(self, tasks: asyncio.TaskGroup) -> bool:
        if self._unsure:
            for held in await self._claimer.held():
                self._begin(held, tasks)
            self._unsure = False
            return True
        if (taken := await self._claimer.next(alone=not self._drawing)) is None:
            return False
        self._begin(taken, tasks)
        await self._claimer.pass_on(taken)
        return True

    def _room(self) -> int:
        """Free slots, as long as no more renders than there are slots wait to be written down.

        None beside a suspect.
        """
        ready = self._tools.host.ready
        if ready is None or any(self._open[claim].suspect for claim in self._drawing):
            return 0
        return min(ready.slots - len(self._drawing), _OPEN_PER_SLOT * ready.slots - len(self._open))

    def _begin(self, taken: Taken, tasks: asyncio.TaskGroup) -> None:
        claim, entry = taken
        if claim not in self._open:
            attempt = Attempt(claim, entry, self._tools, partial(self._drawn, claim))
            self._open[claim] = attempt
            self._drawing.add(claim)
            self._idle.clear()
            tasks.create_task(self._see_through(attempt))

    async def _see_through(self, attempt: Attempt) -> None:
        self._tools.meter.began()
        try:
            await attempt.run()
        finally:
            self._tools.meter.ended()
            del self._open[attempt.claim]
            if not self._open:
                self._idle.set()
            self._drawn(attempt.claim)

    def _drawn(self, claim: Claim) -> None:
        self._drawing.discard(claim)
        self._bell.ring()

    async def _drain(self) -> None:
        clock: Clock = self._tools.clock
        if await pause(clock, self._finish_seconds, self._idle):
            return
        _log.warning("renders_given_back", renders=len(self._open))
        for attempt in self._open.values():
            attempt.give_back()
        await pause(clock, self._hand_back_seconds, self._idle)
