"""Which models stay in memory under a budget of bytes: those that were used last."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Resident", "room_for"]


@dataclass(frozen=True, slots=True)
class Resident:
    """A model in memory: its bytes, how many renders draw with it, and when it was last asked for.

    `asked` only has an order.
    """

    size: int
    users: int
    asked: float


def room_for(size: int, residents: Mapping[str, Resident], budget: int) -> tuple[str, ...] | None:
    """Whom to let go, the least recently used first, so that `size` more bytes fit into `budget`.

    None where those that are drawn with are in the way.
    """
    excess = size + sum(one.size for one in residents.values()) - budget
    leaving = []
    idle = sorted((one.asked, model) for model, one in residents.items() if not one.users)
    for _, model in idle:
        if excess <= 0:
            break
        leaving.append(model)
        excess -= residents[model].size
    return tuple(leaving) if excess <= 0 else None
