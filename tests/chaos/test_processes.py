"""Rows P: a process is killed, frozen or restarted at a bad moment."""

import asyncio
from itertools import cycle

import pytest

from tests.chaos.faults import VICTIMS
from tests.chaos.figures import record
from tests.chaos.knobs import KNOBS
from tests.chaos.load import Wish
from tests.chaos.row import Row
from tests.chaos.world import LEADER_SECONDS, LEASE_SECONDS, SESSION_SECONDS, TIGHT, WORKERS

AT_ONCE = 16
"""Requests that are under way when the gateway dies."""

LONG = Wish(steps=(20, 30), cancelled=0)
"""Renders of a second and more."""

LONGEST = Wish(steps=(50,), cancelled=0)
"""Longer than a stop lets a render run on."""

SEEN_THROUGH_WITHIN = 90.0
"""Seconds until a killed render is drawn after all: an engine starts anew meanwhile."""

HIT = ("worker_died", "engine_died", "engine_not_ready", "worker_stopped")
"""Why an attempt of a killed process goes back, other than by a lease that ran out."""


@pytest.mark.row("P-01")
async def test_a_gateway_killed_between_insert_and_answer_doubles_no_job(row: Row) -> None:
    # The more kills, the more accounts: SecantusDB takes longer for each job that one has.
    clients = [await row.client(wish=Wish(steps=(1,))) for _ in range(KNOBS.times(1))]
    async with row.load(*clients, rate=2):
        for number in range(KNOBS.times(4)):
            for _, client in zip(range(AT_ONCE), cycle(clients), strict=False):
                client.ask()
            # Later from kill to kill: where the insert lies depends on the machine.
            await asyncio.sleep(row.dice.uniform(0.02, 0.2) * (1 + number % 4))
            await row.faults.kill("gateway")
            await row.world.until_ready()
    verdict = await row.passes()
    assert verdict["replayed"] > 0, "no kill came between an insert and its answer"


@pytest.mark.whole
@pytest.mark.row("P-02")
@pytest.mark.parametrize("victim", ["gateway", "quota", "render"])
async def test_a_relay_killed_before_it_forgets_what_it_said_repeats_and_loses_nothing(
    row: Row, victim: str
) -> None:
    client = await row.client()
    async with row.load(client):
        for _ in range(KNOBS.times(2)):
            await asyncio.sleep(row.dice.uniform(0.5, 1.5))
            await row.faults.kill(victim)
            await row.world.until_ready()
        await asyncio.sleep(1)
    await row.passes()


@pytest.mark.row("P-03")
async def test_a_quota_that_is_killed_again_and_again_admits_exactly_the_limit(row: Row) -> None:
    client = await row.client("tight", Wish(steps=(1,), cancelled=0))
    bystander = await row.client()
    async with row.load(client, bystander, rate=12, most=4 * TIGHT):
        for _ in range(KNOBS.times(2)):
            await asyncio.sleep(row.dice.uniform(0.5, 1.5))
            await row.faults.kill("quota")
            await row.world.until_ready()
        for _ in range(2 * TIGHT - client.asked):
            client.ask()
    verdict = await row.passes()
    assert verdict["by_account"][client.account.id]["completed"] == TIGHT


@pytest.mark.row("P-04")
@pytest.mark.parametrize(
    "victim",
    ["worker", "engine", pytest.param("render", marks=pytest.mark.whole)],
)
async def test_what_is_killed_in_the_midst_of_a_render_costs_that_render_and_no_job(
    row: Row, victim: str
) -> None:
    """Workers whose service dies drain: they end what they can, and give the rest back."""
    whole = victim == "render"
    client = await row.client(wish=LONGEST if whole else LONG)
    kills = KNOBS.times(2)
    async with row.load(client, rate=3, most=6):
        for _ in range(kills):
            busy = await row.faults.busy("worker" if whole else victim)
            await asyncio.sleep(row.dice.uniform(0, 0.3))
            await row.faults.kill(victim, None if whole else busy)
            client.ask()
    verdict = await row.passes()
    hit = sum(verdict["requeued"].get(reason, 0) for reason in HIT)
    assert hit <= kills * (WORKERS if whole else 1)
    assert hit > 0 or whole


@pytest.mark.whole
@pytest.mark.row("P-04")
@pytest.mark.parametrize("victim", ["worker", "engine"])
async def test_a_kill_at_each_tenth_of_the_steps_costs_one_attempt(row: Row, victim: str) -> None:
    """From 10 to 90 %: each picture comes, from a second attempt, and is charged once."""
    client = await row.client(wish=LONGEST)
    for tenth in range(1, 10):
        client.ask()
        await client.until_answered()
        await client.until_drawn(tenth / 10)
        await row.faults.kill(victim, await row.faults.busy(victim))
        await client.until_over(within=SEEN_THROUGH_WITHIN)
    verdict = await row.passes()
    hit = sum(verdict["requeued"].get(reason, 0) for reason in HIT)
    assert hit == verdict["by_account"][client.account.id]["completed"] == 9


@pytest.mark.row("P-05")
async def test_a_worker_frozen_past_its_lease_comes_back_and_meets_the_fence(row: Row) -> None:
    client = await row.client(wish=LONGEST)
    for _ in range(KNOBS.times(1)):
        for _ in range(4):
            client.ask()
        frozen = await row.faults.busy("worker")
        async with row.faults.frozen("worker", frozen):
            await row.faults.until_bereft(frozen)
            await asyncio.sleep(row.dice.uniform(0, 1))
        client.ask()
        await client.until_answered()
    verdict = await row.passes()
    assert verdict["requeued"].get("lease_expired", 0) > 0


