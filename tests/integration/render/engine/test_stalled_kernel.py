"""A real engine process whose step never ends, and the worker's host that minds it."""

import asyncio
from contextlib import suppress

from services.kit.clock import SystemClock
from services.kit.component import Readiness
from services.render.core import Claim
from services.render.engine.options import EngineKind, EngineOptions
from services.render.engine.process import EngineProcess
from services.render.worker import Bell, Desk, EngineHost
from services.render.worker.desk import EngineGone
from tests.unit.render.engine.draws import CATALOGUE, apple
from tests.unit.render.samples import job_id
from tests.waiting import eventually

NEVER = 60.0
STALL = 1.0


async def test_it_is_killed_its_render_hears_why_and_another_engine_takes_its_place() -> None:
    options = EngineOptions(catalogue=CATALOGUE, kind=EngineKind.NOOP, noop_step_seconds=NEVER)
    clock, desk = SystemClock(), Desk()
    engines: list[EngineProcess] = []

    def make() -> EngineProcess:
        engines.append(EngineProcess(options))
        return engines[-1]

    host = EngineHost(
        make, desk, Bell(clock), clock=clock, readiness=Readiness(), stall_seconds=STALL
    )
    closing, job = asyncio.Event(), job_id()
    running = asyncio.create_task(host.run(closing))
    await eventually(lambda: host.ready is not None)
    with desk.box(Claim(job=job, worker="w1", attempt=1)) as box:
        await host.submit(apple(job))
        async with asyncio.timeout(20 * STALL):
            assert await box.get() == EngineGone("engine_stalled")
    assert not engines[0].alive
    await eventually(lambda: len(engines) == 2 and host.ready is not None)
    closing.set()
    with suppress(asyncio.CancelledError):
        await running
