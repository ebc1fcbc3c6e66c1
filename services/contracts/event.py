"""The base of every event, and the registry that finds a class by its type."""

from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.contracts.streams import Stream

__all__ = ["Data", "Event", "Instant", "event_class", "event_classes"]


def _as_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC")
    value = value.astimezone(UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


Instant = Annotated[datetime, AfterValidator(_as_utc)]
"""A moment in UTC, whole milliseconds (what MongoDB keeps)."""


class Data(BaseModel):
    """A frozen value inside an event. Readers ignore fields they don't know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


_REGISTRY: dict[str, type["Event"]] = {}


class Event(Data, ABC):
    """Something that happened. Subclasses name their `stream`, their Kafka `key` and their fields.

    The CloudEvents type is `heatsink.<stream>.<ClassName>.v1`.
    """

    stream: ClassVar[Stream]
    major: ClassVar[int] = 1
    at: Instant = Field(description="When it happened, by the clock of the service that says so.")

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        if not cls.__name__.startswith("_"):
            _REGISTRY[cls.type()] = cls

    @classmethod
    def type(cls) -> str:
        return f"heatsink.{cls.stream}.{cls.__name__}.v{cls.major}"

    @property
    @abstractmethod
    def key(self) -> str:
        """What orders this event within its stream."""


def event_class(type_name: str) -> type[Event] | None:
    return _REGISTRY.get(type_name)


def event_classes() -> tuple[type[Event], ...]:
    """Every event, in the order of the streams and then of their names."""
    order = list(Stream)
    return tuple(
        sorted(_REGISTRY.values(), key=lambda cls: (order.index(cls.stream), cls.__name__))
    )
