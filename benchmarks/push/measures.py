"""The figures of pushes and of Kafka as an entrance."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import httpx2
import psutil
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # type: ignore[import-untyped]
from heatsink.client import submission

from benchmarks.bench import NOOP, Bench, Measures, measured, running_bench
from benchmarks.client import opened, percentile
from benchmarks.processes import resident_mb
from benchmarks.push.sinks import Sinks, sinks
from benchmarks.push.streams import Streams
from benchmarks.sizes import Figures, Sizes
from services.cli.api import Api
from services.cli.parts import free_port

__all__ = ["PUSH_FIGURES", "push"]

_SETTINGS = {
    **NOOP,
    "HEATSINK_NOTIFY_WEBHOOK_NETWORKS": "127.0.0.0/8",
    "HEATSINK_NOTIFY_WEBHOOK_HTTP": "true",
    "HEATSINK_NOTIFY_CONNECTIONS": "10000",
    "HEATSINK_NOTIFY_REQUESTS_AT_ONCE": "20000",
}
_ENDPOINTS = 10
_WITHIN = 300.0
_QUIET = 3.0


async def push(only: tuple[str, ...], sizes: Sizes) -> Figures:
    return await measured(_MEASURES, only, sizes)


async def _webhooks(sizes: Sizes) -> Figures:
    """Ten endpoints of one account: all well, and then with one that never answers."""
    figures: Figures = {}
    for name, hanging in (("all well", ()), ("one hangs", ("/0",))):
        async with running_bench(_SETTINGS) as bench, sinks() as there:
            there.hanging.update(hanging)
            key = await _endpoints(bench, there)
            began = time.monotonic()
            await _jobs(bench, key, sizes.pushed_jobs)
            expected = sizes.pushed_jobs * (_ENDPOINTS - len(hanging))
            await _until_quiet(there, expected)
            seconds = there.last - began
        delays = [
            delay for path, all_ in there.delays.items() if path not in hanging for delay in all_
        ]
        figures |= {
            f"webhooks a second, {name}": len(delays) / seconds,
            f"webhook p50 s, {name}": percentile(delays, 0.5),
            f"webhook p99 s, {name}": percentile(delays, 0.99),
        }
    return figures


async def _streams(sizes: Sizes) -> Figures:
    """Streams of one notify, and of a plain broadcast: memory of each, and when all have heard."""
    async with running_bench(_SETTINGS) as bench:
        key = bench.system.keys.operator
        before = resident_mb(bench.system)["notify"]
        streams = Streams(bench.system.events_url, "/v1/events", key)
        held = await streams.open(sizes.streams)
        memory = resident_mb(bench.system)["notify"] - before
        moments = await _told_of_a_job(bench, key, streams, held)
        streams.close()
    async with _bare() as (url, pid):
        before = psutil.Process(pid).memory_info().rss
        plain = Streams(url, "/events", "")
        held_plain = await plain.open(sizes.streams)
        memory_plain = (psutil.Process(pid).memory_info().rss - before) / 1e6
        plain.listen_for(b"a-mark")
        began = time.monotonic()
        async with httpx2.AsyncClient() as http:
            await http.post(f"{url}/tell?mark=a-mark")
        heard = await plain.until_heard(b"a-mark", held_plain, _WITHIN)
        plain.close()
    return {
        "streams held": held,
        "streams refused at first": streams.refused,
        "KB a stream": 1000 * memory / held,
        "s from the event to a stream, p50": percentile(moments, 0.5),
        "s from the event to a stream, p99": percentile(moments, 0.99),
        "s from the first to the last that heard": max(moments) - min(moments),
        "KB a stream, plain": 1000 * memory_plain / held_plain,
        "s from the telling to a stream, plain, p50": percentile([m - began for m in heard], 0.5),
        "s from the telling to a stream, plain, p99": percentile([m - began for m in heard], 0.99),
        "s from the first to the last that heard, plain": max(heard) - min(heard),
    }


async def _submissions(sizes: Sizes) -> Figures:
    """From the moment before a message is sent to the decision on its job."""
    async with running_bench(_SETTINGS) as bench:
        async with Api.connected(bench.system.url, bench.system.keys.operator) as api:
            granted = await api.post("/v1/submission-tokens", {"hours": 1})
        brokers = bench.system.addresses.kafka_bootstrap
        topics = ("heatsink.requests.v1", "heatsink.decisions.v1")
        reading = AIOKafkaConsumer(*topics, bootstrap_servers=brokers, auto_offset_reset="latest")
        writing = AIOKafkaProducer(bootstrap_servers=brokers)
        async with reading, writing:
            await reading.seek_to_end()
            sent: dict[str, float] = {}
            for number in range(sizes.submissions):
                name = f"order-{number}"
                one = submission(granted["account"], granted["token"], name, "a fox", steps=1)
                sent[name] = time.monotonic()
                await writing.send(one.topic, one.value, key=one.key, headers=list(one.headers))
            decided = await _decided(reading, sizes.submissions)
    delays = [moment - sent[name] for name, moment in decided.items()]
    return {
        "submissions a second": len(decided) / (max(decided.values()) - min(sent.values())),
        "submission to decision p50 s": percentile(delays, 0.5),
        "submission to decision p99 s": percentile(delays, 0.99),
    }


async def _decided(reading: AIOKafkaConsumer, count: int) -> dict[str, float]:
    """By submission, when its decision was read."""
    name_of: dict[str, str] = {}
    moment_of: dict[str, float] = {}
    async with asyncio.timeout(_WITHIN):
        async for record in reading:
            event = json.loads(record.value or b"{}")
            if event.get("submission"):
                name_of[event["job"]] = event["submission"]
            elif "decisions" in record.topic:
                moment_of.setdefault(event["job"], time.monotonic())
            if len(moment_of) == count and len(name_of) == count:
                break
    return {name_of[job]: moment for job, moment in moment_of.items()}


async def _endpoints(bench: Bench, there: Sinks) -> str:
    """The key of an account that ten of them belong to."""
    async with Api.connected(bench.system.url, bench.system.keys.operator) as operator:
        key = await opened(operator, "pushed", "operator")
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=bench.system.events_url, headers=headers) as http:
        for number in range(_ENDPOINTS):
            answer = await http.post("/v1/webhooks", json={"url": there.url(number)})
            while answer.status_code == 401:  # noqa: PLR2004 - notify hears of a key a moment later
                await asyncio.sleep(0.1)
                answer = await http.post("/v1/webhooks", json={"url": there.url(number)})
            answer.raise_for_status()
    return key


async def _jobs(bench: Bench, key: str, count: int) -> None:
    async with Api.connected(bench.system.url, key) as api:
        for _ in range(count):
            await api.post("/v1/jobs", {"prompt": "a fox", "steps": 1})


async def _until_quiet(there: Sinks, expected: int) -> None:
    async with asyncio.timeout(_WITHIN):
        while there.arrived < expected:  # noqa: ASYNC110 - it counts by itself
            await asyncio.sleep(0.1)


async def _told_of_a_job(bench: Bench, key: str, streams: Streams, held: int) -> list[float]:
    """Seconds from the end of one job, as its event says it, until each stream heard of it."""
    mark = b"event: job.completed"
    await asyncio.sleep(_QUIET)
    streams.listen_for(mark)
    async with Api.connected(bench.system.url, key) as api:
        job = await api.post("/v1/jobs", {"prompt": "a fox", "steps": 1})
        heard = await streams.until_heard(mark, held, _WITHIN)
        ended = datetime.fromisoformat((await api.get(f"/v1/jobs/{job['id']}"))["ended_at"])
    since = ended.timestamp() - time.time() + time.monotonic()
    return [moment - since for moment in heard]


@asynccontextmanager
async def _bare() -> AsyncIterator[tuple[str, int]]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.push.bare", str(port)
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(30), httpx2.AsyncClient() as http:
            while True:
                try:
                    await http.post(f"{url}/tell?mark=none")
                except httpx2.ConnectError:
                    await asyncio.sleep(0.1)
                else:
                    break
        yield url, process.pid
    finally:
        process.terminate()
        await process.wait()


_MEASURES: Measures = {
    "webhooks": _webhooks,
    "streams": _streams,
    "submissions": _submissions,
}
PUSH_FIGURES = tuple(_MEASURES)
