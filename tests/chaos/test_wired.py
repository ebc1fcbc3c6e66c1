"""A client that comes by a wire stays on it, though Kafka tells its clients where to go."""

import pytest

from services.contracts import topics
from services.kit.bus import apply, missing
from services.kit.bus.connection import Connection
from services.kit.errors import Unavailable
from tests.chaos.wired import WiredParts
from tests.integration.kit.bus.bench import Bench, Heard, eventually, running
from tests.unit.kit.bus.samples import cancel


async def test_events_go_by_the_wire_and_stop_with_it(parts: WiredParts) -> None:
    straight = Connection(parts.broker.bootstrap, "straight")
    await apply(straight, topics("straight"))
    bench, heard = Bench(parts.kafka.address, "straight"), Heard()
    async with running(bench.producer, bench.group(heard)):
        await bench.ready()
        first, second = cancel(), cancel()
        await bench.producer.publish([first])
        await eventually(lambda: first in heard)
        assert parts.kafka.connections >= 2

        parts.kafka.cut()
        with pytest.raises(Unavailable):
            await bench.producer.publish([second])
        assert await missing(straight, ["heatsink.nothing"]) == ("heatsink.nothing",)

        parts.kafka.heal()
        await bench.ready()
        await bench.producer.publish([second])
        await eventually(lambda: second in heard)
