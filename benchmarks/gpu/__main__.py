"""`python -m benchmarks.gpu sd15 sdxl`: one JSON line for each figure, as it is found."""

import argparse
import json
import sys
from typing import Any

import torch

from benchmarks.gpu.renders import Renders
from benchmarks.gpu.shapes import SHAPES, built

_ROUNDS = 2


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("shapes", nargs="+", choices=SHAPES)
    parser.add_argument("--compiled", action="store_true", help="the denoiser by torch.compile")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=8)
    told = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    for name in told.shapes:
        _measure(name, device, told)


def _measure(name: str, device: torch.device, told: argparse.Namespace) -> None:
    shape = SHAPES[name]
    pipeline = built(shape, device, torch.bfloat16)
    if told.compiled:
        pipeline.unet.compile(dynamic=False)
    renders = Renders(pipeline, shape, steps=told.steps, at_once=told.at_once)
    tell = _Teller(name, device, compiled=told.compiled)
    renders.one_at_a_time()
    for _ in range(_ROUNDS):
        renders.at_once()
    for _ in range(_ROUNDS):
        alone, together = renders.one_at_a_time(), renders.at_once()
        tell("one at a time, s", alone)
        tell("at once, s", together)
        tell("ratio", alone / together)
    wait, step = renders.paid_wait(tries=5)
    tell("paid render's first step, ms", 1000 * wait)
    tell("a free render's step meanwhile, ms", 1000 * step)
    if device.type == "cuda":
        tell("most memory, GiB", torch.cuda.max_memory_allocated() / 2**30)
        torch.cuda.reset_peak_memory_stats()
    renders.close()


class _Teller:
    def __init__(self, name: str, device: torch.device, *, compiled: bool) -> None:
        card = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
        self._about: dict[str, Any] = {"shape": name, "card": card, "compiled": compiled}

    def __call__(self, figure: str, value: float) -> None:
        line = {**self._about, "figure": figure, "value": round(value, 4)}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
