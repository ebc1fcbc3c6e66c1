"""The law as a process, between real Kafka and the real database, ten times as fast."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.contracts import AccountId, Lane
from services.contracts.events import DemandReported, Heat, JobRejected, Rule
from services.kit.clock import SystemClock
from tests.integration.quota.outside import Outside, Quota
from tests.unit.quota.cases import requested
from tests.unit.quota.fleet import report

PACE = 10


@pytest.fixture
async def quota(
    kafka_bootstrap: str, topic_prefix: str, mongo_url: str, database_prefix: str
) -> AsyncIterator[Quota]:
    pace = {"HEATSINK_QUOTA_PACE": f"{PACE}"}
    quota = Quota(kafka_bootstrap, topic_prefix, mongo_url, database_prefix, **pace)
    await quota.start()
    yield quota
    await quota.end(signal.SIGKILL)


@asynccontextmanager
async def heat(outside: Outside, wait: float, accounts: int = 0) -> AsyncIterator[None]:
    """Reports ten times a second that a free job would wait so long, and accounts that ask."""

    async def go_on() -> None:
        number = len(outside.decisions) * 1_000
        while True:
            now = SystemClock().now()
            await outside.say(report(now, wait=wait, capacity=1.0, heat=Heat.HOT))
            for _ in range(accounts):
                number += 1
                who = AccountId(f"acc_{number:032x}")
                await outside.say(requested(number, account=who))
            await asyncio.sleep(0.1)

    task = asyncio.create_task(go_on())
    yield
    task.cancel()


async def test_a_hot_fleet_tightens_a_killed_leader_forgets_nothing_and_a_cool_one_relaxes(
    outside: Outside, quota: Quota
) -> None:
    await outside.until(lambda: bool(outside.limits()))
    async with heat(outside, wait=11.0, accounts=3):
        await outside.until(lambda: outside.limits()[-1].m < 0.5)
        await outside.until(
            lambda: any(
                isinstance(event, JobRejected) and event.rule is Rule.LOAD
                for event in outside.heard.values()
            )
        )
        tight = outside.limits()[-1]
        assert tight.rule == "load"
        assert tight.cause.startswith("The fleet is hot: ")
        await quota.end(signal.SIGKILL)
        before = outside.limits()[-1]
        await quota.start()
        await outside.until(lambda: outside.limits()[-1].version > before.version)
        after = outside.limits()[-1]
        assert after.m <= 2 * before.m, "it went on from where it was"
        assert (after.rule, after.since) == ("load", before.since)
    asked = [event for event in outside.heard.values() if isinstance(event, DemandReported)]
    assert max(event.offered.get(Lane.FREE, 0.0) for event in asked) > 1
    async with heat(outside, wait=0.0):
        await outside.until(lambda: outside.limits()[-1].rule == "plan")
    assert outside.limits()[-1].m == 1
    versions = [said.version for said in outside.limits()]
    assert versions == sorted(set(versions))
    paid = outside.limits("plus")
    assert {said.m for said in paid} == {1.0}


async def test_a_fleet_that_falls_silent_is_trusted_less_and_nothing_is_opened(
    outside: Outside, quota: Quota
) -> None:
    await outside.until(lambda: bool(outside.limits()))
    async with heat(outside, wait=0.0):
        await asyncio.sleep(1)
    await outside.until(lambda: outside.limits()[-1].rule == "stale")
    await outside.until(lambda: outside.limits()[-1].m < 0.95)
    values = [said.m for said in outside.limits()]
    assert values == sorted(values, reverse=True)
    assert "not told how hot it is" in outside.limits()[-1].cause
