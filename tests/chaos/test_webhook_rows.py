"""Rows N-04 and their kin: webhooks arrive whoever dies, at least once and under one id."""

import asyncio

import pytest

from tests.chaos.knobs import KNOBS
from tests.chaos.load import Client, Wish
from tests.chaos.row import Row
from tests.chaos.sink import Sink

QUICK = Wish(steps=(1,), cancelled=0.1)


async def _sinks(row: Row, count: int) -> tuple[list[Client], list[Sink]]:
    clients = [await row.client(wish=QUICK) for _ in range(count)]
    return clients, [await row.sink(client) for client in clients]


@pytest.mark.row("N-04")
async def test_a_notify_killed_before_it_wrote_that_a_webhook_was_taken_sends_it_again(
    row: Row,
) -> None:
    clients, sinks = await _sinks(row, 2)
    async with row.load(*clients, rate=4, most=12):
        for _ in range(KNOBS.times(2)):
            sinks[0].holds.clear()
            sinks[0].holding.clear()
            await asyncio.wait_for(sinks[0].holding.wait(), 60)
            await row.faults.kill("notify")
            sinks[0].holds.set()
            await row.world.until_ready()
    verdict = await row.passes()
    assert verdict["webhooks"]["again"] > 0, "no kill came between a webhook and its record"


@pytest.mark.row("N-07")
@pytest.mark.parametrize("victim", ["kafka", "database"])
async def test_webhooks_arrive_though_a_part_dies_while_they_are_sent(
    row: Row, victim: str
) -> None:
    clients, _ = await _sinks(row, 2)
    async with row.load(*clients, rate=4, most=12):
        for _ in range(KNOBS.times(1)):
            await asyncio.sleep(row.dice.uniform(1, 2))
            await row.faults.kill(victim)
            await row.world.until_ready()
        await asyncio.sleep(1)
    await row.passes()


@pytest.mark.row("N-08")
async def test_two_notifies_that_write_one_feed_leave_no_gap_and_tell_each_end(row: Row) -> None:
    """Followers of both, a webhook, and each of the two killed while one account's news pour in."""
    clients, _ = await _sinks(row, 1)
    async with row.world.replica("notify", "1") as second:
        row.follow(clients[0], 5)
        row.follow(clients[0], 5, events_url=row.world.events_url(second))
        await row.until_following()
        async with row.load(*clients, rate=8, most=30):
            for _ in range(KNOBS.times(1)):
                await asyncio.sleep(row.dice.uniform(1, 2))
                await row.faults.kill("notify")
                await row.world.until_ready()
                await asyncio.sleep(row.dice.uniform(0, 1))
                await row.faults.kill("notify", second.pid)
                await second.start()
        await row.passes()
