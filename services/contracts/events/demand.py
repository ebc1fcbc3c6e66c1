"""`demand`: what was offered to a pool, so that the fleet scales to wishes, not admissions."""

from typing import ClassVar

from pydantic import Field

from services.contracts.event import Event
from services.contracts.jobs import Lane
from services.contracts.streams import Stream

__all__ = ["DemandReported"]


class DemandReported(Event):
    """Offered cost per second over the last minute by lane, each account's retries counted once."""

    stream: ClassVar[Stream] = Stream.DEMAND
    pool: str
    fence: int = Field(ge=0)
    offered: dict[Lane, float] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.pool
