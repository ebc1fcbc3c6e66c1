import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

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
