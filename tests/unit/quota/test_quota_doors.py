"""A replica's doors: whom they refuse, what they say, and whom they offer to wait."""

from datetime import timedelta

import pytest

from services.contracts import AccountId, Lane
from services.contracts.events import JobAdmitted, JobRejected, Offer, Rule
from services.quota.core.law import DEFAULTS
from tests.unit.quota.cases import NOON, requested
from tests.unit.quota.fleet import report
from tests.unit.quota.scene import Scene

ADA = AccountId("acc_" + "a" * 32)
BOB = AccountId("acc_" + "b" * 32)


async def test_the_full_door_refuses_and_says_when_it_opens() -> None:
    scene = Scene()
    scene.house.loads["default"] = report(NOON, wait=130, capacity=1.0)
    await scene.ask(1)
    decision = scene.house.decisions[-1]
    assert not isinstance(decision, JobAdmitted)
    assert decision.rule is Rule.FLEET_FULL
    assert decision.retry_at
    assert timedelta(seconds=40) <= decision.retry_at - NOON <= timedelta(seconds=50)
    assert "No free image can be taken at this moment" in decision.reason


async def test_a_paid_request_walks_through_a_shut_door() -> None:
    scene = Scene()
    scene.house.loads["default"] = report(NOON, wait=3_600, capacity=1.0)
    await scene.house.hear(requested(1, plan="plus"))
    assert isinstance(scene.house.decisions[-1], JobAdmitted)


async def test_a_wave_between_two_reports_is_stopped_at_the_wall() -> None:
    scene = Scene()
    scene.house.loads["default"] = report(NOON, wait=0, capacity=1.0)
    await scene.ask(1_000)
    admitted = [one for one in scene.house.decisions if isinstance(one, JobAdmitted)]
    cost = 128 * 128 / 1e6 * 8 * 2
    assert len(admitted) == pytest.approx(90 / cost, abs=2)


async def test_a_request_that_may_wait_is_deferred_instead_of_refused() -> None:
    scene = Scene()
    scene.house.loads["default"] = report(NOON, wait=130, capacity=1.0, deferred=60)
    patient = requested(1).model_copy(update={"allow_deferred": True})
    await scene.house.hear(patient)
    decision = scene.house.decisions[-1]
    assert isinstance(decision, JobAdmitted)
    assert decision.lane is Lane.DEFERRED
    assert (decision.quota.limit, decision.quota.limit_normally) == (3, 3)


async def test_who_did_not_allow_it_is_offered_to_be_deferred() -> None:
    scene = Scene()
    scene.house.loads["default"] = report(NOON, wait=130, capacity=1.0)
    await scene.house.hear(requested(1))
    decision = scene.house.decisions[-1]
    assert not isinstance(decision, JobAdmitted)
    assert decision.offers == (Offer.DEFERRED,)


async def test_a_deferred_backlog_of_twelve_hours_takes_no_more() -> None:
    scene = Scene()
    full = DEFAULTS.deferral + 1
    scene.house.loads["default"] = report(NOON, wait=130, capacity=1.0, deferred=full)
    patient = requested(1).model_copy(update={"allow_deferred": True})
    await scene.house.hear(patient)
    decision = scene.house.decisions[-1]
    assert not isinstance(decision, JobAdmitted)
    assert decision.offers == ()


async def test_who_was_sent_away_gets_in_at_its_moment_and_others_do_not() -> None:
    scene = Scene()
    scene.house.loads["default"] = report(NOON, wait=92, capacity=1.0)
    await scene.house.hear(requested(1, account=ADA))
    told = scene.house.decisions[-1]
    assert isinstance(told, JobRejected)
    assert told.retry_at
    await scene.clock.advance(told.retry_at - NOON)
    scene.house.loads["default"] = report(scene.clock.now(), wait=92, capacity=1.0)
    await scene.house.hear(requested(2, account=BOB))
    await scene.house.hear(requested(3, account=ADA))
    admitted = [isinstance(decision, JobAdmitted) for decision in scene.house.decisions]
    assert admitted == [False, False, True]


async def test_who_asks_again_at_once_keeps_its_place_and_pushes_nobody_back() -> None:
    scene = Scene()
    scene.house.loads["default"] = report(NOON, wait=130, capacity=1.0)
    for number in range(1, 6):
        await scene.house.hear(requested(number, account=ADA))
    moments = {one.retry_at for one in scene.house.decisions if isinstance(one, JobRejected)}
    assert len(moments) == 1
    await scene.house.hear(requested(6, account=BOB))
    last = scene.house.decisions[-1]
    assert isinstance(last, JobRejected)
    assert last.retry_at
    slot = 128 * 128 / 1e6 * 8 * 2 / DEFAULTS.turns
    assert last.retry_at - NOON <= timedelta(seconds=40 + slot + 10.01)
