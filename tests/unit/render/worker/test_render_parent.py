import asyncio
from datetime import timedelta

from services.kit.clock import ManualClock
from services.render.worker import ParentWatch
from tests.unit.render.bench import settled


async def test_a_worker_drains_when_its_parent_has_died() -> None:
    clock, stop, parents = ManualClock(), asyncio.Event(), [7]
    told: list[str] = []
    watch = ParentWatch(7, clock, current=lambda: parents[-1], drain=lambda: told.append("drain"))
    running = asyncio.ensure_future(watch.run(stop))
    await settled()
    await clock.advance(timedelta(seconds=0.5))
    assert not told
    parents.append(1)
    await clock.advance(timedelta(seconds=0.5))
    await settled()
    assert told == ["drain"]
    await clock.advance(timedelta(seconds=5))
    assert told == ["drain"], "once is enough"
    stop.set()
    await running
