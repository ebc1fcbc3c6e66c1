"""The promise that everything else stands on: acknowledged is kept, whatever is killed."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import PyMongoError

from services.cli.parts import Database

ROUNDS = 4
WRITERS = 8
ACKNOWLEDGED_BEFORE_THE_KILL = 400
IN_TIME = 30.0

Collection = Any


class Witness:
    """Remembers each write only once the database said that it has it."""

    def __init__(self) -> None:
        self.inserted: set[str] = set()
        self.versions: dict[str, int] = defaultdict(int)
        self.attempted: dict[str, int] = defaultdict(int)
        self._count = 0
        self._changed = asyncio.Condition()

    async def note(self) -> None:
        async with self._changed:
            self._count += 1
            self._changed.notify_all()

    async def has_seen(self, writes: int) -> None:
        target = self._count + writes
        async with self._changed:
            await self._changed.wait_for(lambda: self._count >= target)


async def insert_until_it_fails(collection: Collection, witness: Witness, name: str) -> None:
    number = 0
    while True:
        key = f"{name}-{number}"
        await collection.insert_one({"_id": key, "text": "x" * 200})
        witness.inserted.add(key)
        number += 1
        await witness.note()


async def count_up_until_it_fails(collection: Collection, witness: Witness, key: str) -> None:
    """Compare-and-set as the services do it: by `_id` and the version that was loaded."""
    found = await collection.find_one({"_id": key})
    if found is None:
        await collection.insert_one({"_id": key, "version": 0, "history": []})
        found = {"version": 0}
    version: int = found["version"]
    while True:
        witness.attempted[key] = version + 1
        result = await collection.update_one(
            {"_id": key, "version": version},
            {"$set": {"version": version + 1}, "$push": {"history": version + 1}},
        )
        assert result.modified_count == 1
        version += 1
        witness.versions[key] = version
        await witness.note()


async def until_the_database_is_gone(writing: Awaitable[None]) -> None:
    with contextlib.suppress(PyMongoError):
        await writing


async def write_until_killed(database: Database, witness: Witness, round_number: int) -> None:
    client: Any = AsyncIOMotorClient(database.url, retryWrites=False, serverSelectionTimeoutMS=2000)
    collection = client["kept"]["documents"]
    try:
        async with asyncio.TaskGroup() as group:
            for writer in range(WRITERS):
                name = f"{round_number}-{writer}"
                inserting = insert_until_it_fails(collection, witness, name)
                group.create_task(until_the_database_is_gone(inserting))
                counting = count_up_until_it_fails(collection, witness, f"counter-{writer}")
                group.create_task(until_the_database_is_gone(counting))
            await asyncio.wait_for(witness.has_seen(ACKNOWLEDGED_BEFORE_THE_KILL), IN_TIME)
            await database.kill()
    finally:
        client.close()


async def missing_or_wrong(database: Database, witness: Witness) -> list[str]:
    client: Any = AsyncIOMotorClient(database.url)
    try:
        stored = {d["_id"]: d async for d in client["kept"]["documents"].find({})}
    finally:
        client.close()
    lost = [key for key in witness.inserted if key not in stored]
    for key, version in witness.versions.items():
        kept = stored[key]
        if not version <= kept["version"] <= witness.attempted[key]:
            lost.append(f"{key} at {kept['version']}, acknowledged {version}")
        if kept["history"] != list(range(1, kept["version"] + 1)):
            lost.append(f"{key} has a torn history")
    return lost


async def test_database_keeps_acknowledged_writes(tmp_path: Path) -> None:
    witness = Witness()
    async with Database.running(tmp_path) as database:
        for round_number in range(ROUNDS):
            await write_until_killed(database, witness, round_number)
            await database.start()
            assert await missing_or_wrong(database, witness) == []
    assert len(witness.inserted) > ROUNDS * 20
    assert sum(witness.versions.values()) > ROUNDS * 20
