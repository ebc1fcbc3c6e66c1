"""A service from its first line to its last: `run_service` is what each `__main__` calls."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Generic, NoReturn, TypeVar

import structlog

from services.kit.build import build_info
from services.kit.clock import Clock, SystemClock
from services.kit.component import Component, Readiness
from services.kit.diagnosis import Diagnosis
from services.kit.lifecycle.health import HealthServer, MakePage, health_app
from services.kit.lifecycle.liveness import Liveness, watch_loop
from services.kit.lifecycle.reporting import reporter
from services.kit.lifecycle.signals import heed_signals
from services.kit.lifecycle.supervision import supervise
from services.kit.settings import ServiceSettings
from services.kit.telemetry import Telemetry, metrics

__all__ = ["Build", "Context", "run_service", "serve"]

S = TypeVar("S", bound=ServiceSettings)


@dataclass(frozen=True)
class Context(Generic[S]):
    """What a service is built from.

    What is entered into `resources` is closed after all components have stopped, last one first.
    What is added to `diagnosis` is told at the health port when `heatsink doctor` asks; so are
    `pages`, as JSON, by their names. They are made on a thread of its own.
    """

    settings: S
    clock: Clock
    readiness: Readiness
    telemetry: Telemetry
    liveness: Liveness = field(default_factory=Liveness)
    resources: AsyncExitStack = field(default_factory=AsyncExitStack)
    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    pages: dict[str, MakePage] = field(default_factory=dict)


Build = Callable[[Context[S]], Awaitable[Sequence[Component]]]
"""Makes the service's components, those that others need first."""


def run_service(name: str, version: str, settings: S, build: Build[S]) -> NoReturn:
    """Runs a service until SIGTERM or SIGINT, then drains it and exits with 0; with 1 on a crash.

    A second signal ends the process at once.
    """
    telemetry = Telemetry.start(name, version, settings)
    log = structlog.get_logger()
    began = time.monotonic()
    try:
        reason = asyncio.run(_until_signal(name, settings, build, telemetry))
        log.info("service stopped", reason=reason, seconds=round(time.monotonic() - began, 3))
        code = 0
    except Exception:
        log.exception("service crashed", seconds=round(time.monotonic() - began, 3))
        code = 1
    finally:
        telemetry.shutdown()
    _leave(code)


def _leave(code: int) -> NoReturn:
    """At once: libraries' own threads abort an interpreter that is taken apart under them.

    obstore 0.9 does, some one time in seven on a busy machine when it has just stored something.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def serve(name: str, context: Context[S], build: Build[S], stop: asyncio.Event) -> None:
    """The service without its process: health port, components, drain."""
    readiness = context.readiness
    readiness.watch(_tell_readiness(readiness))
    readiness.block("service", "starting")
    settings, liveness = context.settings, context.liveness
    report = reporter(
        name,
        settings.replica,
        liveness=liveness,
        readiness=readiness,
        diagnosis=context.diagnosis,
        clock=context.clock,
    )
    app = health_app(
        name,
        build_info(),
        liveness,
        readiness,
        context.telemetry,
        report=report,
        pages=context.pages,
    )
    health = HealthServer(app, settings.health_host, settings.health_port)
    health.start()
    watching = asyncio.create_task(watch_loop(liveness))
    try:
        async with context.resources:
            components = await _unless(stop, build(context))
            if components is not None:
                await _run(name, context, components, stop, health.port)
    finally:
        watching.cancel()
        health.stop()


async def _run(
    name: str,
    context: Context[S],
    components: Sequence[Component],
    stop: asyncio.Event,
    health_port: int,
) -> None:
    structlog.get_logger().info(
        "service started",
        **build_info().as_json(),
        pid=os.getpid(),
        health_port=health_port,
        components=[component.name for component in components],
    )
    asyncio.get_running_loop().call_soon(context.readiness.clear, "service")
    announcing = asyncio.create_task(_announce_drain(context.readiness, stop), name=f"{name} drain")
    try:
        await supervise(components, stop, context.settings.drain_seconds)
    finally:
        announcing.cancel()


async def _until_signal(name: str, settings: S, build: Build[S], telemetry: Telemetry) -> str:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    reasons: list[str] = []

    def ask(reason: str) -> None:
        reasons.append(reason)
        with suppress(RuntimeError):  # the loop has ended: there is nothing left to stop
            loop.call_soon_threadsafe(stop.set)

    heed_signals(ask)
    context = Context(settings, SystemClock(), Readiness(), telemetry)
    await serve(name, context, build, stop)
    return reasons[0]


async def _unless(
    stop: asyncio.Event, building: Awaitable[Sequence[Component]]
) -> Sequence[Component] | None:
    """What the builder makes; none when the stop comes first."""
    task = asyncio.ensure_future(building)
    asked = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for pending in (task, asked):
            pending.cancel()
        await asyncio.wait({task, asked})


async def _announce_drain(readiness: Readiness, stop: asyncio.Event) -> None:
    await stop.wait()
    readiness.block("service", "draining")


def _tell_readiness(readiness: Readiness) -> Callable[[str, str | None], None]:
    log = structlog.get_logger()

    def changed(name: str, reason: str | None) -> None:
        metrics.READY.set(int(readiness.ready))
        log.info("readiness", part=name, reason=reason or "good", ready=readiness.ready)

    return changed
