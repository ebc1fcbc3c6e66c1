import asyncio
from datetime import timedelta

from services.kit.bus.gate import Gate
from services.kit.clock import ManualClock
from tests.unit.kit.bus.samples import turns


async def test_whoever_comes_to_a_paused_gate_waits_until_it_resumes() -> None:
    gate = Gate(ManualClock())
    gate.pause("maintenance")
    passing = asyncio.create_task(gate.passage())
    await turns()

    assert gate.shut == "maintenance"
    assert not passing.done()

    gate.resume()
    await passing
    assert gate.shut is None


async def test_a_failure_shuts_it_for_a_while() -> None:
    clock = ManualClock()
    gate = Gate(clock)
    gate.failed("database")
    passing = asyncio.create_task(gate.passage())
    await turns()

    assert gate.shut == "database_unavailable"
    assert not passing.done()

    await clock.advance(timedelta(seconds=0.1))
    await passing


async def test_failures_in_a_row_shut_it_for_longer_and_a_success_begins_anew() -> None:
    clock = ManualClock()
    gate = Gate(clock)
    for _ in range(10):
        gate.failed("database")
        clock.move(timedelta(seconds=5))
    gate.failed("database")
    clock.move(timedelta(seconds=2))
    assert gate.shut

    clock.move(timedelta(seconds=3))
    gate.worked()
    gate.failed("database")
    clock.move(timedelta(seconds=0.1))
    assert gate.shut is None


async def test_calls_that_fail_together_count_once() -> None:
    clock = ManualClock()
    gate = Gate(clock)
    for _ in range(16):
        gate.failed("database")

    clock.move(timedelta(seconds=0.1))
    assert gate.shut is None


async def test_nothing_opens_a_blown_gate() -> None:
    gate = Gate(ManualClock())
    gate.blow("fuse_blown:topic")
    gate.pause("maintenance")
    gate.resume()

    assert gate.shut == "fuse_blown:topic"
