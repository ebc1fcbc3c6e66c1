"""`limits`: what each plan may use on each pool right now, and why. Compacted."""

from typing import ClassVar

from pydantic import Field

from services.contracts.event import Event, Instant
from services.contracts.events.load import Heat
from services.contracts.streams import Stream

__all__ = ["LimitsChanged"]


class LimitsChanged(Event):
    stream: ClassVar[Stream] = Stream.LIMITS
    plan: str
    pool: str
    version: int = Field(ge=1)
    images: int = Field(ge=0, description="The plan's own limit in units.")
    window_seconds: int = Field(gt=0)
    concurrency: int = Field(ge=1, description="Jobs of one account without an end.")
    adaptive: bool = Field(description="Whether m applies to this plan.")
    m: float = Field(default=1.0, ge=0, le=1)
    heat: Heat = Heat.COOL
    rule: str = "plan"
    cause: str = Field(description="One sentence.")
    since: Instant
    budget: float | None = Field(
        default=None,
        ge=0,
        description="Cost per second that adaptive plans may bring in; none while m is 1 and calm.",
    )
    expected_end: Instant | None = None
    expected_end_latest: Instant | None = None

    @property
    def key(self) -> str:
        return f"{self.plan}/{self.pool}"
