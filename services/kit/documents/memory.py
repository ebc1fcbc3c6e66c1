"""Documents without a database, for unit tests: the same promises, and faults on demand."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

from services.contracts import Envelope, Event, EventId
from services.kit.clock import Clock
from services.kit.documents.codec import Fields, StateCodec
from services.kit.documents.matching import meets, sorted_by, unique_key
from services.kit.documents.memory_rows import MemoryRows
from services.kit.documents.model import (
    Change,
    CollectionSpec,
    Condition,
    Decide,
    Document,
    Row,
)
from services.kit.errors import Duplicate

__all__ = ["MemoryDocuments"]

S = TypeVar("S")


class MemoryDocuments(Generic[S]):
    """A collection in memory. `published` and `rows` hold what changes said, in order of saving.

    Rows also go into those of the given `collections` that bear their name.
    """

    def __init__(
        self,
        spec: CollectionSpec[S],
        clock: Clock,
        source: str,
        *,
        collections: Sequence[MemoryRows[Any]] = (),
    ) -> None:
        self.published: list[Envelope[Event]] = []
        self.rows: list[Row] = []
        self._spec = spec
        self._codec = StateCodec(spec)
        self._clock = clock
        self._source = source
        self._collections = {rows.name: rows for rows in collections}
        self._stored: dict[str, tuple[int, Fields]] = {}
        self._failures: list[tuple[Exception, bool]] = []
        self._interruptions: list[Callable[[], Awaitable[object]]] = []

    def fail_next(self, error: Exception, *, applied: bool = False) -> None:
        """The next call raises `error`; with `applied`, the next save does, after it took place.

        Several failures are raised one after the other.
        """
        self._failures.append((error, applied))

    def interrupt_next(self, act: Callable[[], Awaitable[object]]) -> None:
        """Runs `act` between the next decision and its save, as another process might."""
        self._interruptions.append(act)

    @property
    def events(self) -> list[Event]:
        return [envelope.data for envelope in self.published]

    async def load(self, id: str) -> Document[S] | None:
        await self._begin()
        return self._document(id)

    async def change(self, id: str, decide: Decide[S], *, is_new: bool = False) -> S | None:
        del is_new  # nothing is saved by it here
        await self._begin()
        while True:
            loaded = self._document(id)
            change = decide(loaded.state if loaded else None)
            if change is None:
                return loaded.state if loaded else None
            await self._interrupt()
            version = loaded.version if loaded else 0
            if self._version(id) == version:
                self._save(id, version + 1, change)
                return self._codec.decode(id, self._stored[id][1])

    async def find(
        self,
        where: Sequence[Condition] = (),
        *,
        order: Sequence[str] = (),
        limit: int = 100,
    ) -> list[Document[S]]:
        await self._begin()
        found = sorted_by(self._matching(where), order)[:limit]
        documents = (self._document(fields["_id"]) for fields in found)
        return [document for document in documents if document]

    async def count(self, where: Sequence[Condition] = (), *, limit: int | None = None) -> int:
        await self._begin()
        return len(self._matching(where)[:limit])

    async def delete(self, id: str) -> bool:
        await self._begin()
        return self._stored.pop(str(id), None) is not None

    async def discard(self, id: str) -> bool:
        await self.delete(id)
        return True

    async def _begin(self) -> None:
        await asyncio.sleep(0)
        if self._failures and not self._failures[0][1]:
            raise self._failures.pop(0)[0]

    async def _interrupt(self) -> None:
        await asyncio.sleep(0)
        if self._interruptions:
            await self._interruptions.pop(0)()

    def _document(self, id: str) -> Document[S] | None:
        if (stored := self._stored.get(id)) is None:
            return None
        version, fields = stored
        return Document(id, version, self._codec.decode(id, fields))

    def _version(self, id: str) -> int:
        return self._stored[id][0] if id in self._stored else 0

    def _matching(self, where: Sequence[Condition]) -> list[Fields]:
        every = ({"_id": name, **fields} for name, (_, fields) in self._stored.items())
        return [fields for fields in every if meets(fields, where)]

    def _save(self, id: str, version: int, change: Change[S]) -> None:
        fields = self._codec.encode(change.state)
        self._check_unique(id, fields)
        self._stored[str(id)] = (version, fields)
        self.published.extend(self._envelope(event) for event in change.events)
        for row in change.rows:
            self._write(row)
        if self._failures and self._failures[0][1]:
            raise self._failures.pop(0)[0]

    def _write(self, row: Row) -> None:
        if not any((row.collection, row.id) == (one.collection, one.id) for one in self.rows):
            self.rows.append(row)
        if rows := self._collections.get(row.collection):
            rows.put(row.id, row.fields)

    def _check_unique(self, id: str, fields: Fields) -> None:
        for index in self._spec.indexes:
            key = unique_key(fields, index) if index.unique else None
            others = (other for name, (_, other) in self._stored.items() if name != id)
            if key is not None and any(unique_key(other, index) == key for other in others):
                raise Duplicate(index.name)

    def _envelope(self, event: Event) -> Envelope[Event]:
        return Envelope(EventId.new(self._clock.now()), self._source, event)
