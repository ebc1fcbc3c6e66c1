import asyncio
from datetime import timedelta

from services.kit.bus import TopicMissing
from services.kit.bus.supervision import Supervisor, until
from services.kit.clock import ManualClock
from services.kit.component import Readiness
from tests.unit.kit.bus.samples import turns


class Sessions:
    """Fails as told, then serves until stopped."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.supervisor: Supervisor | None = None

    async def __call__(self, stop: asyncio.Event) -> None:
        if self.errors:
            raise self.errors.pop(0)
        if self.supervisor:
            self.supervisor.settled()
        await stop.wait()


async def test_a_failed_session_is_followed_by_another_and_readiness_says_why() -> None:
    clock, readiness, stop = ManualClock(), Readiness(), asyncio.Event()
    supervisor = Supervisor("group:quota", clock, readiness)
    assert readiness.reasons == {"group:quota": "starting"}

    sessions = Sessions(ConnectionError("refused"), ExceptionGroup("", [TopicMissing("a.b.v1")]))
    sessions.supervisor = supervisor
    running = asyncio.create_task(supervisor.run(sessions, stop))
    await turns()
    assert readiness.reasons == {"group:quota": "bus_unavailable"}

    await clock.advance(timedelta(seconds=1))
    assert readiness.reasons == {"group:quota": "topic_missing:a.b.v1"}

    await clock.advance(timedelta(seconds=1))
    assert readiness.ready

    stop.set()
    await running


async def test_an_outage_of_kafka_is_told_and_does_not_make_a_service_unready() -> None:
    clock, readiness, stop = ManualClock(), Readiness(), asyncio.Event()
    supervisor = Supervisor("group:quota", clock, readiness)
    broken = asyncio.Event()

    async def session(stop: asyncio.Event) -> None:
        supervisor.settled()
        await broken.wait()
        broken.clear()
        raise ConnectionError("gone")

    running = asyncio.create_task(supervisor.run(session, stop))
    await turns()
    broken.set()
    await turns()
    assert readiness.reasons == {"group:quota": "bus_unavailable"}
    assert readiness.ready

    await clock.advance(timedelta(seconds=1))
    assert readiness.reasons == {}

    stop.set()
    broken.set()
    await running


async def test_stop_does_not_wait_for_the_next_try() -> None:
    clock, stop = ManualClock(), asyncio.Event()
    supervisor = Supervisor("table", clock, Readiness())
    running = asyncio.create_task(supervisor.run(Sessions(OSError()), stop))
    await turns()
    stop.set()

    async with asyncio.timeout(1):
        await running


async def test_trying_counts_as_a_turn_of_the_loop() -> None:
    clock, stop = ManualClock(), asyncio.Event()
    supervisor = Supervisor("table", clock, Readiness())
    clock.move(timedelta(seconds=50))
    assert supervisor.pulse.age == 50

    running = asyncio.create_task(supervisor.run(Sessions(), stop))
    await turns()
    assert supervisor.pulse.age == 0
    stop.set()
    await running


async def test_work_is_cut_short_by_a_stop() -> None:
    stop = asyncio.Event()

    async def forever() -> int:
        await asyncio.Event().wait()
        return 1

    async def quick() -> int:
        return 2

    assert await until(stop, quick()) == 2
    working = asyncio.create_task(until(stop, forever()))
    await turns()
    stop.set()
    assert await working is None
