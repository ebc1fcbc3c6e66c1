"""The platform as a state machine: what may happen to it, in any order, and its coming to rest."""

from collections.abc import Callable
from random import Random
from typing import TypeAlias

from services.contracts.events import AccountStatus, JobAdmitted
from tests.simulation.engine import FARES
from tests.simulation.laws import broken
from tests.simulation.people import People, Wish
from tests.simulation.process import Fate
from tests.simulation.terms import ACCOUNT_IDS, PLANS
from tests.simulation.world import GROUPS, PLACES, WORKERS, Doom, World

__all__ = ["STEPS", "Platform", "problems_of"]

Picked: TypeAlias = tuple[object, ...]

STEPS = 24
"""Of one run."""

_PARTS = ("bus", "bus", "database", "database", "database", "blobs")
_FATES = tuple(fate for fate in Fate if fate is not Fate.DONE)
_STATUSES = (AccountStatus.ACTIVE, AccountStatus.ACTIVE, AccountStatus.SUSPENDED)
_HEARERS = tuple(place for place in PLACES if place not in WORKERS)
_SLOW = FARES.index(("slow",))
_COMMITTED = 4.5
"""Seconds after which every member has committed what it may."""

_REST = 40
"""Looks, three seconds apart, until which everything has come to rest."""


class Platform:
    """Two replicas of almost everything, two accounts, and a world that keeps no promise to them.

    Nothing is checked on the way: topics and ledger are append-only and forget no fault. `story` is
    what happened, in words.
    """

    def __init__(self) -> None:
        self.world = World()
        self.people = People(self.world)
        self.story: list[str] = []

    def step(self, number: int) -> None:
        """What happens at a number is always the same; at 0 nothing does."""
        if number:
            dice = Random(number)
            move = dice.choices(_MOVES, _WEIGHTS)[0]
            self.story.append(f"{move.__name__}{move(self, dice)}")

    def come_to_rest(self) -> list[str]:
        """From here on nothing goes wrong, and everything has to come to its end."""
        self.world.calm()
        for _ in range(_REST):
            self.world.flow(3.0)
            if not (left := self._unsettled()):
                break
        return left

    def _unsettled(self) -> list[str]:
        """What is still on its way."""
        jobs, parts = self.people.jobs().values(), self.world.parts
        found = [f"{job.id} is {job.status}" for job in jobs if job.ended_at is None]
        for database in parts.databases.values():
            found += [f"{name} has an outbox" for name in database.unpublished()]
        for group, streams in GROUPS.items():
            if lag := parts.broker.lag(group, streams):
                found.append(f"{group} is {lag} behind")
        return found


def problems_of(numbers: list[int]) -> list[str]:
    """The laws that a run of these steps leaves broken, and the run's story; empty if none is."""
    platform = Platform()
    try:
        for number in numbers:
            platform.step(number)
        problems = platform.come_to_rest() or broken(platform.world, platform.people)
    finally:
        platform.world.end()
    return [*problems, "after", *platform.story] if problems else []


def _wish(dice: Random, key: str | None) -> Wish:
    return Wish(dice.choice(ACCOUNT_IDS), dice.randint(1, 3), dice.randint(0, len(FARES)), key)


def someone_asks(run: Platform, dice: Random) -> Picked:
    wish = _wish(dice, dice.choice((None, None, "one", "two")))
    run.people.ask(wish)
    return (wish,)


def someone_asks_twice_at_once(run: Platform, dice: Random) -> Picked:
    """The same request under the same key, at both replicas."""
    wish = _wish(dice, dice.choice(("one", "two", "three")))
    run.people.ask(wish)
    run.people.ask(wish)
    return (wish,)


def someone_cancels(run: Platform, dice: Random) -> Picked:
    pick = dice.randint(0, 7)
    run.people.cancel(pick)
    return (pick,)


def all_goes_on(run: Platform, dice: Random) -> Picked:
    seconds = dice.choice((0.0, 0.0, 1.0, 5.0, 15.0))
    run.world.flow(seconds)
    return (seconds,)


def one_gets_on_alone(run: Platform, dice: Random) -> Picked:
    place, calls, pick = dice.choice(PLACES), dice.randint(1, 12), dice.randint(0, 2)
    run.world.push(place, calls, pick)
    return place, calls, pick


def all_goes_on_until(run: Platform, dice: Random) -> Picked:
    """One call of one process goes wrong, or kills it."""
    part, seconds = dice.choice(_PARTS), dice.choice((0.0, 5.0))
    place = dice.choice(WORKERS if part == "blobs" else PLACES)
    doom = Doom(part, dice.choice((0, 0, 1, 2, 3, 5, 9)), dice.choice(_FATES))
    run.world.fates[place] = doom
    run.world.flow(seconds)
    return place, doom, seconds


def a_process_is_killed(run: Platform, dice: Random) -> Picked:
    place, seen = dice.choice(PLACES), dice.random() < 0.5
    run.world.kill(place, seen=seen)
    return place, seen


