"""Any replica announces the plans' limits at start, and only what nobody knows yet."""

import asyncio
from datetime import timedelta

from services.contracts.events import LimitsChanged
from services.kit.clock import ManualClock
from services.kit.component import Readiness
from services.kit.documents import MemoryDocuments
from services.kit.errors import Unavailable
from services.quota.announcer import Announcer
from services.quota.core import Plan, Plans, PoolLimits
from services.quota.repository import LIMITS
from tests.unit.quota.cases import FREE, NOON, PLANS
from tests.unit.quota.house import HeardLimits


class Scene:
    def __init__(self) -> None:
        self.clock = ManualClock(NOON)
        self.documents: MemoryDocuments[PoolLimits] = MemoryDocuments(LIMITS, self.clock, "quota")
        self.heard = HeardLimits()
        self.readiness = Readiness()

    def announcer(self, plans: Plans = PLANS) -> Announcer:
        return Announcer(plans, self.documents, self.heard, self.clock, self.readiness)

    def publish(self) -> list[LimitsChanged]:
        """Everything announced so far is on the topic now."""
        said = [event for event in self.documents.events if isinstance(event, LimitsChanged)]
        self.heard.said = {event.key: event for event in said}
        return said


async def test_each_plan_is_announced_once() -> None:
    scene = Scene()
    await scene.announcer().announce()
    assert [(event.key, event.version) for event in scene.publish()] == [
        ("free/default", 1),
        ("plus/default", 1),
    ]
    await scene.announcer().announce()
    assert len(scene.publish()) == 2


async def test_two_replicas_that_start_at_once_never_say_two_things_under_one_version() -> None:
    scene = Scene()
    await asyncio.gather(*(scene.announcer().announce() for _ in range(4)))
    said = {(event.key, event.version) for event in scene.publish()}
    assert len(said) == len(scene.documents.events)


async def test_changed_plans_are_announced_anew() -> None:
    scene = Scene()
    await scene.announcer().announce()
    scene.publish()
    more = Plan.model_validate({**FREE.model_dump(), "images": 5})
    await scene.announcer(Plans(plans=(more,))).announce()
    last = scene.publish()[-1]
    assert (last.key, last.version, last.images) == ("free/default", 2, 5)


async def test_readiness_waits_for_the_announcement_through_an_outage() -> None:
    scene = Scene()
    scene.documents.fail_next(Unavailable("database", "gone"))
    stop = asyncio.Event()
    running = asyncio.create_task(scene.announcer().run(stop))
    await scene.clock.advance(timedelta(0))
    assert scene.readiness.reasons == {"limits": "database unavailable: gone"}
    await scene.clock.advance(timedelta(seconds=1))
    await scene.clock.advance(timedelta(seconds=1))
    assert scene.readiness.ready
    assert not running.done()
    stop.set()
    await running


async def test_a_stop_ends_the_waiting() -> None:
    scene = Scene()
    scene.documents.fail_next(Unavailable("database"))
    stop = asyncio.Event()
    running = asyncio.create_task(scene.announcer().run(stop))
    await scene.clock.advance(timedelta(0))
    stop.set()
    await running
    assert not scene.readiness.ready
