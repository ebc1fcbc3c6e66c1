"""The gradients of a step of training; on a GPU the step is recorded once and played again."""

from collections.abc import Callable, Sequence

import torch

__all__ = ["Steps"]

_WARM = 3
"""Runs before a recording, in which libraries choose their kernels and take their memory."""

Loss = Callable[..., torch.Tensor]


class Steps:
    """Leaves the gradients of `loss(*inputs)` in `parameters`, and returns the loss.

    A small network's step on a GPU is thousands of launches that take longer than their arithmetic.
    A CUDA graph, one for each shape of the first input, launches them at once. `loss` must
    therefore neither wait for the device nor draw random numbers.
    """

    def __init__(self, loss: Loss, parameters: Sequence[torch.Tensor]) -> None:
        self._loss = loss
        self._parameters = parameters
        self._recorded: dict[torch.Size, _Recording] = {}

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor:
        if not inputs[0].is_cuda:
            return _computed(self._loss, inputs)
        shape = inputs[0].shape
        if shape not in self._recorded:
            self._recorded[shape] = _Recording(self._loss, self._parameters, inputs)
        return self._recorded[shape](*inputs)


def _computed(loss: Loss, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    found = loss(*inputs)
    torch.autograd.backward(found)
    return found.detach()


class _Recording:
    """A CUDA graph with inputs, gradients and a loss of its own."""

    def __init__(
        self, loss: Loss, parameters: Sequence[torch.Tensor], inputs: Sequence[torch.Tensor]
    ) -> None:
        self._parameters = parameters
        self._inputs = [one.clone() for one in inputs]
        self._warm_up(loss)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._loss = _computed(loss, self._inputs)
        self._gradients = [one.grad for one in parameters]

    def _warm_up(self, loss: Loss) -> None:
        beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        here = torch.cuda.current_stream()
        beside.wait_stream(here)
        with torch.cuda.stream(beside):
            for _ in range(_WARM):
                _computed(loss, self._inputs)
                for one in self._parameters:
                    one.grad = None
        here.wait_stream(beside)

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor:
        for kept, given in zip(self._inputs, inputs, strict=True):
            kept.copy_(given)
        self._graph.replay()
        for parameter, gradient in zip(self._parameters, self._gradients, strict=True):
            parameter.grad = gradient
        return self._loss
