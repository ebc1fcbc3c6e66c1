"""The API's figures: reads, creates and refusals, calls that wait, and photos."""

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx2

from benchmarks.api.photos import heavy, snapshot
from benchmarks.api.wrk import CREATE, loaded
from benchmarks.bench import NOOP, Bench, Measures, measured, running_bench
from benchmarks.client import opened
from benchmarks.processes import resident_mb
from benchmarks.sizes import Figures, Sizes
from services.cli.api import Api
from services.gateway.photos.decoder import Decoder, DecoderSettings

__all__ = ["API_FIGURES", "api"]

_SLOW = {
    **NOOP,
    "HEATSINK_RENDER_NOOP_STEP_SECONDS": "60",
    "HEATSINK_GATEWAY_WAITS_AT_ONCE": "2000",
}
_A_SHARE = 50
_SETTLE_SECONDS = 20.0
_OPENED_PER_SECOND = 15
_MALFORMED = "Bearer hs_live_00000000_nobody"


async def api(only: tuple[str, ...], sizes: Sizes) -> Figures:
    return await measured(_MEASURES, only, sizes)


async def _requests(sizes: Sizes) -> Figures:
    """Each side by side with the bare route, in one run."""
    seconds = sizes.wrk_seconds
    async with running_bench(NOOP) as bench, _bare() as bare:
        key = {"Authorization": f"Bearer {bench.system.keys.operator}"}
        url = bench.system.url
        job = await _a_job(bench)
        nothing = await loaded(f"{bare}/nothing", seconds)
        reads = await loaded(f"{url}/v1/jobs/{job}", seconds, headers=key)
        refused = await loaded(
            f"{url}/v1/jobs/{job}", seconds, headers={"Authorization": _MALFORMED}
        )
        creates = await loaded(f"{url}/v1/jobs", seconds, headers=key, script=CREATE)
    return {
        **nothing.figures("bare route"),
        **reads.figures("job read"),
        **refused.figures("401"),
        **creates.figures("job created"),
        "job reads, share of the bare route": reads.per_second / nothing.per_second,
    }


async def _held(sizes: Sizes) -> Figures:
    """Blocking calls that all wait at once, and what they take of gateway's memory."""
    async with running_bench(_SLOW) as bench:
        keys = await _keys(bench, sizes.held_calls // _A_SHARE)
        before = resident_mb(bench.system)["gateway"]
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(
            base_url=bench.system.url, limits=limits, timeout=300, trust_env=False
        ) as http:
            calls = []
            for key in keys * _A_SHARE:
                calls.append(asyncio.create_task(_draw(http, key)))
                await asyncio.sleep(1 / _OPENED_PER_SECOND)
            await asyncio.sleep(_SETTLE_SECONDS)
            held = sum(not call.done() for call in calls)
            memory = resident_mb(bench.system)["gateway"] - before
            for call in calls:
                call.cancel()
            await asyncio.wait(calls)
    return {"calls held": held, "gateway MB more": memory, "KB a held call": 1_000 * memory / held}


async def _photos(sizes: Sizes) -> Figures:
    """Photos read per second, and reads of a job while bombs are decoded beside them."""
    decoder, photo = Decoder(DecoderSettings(at_once=2)), snapshot()
    began = time.monotonic()
    await asyncio.gather(*(decoder.read(photo) for _ in range(sizes.photos)))
    rate = sizes.photos / (time.monotonic() - began)
    async with running_bench(NOOP) as bench:
        key = {"Authorization": f"Bearer {bench.system.keys.operator}"}
        url = f"{bench.system.url}/v1/jobs/{await _a_job(bench)}"
        calm = await loaded(url, sizes.wrk_seconds, headers=key)
        bombing = asyncio.create_task(_bomb(bench))
        bombed = await loaded(url, sizes.wrk_seconds, headers=key)
        bombing.cancel()
        await asyncio.wait({bombing})
    return {
        "photos read per second": rate,
        **calm.figures("job read, calm"),
        **bombed.figures("job read, bombs beside it"),
    }


async def _bomb(bench: Bench) -> None:
    """One heavy photo after another, by the edits route."""
    files = {"image": ("photo.png", heavy())}
    headers = {"Authorization": f"Bearer {bench.system.keys.operator}"}
    async with httpx2.AsyncClient(timeout=60, trust_env=False) as http:
        while True:
            await http.post(
                f"{bench.system.url}/v1/images/edits",
                data={"prompt": "a bomb", "size": "nothing"},
                files=files,
                headers=headers,
            )


async def _draw(http: httpx2.AsyncClient, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    with suppress(httpx2.HTTPError):
        await http.post("/v1/images/generations", json={"prompt": "a fox"}, headers=headers)


async def _a_job(bench: Bench) -> str:
    headers = {"Authorization": f"Bearer {bench.system.keys.operator}", "Prefer": "wait=30"}
    async with httpx2.AsyncClient(timeout=60, trust_env=False) as http:
        made = await http.post(
            f"{bench.system.url}/v1/jobs", json={"prompt": "a fox", "steps": 1}, headers=headers
        )
    return str(made.json()["id"])


async def _keys(bench: Bench, accounts: int) -> list[str]:
    async with Api.connected(bench.system.url, bench.system.keys.operator) as operator:
        return [
            await opened(operator, f"waiter {number}", "operator") for number in range(accounts)
        ]


@asynccontextmanager
async def _bare() -> AsyncIterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.api.bare", str(port)
    )
    try:
        await _until_open(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def _until_open(port: int) -> None:
    async with asyncio.timeout(30):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.1)


_MEASURES: Measures = {
    "requests": _requests,
    "held": _held,
    "photos": _photos,
}
API_FIGURES = tuple(_MEASURES)
