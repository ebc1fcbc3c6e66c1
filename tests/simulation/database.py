"""One service's database in memory, for the real documents, rows and relay to work on."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, TypeAlias, cast

from services.kit.documents import ID_INDEX, CollectionSpec, Condition, Index, RowsSpec
from services.kit.documents.codec import StateCodec
from services.kit.documents.matching import meets, sorted_by, unique_key
from services.kit.errors import Duplicate, Unavailable
from services.kit.store import Collection, Store, Write
from tests.simulation.process import Process

__all__ = ["Database", "HeldStore"]

Stored: TypeAlias = dict[str, Any]
Filter: TypeAlias = Mapping[str, Any]
Sort: TypeAlias = Sequence[tuple[str, int]]

_OPERATORS = {
    "$eq": "==",
    "$ne": "!=",
    "$lt": "<",
    "$lte": "<=",
    "$gt": ">",
    "$gte": ">=",
    "$in": "in",
}


class Table:
    """A collection: whole documents that are replaced, never changed in place."""

    def __init__(self, unique: Sequence[Index] = ()) -> None:
        self.documents: dict[str, Stored] = {}
        self._unique = unique

    def find(self, where: Filter, sort: Sort = (), limit: int = 0) -> list[Stored]:
        conditions = _conditions({path: value for path, value in where.items() if path != "_id"})
        found = [one for one in self._candidates(where) if meets(one, conditions)]
        if sort:
            found = sorted_by(found, [("-" if way < 0 else "") + path for path, way in sort])
        return found[:limit] if limit else found

    def insert(self, document: Stored) -> None:
        if document["_id"] in self.documents:
            raise Duplicate(ID_INDEX)
        self._put(document)

    def update(self, where: Filter, change: Filter) -> int:
        for document in self.find(where, limit=1):
            self._put(_updated(document, change))
            return 1
        return 0

    def delete(self, where: Filter) -> int:
        gone = self.find(where)
        for document in gone:
            del self.documents[document["_id"]]
        return len(gone)

    def _candidates(self, where: Filter) -> Iterable[Stored]:
        match where.get("_id"):
            case str() as one:
                return [self.documents[one]] if one in self.documents else []
            case {"$in": [*several]}:
                return [self.documents[one] for one in several if one in self.documents]
            case {"$gt": str() as last}:
                return [one for name, one in self.documents.items() if name > last]
            case _:
                return self.documents.values()

    def _put(self, document: Stored) -> None:
        for index in self._unique:
            key = unique_key(document, index)
            others = (other for other in self.documents.values() if other["_id"] != document["_id"])
            if key is not None and any(unique_key(other, index) == key for other in others):
                raise Duplicate(index.name)
        self.documents[document["_id"]] = document


class Database:
    """What is stored survives every process."""

    def __init__(self, *specs: CollectionSpec[Any] | RowsSpec[Any]) -> None:
        self._tables = {spec.name: Table(_unique(spec)) for spec in specs}

    def __getitem__(self, collection: str) -> Table:
        return self._tables[collection]

    def states(self, spec: CollectionSpec[Any]) -> dict[str, Any]:
        stored = self._tables[spec.name].documents
        decode = StateCodec(spec).decode
        return {name: decode(name, document["state"]) for name, document in stored.items()}

    def rows(self, spec: RowsSpec[Any]) -> list[Any]:
        stored = self._tables[spec.name].documents.values()
        return [spec.codec.decode(row["_id"], row) for row in stored]

    def unpublished(self) -> list[str]:
        """Documents with something in their outbox, or that say so."""
        return [
            f"{name}/{document['_id']}"
            for name, table in self._tables.items()
            for document in table.documents.values()
            if document.get("outbox") or "pending" in document
        ]


class _NoClient:
    """All that the store asks of the driver before its first call."""

    def get_database(self, *_: object, **__: object) -> None:
        return None


class HeldStore(Store):
    """A process's way to its database; each call of the driver is a call of the process."""

    def __init__(self, database: Database, process: Process, timeout: float) -> None:
        super().__init__(cast("Any", _NoClient()), "simulated", timeout)
        self._tables = database
        self._process = process

    def guard(self, seconds: float | None = None) -> "_Guard":  # type: ignore[override]
        return _Guard(seconds or self._timeout)

    def collection(self, name: str) -> Collection:
        return cast("Collection", _Collection(self._tables[name], self._process))

    async def insert_new(self, collection: str, rows: Sequence[Mapping[str, Any]]) -> int:
        table = self._tables[collection]
        async with self.guard():
            return await self._process.call("database", lambda: _insert_new(table, rows))

    async def update_each(self, collection: str, writes: Sequence[Write]) -> int:
        table = self._tables[collection]
        async with self.guard():
            return await self._process.call(
                "database", lambda: sum(table.update(*write) for write in writes)
            )

    def close(self) -> None:
        """Nothing is open."""


