"""What one call of a denoiser says, and which calls say things that can be joined."""

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

__all__ = ["Arguments", "bind", "joined"]

#: Positions are the same for all rows of a picture's size, and have no row of their own.
_SHARED = frozenset({"img_ids", "txt_ids"})
#: One number may stand for all rows of the call.
_PER_ROW = frozenset({"timestep", "guidance"})


@dataclass(frozen=True, slots=True)
class Arguments:
    """A call's arguments by name. Calls of equal `shape` can be joined."""

    values: dict[str, Any]
    rows: int
    shape: Hashable


def bind(parameters: Sequence[str], *args: Any, **kwargs: Any) -> Arguments:
    """`parameters` names the positions; the first is the sample, whose first dimension is rows."""
    given = dict(zip(parameters, args, strict=False)) | kwargs
    sample = next(iter(given.values()))
    rows = int(sample.shape[0])
    values = {name: _per_row(name, value, rows, sample) for name, value in given.items()}
    shape = tuple((name, _shape(name, value, rows)) for name, value in values.items())
    return Arguments(values, rows, shape)


def joined(calls: Sequence[Arguments]) -> dict[str, Any]:
    """The arguments of one call with the rows of all, in their order. Shapes must be equal."""
    if len(calls) == 1:
        return calls[0].values
    return {
        name: _join(name, [call.values[name] for call in calls], calls[0].rows)
        for name in calls[0].values
    }


def _per_row(name: str, value: Any, rows: int, sample: torch.Tensor) -> Any:
    if name not in _PER_ROW or value is None:
        return value
    tensor = value if isinstance(value, torch.Tensor) else torch.tensor(value, device=sample.device)
    return tensor.expand(rows) if tensor.ndim == 0 or tensor.shape == (1,) else tensor


def _has_rows(name: str, value: torch.Tensor, rows: int) -> bool:
    return name not in _SHARED and value.ndim > 0 and value.shape[0] == rows


def _shape(name: str, value: Any, rows: int) -> Hashable:
    match value:
        case torch.Tensor() if _has_rows(name, value, rows):
            return ("rows", tuple(value.shape[1:]), str(value.dtype))
        case torch.Tensor():
            return ("shared", tuple(value.shape), str(value.dtype), _digest(value))
        case dict():
            return tuple((key, _shape(key, one, rows)) for key, one in sorted(value.items()))
        case list() | tuple():
            return tuple(_shape(name, one, rows) for one in value)
        case None | bool() | int() | float() | str():
            return (type(value).__name__, value)
        case _:
            return ("object", id(value))


def _digest(value: torch.Tensor) -> str:
    content = value.detach().to("cpu", torch.float32).contiguous().numpy().tobytes()
    return hashlib.sha256(content).hexdigest()


def _join(name: str, values: list[Any], rows: int) -> Any:
    first = values[0]
    match first:
        case torch.Tensor() if _has_rows(name, first, rows):
            return torch.cat(values)
        case dict():
            return {key: _join(key, [one[key] for one in values], rows) for key in first}
        case list() | tuple():
            return type(first)(_join(name, list(one), rows) for one in zip(*values, strict=True))
        case _:
            return first
