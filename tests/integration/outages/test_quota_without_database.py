"""Quota while its database is away: nothing is decided, nothing is lost."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from services.cli.parts import KafkaBroker
from services.contracts import Envelope, Event, EventId, JobId, Stream, topics
from services.contracts.events import JobAdmitted, JobRejected
from services.kit.bus import Connection, Producer, Tail, apply, lag
from services.kit.clock import SystemClock
from services.kit.component import Readiness
from services.kit.lifecycle import Context
from services.kit.telemetry import Telemetry
from services.quota.settings import QuotaSettings
from services.quota.wiring import build
from tests.running import running
from tests.unit.quota.cases import PLANS, requested
from tests.waiting import eventually
from tests.wire import Wire

pytestmark = pytest.mark.slow

CLOCK = SystemClock()


@dataclass
class Quota:
    connection: Connection
    readiness: Readiness
    producer: Producer
    decided: list[JobId] = field(default_factory=list)

    def hear(self, envelope: Envelope[Event]) -> None:
        if isinstance(envelope.data, JobAdmitted | JobRejected):
            self.decided.append(envelope.data.job)

    async def ask(self, number: int) -> JobId:
        asked = requested(number)
        await self.producer.publish([Envelope(EventId.new(CLOCK.now()), "test", asked)])
        return asked.job

    async def unhandled(self) -> int:
        """Requests for which no offset is committed yet."""
        topic = self.connection.topic(Stream.REQUESTS)
        return sum(one.lag for one in await lag(self.connection, "quota") if one.topic == topic)


@pytest.fixture
async def quota(broker: KafkaBroker, wire: Wire) -> AsyncIterator[Quota]:
    name = f"quota-{secrets.token_hex(4)}"
    settings = QuotaSettings(
        kafka_bootstrap=broker.bootstrap,
        mongo_url=SecretStr(f"mongodb://{wire.address}/?directConnection=true"),
        topic_prefix=name,
        database_prefix=name,
    )
    connection = Connection(broker.bootstrap, name)
    await apply(connection, topics(name))
    telemetry = Telemetry.start("quota", "test", settings)
    context = Context(settings, CLOCK, Readiness(), telemetry)
    tail = Tail(connection, [Stream.DECISIONS], clock=CLOCK, readiness=Readiness())
    async with context.resources:
        components = await build(context, PLANS)
        [producer] = [one for one in components if isinstance(one, Producer)]
        made = Quota(connection, context.readiness, producer)
        tail.listen(made.hear)
        async with running((*components, tail), context.readiness):
            await tail.until_positioned()
            yield made
    telemetry.shutdown()


async def test_requests_wait_uncommitted_and_each_is_decided_once_when_it_is_back(
    quota: Quota, wire: Wire
) -> None:
    first = await quota.ask(1)
    await eventually(lambda: quota.decided == [first])

    async def is_committed() -> bool:
        return await quota.unhandled() == 0

    await eventually(is_committed)
    wire.cut()
    try:
        await eventually(lambda: "database" in quota.readiness.reasons)
        asked = [await quota.ask(number) for number in range(2, 7)]

        async def is_waiting() -> bool:
            return await quota.unhandled() == len(asked)

        await eventually(is_waiting)
        assert not quota.readiness.ready
        assert quota.decided == [first]
    finally:
        wire.heal()
    await eventually(lambda: sorted(quota.decided) == [first, *asked], within=60)
    await eventually(is_committed)
    await eventually(lambda: quota.readiness.ready)
