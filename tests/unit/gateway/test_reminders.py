"""A job that nobody answers is asked for again, and never twice for one reason."""

from datetime import timedelta

import pytest

from services.contracts import JobStatus
from services.contracts.events import JobRequested
from services.gateway.core.job import project
from services.gateway.core.reminder import remind
from services.gateway.reminders import Reminders
from tests.unit.gateway.house import House
from tests.unit.gateway.stories import NOW, Story, job

MINUTE = timedelta(minutes=1)


class Office:
    """A house whose reminders look when they are told to."""

    def __init__(self) -> None:
        self.house = House()
        self.unpublished_age = 0.0
        self.unheard = 0
        self.reminders = Reminders(
            self.house.jobs,
            lambda: self.unpublished_age,
            lambda: self.unheard,
            self.house.clock,
            every=15,
        )

    async def look_after(self, passed: timedelta) -> list[JobRequested]:
        """What has been asked again once so much more time has passed."""
        await self.house.clock.advance(passed)
        await self.reminders.look()
        return [event for event in self.house.requested if event.reminder]


async def test_a_job_without_an_answer_is_asked_for_again_later_each_time() -> None:
    office = Office()
    tenant = await office.house.open()
    wanted = await tenant.draw()
    assert await office.look_after(9 * MINUTE) == []
    asked = await office.look_after(1 * MINUTE)
    assert [event.job for event in asked] == [wanted]
    (first, *_) = office.house.requested
    expected = first.model_copy(update={"reminder": True, "account_version": 1})
    assert asked == [expected]

    assert len(await office.look_after(9 * MINUTE)) == 1
    assert len(await office.look_after(1 * MINUTE)) == 2
    assert len(await office.look_after(19 * MINUTE)) == 2
    assert len(await office.look_after(1 * MINUTE)) == 3


async def test_a_job_that_was_admitted_but_never_queued_is_asked_for_again() -> None:
    office = Office()
    tenant = await office.house.open()
    story = Story(await tenant.draw(), tenant.account)
    await office.house.project(story.admitted())
    assert len(await office.look_after(10 * MINUTE)) == 1


@pytest.mark.parametrize("tell", [Story.queued, Story.started, Story.rejected, Story.cancelled])
async def test_a_job_that_got_further_is_left_in_peace(tell: object) -> None:
    office = Office()
    tenant = await office.house.open()
    story = Story(await tenant.draw(), tenant.account)
    assert callable(tell)
    await office.house.project(tell(story))
    assert await office.look_after(timedelta(days=1)) == []


async def test_what_still_waits_in_the_outbox_is_not_lost() -> None:
    office = Office()
    tenant = await office.house.open()
    await tenant.draw()
    office.unpublished_age = 600
    assert await office.look_after(10 * MINUTE) == []
    office.unpublished_age = 0
    assert len(await office.look_after(1 * MINUTE)) == 1


async def test_two_replicas_ask_once() -> None:
    office = Office()
    tenant = await office.house.open()
    await tenant.draw()
    beside = Reminders(office.house.jobs, lambda: 0.0, lambda: 0, office.house.clock, every=15)
    assert len(await office.look_after(10 * MINUTE)) == 1
    await beside.look()
    assert len([event for event in office.house.requested if event.reminder]) == 1


def test_an_admission_that_comes_late_stops_no_reminder_and_an_end_does() -> None:
    story = Story()
    waiting = job(remind_at=NOW + MINUTE)
    admitted = project(waiting, story.admitted())
    assert remind(admitted, NOW + MINUTE) is not None
    ended = project(admitted, story.failed())
    assert (ended.status, ended.remind_at) == (JobStatus.FAILED, None)
    assert remind(ended, NOW + MINUTE) is None


async def test_a_replica_that_is_behind_asks_nothing_again_the_answer_may_lie_before_it() -> None:
    """Seen under 100 kills in a row: asking made it hear more, and fall behind farther."""
    office = Office()
    tenant = await office.house.open()
    await tenant.draw()
    office.unheard = 5000
    assert await office.look_after(30 * MINUTE) == []
    office.unheard = 3
    assert len(await office.look_after(1 * MINUTE)) == 1
