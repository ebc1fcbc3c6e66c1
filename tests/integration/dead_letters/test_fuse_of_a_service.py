"""A stream full of what nobody can read stops its reader, until a human has looked."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.contracts import (
    AccountId,
    Envelope,
    Event,
    EventId,
    JobId,
    Stream,
    WireRecord,
    topics,
)
from services.contracts.events import JobAdmitted, JobRequested
from services.contracts.examples import example_events
from services.kit.bus import Connection, Producer, apply, lag
from services.kit.clock import SystemClock
from services.kit.component import Readiness
from services.kit.data import load_yaml
from services.kit.lifecycle import Context
from services.kit.telemetry import Telemetry
from services.quota.core import Plans
from services.quota.settings import QuotaSettings
from services.quota.wiring import build
from tests.integration.kit.bus.bench import Bench
from tests.running import running
from tests.waiting import eventually

ROOT = Path(__file__).parents[3]
CLOCK = SystemClock()


@pytest.fixture
async def settings(kafka_bootstrap: str, mongo_url: str) -> QuotaSettings:
    name = f"fuse-{secrets.token_hex(4)}"
    await apply(Connection(kafka_bootstrap, name), topics(name))
    return QuotaSettings(
        kafka_bootstrap=kafka_bootstrap,
        mongo_url=SecretStr(mongo_url),
        topic_prefix=name,
        database_prefix=name,
        plans=ROOT / "services" / "quota" / "plans.yaml",
    )


@asynccontextmanager
async def quota(settings: QuotaSettings) -> AsyncIterator[tuple[Readiness, Producer]]:
    telemetry = Telemetry.start("quota", "test", settings)
    context = Context(settings, CLOCK, Readiness(), telemetry)
    async with context.resources:
        components = await build(context, load_yaml(settings.plans, Plans))
        async with running(components, context.readiness):
            [producer] = [one for one in components if isinstance(one, Producer)]
            yield context.readiness, producer
    telemetry.shutdown()


async def test_twenty_in_a_row_stop_quota_and_readiness_says_so_until_a_restart(
    settings: QuotaSettings,
) -> None:
    bench = Bench(settings.kafka_bootstrap, settings.topic_prefix)
    topic = bench.connection.topic(Stream.REQUESTS)
    good = _request()

    async def committed() -> int:
        places = await lag(bench.connection, "quota")
        return sum(place.committed for place in places if place.topic == topic)

    async with quota(settings) as (readiness, producer):
        for _ in range(25):
            await producer.send(topic, WireRecord(good.data.key.encode(), b"{", ()))
        await producer.publish([good])
        blown = {"group:quota": f"fuse_blown:{topic}"}
        await eventually(lambda: readiness.reasons == blown)

        async def has_committed() -> bool:
            return await committed() == 19

        await eventually(has_committed)
        assert not readiness.ready
        assert len(await bench.dead_letters(Stream.REQUESTS)) == 19
        assert await admissions(bench) == []

    async with quota(settings) as (readiness, _):

        async def has_admitted() -> bool:
            return bool(await admissions(bench))

        await eventually(has_admitted)
        assert readiness.ready
    letters = await bench.dead_letters(Stream.REQUESTS)
    assert [letter.record.offset for letter in letters] == list(range(25))
    assert {letter.reason for letter in letters} == {"not_a_cloudevent"}


def _request() -> Envelope[Event]:
    now = CLOCK.now()
    example = next(event for event in example_events() if isinstance(event, JobRequested))
    changes = {"at": now, "account": AccountId.new(now), "job": JobId.new(now), "start_by": None}
    return Envelope(EventId.new(now), "test", example.model_copy(update=changes))


async def admissions(bench: Bench) -> list[Event]:
    found = await bench.events(Stream.DECISIONS)
    return [event for event in found if isinstance(event, JobAdmitted)]
