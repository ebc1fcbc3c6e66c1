"""The one module that knows the database's driver: connection, indexes, errors, bulk writes."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, Self, TypeAlias

import pymongo
from bson import CodecOptions
from bson.errors import BSONError
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from services.kit.budget import left, spending
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.documents.model import CollectionSpec
from services.kit.documents.rows import RowsSpec
from services.kit.errors import Unavailable
from services.kit.indexes import TTL, Wanted, wanted
from services.kit.outage import Outage
from services.kit.pause import pause
from services.kit.store_errors import DUPLICATE, PART, Refused, translated
from services.kit.telemetry import metrics

__all__ = ["Collection", "Refused", "Store", "StoreWatch"]

Collection: TypeAlias = "AsyncIOMotorCollection[dict[str, Any]]"

Write: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Any]]
"""Which document (a filter by `_id`), and its update."""

_SELECTION_SECONDS = 2.0
_ENSURE_SECONDS = 60.0
_DURABLE = WriteConcern(w="majority", j=True)
_QUICK = WriteConcern(w=1)
_CODEC: CodecOptions[dict[str, Any]] = CodecOptions(tz_aware=True, tzinfo=UTC)

_INDEX_DIFFERS = frozenset({85, 86})


class Store:
    """One service's database. Every call ends within `timeout` and a little."""

    def __init__(
        self, client: "AsyncIOMotorClient[dict[str, Any]]", database: str, timeout: float
    ) -> None:
        self._client = client
        self._timeout = timeout + _SELECTION_SECONDS
        self._outage = Outage(time.monotonic)
        self._database = client.get_database(
            database, _CODEC, write_concern=_DURABLE, read_concern=ReadConcern("majority")
        )

    @classmethod
    def connect(cls, url: str, database: str, *, timeout: float = 5.0) -> Self:
        """Connects at the first call, not here. `url` is a `mongodb://` or `mongodb+srv://` one.

        `timeout` is in seconds for one operation. Raises Refused for a malformed `url`.
        """
        try:
            client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(
                url,
                appname=f"heatsink/{database}",
                serverSelectionTimeoutMS=round(_SELECTION_SECONDS * 1000),
                connectTimeoutMS=round(_SELECTION_SECONDS * 1000),
                waitQueueTimeoutMS=round(timeout * 1000),
                socketTimeoutMS=round(timeout * 1000),
                event_listeners=[_Timings()],
            )
        except PyMongoError as error:
            raise Refused(f"not a usable database address: {error}") from error
        return cls(client, database, timeout)

    def collection(self, name: str) -> Collection:
        """The driver's own collection, for calls inside `guard`."""
        return self._database.get_collection(name)

    @asynccontextmanager
    async def guard(self, seconds: float | None = None) -> AsyncIterator[None]:
        """Bounds driver calls, and turns what they raise into Unavailable, Duplicate or Refused.

        Within a budget (`services/kit/budget.py`) they end when that is spent. After Unavailable
        the outcome of a write is unknown: it may still take place.
        """
        allowed = left(seconds or self._timeout)
        try:
            # The driver's own bound as well: its thread and its socket would wait on without us.
            with spending(), pymongo.timeout(allowed):
                async with asyncio.timeout(allowed):
                    yield
            self._outage.worked()
        except TimeoutError as error:
            raise self._away("no answer in time") from error
        except (PyMongoError, BSONError) as error:
            told = translated(error)
            raise self._away(told.detail) if isinstance(told, Unavailable) else told from error

    async def ping(self) -> None:
        """Raises Unavailable when the database does not answer."""
        async with self.guard():
            await self._database.command("ping")

    async def ensure(self, *specs: CollectionSpec[Any] | RowsSpec[Any]) -> None:
        """Makes the indexes of these collections, where they are not there yet.

        A changed `expire_after` is taken over. Any other change of an index raises Refused: give
        it new fields, or drop the old one by hand while nothing relies on it.
        """
        for spec in specs:
            for index in wanted(spec):
                await self._ensure_index(spec.name, index)

    async def command(self, name: str) -> dict[str, Any]:
        """The server's own answer to a command without arguments."""
        async with self.guard():
            return dict(await self._database.command(name))

    async def indexes(self, collection: str) -> dict[str, dict[str, Any]]:
        """The indexes there are, by name, as the driver describes them."""
        async with self.guard():
            return dict(await self.collection(collection).index_information())

    async def insert_new(self, collection: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """Inserts those rows that no unique index refuses; answers how many."""
        async with self.guard():
            try:
                done = await self.collection(collection).insert_many(map(dict, rows), ordered=False)
                return len(done.inserted_ids)
            except BulkWriteError as error:
                faults = error.details["writeErrors"]
                if error.details.get("writeConcernErrors"):
                    raise
                if any(fault.get("code") != DUPLICATE for fault in faults):
                    raise
                return len(rows) - len(faults)

    async def update_each(self, collection: str, writes: Sequence[Write]) -> int:
        """Updates many documents in order; answers how many filters found theirs.

        For writes that may be lost with a primary and are repeated then: they don't wait for the
        journal nor for a majority.
        """
        quick = self.collection(collection).with_options(write_concern=_QUICK)
        async with self.guard():
            requests = [UpdateOne(dict(which), dict(update)) for which, update in writes]
            done = await quick.bulk_write(requests)
            return done.matched_count

    def close(self) -> None:
        self._client.close()

    def _away(self, detail: str) -> Unavailable:
        return Unavailable(PART, detail, lasting=self._outage.failed())

    async def _ensure_index(self, collection: str, index: Wanted) -> None:
        async with self.guard(_ENSURE_SECONDS):
            try:
                keys = list(index.keys)
                await self.collection(collection).create_index(
                    keys, name=index.name, **index.options
                )
            except OperationFailure as error:
                if error.code not in _INDEX_DIFFERS or TTL not in index.options:
                    raise
                change = {"name": index.name, TTL: index.options[TTL]}
                await self._database.command({"collMod": collection, "index": change})


class StoreWatch:
    """Keeps the readiness reason `database` true to the facts."""

    name = "database"

    def __init__(
        self, store: Store, clock: Clock, readiness: Readiness, *, every: float = 2.0
    ) -> None:
        self._store = store
        self._clock = clock
        self._readiness = readiness
        self._every = every

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self.check()
            await pause(self._clock, self._every, stop)

    async def check(self) -> None:
        try:
            await self._store.ping()
        except (Unavailable, Refused) as error:
            self._readiness.block(PART, str(error)[:200])
        else:
            self._readiness.clear(PART)


class _Timings(CommandListener):
    """Measures each command; called on the driver's threads, start and end on the same one."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[str, float]] = {}

    def started(self, event: CommandStartedEvent) -> None:
        collection = event.command.get(event.command_name)
        name = collection if isinstance(collection, str) else ""
        self._open[event.request_id] = (name, time.monotonic())

    def succeeded(self, event: CommandSucceededEvent) -> None:
        self._record(event, "ok")

    def failed(self, event: CommandFailedEvent) -> None:
        self._record(event, "error")

    def _record(self, event: CommandSucceededEvent | CommandFailedEvent, outcome: str) -> None:
        collection, began = self._open.pop(event.request_id, ("", 0.0))
        if collection:
            metrics.DB_SECONDS.record(
                time.monotonic() - began,
                collection=collection,
                operation=event.command_name,
                outcome=outcome,
            )
