"""What each plan may use, as data that an operator writes."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.contracts import Lane

__all__ = ["LONGEST_WINDOW_SECONDS", "Plan", "PlanId", "Plans"]

LONGEST_WINDOW_SECONDS = 31 * 86_400
"""The ledger must outlive every window that it explains."""

PlanId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]

MOST_MOMENTS = 500


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Plan(_Data):
    """One plan's terms.

    `images` quota units in a rolling window of `window_seconds`; on an exempt plan this is its
    fair use, on an adaptive one what it gives while the fleet is cool. `concurrency` counts jobs
    without an end. `rounding_seconds` rounds the moment at which units leave the window up to a
    multiple of it, so that an account with thousands of images keeps a short record; 0 is exact,
    and refused for a plan of more than MOST_MOMENTS images.
    With `deferral` a job that only the load refuses may be drawn later, with `degrading` by a
    lighter render, if its caller allows it.
    """

    id: PlanId
    title: str = Field(min_length=1, max_length=60)
    images: int = Field(ge=1, le=1_000_000)
    window_seconds: int = Field(ge=1, le=LONGEST_WINDOW_SECONDS)
    lane: Lane
    adaptive: bool
    concurrency: int = Field(ge=1, le=1_000)
    rounding_seconds: int = Field(default=0, ge=0)
    deferral: bool = False
    degrading: bool = False

    @model_validator(mode="after")
    def _rounding_is_small(self) -> "Plan":
        if self.rounding_seconds * 20 > self.window_seconds:
            raise ValueError(f"plan {self.id}: rounding_seconds is over 5 % of the window")
        return self

    @model_validator(mode="after")
    def _record_is_short(self) -> "Plan":
        """Each use is told with all moments at which units leave: they must fit into one event."""
        every = self.rounding_seconds
        moments = min(self.images, self.window_seconds / every if every else self.images)
        if moments > MOST_MOMENTS:
            raise ValueError(
                f"plan {self.id}: its images leave the window at {moments:.0f} moments; expected: "
                f"rounding_seconds such that there are at most {MOST_MOMENTS}"
            )
        return self


class Plans(_Data):
    """Every plan that accounts may have."""

    plans: tuple[Plan, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "Plans":
        ids = [plan.id for plan in self.plans]
        if len(set(ids)) != len(ids):
            raise ValueError("two plans share one id")
        return self

    def find(self, plan_id: str) -> Plan | None:
        return next((plan for plan in self.plans if plan.id == plan_id), None)
