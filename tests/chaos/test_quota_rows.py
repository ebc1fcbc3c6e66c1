"""Rows Q: admissions that race, while quotas die and limits change."""

import asyncio

import pytest

from tests.chaos.figures import record
from tests.chaos.knobs import KNOBS
from tests.chaos.load import Wish
from tests.chaos.row import Row
from tests.chaos.world import TIGHT

STORM = 5 * TIGHT
FLIPS = 30
HEARD_SECONDS = 2.0
"""Within which quota has heard of a plan."""


@pytest.mark.whole
@pytest.mark.row("Q-01")
async def test_two_quotas_of_which_one_dies_admit_a_storm_exactly_to_its_limit(row: Row) -> None:
    client = await row.client("tight", Wish(steps=(1,), cancelled=0))
    async with row.world.replica("quota", "1"):
        for _ in range(STORM):
            client.ask()
        for _ in range(KNOBS.times(2)):
            await asyncio.sleep(row.dice.uniform(0.2, 1))
            await row.faults.kill("quota")
            await row.world.until_ready()
        verdict = await row.passes()
    assert verdict["by_account"][client.account.id]["completed"] == TIGHT


@pytest.mark.row("Q-02")
async def test_a_limit_that_changes_while_it_is_decided_by_is_never_passed(row: Row) -> None:
    """Each decision's row has the limit that it was decided by; the checker adds them up."""
    client = await row.client("tight", Wish(steps=(1,), cancelled=0))
    for _ in range(STORM // 2):
        client.ask()
    flips = KNOBS.times(FLIPS)
    for number in range(flips):
        await row.world.put_on(client.account.id, "tight" if number % 2 else "chaos")
        await asyncio.sleep(row.dice.uniform(0, 0.1))
    await row.world.put_on(client.account.id, "tight")
    await asyncio.sleep(HEARD_SECONDS)
    for _ in range(TIGHT):
        client.ask()
    verdict = await row.passes()
    record(row.id, row.test, "plan_changes", flips)
    ends = verdict["by_account"][client.account.id]
    assert ends["completed"] >= TIGHT
    assert ends["rejected"] > 0
