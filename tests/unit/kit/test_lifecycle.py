import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from services.kit.clock import SystemClock
from services.kit.component import Component, Readiness
from services.kit.diagnosis import Check, Finding, Report, Section, ok
from services.kit.lifecycle import Context, Liveness, serve, watch_loop
from services.kit.settings import ServiceSettings
from services.kit.telemetry import Telemetry, metrics
from services.kit.telemetry.recording import recorded_metrics

SERVICE = """
import asyncio, sys, time
from services.kit.lifecycle import run_service
from services.kit.settings import ServiceSettings, misconfigured, read

class Waiter:
    name = "waiter"
    async def run(self, stop):
        {body}

async def build(context):
    {build}
    return [Waiter()]

run_service("spoon", "1.2.3", read(ServiceSettings), build)
"""


class Process:
    def __init__(self, body: str, build: str, **environ: str) -> None:
        code = SERVICE.format(body=body, build=build)
        basic = {
            "HEATSINK_KAFKA_BOOTSTRAP": "127.0.0.1:9092",
            "HEATSINK_MONGO_URL": "mongodb://127.0.0.1",
            "PATH": os.environ["PATH"],
        }
        self._child = subprocess.Popen(
            [sys.executable, "-c", code], stderr=subprocess.PIPE, env=basic | environ, text=True
        )
        self.lines: list[dict[str, Any]] = []

    def wait_for(self, event: str, **fields: object) -> dict[str, Any]:
        assert self._child.stderr is not None
        for text in self._child.stderr:
            line: dict[str, Any] = json.loads(text)
            self.lines.append(line)
            if line["event"] == event and fields.items() <= line.items():
                return line
        raise AssertionError(f"no {event!r} in {self.lines}")

    def signal(self, number: signal.Signals) -> None:
        self._child.send_signal(number)

    def end(self) -> int:
        _, rest = self._child.communicate(timeout=20)
        self.lines += [json.loads(line) for line in rest.splitlines()]
        return self._child.returncode

    def raw_end(self) -> tuple[int, str]:
        _, rest = self._child.communicate(timeout=20)
        return self._child.returncode, rest

    def close(self) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.communicate()


Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Process] = []

    def begin(body: str = "await stop.wait()", build: str = "pass", **environ: str) -> Process:
        started.append(Process(body, build, **environ))
        return started[-1]

    yield begin
    for process in started:
        process.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_the_service_and_it_exits_with_0(
    start: Start, number: signal.Signals
) -> None:
    process = start()
    process.wait_for("service started")
    process.signal(number)
    assert process.end() == 0
    events = [line["event"] for line in process.lines]
    assert (events.count("service started"), events.count("service stopped")) == (1, 1)
    assert process.lines[-1]["reason"] == number.name


def test_the_start_line_says_what_runs(start: Start) -> None:
    line = start().wait_for("service started")
    assert line["service"] == "spoon"
    assert line["components"] == ["waiter"]
    assert line["health_port"] > 0
    assert {"version", "commit", "python", "pid"} <= line.keys()


def test_a_second_signal_ends_the_process_at_once(start: Start) -> None:
    process = start("await stop.wait(); await asyncio.sleep(60)")
    process.wait_for("service started")
    process.signal(signal.SIGTERM)
    process.wait_for("readiness", reason="draining")
    process.signal(signal.SIGTERM)
    began = time.monotonic()
    assert process.end() == 128 + signal.SIGTERM
    assert time.monotonic() - began < 5


def test_two_signals_end_even_a_process_whose_loop_is_stuck(start: Start) -> None:
    process = start("time.sleep(60)")
    process.wait_for("service started")
    process.signal(signal.SIGTERM)
    process.signal(signal.SIGINT)
    assert process.end() in {128 + signal.SIGTERM, 128 + signal.SIGINT}


def test_a_component_that_hangs_delays_the_exit_only_so_long(start: Start) -> None:
    process = start("await stop.wait(); await asyncio.sleep(60)", HEATSINK_DRAIN_SECONDS="0.2")
    process.wait_for("service started")
    process.signal(signal.SIGTERM)
    assert process.end() == 0
    assert "component did not stop in time" in [line["event"] for line in process.lines]


def test_a_crash_is_one_clear_line_and_exit_1(start: Start) -> None:
    process = start("raise RuntimeError('broken')")
    assert process.end() == 1
    (line,) = [line for line in process.lines if line["event"] == "service crashed"]
    assert "RuntimeError: broken" in line["exception"]
    assert line["level"] == "error"
    assert "service stopped" not in [line["event"] for line in process.lines]


def test_a_crash_while_building_is_one_clear_line_and_exit_1(start: Start) -> None:
    process = start(build="raise RuntimeError('no such plan')")
    assert process.end() == 1
    (line,) = [line for line in process.lines if line["level"] == "error"]
    assert "no such plan" in line["exception"]


def test_a_misconfiguration_found_while_building_exits_with_78(start: Start) -> None:
    process = start(build="misconfigured('plans.yaml: free is missing')")
    code, written = process.raw_end()
    assert code == 78
    assert "heatsink: plans.yaml: free is missing" in written.splitlines()


def test_a_signal_while_building_ends_the_service(start: Start) -> None:
    process = start(build="await asyncio.sleep(60)")
    process.wait_for("readiness")
    process.signal(signal.SIGTERM)
    assert process.end() == 0


def test_a_health_port_that_is_taken_is_named(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(HEATSINK_HEALTH_PORT=str(port))
        assert process.end() == 1
    assert f"can't listen on 127.0.0.1:{port}" in process.lines[-1]["exception"]


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
