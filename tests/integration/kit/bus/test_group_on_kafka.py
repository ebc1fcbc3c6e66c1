import asyncio

import pytest

from services.contracts import Envelope, Event, Stream
from services.kit.bus import Patience, lag
from services.kit.component import Readiness
from services.kit.errors import Unavailable, Unprocessable
from tests.integration.kit.bus.bench import Bench, Heard, eventually, running
from tests.unit.kit.bus.samples import account, cancel


async def committed(bench: Bench) -> int:
    return sum(place.committed for place in await lag(bench.connection, "test"))


async def test_events_of_a_key_are_handled_in_their_order(bench: Bench) -> None:
    heard = Heard()
    accounts = [account() for _ in range(20)]
    envelopes = [cancel(accounts[number % 20]) for number in range(400)]
    async with running(bench.producer, bench.group(heard)):
        await bench.ready()
        for start in range(0, 400, 50):
            await bench.producer.publish(envelopes[start : start + 50])
        await eventually(lambda: len(heard.envelopes) == 400)

    for of in accounts:
        assert heard.of(of) == [sent for sent in envelopes if sent.data.key == of]
    assert await committed(bench) == 400


async def test_an_event_without_an_outcome_comes_again_after_a_restart(bench: Bench) -> None:
    async def never(_envelope: Envelope[Event]) -> None:
        raise Unavailable("database")

    async with running(bench.producer):
        await bench.ready()
        envelope = cancel()
        await bench.producer.publish([envelope])
        async with running(bench.group(never)):
            await bench.ready()
            await eventually(lambda: not bench.readiness.reasons)
        assert await committed(bench) == 0

        heard = Heard()
        async with running(bench.group(heard)):
            await eventually(lambda: envelope in heard)
        assert await committed(bench) == 1


async def test_an_event_is_not_committed_past_one_of_another_key_that_waits(bench: Bench) -> None:
    slow, quick = account(), account()
    heard = Heard()
    release = asyncio.Event()

    async def handler(envelope: Envelope[Event]) -> None:
        if envelope.data.key == slow:
            await release.wait()
        await heard(envelope)

    async with running(bench.producer):
        await bench.ready()
        await bench.producer.publish([cancel(slow), *[cancel(quick) for _ in range(100)]])
        async with running(bench.group(handler)):
            await eventually(lambda: len(heard.of(quick)) == 100)
            await eventually(lambda: not heard.of(slow))
            release.set()
            await eventually(lambda: len(heard.of(slow)) == 1)
    assert await committed(bench) == 101


async def test_poison_and_garbage_become_dead_letters_and_neighbours_go_on(bench: Bench) -> None:
    heard = Heard()
    poison, stranger, good = cancel(), cancel(), cancel()

    async def handler(envelope: Envelope[Event]) -> None:
        if envelope == poison:
            raise ZeroDivisionError("poison")
        if envelope == stranger:
            raise Unprocessable("unknown_account", "nobody knows it")
        await heard(envelope)

    group = bench.group(handler, patience=Patience(pause=0.01))
    async with running(bench.producer, group):
        await bench.ready()
        await bench.put(Stream.CANCELLATIONS, b"{not json")
        await bench.producer.publish([poison, stranger, good])
        await eventually(lambda: good in heard)
        await eventually_dead(bench, 3)

    letters = {letter.reason: letter for letter in await bench.dead_letters(Stream.CANCELLATIONS)}
    assert set(letters) == {"not_a_cloudevent", "handler_fault", "unknown_account"}
    assert letters["not_a_cloudevent"].record.wire.value == b"{not json"
    assert letters["unknown_account"].detail == "nobody knows it"
    fault = letters["handler_fault"]
    assert "ZeroDivisionError: poison" in fault.stack
    assert fault.record.topic == bench.connection.topic(Stream.CANCELLATIONS)
    assert fault.record.wire.key == poison.data.key.encode()
    assert fault.consumer == "test"
    assert await committed(bench) == 4


async def eventually_dead(bench: Bench, count: int) -> None:
    async with asyncio.timeout(30):
        while len(await bench.dead_letters(Stream.CANCELLATIONS)) < count:
            await bench.clock.sleep(0.05)


async def test_a_blown_fuse_stops_the_group_and_says_so(bench: Bench) -> None:
    heard = Heard()
    async with running(bench.producer, bench.group(heard)):
        await bench.ready()
        for _ in range(25):
            await bench.put(Stream.CANCELLATIONS, b"{")
        topic = bench.connection.topic(Stream.CANCELLATIONS)
        await eventually(lambda: bench.readiness.reasons == {"group:test": f"fuse_blown:{topic}"})
        await bench.producer.publish([cancel()])
        await eventually_dead(bench, 19)

    assert len(await bench.dead_letters(Stream.CANCELLATIONS)) == 19
    assert heard.envelopes == []
    assert await committed(bench) == 19


async def test_a_paused_group_keeps_its_place_and_goes_on_when_resumed(bench: Bench) -> None:
    heard = Heard()
    group = bench.group(heard)
    async with running(bench.producer, group):
        await bench.ready()
        group.pause("maintenance")
        await bench.producer.publish([cancel() for _ in range(2_000)])
        await eventually(lambda: group.lag > 0)
        with pytest.raises(AssertionError):
            await eventually(lambda: bool(heard.envelopes), within=2)
        await eventually(lambda: group.poll_age < 1)

        group.resume()
        await eventually(lambda: len(heard.envelopes) == 2_000)
        await eventually(lambda: group.lag == 0)


async def test_a_second_replica_takes_its_share_and_nothing_is_lost(bench: Bench) -> None:
    first, second = Heard(), Heard()
    other = Readiness()
    async with running(bench.producer, bench.group(first)):
        await bench.ready()
        sent = [cancel() for _ in range(600)]
        await bench.producer.publish(sent[:200])
        async with running(bench.group(second, replica="1", readiness=other)):
            await bench.producer.publish(sent[200:400])
            await eventually(lambda: other.ready)
            await bench.producer.publish(sent[400:])
            await eventually(lambda: all(e in first or e in second for e in sent))

    assert len(first.envelopes) > 200
    assert second.envelopes
