"""`load`: the heat of one pool, every second, from measurements."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from services.contracts.event import Data, Event, Instant
from services.contracts.jobs import Lane
from services.contracts.streams import Stream

__all__ = ["Heat", "LaneLoad", "LoadReported", "WorkerLoad", "WorkerPhase"]


class Heat(StrEnum):
    """Load as people read it."""

    COOL = "cool"
    WARM = "warm"
    HOT = "hot"
    MELTING = "melting"


class WorkerPhase(StrEnum):
    STARTING = "starting"
    READY = "ready"
    DRAINING = "draining"


class WorkerLoad(Data):
    id: str
    phase: WorkerPhase
    running: int = Field(ge=0)
    expected_at: Instant | None = Field(
        default=None, description="When a starting worker is ready, or a draining one gone."
    )


class LaneLoad(Data):
    """One lane of the queue. Cost is in megapixel-steps, denoiser passes counted."""

    lane: Lane
    waiting: int = Field(ge=0)
    backlog: float = Field(ge=0, description="Cost that waits.")
    head_ticket: float | None = None
    drain_rate: float = Field(ge=0, description="Cost per second that left in the last minute.")
    wait_seconds: float = Field(ge=0, description="Predicted wait of one who joins now.")


class LoadReported(Event):
    stream: ClassVar[Stream] = Stream.LOAD
    pool: str
    reporter: str = Field(description="The controller that measured.")
    fence: int = Field(ge=0, description="Of the controller's lease; a lower one is deposed.")
    capacity: float = Field(ge=0, description="Cost per second of the ready workers.")
    workers: tuple[WorkerLoad, ...] = ()
    wanted: int | None = Field(
        default=None, ge=0, description="Workers that the pool should have, by what is asked of it."
    )
    lanes: tuple[LaneLoad, ...] = ()
    running: int = Field(ge=0)
    heat: Heat

    @property
    def key(self) -> str:
        return self.pool
