"""A LitServe server with the same pipeline: `python -m benchmarks.engine.peer_server PORT`.

Batches are of whole requests. A pipeline call has one step count, so a batch takes one call for
each step count in it.
"""

import os
import signal
import sys
import threading
import time
from collections import defaultdict
from typing import Any

import litserve  # type: ignore[import-not-found,unused-ignore]

from benchmarks.engine.sides import PLACES
from benchmarks.engine.subject import LAUNCH_BOUND, built, drawn

_BATCH_TIMEOUT = 0.01
_WAITS = 600


class Api(litserve.LitAPI):  # type: ignore[misc,unused-ignore]
    def setup(self, device: str) -> None:  # noqa: ARG002 - the server's signature
        self._pipeline = built(LAUNCH_BOUND)
        drawn(self._pipeline, [0], 2, lambda _: None)

    def batch(self, inputs: list[dict[str, int]]) -> list[dict[str, int]]:
        return inputs

    def unbatch(self, output: list[dict[str, float]]) -> list[dict[str, float]]:
        return output

    def predict(self, x: list[dict[str, int]], **_: Any) -> list[dict[str, float]]:
        alike: dict[int, list[int]] = defaultdict(list)
        for place, job in enumerate(x):
            alike[job["steps"]].append(place)
        told: list[dict[str, float]] = [{}] * len(x)
        for steps, places in alike.items():
            times = self._times(steps, [x[place]["number"] for place in places])
            for place in places:
                told[place] = times
        return told

    def _times(self, steps: int, numbers: list[int]) -> dict[str, float]:
        seen: list[float] = []
        drawn(self._pipeline, numbers, steps, lambda _: seen.append(time.monotonic()))
        return {"first": seen[0], "end": time.monotonic()}


def _end_with_parent() -> None:
    """Its pipe closes when it is gone, however it went. The server's group is its own."""
    os.read(sys.stdin.fileno(), 1)  # not sys.stdin.read: a forked child would wait for its lock
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    api = Api(max_batch_size=PLACES, batch_timeout=_BATCH_TIMEOUT)
    server = litserve.LitServer(api, accelerator="cpu", timeout=_WAITS)
    server.run(
        host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="warning"
    )
