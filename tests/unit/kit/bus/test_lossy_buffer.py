from datetime import timedelta

from services.kit.bus.lossy import LossyBuffer
from services.kit.clock import ManualClock
from tests.unit.kit.bus.samples import cancel


async def test_a_full_buffer_lets_the_oldest_go() -> None:
    buffer = LossyBuffer(ManualClock(), size=2)
    first, second, third = cancel(), cancel(), cancel()

    assert [buffer.put(envelope) for envelope in (first, second, third)] == [None, None, first]
    assert await buffer.take() == ([second, third], [])


async def test_what_waited_too_long_is_stale() -> None:
    clock = ManualClock()
    buffer = LossyBuffer(clock, seconds=3)
    old, new = cancel(), cancel()
    buffer.put(old)
    clock.move(timedelta(seconds=4))
    buffer.put(new)

    assert await buffer.take() == ([new], [old])