@pytest.mark.whole
@pytest.mark.row("P-08")
@pytest.mark.parametrize("act", ["freeze", "kill"])
async def test_two_sweepers_take_a_job_back_once(row: Row, act: str) -> None:
    """The leader stands still for longer than it may, comes back, and sweeps beside the next."""
    client = await row.client(wish=LONG)
    async with (
        row.world.replica("render", "1", HEATSINK_RENDER_WORKERS="0"),
        row.load(client, rate=2, most=6),
    ):
        frozen = await row.faults.busy("worker")
        async with row.faults.frozen("worker", frozen):
            await row.faults.act(act, "render", LEADER_SECONDS + 2)
            await row.faults.until_bereft(frozen)
        await asyncio.sleep(1)
    verdict = await row.passes()
    assert verdict["waste"] > 0


@pytest.mark.row("P-09")
@pytest.mark.parametrize("followers", [10, pytest.param(100, marks=pytest.mark.whole)])
async def test_a_killed_notify_leaves_no_gap_in_any_stream(row: Row, followers: int) -> None:
    """Of five accounts with so many followers each."""
    clients = [await row.client() for _ in range(5)]
    for client in clients:
        row.follow(client, KNOBS.times(followers))
    await row.until_following()
    async with row.load(*clients, most=20):
        for _ in range(KNOBS.times(1)):
            await asyncio.sleep(row.dice.uniform(1.5, 3))
            await row.faults.kill("notify")
            await row.world.until_ready()
        await asyncio.sleep(1)
    verdict = await row.passes()
    assert verdict["reconnect"]["p95"] is not None


@pytest.mark.row("N-01")
async def test_clients_that_hang_up_and_come_back_miss_nothing_and_hear_nothing_twice(
    row: Row,
) -> None:
    clients = [await row.client() for _ in range(2)]
    for client in clients:
        row.follow(client, KNOBS.times(10), patience=(0.1, 2))
    await row.until_following()
    async with row.load(*clients, most=20):
        await asyncio.sleep(5 * KNOBS.scale)
    verdict = await row.passes()
    record(row.id, row.test, "connections", row.diary.counts["connected"])
    assert row.diary.counts["connected"] > 2 * len(row.followers)
    assert verdict["reconnect"]["p95"] is not None


@pytest.mark.row("P-10")
@pytest.mark.parametrize(
    "victim",
    ["quota", *(pytest.param(name, marks=pytest.mark.whole) for name in ("gateway", "notify"))],
)
async def test_an_event_loop_that_stands_still_past_its_session_is_back_by_itself(
    row: Row, victim: str
) -> None:
    client = await row.client()
    row.follow(client, 2)
    async with row.load(client, rate=4):
        await asyncio.sleep(0.5)
        await row.faults.freeze(victim, SESSION_SECONDS + 3)
        await asyncio.sleep(2)
    await row.passes()


@pytest.mark.whole
@pytest.mark.row("P-11")
async def test_a_rolling_restart_under_load_fails_no_client(row: Row) -> None:
    """One replica of each: a client meets a refused connection or a 503, and tries again."""
    client = await row.client()
    row.follow(client, 5)
    async with row.load(client):
        for service in ("gateway", "quota", "render", "notify"):
            assert await row.faults.terminate(service), f"{service} did not drain in time"
            await row.world.until_ready()
        await asyncio.sleep(1)
    verdict = await row.passes()
    assert set(verdict["refusals"]) <= {"503"}


@pytest.mark.row("P-12")
@pytest.mark.parametrize("grace", [30.0, pytest.param(0.3, marks=pytest.mark.whole)])
async def test_a_render_longer_than_the_grace_of_a_stop_begins_anew(row: Row, grace: float) -> None:
    """Given back in order where there is time for that, else as after a crash."""
    client = await row.client(wish=LONGEST)
    for _ in range(6):
        client.ask()
    await row.faults.busy("engine")
    assert await row.faults.terminate("render", grace) == (grace > 1)
    client.ask()
    verdict = await row.passes()
    assert verdict["waste"] > 0
    if grace > 1:
        assert set(verdict["requeued"]) == {"worker_stopped"}


@pytest.mark.whole
@pytest.mark.row("P-13")
async def test_any_mix_of_faults_at_any_moment_loses_and_doubles_nothing(row: Row) -> None:
    """Whom, how and when the dice say: HEATSINK_CHAOS_VICTIMS, _FAULTS, _EVERY, _SECONDS, _SEED."""
    assert set(KNOBS.victims) <= set(VICTIMS)
    clients = [await row.client(), await row.client("tight")]
    for client in clients:
        row.follow(client, 2)
    loop = asyncio.get_running_loop()
    async with row.load(*clients):
        ends = loop.time() + KNOBS.seconds
        while loop.time() < ends:
            await asyncio.sleep(row.dice.expovariate(1 / KNOBS.every))
            act, victim = row.dice.choice(KNOBS.faults), row.dice.choice(KNOBS.victims)
            await row.faults.act(act, victim, row.dice.uniform(0.2, 2 * LEASE_SECONDS))
    await row.passes()