def a_process_freezes_or_thaws(run: Platform, dice: Random) -> Picked:
    place = dice.choice(PLACES)
    run.world.frozen ^= {place}
    return (place,)


def one_is_away_for_a_while(run: Platform, dice: Random) -> Picked:
    """Longer than a lease, perhaps; what it had begun goes on when it is back."""
    place, seconds = dice.choice(PLACES), dice.choice((2.0, 6.0, 12.0, 20.0))
    run.world.push(place, dice.randint(0, 6), 0)
    run.world.frozen |= {place}
    run.world.flow(seconds)
    run.world.frozen -= {place}
    run.world.flow()
    return place, seconds


def one_dies_halfway_after_its_commit(run: Platform, dice: Random) -> Picked:
    """Its handlers are between two calls when its group's offsets are written down."""
    place, calls, pick = dice.choice(_HEARERS), dice.randint(0, 4), dice.randint(0, 2)
    run.world.frozen |= {place}
    run.world.flow(2.0)
    run.world.push(place, calls, pick)
    run.world.stand_still(_COMMITTED)
    run.world.kill(place)
    run.world.frozen -= {place}
    return place, calls, pick


def a_lease_runs_out_while_the_engine_goes_on(run: Platform, dice: Random) -> Picked:
    """Its holder is back with a picture while the next attempt is under way."""
    seconds = dice.choice((14.0, 18.0, 22.0, 26.0))
    for account in ACCOUNT_IDS:
        run.people.ask(Wish(account, 1, _SLOW, None))
    for _ in range(4):
        run.world.flow(3.0)
        if holders := run.world.holders():
            break
    else:
        return ()
    place = dice.choice(holders)
    run.world.frozen |= {place}
    run.world.flow(seconds)
    run.world.frozen -= {place}
    run.world.flow()
    return place, seconds


def a_worker_is_told_to_stop(run: Platform, dice: Random) -> Picked:
    place = dice.choice(WORKERS)
    run.world.dismiss(place)
    return (place,)


def nothing_answers(run: Platform, dice: Random) -> Picked:
    seconds = dice.choice((1.0, 4.0, 12.0))
    run.world.stand_still(seconds)
    return (seconds,)


def a_late_write_lands_or_is_lost(run: Platform, dice: Random) -> Picked:
    pick, lands = dice.randint(0, 7), dice.random() < 0.5
    run.world.settle_late(pick, lands=lands)
    return pick, lands


def a_record_comes_twice(run: Platform, dice: Random) -> Picked:
    pick = dice.randint(0, 63)
    run.world.double(pick)
    return (pick,)


def old_records_come_to_others(run: Platform, dice: Random) -> Picked:
    """Who has the partitions now has never heard of them."""
    group, picks = dice.choice(sorted(GROUPS)), [dice.randint(0, 63) for _ in range(3)]
    run.world.rebalance(group, commits=True)
    for pick in picks:
        run.world.double(pick)
    run.world.flow()
    return group, picks


def an_admission_comes_again_late(run: Platform, dice: Random) -> Picked:
    """To an intake that remembers nothing but what it has stored."""
    told = [
        record
        for record, said in zip(
            run.world.parts.broker.everything, run.world.parts.broker.said, strict=True
        )
        if isinstance(said.data, JobAdmitted)
    ]
    if not told:
        return ()
    pick = dice.randint(0, 7)
    run.world.kill("render-0")
    run.world.parts.broker.again(told[pick % len(told)])
    run.world.flow()
    return (pick,)


def a_group_rebalances(run: Platform, dice: Random) -> Picked:
    group, commits = dice.choice(sorted(GROUPS)), dice.random() < 0.5
    run.world.rebalance(group, commits=commits)
    return group, commits


def limits_change(run: Platform, dice: Random) -> Picked:
    m = dice.choice((0.0, 0.4, 0.7, 1.0))
    run.people.change_limits(m)
    return (m,)


def an_account_changes(run: Platform, dice: Random) -> Picked:
    account, status = dice.choice(ACCOUNT_IDS), dice.choice(_STATUSES)
    plan = dice.choice(PLANS.plans)
    run.people.change_account(account, plan.id, status)
    return account, plan.id, status


_WEIGHED: dict[Callable[[Platform, Random], Picked], int] = {
    someone_asks: 5,
    someone_asks_twice_at_once: 1,
    someone_cancels: 2,
    all_goes_on: 3,
    one_gets_on_alone: 3,
    all_goes_on_until: 3,
    a_process_is_killed: 2,
    a_process_freezes_or_thaws: 1,
    one_is_away_for_a_while: 2,
    one_dies_halfway_after_its_commit: 2,
    a_lease_runs_out_while_the_engine_goes_on: 1,
    a_worker_is_told_to_stop: 1,
    nothing_answers: 1,
    a_late_write_lands_or_is_lost: 2,
    a_record_comes_twice: 2,
    old_records_come_to_others: 1,
    an_admission_comes_again_late: 1,
    a_group_rebalances: 1,
    limits_change: 2,
    an_account_changes: 1,
}
_MOVES = tuple(_WEIGHED)
_WEIGHTS = tuple(_WEIGHED.values())
