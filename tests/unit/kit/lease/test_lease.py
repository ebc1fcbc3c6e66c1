from dataclasses import dataclass
from datetime import timedelta

import pytest

from services.kit.clock import ManualClock
from services.kit.documents import MemoryDocuments
from services.kit.errors import Unavailable
from services.kit.lease import LEASES, Fence, Lease, LeaseState
from services.kit.telemetry import metrics
from services.kit.telemetry.recording import recorded_metrics

SECONDS = 10.0


@dataclass
class Replica:
    """A process with a clock of its own."""

    clock: ManualClock
    lease: Lease

    def certain(self) -> Fence | None:
        return self.lease.fence


@dataclass
class World:
    documents: MemoryDocuments[LeaseState]
    clocks: list[ManualClock]

    def replica(self, name: str, *, ahead: float = 0) -> Replica:
        clock = ManualClock(self.clocks[0].now() + timedelta(seconds=ahead))
        self.clocks.append(clock)
        return Replica(clock, Lease(self.documents, "leader", name, clock, SECONDS))

    def pass_time(self, seconds: float) -> None:
        for clock in self.clocks:
            clock.move(timedelta(seconds=seconds))


@pytest.fixture
def world() -> World:
    clock = ManualClock()
    return World(MemoryDocuments(LEASES, clock, "test"), [clock])


async def test_one_of_two_holds_it(world: World) -> None:
    ann, bob = world.replica("ann"), world.replica("bob")
    assert await ann.lease.hold() == 1
    assert await bob.lease.hold() is None
    assert (ann.lease.fence, bob.lease.fence) == (1, None)


async def test_a_holder_that_renews_keeps_it_and_its_fence(world: World) -> None:
    ann, bob = world.replica("ann"), world.replica("bob")
    for _ in range(20):
        assert await ann.lease.hold() == 1
        assert await bob.lease.hold() is None
        world.pass_time(4)


async def test_a_silent_holder_is_replaced_under_a_higher_fence(world: World) -> None:
    ann, bob = world.replica("ann"), world.replica("bob")
    await ann.lease.hold()
    assert await bob.lease.hold() is None
    world.pass_time(SECONDS - 1)
    assert await bob.lease.hold() is None
    world.pass_time(1)
    assert await bob.lease.hold() == 2
    assert ann.lease.fence is None
    assert await ann.lease.hold() is None


async def test_a_holder_long_gone_is_replaced_at_once(world: World) -> None:
    await world.replica("ann").lease.hold()
    world.pass_time(SECONDS + 31)
    assert await world.replica("bob").lease.hold() == 2


async def test_a_process_started_anew_takes_over_from_itself(world: World) -> None:
    before = world.replica("ann")
    await before.lease.hold()
    after = world.replica("ann")
    assert await after.lease.hold() == 2
    assert await before.lease.hold() is None
    assert await after.lease.hold() == 2


async def test_a_lease_given_up_is_free_at_once(world: World) -> None:
    ann, bob = world.replica("ann"), world.replica("bob")
    await ann.lease.hold()
    await bob.lease.hold()
    await ann.lease.release()
    assert ann.lease.fence is None
    assert await bob.lease.hold() == 2
    await ann.lease.release()
    assert await bob.lease.hold() == 2


async def test_a_holder_without_a_database_stops_being_certain(world: World) -> None:
    ann = world.replica("ann")
    await ann.lease.hold()
    world.pass_time(SECONDS - 1)
    world.documents.fail_next(Unavailable("database"))
    with pytest.raises(Unavailable):
        await ann.lease.hold()
    assert ann.certain() == 1
    world.pass_time(1)
    assert ann.certain() is None
    assert await ann.lease.hold() == 1


async def test_a_lease_taken_by_a_write_of_unknown_outcome_is_known_later(world: World) -> None:
    ann = world.replica("ann")
    world.documents.fail_next(Unavailable("database"), applied=True)
    with pytest.raises(Unavailable):
        await ann.lease.hold()
    assert ann.lease.fence is None
    assert await ann.lease.hold() == 1


@pytest.mark.parametrize("ahead", [-30.0, 30.0])
async def test_clocks_half_a_minute_apart_take_no_lease_from_the_living(
    world: World, ahead: float
) -> None:
    ann, bob = world.replica("ann"), world.replica("bob", ahead=ahead)
    for _ in range(30):
        assert await ann.lease.hold() == 1
        world.pass_time(2)
        assert await bob.lease.hold() is None
        world.pass_time(1)


@pytest.mark.parametrize("ahead", [-30.0, 30.0])
async def test_clocks_half_a_minute_apart_replace_the_dead_in_time(
    world: World, ahead: float
) -> None:
    ann, bob = world.replica("ann"), world.replica("bob", ahead=ahead)
    await ann.lease.hold()
    waited = 0.0
    while await bob.lease.hold() is None:
        assert waited <= SECONDS
        world.pass_time(1)
        waited += 1
    assert bob.lease.fence == 2


async def test_fences_never_fall_whatever_clocks_do(world: World) -> None:
    """Hours apart, replicas may take the lease from each other, but each taking is a new fence."""
    replicas = [world.replica(str(number), ahead=3600.0 * number) for number in range(4)]
    fences = []
    for turn in range(40):
        fence = await replicas[(turn * 7) % 4].lease.hold()
        if fence is not None:
            fences.append(fence)
        world.pass_time(3)
    assert fences == sorted(fences)


async def test_of_two_that_ask_at_once_the_document_decides(world: World) -> None:
    ann, bob = world.replica("ann"), world.replica("bob")
    world.documents.interrupt_next(bob.lease.hold)
    assert await ann.lease.hold() is None
    assert bob.lease.fence == 1


async def test_gaining_and_losing_are_counted(world: World) -> None:
    ann, bob = world.replica("ann"), world.replica("bob")
    with recorded_metrics() as figures:
        await ann.lease.hold()
        assert figures.of(metrics.LEADER, lease="leader") == 1
        world.pass_time(SECONDS + 31)
        await bob.lease.hold()
        await ann.lease.hold()
        assert figures.of(metrics.LEASES_LOST, lease="leader") == 1
