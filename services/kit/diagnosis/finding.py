"""What a check comes to: one line for an operator."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

__all__ = ["Finding", "Mark", "Section", "bad", "ok", "warn"]


class Mark(StrEnum):
    OK = "ok"
    WARN = "warn"
    """Works, and will not for long, or not as well as it should."""
    BAD = "bad"


class Section(StrEnum):
    """What a finding is about, in the order in which they are shown: causes before effects."""

    KAFKA = "kafka"
    DATABASE = "database"
    BLOBS = "blobs"
    DISK = "disk"
    SERVICES = "services"
    CLOCKS = "clocks"
    OUTBOX = "outbox"
    LAG = "lag"
    DEAD_LETTERS = "dead letters"
    LEASES = "leases"
    RENDER = "render"


class Finding(BaseModel):
    """`figure` says how it is; `advice` what to do, where it isn't well. Neither holds secrets.

    `section` is a word and not a Section, so that an older reader shows a newer service's.
    `source` is the service that found it, empty where nobody's word is passed on.
    """

    model_config = ConfigDict(frozen=True)

    section: str
    what: str
    mark: Mark
    figure: str
    advice: str | None = None
    source: str = ""

    @model_validator(mode="after")
    def _trouble_has_advice(self) -> Self:
        if (self.advice is None) != (self.mark is Mark.OK):
            raise ValueError("what is not well comes with advice, and only that")
        return self


def ok(section: Section, what: str, figure: str) -> Finding:
    return Finding(section=section, what=what, mark=Mark.OK, figure=figure)


def warn(section: Section, what: str, figure: str, advice: str) -> Finding:
    return Finding(section=section, what=what, mark=Mark.WARN, figure=figure, advice=advice)


def bad(section: Section, what: str, figure: str, advice: str) -> Finding:
    return Finding(section=section, what=what, mark=Mark.BAD, figure=figure, advice=advice)
