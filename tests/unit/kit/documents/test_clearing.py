"""Clearing many documents: a few in each write, and nothing forgotten when one fails."""

import asyncio
from collections.abc import Mapping

from services.kit.clock import ManualClock
from services.kit.documents.clearing import Clearing
from services.kit.documents.items import Outbox
from services.kit.errors import Unavailable


class Outboxes:
    """Notes which documents each write clears; `failures` of the next writes fail."""

    def __init__(self) -> None:
        self.writes: list[set[str]] = []
        self.failures = 0

    async def clear(self, collection: str, outboxes: Mapping[str, Outbox]) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("database", collection)
        self.writes.append(set(outboxes))


async def clear(outboxes: Outboxes, names: set[str]) -> None:
    clearing = Clearing(outboxes, ManualClock())  # type: ignore[arg-type]  # all that it needs of it
    for name in names:
        clearing.add(("jobs", name), Outbox(1, ()))
    done = asyncio.Event()
    done.set()
    await clearing.run(done)
    while len(clearing):
        await clearing.run(done)


async def test_each_document_is_cleared_once_in_writes_of_bounded_size() -> None:
    outboxes, names = Outboxes(), {f"job-{number}" for number in range(120)}
    await clear(outboxes, names)
    assert max(len(write) for write in outboxes.writes) <= 25
    assert sorted(name for write in outboxes.writes for name in write) == sorted(names)


async def test_what_a_failed_write_left_is_cleared_later() -> None:
    outboxes, names = Outboxes(), {f"job-{number}" for number in range(60)}
    outboxes.failures = 2
    await clear(outboxes, names)
    assert set().union(*outboxes.writes) == names
