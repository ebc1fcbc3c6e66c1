import asyncio

import pytest

from services.contracts import AccountId, Envelope, Event
from services.kit.bus import Subscription, SubscriptionOverflow
from services.kit.bus.subscription import Match
from tests.unit.kit.bus.samples import account, cancel, turns


def of(wanted: AccountId) -> Match:
    return lambda envelope: envelope.data.key == wanted


def anything(_envelope: Envelope[Event]) -> bool:
    return True


async def test_it_hears_what_matches_in_order() -> None:
    one = account()
    subscription = Subscription(of(one), size=10)
    mine = [cancel(one), cancel(one)]
    for envelope in (mine[0], cancel(), mine[1]):
        subscription.offer(envelope)

    assert [await subscription.next(), await subscription.next()] == mine


async def test_a_wait_without_an_event_ends_with_none() -> None:
    assert await Subscription(anything, size=1).next(timeout=0.001) is None


async def test_a_waiting_reader_is_woken() -> None:
    subscription = Subscription(anything, size=1)
    waiting = asyncio.create_task(subscription.next(timeout=5))
    await turns()
    envelope = cancel()
    subscription.offer(envelope)

    assert await waiting == envelope


async def test_a_slow_reader_gets_what_was_kept_and_then_an_error() -> None:
    subscription = Subscription(anything, size=2)
    kept = [cancel(), cancel()]
    for envelope in (*kept, cancel(), cancel()):
        subscription.offer(envelope)

    assert [await subscription.next(), await subscription.next()] == kept
    with pytest.raises(SubscriptionOverflow):
        await anext(subscription)
    assert subscription.overflowed


async def test_it_is_read_like_any_stream() -> None:
    subscription = Subscription(anything, size=2)
    envelope = cancel()
    subscription.offer(envelope)

    assert await anext(aiter(subscription)) == envelope
