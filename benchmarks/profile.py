"""Where a job's time goes: processor, database operations and Kafka records for each no-op job."""

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks.bench import NOOP, Bench, running_bench, say
from benchmarks.client import crowd
from benchmarks.load import closed_loop
from benchmarks.processes import cpu_seconds, python_pids
from benchmarks.sampling import sampled
from benchmarks.sizes import Figures, Sizes
from services.contracts import Stream
from services.kit.bus import Connection
from services.kit.bus.admin import partitions
from services.kit.bus.kafka import AIOKafkaConsumer

__all__ = ["profile"]

_DB_LINE = re.compile(
    r"heatsink_database_duration_seconds_(count|sum)"
    r'\{collection="(\w+)",operation="(\w+)".*\} (\S+)'
)


@dataclass(frozen=True)
class _Reading:
    """Counters of a moment, by name."""

    at: float
    cpu: Mapping[str, float]
    database: Mapping[str, float]
    kafka: Mapping[str, float]


async def profile(sizes: Sizes, stacks: Path | None) -> Figures:
    """With `stacks`, each Python process is sampled too: slower, and another kind of answer."""
    async with running_bench(NOOP) as bench:
        await asyncio.sleep(5)
        figures = await _at_rest(bench, sizes.rest_seconds)
        async with crowd(bench, sizes.accounts) as clients:
            await closed_loop(clients, sizes.noop_jobs // 10, sizes.open_jobs, steps=1)
            say("profiling")
            before = await _read(bench)
            async with _sampling(bench, stacks):
                rate = await closed_loop(clients, sizes.noop_jobs, sizes.open_jobs, steps=1)
            await asyncio.sleep(2)
            after = await _read(bench)
    figures |= {"no-op jobs per second": rate}
    return figures | _per_job(before, after, sizes.noop_jobs)


@asynccontextmanager
async def _sampling(bench: Bench, stacks: Path | None) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        if stacks is not None:
            await stack.enter_async_context(sampled(python_pids(bench.system), stacks))
        yield


async def _at_rest(bench: Bench, seconds: float) -> Figures:
    before = await _read(bench)
    await asyncio.sleep(seconds)
    after = await _read(bench)
    took = after.at - before.at
    cpu = _gain(before.cpu, after.cpu)
    operations = sum(
        value for name, value in _gain(before.database, after.database).items() if "calls" in name
    )
    figures = {f"at rest, processor %, {name}": 100 * value / took for name, value in cpu.items()}
    return figures | {"at rest, database calls per second": operations / took}


def _per_job(before: _Reading, after: _Reading, jobs: int) -> Figures:
    gains = {
        **{f"processor ms, {name}": 1000 * v for name, v in _gain(before.cpu, after.cpu).items()},
        **_gain(before.database, after.database),
        **_gain(before.kafka, after.kafka),
    }
    return {f"per job, {name}": value / jobs for name, value in gains.items() if value}


def _gain(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: value - before.get(name, 0.0) for name, value in after.items()}


async def _read(bench: Bench) -> _Reading:
    cpu = cpu_seconds(bench.system)
    return _Reading(time.monotonic(), cpu, await _database(bench), await _kafka(bench))


async def _database(bench: Bench) -> dict[str, float]:
    """From the services' own metrics: calls, and the milliseconds that they took."""
    found: defaultdict[str, float] = defaultdict(float)
    async with httpx2.AsyncClient() as http:
        for service, port in bench.health.items():
            page = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
            for kind, collection, operation, value in _DB_LINE.findall(page):
                unit, factor = ("calls", 1) if kind == "count" else ("ms", 1000)
                name = f"database {unit}, {service}, {collection}, {operation}"
                found[name] += factor * float(value)
    return dict(found)


async def _kafka(bench: Bench) -> dict[str, float]:
    addresses = bench.system.addresses
    connection = Connection(addresses.kafka_bootstrap, addresses.topic_prefix, "bench")
    topics = {connection.topic(stream): stream for stream in Stream}
    consumer = AIOKafkaConsumer(**connection.options())
    await consumer.start()
    try:
        ends = await consumer.end_offsets(list(await partitions(connection, list(topics))))
    finally:
        await consumer.stop()
    found: Counter[str] = Counter()
    for place, end in ends.items():
        found[f"kafka records, {topics[place.topic].value}"] += end
    return dict(found)
