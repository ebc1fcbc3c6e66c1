"""What quota is told from outside."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from services.kit.settings import ServiceSettings
from services.quota.core.law import Constants

__all__ = ["QuotaSettings"]


class QuotaSettings(ServiceSettings):
    """`HEATSINK_QUOTA_…`, beside what all services read.

    `leak_hours` is longer than any job takes from its admission to its end, deferral and outages
    included: a grant without an end for that long is given back.
    """

    service: ClassVar[str] = "quota"

    plans: Path = Field(
        Path(__file__).with_name("plans.yaml"), description="path of the table of plans (YAML)"
    )
    pace: float = Field(
        1.0, ge=1, le=100, description="all times of the law are divided by it: for drills"
    )
    leak_hours: float = Field(26, ge=1, le=24 * 30, description="hours, 1 to 720")
    sweep_seconds: float = Field(60, gt=0, le=3600, description="seconds, up to 3600")

    @property
    def law(self) -> Constants:
        return Constants().faster(self.pace)
