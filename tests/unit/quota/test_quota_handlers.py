"""Load, decide, save: what is stored and published for each event that quota hears."""

import asyncio
from collections.abc import Sequence

import pytest
import structlog

from services.contracts.events import (
    AccountChanged,
    JobAdmitted,
    JobRejected,
    JobStarted,
    Rule,
    UsageChanged,
)
from services.kit.documents import Condition, MemoryRows
from services.kit.errors import Unavailable
from services.quota.core import LEDGER, LedgerRow, findings, forget
from services.quota.core.recall import MOST_REMEMBERED, REMEMBERED
from tests.unit.quota.cases import ACCOUNT, DAY, NOON, cancelled, completed, job, limits, requested
from tests.unit.quota.house import HeardLimits, House


async def test_a_request_becomes_a_decision_a_usage_and_a_row() -> None:
    house = House()
    await house.hear(requested(1))
    assert [type(event) for event in house.documents.events] == [JobAdmitted, UsageChanged]
    assert [row.id for row in house.documents.rows] == [f"{job(1)}:reserve"]
    assert (await house.account()).used == 1


async def test_what_is_stored_comes_back_as_it_was() -> None:
    house = House()
    await house.hear(requested(1, units=2))
    await house.hear(requested(2))
    await house.hear(completed(1, images=2))
    state = await house.account()
    assert [grant.job for grant in state.open] == [job(2)]
    assert [(spent.job, spent.units, spent.leaves_at) for spent in state.spent] == [
        (job(1), 2, NOON + DAY)
    ]
    assert state.oldest_open_at == NOON


async def test_a_request_delivered_twice_is_decided_once() -> None:
    house = House()
    for _ in range(2):
        await house.hear(requested(1))
        await house.hear(requested(2, units=4))
    first, second = house.decisions
    assert isinstance(first, JobAdmitted)
    assert isinstance(second, JobRejected)


async def test_a_save_whose_answer_was_lost_is_not_done_twice() -> None:
    house = House()
    house.documents.fail_next(Unavailable("database"), applied=True)
    with pytest.raises(Unavailable):
        await house.hear(requested(1))
    await house.hear(requested(1))
    assert len(house.decisions) == 1
    assert (await house.account()).used == 1


async def test_a_database_that_does_not_answer_leaves_the_request_for_later() -> None:
    house = House()
    house.documents.fail_next(Unavailable("database"))
    with pytest.raises(Unavailable):
        await house.hear(requested(1))
    assert house.documents.events == []


async def test_an_end_settles_once_whatever_comes_again() -> None:
    house = House()
    await house.hear(requested(1))
    for end in (completed(1), completed(1), cancelled(1)):
        await house.hear(end)
    assert [row.id for row in house.documents.rows] == [f"{job(1)}:reserve", f"{job(1)}:commit"]
    assert (await house.account()).used == 1


async def test_the_end_of_an_unknown_job_is_told_in_the_log_and_changes_nothing() -> None:
    house = House()
    with structlog.testing.capture_logs() as logs:
        await house.hear(completed(1))
    assert [(line["event"], line["log_level"]) for line in logs] == [
        ("end_without_grant", "warning")
    ]
    assert (house.documents.events, house.documents.rows) == ([], [])


async def test_an_end_that_only_the_ledger_remembers_is_a_repetition() -> None:
    house = House()
    await house.hear(requested(1))
    await house.hear(completed(1))
    house.file_rows()
    await house.documents.delete(ACCOUNT)
    with structlog.testing.capture_logs() as logs:
        await house.hear(completed(1))
    assert logs == []


async def test_nothing_is_decided_before_the_limits_are_known() -> None:
    house = House(limits=HeardLimits(caught_up=False))
    with pytest.raises(Unavailable, match="limits"):
        await house.hear(requested(1))
    house.limits.caught_up = True
    await house.hear(requested(1))
    assert len(house.decisions) == 1


async def test_limits_are_felt_as_soon_as_they_are_heard() -> None:
    house = House()
    await house.hear(requested(1))
    said = limits(0.0, version=3)
    house.limits.said[said.key] = said
    await house.hear(requested(2))
    _, second = house.decisions
    assert isinstance(second, JobRejected)
    assert (second.rule, second.quota.limits_version) == (Rule.LOAD, 3)


async def test_an_accounts_plan_is_taken_over() -> None:
    house = House()
    event = AccountChanged(at=NOON, account=ACCOUNT, version=3, plan="plus")
    await house.hear(event)
    await house.hear(event)
    await house.hear(requested(1, plan="free", version=2))
    assert house.decisions[0].quota.plan == "plus"
    usages = [event for event in house.documents.events if isinstance(event, UsageChanged)]
    assert [usage.version for usage in usages] == [1, 2]


