"""Events, records and clients for tests of the bus."""

import asyncio
from datetime import UTC, datetime

from services.contracts import AccountId, Envelope, Event, EventId, JobId, WireRecord, encode
from services.contracts.events.cancellations import JobCancelRequested
from services.kit.bus import Record

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CANCELLATIONS = "heatsink.cancellations.v1"
SUBMISSIONS = "heatsink.submissions.v1"


def account() -> AccountId:
    return AccountId.new(NOW)


def cancel(of: AccountId | None = None, *, at: datetime = NOW) -> Envelope[Event]:
    data = JobCancelRequested(at=at, account=of or account(), job=JobId.new(at))
    return Envelope(EventId.new(at), "test", data)


def record(
    envelope: Envelope[Event] | None = None, *, offset: int = 0, topic: str = CANCELLATIONS
) -> Record:
    return Record(topic, 0, offset, NOW, encode(envelope or cancel()))


def garbage(*, offset: int = 0, topic: str = CANCELLATIONS, value: bytes | None = b"{") -> Record:
    return Record(topic, 0, offset, NOW, WireRecord(b"k", value, (("x", b"\xff"),)))


async def turns(count: int = 20) -> None:
    """Lets everything that can run do so."""
    for _ in range(count):
        await asyncio.sleep(0)
