"""All that a service tells of itself at `/diagnosis`."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.kit.diagnosis.finding import Finding

__all__ = ["Report"]


class Report(BaseModel):
    """`now` is the service's clock when it had looked; `live` and `reasons` are those of probes."""

    model_config = ConfigDict(frozen=True)

    service: str
    replica: str
    version: str
    commit: str
    now: datetime
    live: Mapping[str, str]
    ready: bool
    reasons: Mapping[str, str]
    findings: tuple[Finding, ...]
