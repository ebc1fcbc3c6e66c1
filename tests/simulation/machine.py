"""The platform as a state machine: what may happen to it, in any order."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from services.contracts import AccountId
from services.contracts.events import AccountStatus
from services.quota.core import Plan
from tests.simulation.engine import FARES
from tests.simulation.laws import broken, unsettled
from tests.simulation.people import People, Wish
from tests.simulation.process import Fate
from tests.simulation.terms import ACCOUNT_IDS, PLANS
from tests.simulation.world import GROUPS, PLACES, WORKERS, Doom, World

__all__ = ["PlatformMachine"]

_PLACE = st.sampled_from(PLACES)
_ACCOUNT = st.sampled_from(ACCOUNT_IDS)
_DOOMS = st.builds(
    Doom,
    part=st.sampled_from(["bus", "bus", "database", "database", "database", "blobs"]),
    left=st.integers(0, 9),
    fate=st.sampled_from([fate for fate in Fate if fate is not Fate.DONE]),
)
_STATUSES = (AccountStatus.ACTIVE, AccountStatus.ACTIVE, AccountStatus.SUSPENDED)
_PICK = st.integers(0, 7)
_WISHES = st.builds(
    Wish,
    account=_ACCOUNT,
    images=st.integers(1, 3),
    fares=st.integers(0, len(FARES)),
    key=st.sampled_from([None, None, "one", "two"]),
)
_REST = 40
"""Looks, three seconds apart, until which everything has come to rest."""


class PlatformMachine(RuleBasedStateMachine):
    """Two replicas of almost everything, two accounts, and a world that keeps no promise to them.

    Nothing is checked on the way: topics and ledger are append-only and forget no fault.
    """

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.people = People(self.world)

    @initialize(wishes=st.lists(_WISHES, min_size=1, max_size=3))
    def some_ask(self, wishes: list[Wish]) -> None:
        for wish in wishes:
            self.people.ask(wish)

    @rule(wish=_WISHES)
    def someone_asks(self, wish: Wish) -> None:
        self.people.ask(wish)

    @rule(pick=_PICK)
    def someone_cancels(self, pick: int) -> None:
        self.people.cancel(pick)

    @rule(seconds=st.sampled_from([0.0, 0.0, 1.0, 5.0, 15.0]))
    def all_goes_on(self, seconds: float) -> None:
        self.world.flow(seconds)

    @rule(place=_PLACE, calls=st.integers(1, 12), pick=st.integers(0, 2))
    def one_gets_on_alone(self, place: str, calls: int, pick: int) -> None:
        self.world.push(place, calls, pick)

    @rule(place=_PLACE, doom=_DOOMS, seconds=st.sampled_from([0.0, 5.0]))
    def all_goes_on_until(self, place: str, doom: Doom, seconds: float) -> None:
        """One call of one process goes wrong, or kills it."""
        self.world.fates[place] = doom
        self.world.flow(seconds)

    @rule(place=_PLACE, seen=st.booleans())
    def a_process_is_killed(self, place: str, *, seen: bool) -> None:
        self.world.kill(place, seen=seen)

    @rule(place=_PLACE)
    def a_process_freezes_or_thaws(self, place: str) -> None:
        self.world.frozen ^= {place}

    @rule(place=st.sampled_from(WORKERS))
    def a_worker_is_told_to_stop(self, place: str) -> None:
        self.world.dismiss(place)

    @rule(seconds=st.sampled_from([1.0, 4.0, 12.0]))
    def nothing_answers(self, seconds: float) -> None:
        self.world.stand_still(seconds)

    @rule(pick=_PICK, lands=st.booleans())
    def a_late_write_lands_or_is_lost(self, pick: int, *, lands: bool) -> None:
        self.world.settle_late(pick, lands=lands)

    @rule(pick=st.integers(0, 63))
    def a_record_comes_twice(self, pick: int) -> None:
        self.world.double(pick)

    @rule(group=st.sampled_from(sorted(GROUPS)), commits=st.booleans())
    def a_group_rebalances(self, group: str, *, commits: bool) -> None:
        self.world.rebalance(group, commits=commits)

    @rule(m=st.sampled_from([0.0, 0.4, 0.7, 1.0]))
    def limits_change(self, m: float) -> None:
        self.people.change_limits(m)

    @rule(account=_ACCOUNT, plan=st.sampled_from(PLANS.plans), status=st.sampled_from(_STATUSES))
    def an_account_changes(self, account: AccountId, plan: Plan, status: AccountStatus) -> None:
        self.people.change_account(account, plan.id, status)

    def teardown(self) -> None:
        """From here on nothing goes wrong, and everything has to come to its end."""
        try:
            problems = self._come_to_rest() or broken(self.world, self.people)
        finally:
            self.world.end()
        assert not problems, "\n".join(problems)

    def _come_to_rest(self) -> list[str]:
        self.world.calm()
        for _ in range(_REST):
            self.world.flow(3.0)
            if not (left := unsettled(self.world, self.people)):
                break
        return left
