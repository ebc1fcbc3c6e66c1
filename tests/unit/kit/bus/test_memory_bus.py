import pytest

from services.contracts import Envelope, Event, Stream
from services.kit.bus import MemoryBus
from services.kit.errors import Unavailable
from tests.unit.kit.bus.samples import cancel


async def test_each_handler_gets_each_event_once() -> None:
    bus = MemoryBus()
    envelopes = [cancel(), cancel()]
    heard: list[Envelope[Event]] = []

    async def handler(envelope: Envelope[Event]) -> None:
        heard.append(envelope)

    await bus.publish(envelopes)
    assert await bus.deliver(handler) == 2
    assert await bus.deliver(handler) == 0
    assert heard == envelopes
    assert bus.events(Stream.CANCELLATIONS) == [envelope.data for envelope in envelopes]
    assert bus.events(Stream.RENDERS) == []


async def test_streams_that_a_handler_does_not_read_pass_it_by() -> None:
    bus = MemoryBus()
    await bus.publish([cancel()])

    async def handler(_envelope: Envelope[Event]) -> None:
        raise AssertionError

    assert await bus.deliver(handler, Stream.RENDERS) == 0


async def test_an_event_whose_handler_failed_comes_again() -> None:
    bus = MemoryBus()
    await bus.publish([cancel()])
    failures = [Unavailable("database")]

    async def handler(_envelope: Envelope[Event]) -> None:
        if failures:
            raise failures.pop()

    with pytest.raises(Unavailable):
        await bus.deliver(handler)
    assert await bus.deliver(handler) == 1


async def test_a_bus_that_is_told_to_fail_keeps_nothing() -> None:
    bus = MemoryBus()
    bus.fail_next(Unavailable("bus"))

    with pytest.raises(Unavailable):
        await bus.publish([cancel()])
    assert bus.published == []


async def test_lossy_news_is_kept_apart() -> None:
    bus = MemoryBus()
    envelope = cancel()
    bus.send_lossy(envelope)

    assert bus.lossy == [envelope]
    assert bus.published == []
