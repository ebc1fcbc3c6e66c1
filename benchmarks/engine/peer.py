"""The peer's process, and a side that asks it over HTTP."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2

from benchmarks.bench import environment
from benchmarks.engine.jobs import Job
from benchmarks.engine.line import Times
from benchmarks.installing import install

__all__ = ["Peer", "peer"]

_HERE = Path(__file__).parent
_STARTS_WITHIN = 120.0
_ANSWERS_WITHIN = 600.0
_CLIENTS = 64


class Peer:
    """Sends each job as a request of its own, as soon as it comes."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client
        self._threads = ThreadPoolExecutor(_CLIENTS)

    def submit(self, job: Job) -> Future[Times]:
        return self._threads.submit(self._ask, job)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    def _ask(self, job: Job) -> Times:
        asked = {"number": job.number, "steps": job.steps}
        answer = self._client.post("/predict", json=asked)
        return Times(**answer.raise_for_status().json())


@contextmanager
def peer() -> Iterator[Peer]:
    """Installed for this run into a folder of its own: its wishes do not bind ours."""
    with tempfile.TemporaryDirectory() as folder:
        install(_HERE / "peer.txt", folder)
        with (
            _served(folder) as address,
            httpx2.Client(
                base_url=address,
                timeout=_ANSWERS_WITHIN,
                limits=httpx2.Limits(max_connections=_CLIENTS),
            ) as client,
        ):
            _await_ready(client)
            asking = Peer(client)
            try:
                yield asking
            finally:
                asking.close()


@contextmanager
def _served(folder: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.engine.peer_server", str(port)]
    around = {**environment(), "PYTHONPATH": folder}
    server = subprocess.Popen(  # noqa: S603 - our own arguments
        command, env=around, stdin=subprocess.PIPE, stdout=sys.stderr, start_new_session=True
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _await_ready(client: httpx2.Client) -> None:
    until = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            if client.get("/health").status_code == httpx2.codes.OK:
                return
        except httpx2.TransportError:
            pass
        if time.monotonic() > until:
            raise TimeoutError("the peer did not start")
        time.sleep(0.2)
