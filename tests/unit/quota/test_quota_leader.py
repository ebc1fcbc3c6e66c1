"""The law, live: what the leader reads, saves and tells, and what a second one does beside it."""

import asyncio

import pytest

from services.contracts import AccountId, Lane
from services.contracts.events import Heat
from services.kit.component import Readiness
from services.kit.documents import Change
from services.kit.errors import Unavailable
from services.kit.lease import Fence, Lease
from services.quota.announcer import Announcer
from services.quota.core import Hold, HoldKind, PoolLimits
from services.quota.core.law import LawState, Mode
from tests.unit.quota.cases import FREE, HOUR, NOON, PLANS, requested
from tests.unit.quota.fleet import report
from tests.unit.quota.scene import TICK, Scene


async def test_a_cool_fleet_is_told_of_once_and_saved_never_again() -> None:
    scene = Scene()
    leader = scene.leader()
    await scene.turn(leader, ticks=20, asks=1)
    assert [said.m for said in scene.of("free")] == [1.0]


async def test_a_fleet_that_heats_up_tightens_the_free_plan_and_says_why() -> None:
    scene = Scene()
    leader = scene.leader()
    await scene.turn(leader, ticks=12, wait=115, asks=40)
    last = scene.of("free")[-1]
    assert last.m < 0.3
    assert (last.rule, last.heat) == ("load", Heat.MELTING)
    assert last.cause.startswith("The fleet is melting: ")
    assert "times as many free images are wanted as it can draw" in last.cause
    assert last.budget == pytest.approx((await scene.state()).law.budget)
    assert last.since < last.at
    versions = [said.version for said in scene.of("free")]
    assert versions == sorted(set(versions))
    assert all(said.m == 1 for said in scene.of("plus")), "paid plans are exempt"


async def test_the_limits_come_back_when_the_fleet_cools() -> None:
    scene = Scene()
    leader = scene.leader()
    await scene.turn(leader, ticks=6, wait=115, asks=40)
    await scene.turn(leader, ticks=80, wait=0)
    last = scene.of("free")[-1]
    assert (last.m, last.rule, last.budget) == (1.0, "plan", None)
    assert (await scene.state()).law.mode is Mode.PLAN


async def test_demand_is_told_with_each_tick_and_retries_count_once() -> None:
    scene = Scene()
    leader = scene.leader()
    await scene.turn(leader, asks=30)
    cost = 128 * 128 / 1e6 * 8 * 2
    assert scene.bus.demand.offered[Lane.FREE] == pytest.approx(30 * cost / 60)
    account = AccountId("acc_" + "e" * 32)
    scene.house.limits.said = {}
    for number in range(900, 903):
        await scene.house.hear(requested(number, account=account, units=3, images=3))
    scene.house.file_rows()
    await scene.turn(leader)
    assert scene.bus.demand.offered[Lane.FREE] == pytest.approx(33 * cost / 60)


async def test_a_replica_that_takes_over_goes_on_without_a_jump() -> None:
    scene = Scene()
    first = scene.leader("0")
    await scene.turn(first, ticks=14, wait=115, asks=40)
    before = (await scene.state()).law
    second = scene.leader("1")
    await scene.turn(second, ticks=2, wait=115, asks=40)
    assert (await scene.state()).law == before, "the first still leads"
    await scene.turn(second, ticks=1, wait=60, asks=40)
    after = (await scene.state()).law
    assert after.m == pytest.approx(before.m, rel=0.5)
    assert after.wanted == pytest.approx(before.wanted, rel=0.2), "from the ledger's last minute"


async def test_two_leaders_at_once_move_m_as_one_would() -> None:
    alone, beside = Scene(), Scene()
    for scene, rivals in ((alone, 1), (beside, 2)):
        leaders = [scene.leader(f"{number}") for number in range(rivals)]
        for leader in leaders:
            leader._lease = Forged(scene.leases, "law", "0", scene.clock, 10)
        for _ in range(10):
            await scene.clock.advance(TICK)
            await scene.ask(40)
            now = scene.clock.now()
            scene.house.loads["default"] = report(now, wait=115, capacity=1.0)
            await asyncio.gather(*(leader.tick() for leader in leaders))
            scene.hear()
    assert (await alone.state()).law.m == (await beside.state()).law.m


