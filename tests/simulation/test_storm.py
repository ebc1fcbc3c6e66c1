"""The law against a simulated population of a hundred thousand: its figures, not its formulas."""

from dataclasses import replace

import pytest

from benchmarks.storm.baselines import Static
from benchmarks.storm.controls import Law
from benchmarks.storm.days import jain_over_days
from benchmarks.storm.record import PAID_WAIT, Figures
from benchmarks.storm.run import Storm
from benchmarks.storm.scenario import Scenario, sized, step

USERS = 100_000
SEED = 1


def brief(times: float) -> Scenario:
    """Twenty minutes of overload instead of an hour."""
    scenario = step(times, begins=300, ends=1_500, until=1_900)
    return sized(scenario, USERS)


def figures(scenario: Scenario) -> Figures:
    print(f"{scenario.name}: seed {SEED}")
    return Storm(scenario, Law(), SEED).run().figures()


@pytest.mark.parametrize("times", [2.0, 5.0, 10.0])
def test_at_any_load_the_fleet_is_used_and_no_promise_broken(times: float) -> None:
    found = figures(brief(times))
    assert found.goodput >= 0.96
    assert found.late == 0
    assert found.paid_p95 <= PAID_WAIT
    assert found.tighten is not None
    assert found.tighten <= (60 if times >= 5 else 120)
    assert found.relax is not None
    assert found.relax <= 300
    assert found.kept is None or found.kept >= 0.95


def test_limits_by_hand_waste_most_of_what_the_law_gives_out() -> None:
    by_hand = Storm(brief(5), Static(3), SEED).run().figures()
    assert by_hand.served < figures(brief(5)).served / 2


def test_who_comes_back_again_and_again_gains_next_to_nothing() -> None:
    found = figures(replace(sized(step(5, until=4_200), USERS), odd_retry=True))
    assert found.retry_advantage <= 1.25


def test_a_signal_that_falls_silent_breaks_no_promise() -> None:
    assert figures(replace(brief(5), silent=(600.0, 900.0))).late == 0
    assert figures(replace(brief(5), silent=(250.0, 550.0))).late == 0


def test_a_late_signal_costs_little() -> None:
    found = figures(replace(brief(5), delay=40.0))
    assert found.goodput >= 0.93
    assert found.late < 0.01 * found.served


def test_over_a_month_everybody_has_the_same() -> None:
    ours, chance = jain_over_days(0.26, 30, accounts=500)
    assert ours >= 0.98 > chance