class _Guard:
    """What the store's own is to a caller, without the driver's bounds: there is no driver."""

    def __init__(self, seconds: float) -> None:
        self._timeout = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(self, *raised: object) -> None:
        try:
            await self._timeout.__aexit__(*cast("Any", raised))
        except TimeoutError as error:
            raise Unavailable("database", "no answer in time") from error


class _Collection:
    """As much of the driver's collection as the kit uses."""

    def __init__(self, table: Table, process: Process) -> None:
        self._table = table
        self._process = process

    async def find_one(
        self, where: Filter, _projection: Filter | None = None, sort: Sort = ()
    ) -> Stored | None:
        found = await self._read(lambda: self._table.find(where, sort, 1))
        return found[0] if found else None

    def find(
        self, where: Filter, _projection: Filter | None = None, sort: Sort = (), limit: int = 0
    ) -> "_Cursor":
        return _Cursor(self._table, self._process, where, sort, limit)

    async def count_documents(self, where: Filter) -> int:
        return len(await self._read(lambda: self._table.find(where)))

    async def insert_one(self, document: Stored) -> None:
        await self._process.call("database", lambda: self._table.insert(dict(document)))

    async def update_one(self, where: Filter, change: Filter) -> SimpleNamespace:
        count = await self._process.call("database", lambda: self._table.update(where, change))
        return SimpleNamespace(matched_count=count)

    async def delete_one(self, where: Filter) -> SimpleNamespace:
        return await self.delete_many(where)

    async def delete_many(self, where: Filter) -> SimpleNamespace:
        count = await self._process.call("database", lambda: self._table.delete(where))
        return SimpleNamespace(deleted_count=count)

    async def _read(self, act: Callable[[], list[Stored]]) -> list[Stored]:
        return await self._process.call("database", act, writes=False)


class _Cursor:
    def __init__(
        self, table: Table, process: Process, where: Filter, sort: Sort, limit: int
    ) -> None:
        self._table = table
        self._process = process
        self._where = where
        self._sort = sort
        self._limit = limit

    def sort(self, sort: Sort) -> "_Cursor":
        return _Cursor(self._table, self._process, self._where, sort, self._limit)

    async def to_list(self, _most: int) -> list[Stored]:
        return await self._process.call(
            "database",
            lambda: self._table.find(self._where, self._sort, self._limit),
            writes=False,
        )


def _conditions(where: Filter) -> list[Condition]:
    return [
        _condition(path, word, value)
        for path, wanted in where.items()
        for word, value in (wanted.items() if isinstance(wanted, Mapping) else (("$eq", wanted),))
    ]


def _condition(path: str, word: str, value: Any) -> Condition:
    if word == "$exists":
        return (path, "!=" if value else "==", None)
    return (path, cast("Any", _OPERATORS[word]), value)


def _updated(document: Stored, change: Filter) -> Stored:
    new = {**document, **change.get("$set", {})}
    for path, added in change.get("$push", {}).items():
        new[path] = [*new[path], *added["$each"]]
    for path, value in change.get("$min", {}).items():
        new[path] = min(new.get(path, value), value)
    for path, which in change.get("$pull", {}).items():
        new[path] = [item for item in new[path] if not meets(item, _conditions(which))]
    for path in change.get("$unset", {}):
        new.pop(path, None)
    return new


def _insert_new(table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    count = 0
    for row in rows:
        try:
            table.insert(dict(row))
        except Duplicate:
            continue
        count += 1
    return count


def _unique(spec: CollectionSpec[Any] | RowsSpec[Any]) -> list[Index]:
    prefix = "state." if isinstance(spec, CollectionSpec) else ""
    return [
        replace(index, fields=tuple(prefix + path for path in index.fields))
        for index in spec.indexes
        if index.unique
    ]
