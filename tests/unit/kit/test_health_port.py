"""What the health port tells of a service, also of one whose loop is stuck."""

import asyncio
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx2
from pydantic import SecretStr
from structlog.testing import capture_logs

from services.kit.clock import SystemClock
from services.kit.component import Component, Readiness
from services.kit.diagnosis import Check, Finding, Report, Section, ok
from services.kit.lifecycle import Context, Liveness, serve, watch_loop
from services.kit.settings import ServiceSettings
from services.kit.telemetry import Telemetry, metrics
from services.kit.telemetry.recording import recorded_metrics


class Waiter:
    name = "waiter"

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def made_context() -> Iterator[Context[ServiceSettings]]:
    settings = ServiceSettings(
        kafka_bootstrap="127.0.0.1:9092",
        mongo_url=SecretStr("mongodb://127.0.0.1"),
        health_port=free_port(),
    )
    telemetry = Telemetry.start("spoon", "1.2.3", settings)
    yield Context(settings, SystemClock(), Readiness(), telemetry, Liveness())
    telemetry.shutdown()


async def nothing_waits() -> Sequence[Finding]:
    return (ok(Section.OUTBOX, "oldest event", "nothing waits"),)


async def until_answered(client: httpx2.AsyncClient, path: str, status: int) -> httpx2.Response:
    async with asyncio.timeout(10):
        while True:
            answer = await client.get(path)
            if answer.status_code == status:
                return answer
            await asyncio.sleep(0.02)


async def test_the_health_port_tells_how_the_service_is() -> None:
    with made_context() as context:
        stop = asyncio.Event()
        closed: list[str] = []
        context.resources.callback(closed.append, "store")

        async def build(_: Context[ServiceSettings]) -> Sequence[Component]:
            return [Waiter()]

        running = asyncio.create_task(serve("spoon", context, build, stop))
        url = f"http://127.0.0.1:{context.settings.health_port}"
        async with httpx2.AsyncClient(base_url=url) as client:
            ready = await until_answered(client, "/ready", 200)
            assert ready.json() == {"ready": True, "reasons": {}}

            context.readiness.block("database", "no answer")
            blocked = await client.get("/ready")
            assert blocked.status_code == 503
            assert blocked.json() == {"ready": False, "reasons": {"database": "no answer"}}

            assert (await client.get("/live")).json() == {"live": True, "reasons": {}}
            context.liveness.register("consumer", limit=-1)
            hung = await client.get("/live")
            assert hung.status_code == 503
            assert "no sign of life" in hung.json()["reasons"]["consumer"]

            context.diagnosis.add(Check(Section.OUTBOX, "oldest event", nothing_waits, "mend it"))
            told = Report.model_validate_json((await client.get("/diagnosis")).content)
            assert (told.service, told.replica, told.ready) == ("spoon", "0", False)
            assert told.reasons == {"database": "no answer"}
            assert list(told.live) == ["consumer"]
            assert told.findings == tuple(await nothing_waits())

            scraped = await client.get("/metrics")
            assert "heatsink_build" in scraped.text
            assert scraped.headers["content-type"].startswith("text/plain")
            assert (await client.get("/build")).json()["service"] == "spoon"

            context.pages["soup"] = lambda: {"spoons": 3}
            assert (await client.get("/soup")).json() == {"spoons": 3}
            assert (await client.get("/salad")).status_code == 404
        stop.set()
        await running
        assert closed == ["store"]
        assert context.readiness.reasons["service"] == "draining"


async def test_the_health_port_answers_while_the_loop_is_stuck() -> None:
    with made_context() as context:
        stop = asyncio.Event()

        async def build(_: Context[ServiceSettings]) -> Sequence[Component]:
            return [Waiter()]

        running = asyncio.create_task(serve("spoon", context, build, stop))
        url = f"http://127.0.0.1:{context.settings.health_port}"
        async with httpx2.AsyncClient(base_url=url) as client:
            await until_answered(client, "/ready", 200)
        with httpx2.Client(base_url=url) as client_of_a_stuck_loop:
            assert client_of_a_stuck_loop.get("/live", timeout=5).status_code == 200
            context.diagnosis.within = 0.1
            told = client_of_a_stuck_loop.get("/diagnosis", timeout=5)
            (finding,) = Report.model_validate_json(told.content).findings
            assert (finding.what, finding.mark) == ("event loop", "bad")
        stop.set()
        await running


def test_liveness_names_what_has_been_silent_too_long() -> None:
    now = 0.0
    liveness = Liveness(lambda: now)
    beat = liveness.register("consumer", limit=10)
    liveness.register("relay", limit=60)
    now = 11.0
    assert liveness.reasons == {"consumer": "no sign of life for 11 s"}
    beat()
    assert liveness.reasons == {}
    now = 100.0
    liveness.unregister("consumer")
    assert list(liveness.reasons) == ["relay"]


async def test_a_blocked_loop_shows_in_the_figures_and_the_log() -> None:
    with recorded_metrics() as figures, capture_logs() as logs:
        watching = asyncio.create_task(watch_loop(Liveness()))
        async with asyncio.timeout(10):
            while not logs:
                await asyncio.sleep(0)
                time.sleep(1.3)  # noqa: ASYNC251 - the blocking is the point
        watching.cancel()
        assert figures.of(metrics.LOOP_LAG_SECONDS) >= 1
    assert logs[0]["event"] == "event loop was blocked"
