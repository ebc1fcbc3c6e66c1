"""Quota alone on real Kafka, and what it is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from services.contracts import AccountId, Envelope, EventId, JobId
from services.contracts.events import JobRequested
from services.contracts.examples import example_events
from services.kit.bus import Producer
from services.kit.clock import SystemClock
from services.kit.component import Readiness
from services.kit.data import load_yaml
from services.kit.lifecycle import Context
from services.kit.telemetry import Telemetry
from services.quota.core import Plans
from services.quota.settings import QuotaSettings
from services.quota.wiring import build
from tests.running import running

__all__ = ["CLOCK", "PLANS", "quota", "request"]

PLANS = Path(__file__).parents[3] / "services" / "quota" / "plans.yaml"
CLOCK = SystemClock()


@asynccontextmanager
async def quota(settings: QuotaSettings) -> AsyncIterator[tuple[Readiness, Producer]]:
    telemetry = Telemetry.start("quota", "test", settings)
    context = Context(settings, CLOCK, Readiness(), telemetry)
    async with context.resources:
        components = await build(context, load_yaml(PLANS, Plans))
        async with running(components, context.readiness):
            [producer] = [one for one in components if isinstance(one, Producer)]
            yield context.readiness, producer
    telemetry.shutdown()


def request(of: AccountId | None = None) -> Envelope[JobRequested]:
    """One picture for an account, by default one that nobody has heard of."""
    now = CLOCK.now()
    example = next(event for event in example_events() if isinstance(event, JobRequested))
    changes = {"account": of or AccountId.new(now), "job": JobId.new(now), "units": 1}
    event = example.model_copy(update={"at": now, "start_by": None, **changes})
    return Envelope(EventId.new(now), "test", event)
