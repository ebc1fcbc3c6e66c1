"""One forward of the model for many calls."""

import inspect
from collections.abc import Sequence
from typing import Any

import torch

from services.render.engine.batching.arguments import Arguments, bind, joined

__all__ = ["JointDenoiser"]


class JointDenoiser:
    """Runs the model once for all calls of one shape, and gives each its rows back."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.model = model
        weights = next(model.parameters(), None)
        self._device = weights.device if weights is not None else torch.device("cpu")
        self._parameters = tuple(inspect.signature(model.forward).parameters)

    def bind(self, *args: Any, **kwargs: Any) -> Arguments:
        return bind(self._parameters, *args, **kwargs)

    @torch.no_grad()
    def run(self, calls: Sequence[Arguments]) -> list[Any]:
        """Answers as the model does, call by call. Raises what the model raises."""
        output = self.model(**joined(calls))
        self._settle()
        if len(calls) == 1:
            return [output]
        return _split(output, [call.rows for call in calls])

    def _settle(self) -> None:
        """Until the accelerator is done, so that the time a step takes can be told."""
        if self._device.type == "cuda":
            torch.cuda.current_stream(self._device).synchronize()


def _split(output: Any, rows: list[int]) -> list[Any]:
    if isinstance(output, torch.Tensor):
        return list(torch.split(output, rows))
    if isinstance(output, dict):
        parts = {name: _split(value, rows) for name, value in output.items()}
        return [
            type(output)(**{name: part[index] for name, part in parts.items()})
            for index in range(len(rows))
        ]
    return [tuple(one) for one in zip(*(_split(part, rows) for part in output), strict=True)]