async def test_events_for_others_pass_by() -> None:
    house = House()
    await house.hear(JobStarted(at=NOON, account=ACCOUNT, job=job(1), attempt=1, worker="w"))
    assert house.documents.events == []


async def test_of_200_requests_at_once_for_the_last_image_one_is_admitted() -> None:
    house = House()
    for number in (1, 2):
        await house.hear(requested(number))
        await house.hear(completed(number))
    replicas = [House(beside=house) for _ in range(3)]
    await asyncio.gather(
        *(replicas[number % 3].hear(requested(number)) for number in range(100, 300))
    )
    late = [event for event in house.decisions if event.job >= job(100)]
    assert len(late) == 200
    assert [type(event) for event in late].count(JobAdmitted) == 1
    house.file_rows()
    state = await house.account()
    assert state.used == 3
    assert findings(ACCOUNT, await house.accounts.rows(ACCOUNT), state) == []


async def test_a_race_lost_between_load_and_save_is_decided_anew() -> None:
    house = House()
    await house.hear(requested(1, units=2))
    await house.hear(completed(1, images=2))
    rival = House(beside=house)
    house.documents.interrupt_next(lambda: rival.hear(requested(2)))
    await house.hear(requested(3))
    _, won, lost = house.decisions
    assert (won.job, lost.job) == (job(2), job(3))
    assert isinstance(won, JobAdmitted)
    assert isinstance(lost, JobRejected)


async def crowd(house: House, count: int) -> None:
    """As many refusals, jobs 1000 and on."""
    for number in range(1_000, 1_000 + count):
        await house.hear(requested(number, units=4))


async def test_a_crowded_document_leaves_old_decisions_to_the_ledger() -> None:
    house = House()
    await crowd(house, 2 * REMEMBERED - 1)
    house.file_rows()
    await house.hear(requested(5_000))
    await house.hear(completed(5_000))
    state = await house.account()
    assert len(state.decided) == REMEMBERED
    decided = len(house.decisions)
    await house.hear(requested(1_000, units=4))
    await house.hear(completed(1_000))
    assert len(house.decisions) == decided, "the ledger remembers"


async def test_a_late_request_that_nobody_decided_is_decided_after_a_look_up() -> None:
    house = House()
    await crowd(house, 2 * REMEMBERED - 1)
    house.file_rows()
    await crowd(house, 2 * REMEMBERED)
    await house.hear(requested(1))
    assert isinstance(house.decisions[-1], JobAdmitted)


class BusyLedger(MemoryRows[LedgerRow]):
    """While it is read, another replica lets the account forget another decision."""

    def __init__(self, house: House) -> None:
        super().__init__(LEDGER)
        self._documents = house.documents

    async def find(
        self, where: Sequence[Condition] = (), *, order: Sequence[str] = (), limit: int = 100
    ) -> list[LedgerRow]:
        await self._documents.change(
            ACCOUNT, lambda state: forget(state, state.decided[:1]) if state else None
        )
        return await super().find(where, order=order, limit=limit)


async def test_an_account_that_forgets_faster_than_one_can_look_up_is_left_for_later() -> None:
    house = House()
    await crowd(house, REMEMBERED)
    busy = House(beside=house, ledger=BusyLedger(house))
    await house.accounts.change(ACCOUNT, lambda state: forget(state, {job(1_010)}))
    with pytest.raises(Unavailable, match="faster than its ledger"):
        await busy.hear(requested(1))
    await house.hear(requested(1))
    assert isinstance(house.decisions[-1], JobAdmitted)


async def test_a_ledger_that_is_far_behind_stops_new_decisions_until_it_is_there() -> None:
    house = House()
    await crowd(house, MOST_REMEMBERED)
    with pytest.raises(Unavailable, match="ledger"):
        await house.hear(requested(1))
    assert len(house.decisions) == MOST_REMEMBERED
    house.file_rows()
    with pytest.raises(Unavailable, match="ledger"):
        await house.hear(requested(1))
    await house.hear(requested(1))
    assert isinstance(house.decisions[-1], JobAdmitted)


async def test_each_decision_is_one_log_line_without_the_prompt() -> None:
    house = House()
    with structlog.testing.capture_logs() as logs:
        await house.hear(requested(1))
        await house.hear(requested(2, units=4))
        await house.hear(completed(1))
    assert [line["event"] for line in logs] == ["job_admitted", "job_rejected", "grant_settled"]
    assert {line["log_level"] for line in logs} == {"info"}
    assert "fox" not in str(logs)
