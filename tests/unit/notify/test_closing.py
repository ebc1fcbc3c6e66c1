"""A replica that leaves sends its clients elsewhere, not all of them at once."""

import asyncio
from contextlib import ExitStack

import pytest

from services.kit.clock import ManualClock
from services.notify.closing import StreamCloser
from services.notify.hub import Closed, Hub, Listener
from tests.unit.notify.fakes import ACCOUNT


class Ticks(ManualClock):
    """A clock that keeps what it was asked to sleep, and how many were open meanwhile."""

    def __init__(self, listeners: list[Listener]) -> None:
        super().__init__()
        self._listeners = listeners
        self.open: list[int] = []
        self.slept = 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        still = [await _is_open(listener) for listener in self._listeners]
        self.open.append(sum(still))


async def _is_open(listener: Listener) -> bool:
    try:
        await listener.next(0)
    except Closed:
        return False
    return True


async def closed(count: int, seconds: float) -> Ticks:
    hub, stop = Hub(per_account=10_000), asyncio.Event()
    stop.set()
    with ExitStack() as streams:
        listeners = [streams.enter_context(hub.listen(ACCOUNT, "free")) for _ in range(count)]
        ticks = Ticks(listeners)
        await StreamCloser(hub, ticks, seconds=seconds).run(stop)
        assert not any([await _is_open(listener) for listener in listeners])
        late = streams.enter_context(hub.listen(ACCOUNT, "free"))
        assert not await _is_open(late)
    return ticks


async def test_many_streams_end_over_the_whole_time() -> None:
    ticks = await closed(1000, seconds=5)
    assert ticks.slept == pytest.approx(5, abs=0.2)
    steps = [before - after for before, after in zip(ticks.open, ticks.open[1:], strict=False)]
    assert set(steps) == {10}


async def test_few_end_at_once_or_nearly() -> None:
    assert (await closed(1, seconds=5)).slept == 0
    assert (await closed(10, seconds=5)).slept < 0.6


async def test_without_any_it_is_over() -> None:
    assert (await closed(0, seconds=5)).slept == 0
