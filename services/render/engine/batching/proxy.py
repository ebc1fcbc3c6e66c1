"""What a pipeline holds in place of its denoiser."""

from typing import Any

import torch

from services.render.engine.batching.joint import JointDenoiser
from services.render.engine.batching.seat import Seat

__all__ = ["DenoiserProxy"]


class DenoiserProxy(torch.nn.Module):
    """Answers as the model does, in everything but its call, which waits for the joint step."""

    def __init__(self, joint: JointDenoiser, seat: Seat) -> None:
        super().__init__()
        # Not as a submodule: whoever walks the pipeline must not move or count the model twice.
        vars(self).update(_joint=joint, _seat=seat)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._seat.step(self._joint.bind(*args, **kwargs))

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_joint"].model, name)
