"""Half-precision training with full-precision masters, and their running average."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import torch

__all__ = ["Diverged", "Learner"]

_CLIP = 1.0
_MOST_SPOILT = 50


class Diverged(Exception):
    """Step after step gives no finite gradient any more."""


class Learner:
    """Steps copies of float32 of the parameters; the networks themselves compute in bfloat16.

    `average` is how much of the running average stays at each step. The average is what is shipped.
    A step without a finite gradient is left out: one would spoil all that was learnt.
    """

    def __init__(self, networks: Iterable[torch.nn.Module], *, average: float) -> None:
        self._networks = list(networks)
        self._live = self._parameters()
        self._masters = [p.detach().float().clone().requires_grad_() for p in self._live]
        self._averages = [p.detach().clone() for p in self._masters]
        self._average = average
        self._spoilt = 0
        fused = self._live[0].is_cuda
        self._optimizer = torch.optim.AdamW(
            self._masters, betas=(0.9, 0.99), weight_decay=1e-3, fused=fused
        )
        for network in self._networks:
            network.to(dtype=torch.bfloat16)
        self._live = self._parameters()

    @property
    def parameters(self) -> list[torch.Tensor]:
        """What the networks compute with, and where their gradients are looked for."""
        return self._live

    def learn(self, step: int, rate: float) -> None:
        """One step down the gradients. Raises Diverged after fifty in a row that led nowhere."""
        for master, live in zip(self._masters, self._live, strict=True):
            master.grad = None if live.grad is None else live.grad.float()
            live.grad = None
        if not torch.isfinite(torch.nn.utils.clip_grad_norm_(self._masters, _CLIP)):
            self._leave_out()
            return
        self._spoilt = 0
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        with torch.no_grad():
            torch._foreach_copy_(self._live, self._masters)
            stays = min(self._average, (1 + step) / (10 + step))
            torch._foreach_lerp_(self._averages, self._masters, 1 - stays)

    def _leave_out(self) -> None:
        self._spoilt += 1
        if self._spoilt > _MOST_SPOILT:
            raise Diverged(f"{self._spoilt} steps in a row gave no finite gradient")

    def finish(self) -> None:
        """The networks become their running average, in float32; nothing more is learnt."""
        for network in self._networks:
            network.float().eval()
        self._live = self._parameters()
        self._put(self._averages)

    def _parameters(self) -> list[torch.Tensor]:
        return [p for network in self._networks for p in network.parameters()]

    def state(self) -> dict[str, Any]:
        return {
            "masters": [p.detach() for p in self._masters],
            "averages": self._averages,
            "optimizer": self._optimizer.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        with torch.no_grad():
            torch._foreach_copy_(self._masters, state["masters"])
            torch._foreach_copy_(self._averages, state["averages"])
        # A copy: the optimizer would go on in the very tensors of the state.
        self._optimizer.load_state_dict(deepcopy(state["optimizer"]))
        self._put(self._masters)

    def _put(self, values: list[torch.Tensor]) -> None:
        with torch.no_grad():
            torch._foreach_copy_(self._live, values)
