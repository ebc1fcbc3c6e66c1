"""The worker's entry in the register: a sign of life every second, with its figures."""

import asyncio
from datetime import timedelta

import structlog

from services.contracts.events import WorkerPhase
from services.kit.errors import Unavailable
from services.kit.pause import pause
from services.render.core import WorkerRecord
from services.render.repository import Workers
from services.render.worker.tools import Tools
from services.render.worker.worker import Worker

__all__ = ["Register"]

_log = structlog.get_logger("render.worker")

_EVERY_SECONDS = 1.0
_FORGOTTEN_AFTER = timedelta(minutes=10)


class Register:
    """A Component, to be stopped after the worker, whose drain it still reports."""

    name = "register"

    def __init__(
        self,
        name: str,
        pool: str,
        fleet: str,
        pid: int,
        *,
        workers: Workers,
        worker: Worker,
        tools: Tools,
        finish_seconds: float,
    ) -> None:
        self._name = name
        self._pool = pool
        self._fleet = fleet
        self._pid = pid
        self._workers = workers
        self._worker = worker
        self._host = tools.host
        self._meter = tools.meter
        self._clock = tools.clock
        self._finish = timedelta(seconds=finish_seconds)
        self._started_at = tools.clock.now()
        self._loading_seconds: float | None = None
        self._leaving_since = self._started_at
        self._beat = 0

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._workers.enter(self._name, self._record())
            except Unavailable as error:
                _log.warning("register_away", reason=error.detail)
            await pause(self._clock, _EVERY_SECONDS, stop)
        try:
            await self._workers.leave(self._name)
        except Unavailable as error:
            _log.warning("register_away", reason=error.detail)

    def _record(self) -> WorkerRecord:
        self._beat += 1
        ready, now = self._host.ready, self._clock.now()
        if ready is not None:
            self._loading_seconds = ready.seconds
        if not self._worker.draining:
            self._leaving_since = now
        return WorkerRecord(
            pool=self._pool,
            fleet=self._fleet,
            pid=self._pid,
            phase=self._phase(),
            beat=self._beat,
            running=self._worker.running,
            slots=ready.slots if ready else 0,
            started_at=self._started_at,
            leaves_by=self._leaving_since + self._finish if self._worker.draining else None,
            loading_seconds=self._loading_seconds,
            speed=self._meter.speed,
            claimed=self._meter.claimed,
            models=self._host.shelf.models,
            troubles=self._host.troubles,
            expires_at=now + _FORGOTTEN_AFTER,
        )

    def _phase(self) -> WorkerPhase:
        if self._worker.draining:
            return WorkerPhase.DRAINING
        return WorkerPhase.READY if self._host.ready else WorkerPhase.STARTING
