"""What the sides are asked for."""

from dataclasses import dataclass

from services.contracts import Lane

__all__ = ["Job"]


@dataclass(frozen=True)
class Job:
    """`number` seeds the picture."""

    number: int
    steps: int
    lane: Lane = Lane.FREE
