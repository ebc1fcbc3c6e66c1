"""Keeps an engine running: starts it, listens to it, kills it when it hangs, starts another."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.pause import pause
from services.render.engine import (
    Cancelled,
    Draw,
    Drawn,
    Engine,
    EngineNotReadyError,
    EngineStartError,
    Failed,
    Ready,
    Shelved,
)
from services.render.worker.bell import Bell
from services.render.worker.desk import Desk, EngineGone

__all__ = ["EngineHost"]

_log = structlog.get_logger("render.worker")

_REASON = "engine"
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_WATCH_SECONDS = 1.0


class EngineHost:
    """`ready` says what the engine can do, and is none while there is none.

    `shelf` says which models are in its memory, `troubles` in a line each what it can't serve, as
    of its last start. `stall_seconds` is how long an engine that has work may stand still, `stalls`
    for models of their own pace, `fetch_seconds` while it fetches one.
    """

    def __init__(
        self,
        make: Callable[[], Engine],
        desk: Desk,
        bell: Bell,
        *,
        clock: Clock,
        readiness: Readiness,
        stall_seconds: float,
        stalls: Mapping[str, float] | None = None,
        fetch_seconds: float = 600.0,
    ) -> None:
        self.ready: Ready | None = None
        self.shelf = Shelved()
        self.troubles: tuple[str, ...] = ()
        self._make = make
        self._desk = desk
        self._bell = bell
        self._clock = clock
        self._readiness = readiness
        self._stall_seconds = stall_seconds
        self._stalls = stalls or {}
        self._fetch_seconds = fetch_seconds
        self._engine: Engine | None = None
        self._drawing: dict[tuple[str, int], str] = {}
        readiness.block(_REASON, "starting")

    async def run(self, closing: asyncio.Event) -> None:
        """Until `closing`; then the engine ends too, and drops what still runs in it."""
        wait = _FIRST_PAUSE
        while not closing.is_set():
            engine = self._make()
            try:
                started = await self._start(engine, closing)
                if started:
                    wait = _FIRST_PAUSE
                    await self._serve(engine, closing)
            finally:
                if engine.alive:
                    engine.kill()
            if not started and not closing.is_set():
                await pause(self._clock, wait, closing)
                wait = min(_LONGEST_PAUSE, wait * 2)

    async def submit(self, draw: Draw) -> None:
        """Raises EngineNotReadyError."""
        if self._engine is None:
            raise EngineNotReadyError("the engine is starting")
        await self._engine.submit(draw)
        self._drawing[draw.job, draw.attempt] = draw.model

    async def cancel(self, job: str, attempt: int) -> None:
        if self._engine is not None:
            await self._engine.cancel(job, attempt)

    async def _start(self, engine: Engine, closing: asyncio.Event) -> bool:
        starting = asyncio.ensure_future(engine.start())
        closed = asyncio.ensure_future(closing.wait())
        try:
            await asyncio.wait({starting, closed}, return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                return False
            self._began(engine, starting.result())
        except EngineStartError as error:
            self._readiness.block(_REASON, error.reason)
            self.troubles = (error.reason,)
            _log.error("engine_not_started", reason=error.reason)
            return False
        finally:
            closed.cancel()
            await _cancelled(starting)
        return True

    def _began(self, engine: Engine, ready: Ready) -> None:
        self._engine, self.ready, self.shelf = engine, ready, ready.shelf
        self.troubles = tuple(f"{one.model}: {one.reason}" for one in ready.refused)
        self._readiness.clear(_REASON)
        _log.info(
            "engine_ready",
            models=list(ready.models),
            device=ready.device,
            slots=ready.slots,
            seconds=round(ready.seconds, 2),
        )
        for refusal in ready.refused:
            _log.warning("model_refused", model=refusal.model, reason=refusal.reason)
        self._bell.ring()

    async def _serve(self, engine: Engine, closing: asyncio.Event) -> None:
        reason = "engine_died"
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(self._watch(engine))
            close = tasks.create_task(_close(engine, closing))
            async for event in engine.events():
                if isinstance(event, Drawn | Failed | Cancelled):
                    self._drawing.pop((event.job, event.attempt), None)
                if isinstance(event, Shelved):
                    self._shelved(event)
                self._desk.deliver(event)
            if watch.done():
                reason = "engine_stalled"
            watch.cancel()
            if not closing.is_set():
                close.cancel()
        self._engine, self.ready, self.shelf = None, None, Shelved()
        self._drawing.clear()
        if not closing.is_set():
            self._readiness.block(_REASON, reason)
            _log.warning(reason)
        self._desk.tell_all(EngineGone(reason))

    async def _watch(self, engine: Engine) -> None:
        """Kills the engine when it has work and has not got on with it for too long."""
        while True:
            await self._clock.sleep(_WATCH_SECONDS)
            silent = self._clock.monotonic() - engine.last_progress
            if self._drawing and silent > self._patience():
                engine.kill()
                return

    def _patience(self) -> float:
        """For the slowest of the models that draw: any step of any of them is a sign of life."""
        models = set(self._drawing.values())
        longest = max(self._stalls.get(model, self._stall_seconds) for model in models)
        return max(longest, self._fetch_seconds) if self.shelf.fetching else longest

    def _shelved(self, shelf: Shelved) -> None:
        before, self.shelf = self.shelf, shelf
        if shelf.fetching:
            leaving = sorted(set(before.models) - set(shelf.models))
            _log.info("model_missing", model=shelf.fetching, instead_of=leaving)
        elif before.fetching in shelf.models:
            seconds = round(shelf.seconds[before.fetching], 2)
            _log.info("model_in_memory", model=before.fetching, seconds=seconds)


async def _close(engine: Engine, closing: asyncio.Event) -> None:
    await closing.wait()
    await engine.close()


async def _cancelled(task: "asyncio.Future[Ready]") -> None:
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
