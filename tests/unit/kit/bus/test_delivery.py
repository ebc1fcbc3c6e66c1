import asyncio
from dataclasses import replace

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NoOpTracerProvider

from services.contracts import Envelope, Event
from services.kit.bus import Patience, Record
from services.kit.errors import Unprocessable
from services.kit.telemetry import current_traceparent, tracing
from tests.unit.kit.bus.deliveries import USAGE, Bench, Handler
from tests.unit.kit.bus.samples import (
    cancel,
    garbage,
    record,
    turns,
)


async def test_an_event_is_handed_over_once_however_often_it_comes() -> None:
    handler = Handler()
    bench = Bench(handler)
    envelope = cancel()
    await bench.delivery.deliver(record(envelope))
    await bench.delivery.deliver(record(envelope))

    assert handler.handled == [envelope]


async def test_a_record_that_is_no_event_becomes_a_dead_letter() -> None:
    bench = Bench(Handler())
    await bench.delivery.deliver(garbage(offset=7))

    (letter,) = bench.sender.letters
    assert letter.record == garbage(offset=7)
    assert (letter.reason, letter.consumer) == ("not_a_cloudevent", "test")
    assert bench.sender.sent[0][0] == "heatsink.cancellations.v1.dlq"


def of_type(type_name: str) -> Record:
    good = record()
    headers = [(name, value) for name, value in good.wire.headers if name != "ce_type"]
    headers.append(("ce_type", type_name.encode()))
    return replace(good, wire=replace(good.wire, headers=tuple(headers)))


async def test_an_event_that_was_added_later_is_ignored_and_no_dead_letter() -> None:
    handler = Handler()
    bench = Bench(handler)
    for _ in range(100):
        await bench.delivery.deliver(of_type("heatsink.cancellations.JobParked.v1"))

    assert (handler.calls, bench.sender.sent, bench.gate.blown) == (0, [], None)


@pytest.mark.parametrize(
    ("type_name", "reason"),
    [
        ("heatsink.cancellations.JobCancelRequested.v2", "unknown_version"),
        ("heatsink.decisions.JobAdmitted.v1", "wrong_stream"),
        ("com.example.Ordered", "foreign_type"),
    ],
)
async def test_what_is_not_of_this_stream_or_too_new_to_be_read_is_kept(
    type_name: str, reason: str
) -> None:
    handler = Handler()
    bench = Bench(handler)
    await bench.delivery.deliver(of_type(type_name))

    assert [letter.reason for letter in bench.sender.letters] == [reason]
    assert handler.calls == 0


async def test_a_record_that_is_too_large_is_no_obstacle() -> None:
    bench = Bench(Handler())
    await bench.delivery.deliver(garbage(value=b"x" * 2_000_000))

    (letter,) = bench.sender.letters
    assert (letter.reason, letter.cut) == ("too_large", 2_000_013)


async def test_what_can_never_be_handled_becomes_a_dead_letter_at_once() -> None:
    handler = Handler(Unprocessable("unknown_account", "acc_1"))
    bench = Bench(handler)
    await bench.delivery.deliver(record())

    (letter,) = bench.sender.letters
    assert (letter.reason, letter.detail, letter.stack) == ("unknown_account", "acc_1", "")
    assert handler.calls == 1


async def test_a_fault_of_ours_gets_three_tries_then_a_dead_letter_with_its_stack() -> None:
    handler = Handler(*[ZeroDivisionError("oops")] * 3)
    bench = Bench(handler)
    delivering = asyncio.create_task(bench.delivery.deliver(record()))
    for _ in range(3):
        await turns()
        await bench.passes(1)
    await delivering

    (letter,) = bench.sender.letters
    assert handler.calls == 3
    assert letter.reason == "handler_fault"
    assert "ZeroDivisionError: oops" in letter.stack


async def test_a_fault_that_passes_leaves_no_trace() -> None:
    handler = Handler(ZeroDivisionError())
    bench = Bench(handler)
    delivering = asyncio.create_task(bench.delivery.deliver(record()))
    await turns()
    await bench.passes(1)
    await delivering

    assert len(handler.handled) == 1
    assert bench.sender.sent == []


async def test_a_handler_that_hangs_counts_as_a_fault() -> None:
    calls = 0

    class Hanging(Handler):
        async def __call__(self, _envelope: Envelope[Event]) -> None:
            nonlocal calls
            calls += 1
            await asyncio.Event().wait()

    bench = Bench(Hanging(), patience=Patience(seconds=0.001, tries=2, pause=0))
    await bench.delivery.deliver(record())

    (letter,) = bench.sender.letters
    assert letter.detail == "TimeoutError()"
    assert calls == 2


async def test_a_tombstone_of_a_compacted_stream_is_no_event_and_no_fault() -> None:
    handler = Handler()
    bench = Bench(handler)
    await bench.delivery.deliver(garbage(topic=USAGE, value=None))

    assert handler.calls == 0
    assert bench.sender.sent == []


async def test_a_handler_works_within_the_trace_of_its_event() -> None:
    trace = "a" * 32
    seen: list[str | None] = []

    class Traced(Handler):
        async def __call__(self, _envelope: Envelope[Event]) -> None:
            seen.append(current_traceparent())

    tracing.use(TracerProvider())
    try:
        envelope = replace(cancel(), traceparent=f"00-{trace}-{'b' * 16}-01")
        await Bench(Traced()).delivery.deliver(record(envelope))
    finally:
        tracing.use(NoOpTracerProvider())

    (traceparent,) = seen
    assert traceparent is not None
    assert traceparent.split("-")[1] == trace
    assert traceparent.split("-")[2] != "b" * 16