class Forged(Lease):
    """What a lease must never do, so that the document is all that stands between two leaders."""

    async def hold(self) -> Fence | None:
        return Fence(1)


async def test_a_report_that_comes_twice_or_out_of_order_changes_nothing() -> None:
    """The table keeps the latest; the law sees only how old it is."""
    scene = Scene()
    leader = scene.leader()
    await scene.turn(leader, ticks=8, wait=115, asks=40)
    before = (await scene.state()).law
    await leader.tick()
    assert (await scene.state()).law == before


async def test_an_operator_holds_m_and_the_law_goes_on_behind_it() -> None:
    scene = Scene()
    leader = scene.leader()
    await scene.turn(leader)
    now = scene.clock.now()
    hold = Hold(
        plan="free", kind=HoldKind.HOLD, m=0.3, at=now, until=now + HOUR, by="ann", note="a drill"
    )
    await scene.pools.change("default", lambda state: _held(state, hold))
    await scene.turn(leader)
    last = scene.of("free")[-1]
    assert (last.m, last.rule) == (0.3, "held")
    assert last.cause == "An operator holds this limit until 2036-01-01 13:00 UTC: a drill."
    assert last.expected_end == hold.until
    await scene.clock.advance(HOUR)
    await scene.turn(leader)
    assert (scene.of("free")[-1].m, scene.of("free")[-1].rule) == (1.0, "plan")
    assert (await scene.state()).holds == (hold,), "kept: it is the audit"


def _held(state: PoolLimits | None, hold: Hold) -> Change[PoolLimits]:
    assert state is not None
    return Change(state.holding(hold))


async def test_a_cap_only_lowers_and_a_release_ends_it() -> None:
    state = PoolLimits()
    cap = Hold(plan="free", kind=HoldKind.CAP, m=0.5, at=NOON, until=NOON + HOUR, by="ann")
    capped = state.holding(cap)
    assert capped.m_of(FREE, NOON) == 0.5
    assert PoolLimits(holds=(cap,), law=_at(0.2)).m_of(FREE, NOON) == 0.2
    released = capped.holding(
        Hold(plan="free", kind=HoldKind.RELEASE, m=1, at=NOON, until=NOON + HOUR, by="ann")
    )
    assert released.m_of(FREE, NOON) == 1


def _at(m: float) -> LawState:
    return LawState(at=NOON, m=m, smooth=m, mode=Mode.LOAD)


async def test_a_database_that_is_away_puts_the_law_off_and_moves_nothing() -> None:
    scene = Scene()
    leader = scene.leader()
    await scene.turn(leader, ticks=8, wait=115, asks=40)
    before = await scene.state()
    scene.pools.fail_next(Unavailable("database"))
    with pytest.raises(Unavailable):
        await scene.turn(leader, wait=115)
    assert (await scene.state()).law.m == before.law.m


async def test_another_pool_has_limits_of_its_own() -> None:
    scene = Scene()
    leader = scene.leader()
    await scene.turn(leader, ticks=2)
    for _ in range(6):
        await scene.clock.advance(TICK)
        await scene.ask(40, pool="xl")
        now = scene.clock.now()
        scene.house.loads["xl"] = report(now, wait=115, capacity=1.0, pool="xl")
        scene.house.loads["default"] = report(now, capacity=10.0)
        await leader.tick()
        scene.hear()
    last = {said.key: said.m for said in scene.said}
    assert last["free/default"] == 1
    assert last["free/xl"] < 1


async def test_the_announcer_and_the_leader_share_one_document() -> None:
    scene = Scene()
    announcer = Announcer(PLANS, scene.pools, scene.house.limits, scene.clock, Readiness())
    await announcer.announce()
    await scene.turn(scene.leader(), ticks=8, wait=115, asks=40)
    tight = scene.of("free")[-1]
    await announcer.announce()
    assert scene.of("free")[-1] == tight, "nothing to say again"


async def test_a_full_queue_that_nobody_adds_to_is_told_as_it_is() -> None:
    """Not as a fleet that cools down: who is refused would read of good news."""
    scene = Scene()
    await scene.turn(scene.leader(), ticks=6, wait=110)
    causes = {said.cause for said in scene.of("free") if said.rule == "load"}
    assert causes == {"The fleet is melting: a free job would wait 110 of 120 s."}
