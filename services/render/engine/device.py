"""Where a model runs, and in which numbers."""

from dataclasses import dataclass

import torch

from services.render.engine.painter import UnusableError

__all__ = ["Place", "choose"]


@dataclass(frozen=True, slots=True)
class Place:
    """A device as torch knows it, the type of its numbers, and its name for people."""

    device: torch.device
    dtype: torch.dtype
    name: str


def choose(wanted: str, threads: int) -> Place:
    """`auto` takes the first GPU, else the CPU. Raises `UnusableError` for what isn't there."""
    torch.set_num_threads(threads)
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(wanted)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UnusableError(f"this machine offers torch no device {wanted!r}") from error
    if device.type == "cuda":
        return Place(device, _half_precision(), torch.cuda.get_device_name(device))
    return Place(device, torch.float32, f"{device.type}, {threads} threads")


def _half_precision() -> torch.dtype:
    """bfloat16 keeps float32's range, so nothing overflows; older GPUs only have float16."""
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
