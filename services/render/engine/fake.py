"""An engine that does what a test tells it to: no process, no model, no time passes by itself."""

import asyncio
from collections.abc import AsyncIterator

from services.contracts.events.renders import FailureCode
from services.kit.clock import Clock, ManualClock
from services.render.engine.messages import (
    Cancelled,
    Draw,
    Drawn,
    EngineDied,
    Event,
    Failed,
    Ready,
    Refusal,
    Shelved,
    Stepped,
)
from services.render.engine.noop import flat_picture
from services.render.engine.protocol import EngineNotReadyError, EngineStartError

__all__ = ["FakeEngine"]

_SIGKILL = 9


class FakeEngine:
    """`Engine` for tests. Renders stand still until `step`, `finish`, `fail` or `die`.

    With `automatic`, a submitted render steps through and ends at once. With `obeys_cancel` off,
    a cancel is only noted, as by an engine in the middle of a long step. `start_error` makes
    `start` fail with that reason. Unless `in_memory` says otherwise, all models are there.
    """

    def __init__(
        self,
        *,
        models: tuple[str, ...] = ("ember",),
        in_memory: tuple[str, ...] | None = None,
        refused: tuple[Refusal, ...] = (),
        slots: int = 1,
        clock: Clock | None = None,
        automatic: bool = False,
        obeys_cancel: bool = True,
        start_error: str | None = None,
    ) -> None:
        self.submitted: list[Draw] = []
        self.cancels: list[tuple[str, int]] = []
        self.killed = False
        self.closed = False
        self._ready = Ready(
            models=models,
            shelf=Shelved(models=models if in_memory is None else in_memory),
            refused=refused,
            device="fake",
            slots=slots,
            seconds=0.0,
        )
        self._clock = clock or ManualClock()
        self._automatic = automatic
        self._obeys_cancel = obeys_cancel
        self._start_error = start_error
        self._events: asyncio.Queue[Event | None] = asyncio.Queue()
        self._open: dict[str, Draw] = {}
        self._steps: dict[str, int] = {}
        self._alive = False
        self._last_progress = self._clock.monotonic()

    @property
    def slots(self) -> int:
        return self._ready.slots

    @property
    def alive(self) -> bool:
        return self._alive

    @property
    def last_progress(self) -> float:
        return self._last_progress

    @property
    def open(self) -> tuple[Draw, ...]:
        """The renders that have no end yet, oldest first."""
        return tuple(self._open.values())

    async def start(self) -> Ready:
        if self._start_error is not None:
            raise EngineStartError(self._start_error)
        self._alive = True
        self._last_progress = self._clock.monotonic()
        return self._ready

    async def submit(self, draw: Draw) -> None:
        if not self._alive:
            raise EngineNotReadyError("the fake engine isn't running")
        if not self._open:
            self._last_progress = self._clock.monotonic()
        self.submitted.append(draw)
        self._open[draw.job] = draw
        self._steps[draw.job] = 0
        if self._automatic:
            self.finish(draw.job)

    async def cancel(self, job: str, attempt: int) -> None:
        self.cancels.append((job, attempt))
        draw = self._open.get(job)
        if self._obeys_cancel and draw is not None and draw.attempt == attempt:
            self._end(Cancelled(job=job, attempt=attempt))

    async def events(self) -> AsyncIterator[Event]:
        while (event := await self._events.get()) is not None:
            yield event

    async def close(self) -> None:
        if self._alive:
            self.closed = True
            self._alive = False
            for draw in self.open:
                self._end(Cancelled(job=draw.job, attempt=draw.attempt))
            self._events.put_nowait(None)

    def kill(self) -> None:
        self.killed = True
        self.die(-_SIGKILL)

    def step(self, job: str, steps: int = 1, *, preview: bytes | None = None) -> None:
        """This render takes so many steps further, each with this preview."""
        draw = self._open[job]
        for _ in range(steps):
            self._steps[job] += 1
            self._tell(
                Stepped(
                    job=job,
                    attempt=draw.attempt,
                    step=self._steps[job],
                    steps=draw.steps,
                    seconds_left=float(draw.steps - self._steps[job]),
                    preview=preview,
                )
            )

    def finish(self, job: str) -> None:
        """This render takes its last steps and yields one flat picture per seed."""
        draw = self._open[job]
        self.step(job, draw.steps - self._steps[job])
        pictures = tuple(flat_picture(draw, seed) for seed in draw.seeds)
        self._end(Drawn(job=job, attempt=draw.attempt, pictures=pictures, seconds=1.0))

    def fail(
        self,
        job: str,
        code: FailureCode = FailureCode.RENDER_ERROR,
        *,
        permanent: bool = False,
        message: str = "the fake engine was told to fail",
    ) -> None:
        attempt = self._open[job].attempt
        self._end(Failed(job=job, attempt=attempt, code=code, message=message, permanent=permanent))

    def shelve(self, shelved: Shelved) -> None:
        """Other models are in memory from now on."""
        self._tell(shelved)

    def die(self, exit_code: int = 1) -> None:
        """The engine ends unasked; its open renders get no end of their own."""
        if self._alive:
            self._alive = False
            self._open.clear()
            self._events.put_nowait(EngineDied(exit_code=exit_code))
            self._events.put_nowait(None)

    def _end(self, event: Drawn | Failed | Cancelled) -> None:
        del self._open[event.job]
        self._tell(event)

    def _tell(self, event: Event) -> None:
        self._last_progress = self._clock.monotonic()
        self._events.put_nowait(event)
