"""The base of every event, and the registry that finds a class by its type."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.contracts.streams import Stream

__all__ = ["Data", "Event", "Instant", "TypeName", "event_class", "event_classes"]


def _as_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC")
    try:
        value = value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("an instant lies in the years 1 to 9999 of UTC") from error
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


Instant = Annotated[datetime, AfterValidator(_as_utc)]
"""A moment in UTC, whole milliseconds (what MongoDB keeps)."""


class Data(BaseModel):
    """A frozen value inside an event. Readers ignore fields they don't know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


_REGISTRY: dict[str, type["Event"]] = {}

_TYPE = re.compile(r"heatsink\.(?P<stream>[a-z]+)\.(?P<name>[A-Z][A-Za-z0-9]*)\.v[1-9][0-9]*")


class Event(Data, ABC):
    """Something that happened. Subclasses name their `stream`, their Kafka `key` and their fields.

    The CloudEvents type is `heatsink.<stream>.<ClassName>.v1`. One that `erases` has no value on
    the wire, so that compaction drops all events of its key: it has `at` and `account`, no more.
    """

    stream: ClassVar[Stream]
    major: ClassVar[int] = 1
    erases: ClassVar[bool] = False
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


@dataclass(frozen=True)
class TypeName:
    """An event type of ours by its parts, whether this code knows the event or not."""

    stream: Stream
    name: str

    @classmethod
    def parse(cls, text: str) -> "TypeName | None":
        """None for a type that is nobody's of ours."""
        found = _TYPE.fullmatch(text)
        if found is None or found["stream"] not in set(Stream):
            return None
        return cls(Stream(found["stream"]), found["name"])

    @property
    def is_known(self) -> bool:
        """True where this code knows the event, be it in another major version."""
        return any(
            (known.stream, known.__name__) == (self.stream, self.name)
            for known in _REGISTRY.values()
        )


def event_class(type_name: str) -> type[Event] | None:
    return _REGISTRY.get(type_name)


def event_classes() -> tuple[type[Event], ...]:
    """Every event, in the order of the streams and then of their names."""
    order = list(Stream)
    return tuple(
        sorted(_REGISTRY.values(), key=lambda cls: (order.index(cls.stream), cls.__name__))
    )
