"""Endpoints that want to hear of limits hear of those of their account's plan, each change once."""

import json
from datetime import timedelta

import pytest

from services.contracts import AccountId, Envelope, Event, EventId, KeyId
from services.contracts.events import AccountChanged, KeyGrant, LimitsChanged, Scope
from services.kit.documents import MemoryDocuments
from services.notify.deliveries.limits import LimitsFanOut
from services.notify.keyring import KEYS, Keyring
from tests.unit.notify.fakes import ACCOUNT, NOW
from tests.unit.notify.hooks import Hooks

SECOND = timedelta(seconds=1)


class Limits:
    def __init__(self) -> None:
        self.hooks = Hooks()
        self.keyring = Keyring(MemoryDocuments(KEYS, self.hooks.clock, "notify"))
        self.fanout = LimitsFanOut(
            self.hooks.endpoints,
            self.hooks.deliveries,
            self.keyring,
            self.hooks.clock,
            self.hooks.deliverer.wake,
        )

    async def on(self, plan: str, account: AccountId = ACCOUNT, version: int = 1) -> None:
        key = KeyGrant(id=KeyId("key_00000001"), secret_hash="-", scopes=(Scope.JOBS_READ,))
        await self.keyring.learn(
            AccountChanged(at=NOW, account=account, version=version, plan=plan, keys=(key,))
        )

    async def change(self, plan: str = "free", m: float = 0.5) -> Envelope[Event]:
        event = LimitsChanged(
            at=NOW,
            plan=plan,
            pool="default",
            version=1,
            images=3,
            window_seconds=86_400,
            concurrency=1,
            adaptive=True,
            m=m,
            cause="the fleet is hot",
            since=NOW,
        )
        envelope: Envelope[Event] = Envelope(EventId.new(NOW), "quota", event)
        await self.fanout(envelope)
        await self.hooks.looks()
        return envelope

    @property
    def told(self) -> list[tuple[str, float]]:
        bodies = [json.loads(post.body) for post in self.hooks.receiver.got]
        return [(body["type"], body["data"]["m"]) for body in bodies]


@pytest.fixture
def limits() -> Limits:
    return Limits()


async def test_a_change_of_the_accounts_plan_is_told_once(limits: Limits) -> None:
    await limits.on("free")
    endpoint = await limits.hooks.endpoint("https://a.example/h", "limits.changed")
    envelope = await limits.change()
    await limits.fanout(envelope)
    await limits.hooks.looks()
    assert limits.told == [("limits.changed", 0.5)]
    (delivery,) = await limits.hooks.log(endpoint)
    assert (delivery.sequence, json.loads(delivery.body)["data"]["href"]) == (None, "/v1/limits")


async def test_changes_of_other_plans_are_not(limits: Limits) -> None:
    await limits.on("free")
    await limits.hooks.endpoint("https://a.example/h", "limits.changed")
    await limits.change("plus")
    assert limits.told == []
    await limits.on("plus", version=2)
    await limits.change("plus", 0.25)
    assert limits.told == [("limits.changed", 0.25)]


async def test_who_did_not_ask_for_it_or_is_disabled_hears_nothing(limits: Limits) -> None:
    await limits.on("free")
    await limits.hooks.endpoint("https://a.example/h")
    asked = await limits.hooks.endpoint("https://b.example/h", "limits.changed")
    await limits.hooks.endpoints.change(asked.id, lambda known: known.disabled(NOW, "asked"))
    await limits.change()
    assert limits.told == []


async def test_what_is_only_repeated_is_no_news(limits: Limits) -> None:
    await limits.on("free")
    await limits.hooks.endpoint("https://a.example/h", "limits.changed")
    for m in (0.5, 0.5, 0.25, 0.5):
        await limits.change(m=m)
    assert [m for _, m in limits.told] == [0.5, 0.25, 0.5]


async def test_it_stands_in_the_log_between_what_came_before_and_after(limits: Limits) -> None:
    await limits.on("free")
    endpoint = await limits.hooks.endpoint("https://a.example/h", "job.completed", "limits.changed")
    await limits.hooks.happens("job.completed")
    await limits.hooks.looks()
    limits.hooks.clock.move(SECOND)
    await limits.change()
    limits.hooks.clock.move(SECOND)
    await limits.hooks.happens("job.completed")
    log = await limits.hooks.log(endpoint)
    assert [one.type for one in log] == ["job.completed", "limits.changed", "job.completed"]
