"""What the service tells, as far as most callers need it; `raw` has all of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

__all__ = ["Batch", "Event", "Image", "Job", "Limits", "Submission", "Upload"]

Raw = Mapping[str, Any]

_ENDS = frozenset({"completed", "failed", "rejected", "cancelled"})


@dataclass(frozen=True)
class Image:
    """`url` opens without a key until `expires_at`; the job gives new ones."""

    url: str
    expires_at: datetime
    media_type: str
    width: int
    height: int
    seed: int

    @classmethod
    def of(cls, raw: Raw) -> Self:
        return cls(
            url=raw["url"],
            expires_at=datetime.fromisoformat(raw["expires_at"]),
            media_type=raw["media_type"],
            width=raw["width"],
            height=raw["height"],
            seed=raw["seed"],
        )


@dataclass(frozen=True)
class Job:
    id: str
    status: str
    images: tuple[Image, ...]
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> Self:
        images = tuple(Image.of(image) for image in raw["images"])
        return cls(raw["id"], raw["status"], images, raw)

    @property
    def has_ended(self) -> bool:
        return self.status in _ENDS


@dataclass(frozen=True)
class Batch:
    """`counts` by status: waiting, open, completed, rejected, failed, cancelled."""

    id: str
    status: str
    counts: Mapping[str, int]
    progress: float
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> Self:
        return cls(raw["id"], raw["status"], raw["counts"], raw["progress"], raw)

    @property
    def has_ended(self) -> bool:
        return self.status == "ended"


@dataclass(frozen=True)
class Submission:
    """What became of a message on Kafka: a job, or a refusal by its code."""

    name: str
    job: Job | None
    refusal: str | None

    @classmethod
    def of(cls, raw: Raw) -> Self:
        job, refusal = raw["job"], raw["refusal"]
        return cls(raw["submission"], Job.of(job) if job else None, refusal and refusal["code"])


@dataclass(frozen=True)
class Upload:
    """`mask` is where the photo was transparent, if anywhere."""

    id: str
    mask: str | None
    expires_at: datetime

    @classmethod
    def of(cls, raw: Raw) -> Self:
        return cls(raw["id"], raw["mask"], datetime.fromisoformat(raw["expires_at"]))


@dataclass(frozen=True)
class Limits:
    """In units; none as long as the service does not know the plan's limits."""

    plan: str | None
    used: int | None
    left: int | None
    limit: int | None
    limit_normally: int | None
    heat: str | None
    cause: str | None
    raw: Raw = field(repr=False)

    @classmethod
    def of(cls, raw: Raw) -> Self:
        told = {name: raw.get(name) for name in cls.__dataclass_fields__ if name != "raw"}
        return cls(**told, raw=raw)


@dataclass(frozen=True)
class Event:
    """`sequence` is its place in the account's feed; none for news that is not kept."""

    type: str
    data: Raw
    sequence: int | None

    def ends(self, job: str) -> bool:
        """Whether that job comes to no further news."""
        return self.data.get("job") == job and self.data.get("status") in _ENDS
