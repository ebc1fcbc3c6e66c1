"""A topic of dead letters as an operator sees it: what lies there, and what was done about it.

Kafka has no way to take one record out of a topic. What was done with a letter is therefore said in
a mark, a record behind it in the same topic: both are gone when their retention ends (ADR 0014).
"""

import json
import re
from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from services.contracts import WireRecord
from services.kit.bus.connection import Connection
from services.kit.bus.dead_letters import DeadLetter
from services.kit.bus.model import Record
from services.kit.bus.size import size_of
from services.kit.bus.snapshot import read_through

__all__ = ["Deed", "Letterbox", "Mark", "Place", "Slip", "letters"]

_MARK = "dlq_mark"


class Deed(StrEnum):
    """What an operator has done with a letter."""

    REPLAYED = "replayed"
    DROPPED = "dropped"


@dataclass(frozen=True, order=True)
class Place:
    """Where a letter lies in its topic."""

    partition: int
    offset: int

    @classmethod
    def of(cls, record: Record) -> Self:
        return cls(record.partition, record.offset)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of `partition:offset`. Raises ValueError."""
        found = re.fullmatch(r"([0-9]{1,9}):([0-9]{1,18})", text)
        if found is None:
            raise ValueError(f"no place: {text[:60]!r}")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True)
class Mark:
    """An operator's deed, said of letters of the same topic."""

    deed: Deed
    at: datetime
    places: tuple[Place, ...]

    def encode(self) -> WireRecord:
        said = {"at": self.at.isoformat(), "places": [str(place) for place in self.places]}
        headers = ((_MARK, self.deed.value.encode()),)
        return WireRecord(b"mark", json.dumps(said).encode(), headers)

    @classmethod
    def decode(cls, wire: WireRecord) -> Self:
        """Raises KeyError, TypeError or ValueError for a record that is no mark."""
        deed = Deed(dict(wire.headers)[_MARK].decode())
        said = json.loads(wire.value or b"")
        at = datetime.fromisoformat(said["at"])
        return cls(deed, at, tuple(Place.parse(place) for place in said["places"]))


@dataclass(frozen=True)
class Slip:
    """A letter without its value: enough to list it and to choose it."""

    place: Place
    letter: DeadLetter
    size: int
    mark: Mark | None = None


@dataclass
class _Pile:
    """Records of one topic, sorted as they come."""

    slips: list[Slip] = field(default_factory=list)
    marks: dict[Place, Mark] = field(default_factory=dict)
    strangers: int = 0

    def add(self, record: Record) -> None:
        if any(name == _MARK for name, _ in record.wire.headers):
            self._add_mark(record.wire)
        elif letter := _letter(record.wire):
            bare = replace(letter.record, wire=replace(letter.record.wire, value=None))
            slip = Slip(Place.of(record), replace(letter, record=bare), size_of(letter.record.wire))
            self.slips.append(slip)
        else:
            self.strangers += 1

    def _add_mark(self, wire: WireRecord) -> None:
        try:
            mark = Mark.decode(wire)
        except (KeyError, TypeError, ValueError):
            self.strangers += 1
        else:
            self.marks.update(dict.fromkeys(mark.places, mark))


@dataclass(frozen=True)
class Letterbox:
    """All letters of one topic by their places; `strangers` are records that are no letters."""

    topic: str
    slips: tuple[Slip, ...]
    strangers: int = 0

    @classmethod
    async def read(cls, connection: Connection, *topics: str) -> list[Self]:
        """One of each topic. Raises TopicMissing or Unavailable."""
        piles = {topic: _Pile() for topic in topics}
        async with aclosing(read_through(connection, *topics)) as records:
            async for record in records:
                piles[record.topic].add(record)
        return [cls._of(topic, pile) for topic, pile in piles.items()]

    @classmethod
    def sorted(cls, topic: str, records: Iterable[Record]) -> Self:
        pile = _Pile()
        for record in records:
            pile.add(record)
        return cls._of(topic, pile)

    @property
    def open(self) -> tuple[Slip, ...]:
        """Letters that nobody has done anything about."""
        return tuple(slip for slip in self.slips if slip.mark is None)

    def count(self, deed: Deed) -> int:
        return sum(slip.mark is not None and slip.mark.deed is deed for slip in self.slips)

    @classmethod
    def _of(cls, topic: str, pile: _Pile) -> Self:
        marked = [replace(slip, mark=pile.marks.get(slip.place)) for slip in pile.slips]
        return cls(topic, tuple(sorted(marked, key=lambda slip: slip.place)), pile.strangers)


async def letters(
    connection: Connection, topic: str, places: Collection[Place]
) -> AsyncGenerator[tuple[Place, DeadLetter], None]:
    """The whole letters at these places. Raises TopicMissing or Unavailable."""
    async with aclosing(read_through(connection, topic)) as records:
        async for record in records:
            place = Place.of(record)
            if place in places and (letter := _letter(record.wire)):
                yield place, letter


def _letter(wire: WireRecord) -> DeadLetter | None:
    try:
        return DeadLetter.decode(wire)
    except (KeyError, ValueError):
        return None
