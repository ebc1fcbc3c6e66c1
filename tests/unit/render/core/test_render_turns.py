from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from services.render.core import LineClock, Turn, advance, take_turn
from tests.unit.render.samples import NOW


@dataclass
class Line:
    """One line served by its tickets; equal tickets by arrival."""

    clock: LineClock | None = None
    turns: dict[str, Turn] = field(default_factory=dict)
    waiting: list[tuple[float, int, str, float]] = field(default_factory=list)
    jobs: int = 0

    def join(self, account: str, cost: float) -> None:
        self.jobs += 1
        virtual = self.clock.virtual if self.clock else 0.0
        turn = take_turn(self.turns.get(account), f"job{self.jobs}", cost, virtual, NOW)
        self.turns[account] = turn
        self.waiting.append((turn.ticket, self.jobs, account, cost))

    def claim(self) -> tuple[str, float]:
        first = min(self.waiting)
        self.waiting.remove(first)
        self.clock = advance(self.clock, first[0]) or self.clock
        return first[2], first[3]


def test_a_heavy_account_does_not_keep_a_light_one_waiting() -> None:
    line = Line()
    for _ in range(100):
        line.join("heavy", 1.0)
    for _ in range(10):
        line.claim()
    line.join("light", 1.0)
    assert "light" in {line.claim()[0] for _ in range(2)}


def test_an_account_that_was_away_has_saved_nothing_up() -> None:
    line = Line()
    for _ in range(50):
        line.join("steady", 1.0)
        line.claim()
    for _ in range(10):
        line.join("returning", 1.0)
        line.join("steady", 1.0)
    served = [line.claim()[0] for _ in range(10)]
    assert 4 <= served.count("steady") <= 6


def test_the_same_job_asked_again_keeps_its_turn() -> None:
    turn = take_turn(None, "job1", 2.0, 5.0, NOW)
    assert (turn.ticket, turn.finish) == (5.0, 7.0)
    assert take_turn(turn, "job1", 2.0, 9.0, NOW) is turn
    assert take_turn(turn, "job2", 2.0, 6.0, NOW).ticket == 7.0


def test_a_line_never_turns_back() -> None:
    assert advance(None, 3.0) == LineClock(3.0)
    assert advance(LineClock(3.0), 4.0) == LineClock(4.0)
    assert advance(LineClock(3.0), 2.0) is None


COSTS = st.floats(0.1, 50)


@given(st.lists(st.tuples(st.sampled_from("abc"), COSTS), min_size=1, max_size=60))
def test_between_accounts_that_wait_nobody_leads_by_more_than_two_jobs(
    jobs: list[tuple[str, float]],
) -> None:
    line = Line()
    largest = dict.fromkeys("abc", 0.0)
    for account, cost in jobs:
        line.join(account, cost)
        largest[account] = max(largest[account], cost)
    served = dict.fromkeys("abc", 0.0)
    while len({account for _, _, account, _ in line.waiting}) > 1:
        account, cost = line.claim()
        served[account] += cost
        backlogged = {account for _, _, account, _ in line.waiting}
        for one in backlogged:
            for other in backlogged - {one}:
                lead = served[one] - served[other]
                assert lead <= largest[one] + largest[other] + 1e-6


@given(
    st.lists(
        st.one_of(st.tuples(st.sampled_from("abcd"), COSTS), st.none()), min_size=1, max_size=80
    )
)
def test_whoever_comes_later_passes_a_job_by_no_more_than_its_own_accounts_backlog(
    story: list[tuple[str, float] | None],
) -> None:
    """Nobody starves: what another account may pass it by is settled when the job arrives."""
    line = Line()
    largest = max((entry[1] for entry in story if entry), default=0.0)
    allowed: dict[int, float] = {}
    passed: dict[tuple[int, str], float] = {}
    for entry in story:
        if entry is not None:
            line.join(*entry)
            virtual = line.clock.virtual if line.clock else 0.0
            allowed[line.jobs] = line.waiting[-1][0] - virtual + largest
        elif line.waiting:
            _, claimed, account, cost = min(line.waiting)
            line.claim()
            for number in (number for _, number, _, _ in line.waiting if number < claimed):
                passed[number, account] = passed.get((number, account), 0.0) + cost
                assert passed[number, account] <= allowed[number] + 1e-6
