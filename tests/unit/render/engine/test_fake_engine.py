import asyncio
from datetime import timedelta

import pytest

from services.contracts.events.renders import FailureCode
from services.kit.clock import ManualClock
from services.render.engine.fake import FakeEngine
from services.render.engine.messages import (
    Cancelled,
    Drawn,
    EngineDied,
    Event,
    Failed,
    Stepped,
)
from services.render.engine.protocol import Engine, EngineNotReadyError, EngineStartError
from tests.unit.render.engine.draws import apple


async def _heard(engine: Engine) -> list[Event]:
    """All events up to the engine's end."""
    async with asyncio.timeout(1):
        return [event async for event in engine.events()]


async def test_a_render_stands_still_until_told() -> None:
    engine = FakeEngine()
    await engine.start()
    await engine.submit(apple(steps=3, seeds=(1, 2)))
    engine.step("job_1")
    engine.finish("job_1")
    await engine.close()
    *steps, end = await _heard(engine)
    assert [event.step for event in steps if isinstance(event, Stepped)] == [1, 2, 3]
    assert isinstance(end, Drawn)
    assert [picture.seed for picture in end.pictures] == [1, 2]


async def test_the_same_seed_gives_the_same_picture() -> None:
    engine = FakeEngine(automatic=True)
    await engine.start()
    await engine.submit(apple(steps=1))
    await engine.submit(apple(steps=1))
    await engine.close()
    first, second = [event for event in await _heard(engine) if isinstance(event, Drawn)]
    assert first.pictures == second.pictures


async def test_it_fails_as_told() -> None:
    engine = FakeEngine()
    await engine.start()
    await engine.submit(apple())
    engine.fail("job_1", FailureCode.OUT_OF_MEMORY, permanent=True, message="full")
    await engine.close()
    assert await _heard(engine) == [
        Failed(
            job="job_1",
            attempt=1,
            code=FailureCode.OUT_OF_MEMORY,
            message="full",
            permanent=True,
        )
    ]


async def test_cancel_ends_only_the_attempt_it_names() -> None:
    engine = FakeEngine()
    await engine.start()
    await engine.submit(apple())
    await engine.cancel("job_1", 2)
    await engine.cancel("job_1", 1)
    await engine.close()
    assert await _heard(engine) == [Cancelled(job="job_1", attempt=1)]
    assert engine.cancels == [("job_1", 2), ("job_1", 1)]


async def test_a_stalled_engine_hears_no_cancel_but_can_be_killed() -> None:
    clock = ManualClock()
    engine = FakeEngine(obeys_cancel=False, clock=clock)
    await engine.start()
    clock.move(timedelta(minutes=1))
    await engine.submit(apple())
    clock.move(timedelta(minutes=2))
    await engine.cancel("job_1", 1)
    assert clock.monotonic() - engine.last_progress == 120
    assert engine.open == (apple(),)
    engine.kill()
    assert await _heard(engine) == [EngineDied(exit_code=-9)]
    assert not engine.alive
    with pytest.raises(EngineNotReadyError):
        await engine.submit(apple())


async def test_a_start_can_fail() -> None:
    engine = FakeEngine(start_error="no device")
    with pytest.raises(EngineStartError, match="no device"):
        await engine.start()
