"""Renders of one pipeline: one at a time, at once, and a paid one among free ones."""

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import torch

from benchmarks.gpu.shapes import Shape
from services.contracts import Lane
from services.render.engine.batching import SharedRenders

__all__ = ["Renders"]

_TOKENS = 77
_GUIDANCE = 5.0


class Renders:
    """`steps` of each render; `at_once` of them. Times are seconds."""

    def __init__(self, pipeline: Any, shape: Shape, *, steps: int, at_once: int) -> None:
        self._pipeline = pipeline
        self._shape = shape
        self._steps = steps
        self._at_once = at_once
        self._shared = SharedRenders(pipeline, rows_at_once=2 * at_once)

    def close(self) -> None:
        self._shared.close()

    def one_at_a_time(self) -> float:
        began = time.monotonic()
        for number in range(self._at_once):
            self._render(Lane.FREE, number)
        return time.monotonic() - began

    def at_once(self) -> float:
        began = time.monotonic()
        with ThreadPoolExecutor(self._at_once) as threads:
            list(threads.map(lambda n: self._render(Lane.FREE, n), range(self._at_once)))
        return time.monotonic() - began

    def paid_wait(self, tries: int) -> tuple[float, float]:
        """The median of a paid render's first step, from asking for it, and of a free one's step.

        As many free renders as there are places go on all the while.
        """
        with self._busy() as steps:
            waits = [self._first_step() for _ in range(tries)]
        return statistics.median(waits), statistics.median(steps)

    @contextmanager
    def _busy(self) -> Iterator[list[float]]:
        over, steps = threading.Event(), list[float]()

        def go_on(number: int) -> None:
            while not over.is_set():
                self._render(Lane.FREE, number, steps)

        with ThreadPoolExecutor(self._at_once) as threads:
            going = [threads.submit(go_on, number) for number in range(self._at_once)]
            time.sleep(1)
            try:
                yield steps
            finally:
                over.set()
        for one in going:
            one.result()

    def _first_step(self) -> float:
        steps: list[float] = []
        self._render(Lane.PAID, 99, steps, count=2)
        return steps[0]

    def _render(
        self, lane: Lane, number: int, took: list[float] | None = None, count: int | None = None
    ) -> None:
        with self._shared.begin(lane, f"account-{number}") as (pipeline, seat):
            if took is not None:
                _time_steps(seat, took)
            pipeline(
                **self._embeddings(),
                height=self._shape.side,
                width=self._shape.side,
                num_inference_steps=count or self._steps,
                guidance_scale=_GUIDANCE,
                generator=torch.Generator().manual_seed(number),
                output_type="latent",
            )

    def _embeddings(self) -> dict[str, torch.Tensor]:
        unet = self._pipeline.unet
        like = {"device": unet.device, "dtype": unet.dtype}
        words = torch.zeros(1, _TOKENS, unet.config.cross_attention_dim, **like)
        told = {"prompt_embeds": words, "negative_prompt_embeds": words}
        if self._shape.pooled:
            pooled = torch.zeros(1, self._shape.pooled, **like)
            told |= {"pooled_prompt_embeds": pooled, "negative_pooled_prompt_embeds": pooled}
        return told


def _time_steps(seat: Any, took: list[float]) -> None:
    """Notes how long each step takes from asking for it."""
    step = seat.step

    def timed(inputs: Any) -> Any:
        began = time.monotonic()
        try:
            return step(inputs)
        finally:
            took.append(time.monotonic() - began)

    seat.step = timed
