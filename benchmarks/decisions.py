"""Quota's decisions, from a request on Kafka to the decision on Kafka, without the others."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.bench import Bench
from benchmarks.client import percentile
from benchmarks.sizes import Figures, Sizes
from services.contracts import AccountId, Envelope, Event, EventId, JobId, JobSpec, Stream
from services.contracts.events import JobAdmitted, JobRejected, JobRequested
from services.kit.bus import Connection, Producer, Tail
from services.kit.clock import SystemClock
from services.kit.component import Readiness

__all__ = ["decisions"]

_WITHIN = 300.0
_BURST = 500
_SPEC = JobSpec(
    model="ember", prompt="a red fox", width=128, height=128, steps=1, guidance=2.5, seed=1
)


async def decisions(bench: Bench, sizes: Sizes) -> Figures:
    """All at once for the rate, then at half of that for the time that one takes."""
    for service in ("gateway", "render", "notify"):
        await bench.system.stop(service)
    try:
        async with _desk(bench) as desk:
            rate = await desk.flood(sizes.decisions)
            waits = await desk.at_pace(rate / 2, sizes.decisions // 2)
    finally:
        for service in ("gateway", "render", "notify"):
            await bench.system.start(service)
            await bench.system.until_ready(service)
    return {
        "quota decisions per second": rate,
        "quota decision at half of that, p50, ms": 1000 * percentile(waits, 0.5),
        "quota decision at half of that, p99, ms": 1000 * percentile(waits, 0.99),
    }


class _Desk:
    """Asks on `requests` and hears on `decisions`."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._clock = SystemClock()
        self._accounts = [AccountId.new(self._clock.now()) for _ in range(64)]
        self._asked: dict[JobId, float] = {}
        self._waits: list[float] = []
        self._all = asyncio.Event()

    def hear(self, envelope: Envelope[Event]) -> None:
        match envelope.data:
            case JobAdmitted(job=job) | JobRejected(job=job) if job in self._asked:
                self._waits.append(time.monotonic() - self._asked.pop(job))
                if not self._asked:
                    self._all.set()
            case _:
                pass

    async def flood(self, count: int) -> float:
        began = time.monotonic()
        requests = [self._request(number) for number in range(count)]
        for first in range(0, count, _BURST):
            await self._producer.publish(requests[first : first + _BURST])
        await self._answered()
        return count / (time.monotonic() - began)

    async def at_pace(self, per_second: float, count: int) -> list[float]:
        self._waits.clear()
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                await asyncio.sleep(max(0.0, began + number / per_second - time.monotonic()))
                tasks.create_task(self._producer.publish([self._request(number)]))
        await self._answered()
        return self._waits

    async def _answered(self) -> None:
        async with asyncio.timeout(_WITHIN):
            while self._asked:
                self._all.clear()
                await self._all.wait()

    def _request(self, number: int) -> Envelope[JobRequested]:
        now = self._clock.now()
        job = JobId.new(now)
        self._asked[job] = time.monotonic()
        request = JobRequested(
            at=now,
            account=self._accounts[number % len(self._accounts)],
            job=job,
            plan="operator",
            account_version=1,
            spec=_SPEC,
            units=1,
        )
        return Envelope(EventId.new(now), "bench", request)


@asynccontextmanager
async def _desk(bench: Bench) -> AsyncIterator[_Desk]:
    addresses, clock, readiness = bench.system.addresses, SystemClock(), Readiness()
    connection = Connection(addresses.kafka_bootstrap, addresses.topic_prefix, "bench")
    producer = Producer(connection, clock, readiness)
    tail = Tail(connection, [Stream.DECISIONS], clock=clock, readiness=readiness)
    desk, stop = _Desk(producer), asyncio.Event()
    tail.listen(desk.hear)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(producer.run(stop))
        tasks.create_task(tail.run(stop))
        await tail.until_positioned()
        try:
            yield desk
        finally:
            stop.set()
