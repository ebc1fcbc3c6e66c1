"""The service as a process, between real Kafka and the real database."""

import asyncio
import signal
from datetime import timedelta

from services.contracts import AccountId, Event
from services.contracts.events import JobAdmitted, JobRejected, LimitsChanged, UsageChanged
from services.kit.clock import ManualClock, SystemClock
from services.kit.documents.mongo import MongoDocuments
from services.kit.store import Store
from services.quota.core import Book, reserve
from services.quota.repository import ACCOUNTS
from tests.integration.quota.outside import Outside, Quota
from tests.unit.quota.cases import PLANS, completed, failed, requested


def account(number: int) -> AccountId:
    return AccountId(f"acc_{number:032x}")


async def test_plans_are_announced_and_requests_decided(outside: Outside, quota: Quota) -> None:
    await outside.until(
        lambda: sum(isinstance(event, LimitsChanged) for event in outside.heard.values()) == 4
    )
    limits = {
        event.key: event for event in outside.heard.values() if isinstance(event, LimitsChanged)
    }
    assert set(limits) == {f"{plan}/default" for plan in ("free", "plus", "pro", "operator")}
    free = limits["free/default"]
    assert (free.version, free.m, free.images, free.adaptive) == (1, 1.0, 3, True)

    for number in (1, 2, 3):
        await outside.say(requested(number, account=account(1)))
        await outside.until(lambda: len(outside.decisions) == number)  # noqa: B023 - awaited at once
        await outside.say(completed(number, account=account(1)))
    await outside.until(lambda: len(_usages(outside, account(1))) == 6)
    await outside.say(requested(4, account=account(1)))
    await outside.until(lambda: len(outside.decisions) == 4)
    fourth = outside.decisions[-1]
    assert isinstance(fourth, JobRejected)
    assert (fourth.rule, fourth.quota.used, fourth.quota.limit) == ("window", 3, 3)
    assert fourth.quota.limits_version == 1

    assert await quota.end(signal.SIGTERM) == 0
    assert await quota.check() == (0, {"accounts": 1, "findings": []})
    await quota.start()


async def test_killed_while_jobs_flow_it_decides_and_settles_each_of_them_once(
    outside: Outside, quota: Quota
) -> None:
    accounts, jobs = 20, 200
    asked = [
        requested(number, plan="plus", account=account(number % accounts)) for number in range(jobs)
    ]
    for start in range(0, jobs, 20):
        await outside.say(*asked[start : start + 20])
        await asyncio.gather(
            outside.say(*(_end_of(event) for event in outside.decisions[-20:])),
            _restarted(quota) if start in (40, 120) else asyncio.sleep(0),
        )
    await outside.until(lambda: len({event.job for event in outside.decisions}) == jobs)
    admitted = [event for event in outside.decisions if isinstance(event, JobAdmitted)]
    await outside.say(*(_end_of(event) for event in admitted))
    await outside.until(lambda: not _open_grants(outside))

    assert len(outside.decisions) == jobs, "each once, under one event id"
    assert len(admitted) >= accounts * 4
    assert await quota.check() == (0, {"accounts": accounts, "findings": []})


async def test_a_grant_whose_end_was_lost_long_ago_is_given_back(
    outside: Outside, quota: Quota, store: Store
) -> None:
    """Only when a later end was handled: before that, its own may still lie on the stream."""
    long_ago = SystemClock().now() - timedelta(days=30)
    past = MongoDocuments(store, ACCOUNTS, ManualClock(long_ago), "quota")
    asked = requested(1, account=account(1)).model_copy(update={"at": long_ago})
    lost = reserve(None, asked, Book(PLANS), long_ago).change
    await past.change(account(1), lambda _: lost)
    await outside.say(requested(2, account=account(2)))
    await outside.until(lambda: len(outside.decisions) == 2)
    await outside.say(completed(2, account=account(2)))
    await outside.until(lambda: len(_usages(outside, account(1))) == 2)
    assert _usages(outside, account(1))[-1].grants == ()
    assert await quota.check() == (0, {"accounts": 2, "findings": []})


async def _restarted(quota: Quota) -> None:
    await quota.end(signal.SIGKILL)
    await quota.start()


def _end_of(decision: JobAdmitted | JobRejected) -> Event:
    number = int(decision.job[4:], 16)
    return (completed if number % 2 else failed)(number, account=decision.account)


def _usages(outside: Outside, of: AccountId) -> list[UsageChanged]:
    known = (event for event in outside.heard.values() if isinstance(event, UsageChanged))
    return sorted(
        (event for event in known if event.account == of), key=lambda event: event.version
    )


def _open_grants(outside: Outside) -> bool:
    latest: dict[AccountId, UsageChanged] = {}
    for event in outside.heard.values():
        if isinstance(event, UsageChanged):
            held = latest.setdefault(event.account, event)
            latest[event.account] = max(held, event, key=lambda one: one.version)
    return any(grant.open for usage in latest.values() for grant in usage.grants)
