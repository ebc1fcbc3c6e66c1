"""Whatever lies on a stream, each of its readers goes on, and what is wrong is kept beside it.

All kinds of badness are put on all streams at once, each with a good event of the same key right
behind it. Then each test looks at what became of one.
"""

import asyncio
from dataclasses import dataclass

import pytest

from services.contracts import Envelope, Event, Stream
from services.kit.bus import DeadLetter, lag
from services.kit.clock import SystemClock
from services.kit.documents.mongo import MongoDocuments
from services.kit.documents.mongo_rows import MongoRows
from services.kit.store import Store
from services.notify.repository import NOTIFICATIONS
from services.quota.repository import ACCOUNTS
from services.render.core import QUEUE
from tests.integration.dead_letters.badness import GROUPED, KINDS, Case, send
from tests.integration.dead_letters.conftest import House
from tests.waiting import eventually

CLOCK = SystemClock()


@dataclass(frozen=True)
class Evidence:
    cases: dict[tuple[Stream, str], Case]
    letters: dict[Stream, list[DeadLetter]]


@pytest.fixture(scope="module")
async def evidence(house: House) -> Evidence:
    cases = {(stream, kind): Case.of(stream, kind) for stream in GROUPED for kind in KINDS}
    await send(house.connection, cases.values())
    for name in sorted(set().union(*(house.readers(stream) for stream in GROUPED))):
        await eventually(lambda: _has_read_all(house, name), within=60)  # noqa: B023 - awaited at once
    return Evidence(cases, {stream: await house.letters(stream) for stream in GROUPED})


async def _has_read_all(house: House, group: str) -> bool:
    await asyncio.sleep(0.3)
    return not sum(place.lag for place in await lag(house.connection, group))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stream", GROUPED)
def test_a_bad_record_becomes_a_dead_letter_of_each_reader_and_its_neighbour_does_not(
    house: House, evidence: Evidence, stream: Stream, kind: str
) -> None:
    case, reason = evidence.cases[stream, kind], KINDS[kind].reason_on(stream)
    letters = [
        letter for letter in evidence.letters[stream] if letter.record.wire.key == case.bad.key
    ]

    assert {letter.reason for letter in letters} == ({reason} if reason else set())
    readers = house.readers(stream) if reason else set()
    assert sorted(letter.consumer for letter in letters) == sorted(readers)
    for letter in letters:
        assert letter.record.topic == house.connection.topic(stream)
        if kind == "too large":
            assert letter.cut > 1_000_000
        else:
            assert letter.record.wire == case.bad


@pytest.mark.parametrize("kind", KINDS)
async def test_the_good_event_behind_it_has_its_effect(
    house: House, evidence: Evidence, kind: str
) -> None:
    def good(stream: Stream) -> Envelope[Event]:
        return evidence.cases[stream, kind].good

    quota, render, notify = (store_of(house, name) for name in ("quota", "render", "notify"))
    accounts = MongoDocuments(quota, ACCOUNTS, CLOCK, "test")
    queue = MongoDocuments(render, QUEUE, CLOCK, "test")
    news = MongoRows(notify, NOTIFICATIONS)
    for stream in (Stream.REQUESTS, Stream.ACCOUNTS):
        assert await accounts.load(good(stream).data.key), stream
    for stream in (Stream.DECISIONS, Stream.CANCELLATIONS):
        assert await queue.load(getattr(good(stream).data, "job")), stream  # noqa: B009 - not on every event
    for stream in (Stream.DECISIONS, Stream.RENDERS):
        assert await news.get(good(stream).id), stream
    for store in (quota, render, notify):
        store.close()


def store_of(house: House, service: str) -> Store:
    return Store.connect(house.mongo_url, f"{house.connection.topic_prefix}_{service}")


def test_every_group_of_every_service_is_among_the_readers(house: House) -> None:
    assert {stream: house.readers(stream) for stream in GROUPED} == {
        Stream.ACCOUNTS: {"quota", "notify", "render"},
        Stream.ERASURES: {"gateway"},
        Stream.REQUESTS: {"quota"},
        Stream.DECISIONS: {"render", "gateway", "notify"},
        Stream.CANCELLATIONS: {"render"},
        Stream.RENDERS: {"quota", "gateway", "notify"},
    }


def test_all_services_are_still_ready(house: House, evidence: Evidence) -> None:
    assert evidence.letters
    assert {name: one.reasons for name, one in house.readiness.items() if not one.ready} == {}
