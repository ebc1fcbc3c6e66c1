"""The door between two ticks: a wall at the predicted wait, and a bucket while limits are tight."""

from datetime import timedelta

import pytest

from services.quota.core.law import DEFAULTS, Door, Terrain
from tests.unit.quota.law.weather import CAPACITY, START, signal

SECOND = timedelta(seconds=1)


def test_a_door_to_a_cool_fleet_is_open() -> None:
    assert not Door().is_shut(START, Terrain(signal=signal(wait=10)), DEFAULTS)
    assert not Door().is_shut(START, Terrain(signal=None), DEFAULTS)


def test_the_wall_stands_at_three_quarters_of_the_promised_wait() -> None:
    assert not Door().is_shut(START, Terrain(signal=signal(wait=89)), DEFAULTS)
    assert Door().is_shut(START, Terrain(signal=signal(wait=91)), DEFAULTS)


def test_what_came_in_since_the_report_counts() -> None:
    """A wave between two reports: each second of it is ten more seconds of waiting."""
    terrain = Terrain(signal=signal(wait=32))
    door = Door().at(START, terrain, DEFAULTS)
    for number in range(58):
        now = START + number * SECOND / 100
        assert not door.is_shut(now, terrain, DEFAULTS)
        door = door.letting_in(CAPACITY, now)
    door = door.letting_in(2 * CAPACITY, START + SECOND)
    assert door.is_shut(START + SECOND, terrain, DEFAULTS)
    assert len(door.let_in) <= 4, "kept by quarters of a second, not one by one"


def test_what_a_newer_report_counts_is_forgotten() -> None:
    door = Door().at(START, Terrain(signal=signal(wait=50)), DEFAULTS).letting_in(600, START)
    later = START + 3 * SECOND
    newer = Terrain(signal=signal(later, wait=80))
    assert not door.at(later, newer, DEFAULTS).is_shut(later, newer, DEFAULTS)


def test_an_old_report_lowers_the_wall_and_lets_the_queue_drain() -> None:
    terrain = Terrain(signal=signal(wait=80))
    later = START + 30 * SECOND
    assert Door().wait(later, terrain) == pytest.approx(50)
    assert not Door().is_shut(later, terrain, DEFAULTS)
    full = Door().at(START, terrain, DEFAULTS).letting_in(40 * CAPACITY, later)
    assert full.is_shut(later, terrain, DEFAULTS), "90 s would do with a fresh report"


def test_a_replica_that_sees_half_of_the_requests_takes_the_rest_for_as_many() -> None:
    terrain = Terrain(signal=signal(wait=0), share=0.5)
    door = Door().at(START, terrain, DEFAULTS).letting_in(60 * CAPACITY, START)
    assert door.wait(START, terrain) == pytest.approx(120)


def test_the_bucket_gives_half_as_much_again_as_the_budget_and_a_burst() -> None:
    terrain = Terrain(signal=signal(wait=10), budget=2.0)
    door, taken = Door().at(START, terrain, DEFAULTS), 0
    while not door.is_shut(START, terrain, DEFAULTS):
        door, taken = door.letting_in(1.0, START), taken + 1
    assert taken == DEFAULTS.bucket * 2 * DEFAULTS.burst
    assert door.opens_in(START, terrain, DEFAULTS) == 0, "the next second brings a token"
    later = START + SECOND
    door = door.at(later, terrain, DEFAULTS)
    assert door.tokens == pytest.approx(3.0)


def test_a_job_larger_than_the_bucket_still_gets_in() -> None:
    terrain = Terrain(signal=signal(wait=10), budget=0.1)
    door = Door().at(START, terrain, DEFAULTS)
    assert not door.is_shut(START, terrain, DEFAULTS)
    door = door.letting_in(50.0, START)
    assert door.is_shut(START, terrain, DEFAULTS)
    assert door.opens_in(START, terrain, DEFAULTS) == pytest.approx(318, abs=1)
    door = door.letting_in(500.0, START)
    assert door.opens_in(START, terrain, DEFAULTS) == DEFAULTS.longest_shut, "not for hours"


def test_without_tight_limits_there_is_no_bucket() -> None:
    terrain = Terrain(signal=signal(wait=10), budget=2.0)
    door = Door().at(START, terrain, DEFAULTS).letting_in(1_000, START)
    calm = Terrain(signal=signal(START + 5 * SECOND, wait=10))
    later = START + 5 * SECOND
    assert door.at(later, calm, DEFAULTS).tokens is None


def test_a_shut_wall_says_for_how_long() -> None:
    terrain = Terrain(signal=signal(wait=120))
    assert Door().opens_in(START, terrain, DEFAULTS) == pytest.approx(30)


def test_those_who_are_sent_away_come_back_one_after_another() -> None:
    """No faster than half of the budget, so that the queue before them shrinks."""
    terrain = Terrain(signal=signal(wait=120), budget=2.0)
    door, moments = Door().at(START, terrain, DEFAULTS), []
    for _ in range(4):
        moments.append(door.opens_in(START, terrain, DEFAULTS))
        door = door.sending_away(5.0, START, terrain, DEFAULTS)
    assert moments == pytest.approx([30, 35, 40, 45])
    later = START + 60 * SECOND
    assert door.at(later, terrain, DEFAULTS).named is None, "their moments are over"


def test_the_last_seconds_before_the_promise_are_for_those_who_were_told_to_come() -> None:
    terrain = Terrain(signal=signal(wait=95))
    assert Door().is_shut(START, terrain, DEFAULTS)
    assert not Door().is_walled(START, terrain, DEFAULTS)
    assert Door().is_walled(START, Terrain(signal=signal(wait=99)), DEFAULTS)


def test_a_pool_whose_only_worker_died_keeps_its_door_open_for_a_while() -> None:
    """Another is on its way; nobody is told to come back in an hour for that."""
    nobody = Terrain(signal=signal(wait=3_600, capacity=0))
    door = Door().at(START, nobody, DEFAULTS)
    assert not door.is_shut(START, nobody, DEFAULTS)
    later = START + 29 * SECOND
    still = Terrain(signal=signal(later, wait=3_600, capacity=0))
    door = door.at(later, still, DEFAULTS)
    assert not door.is_shut(later, still, DEFAULTS)
    over = START + 31 * SECOND
    assert door.is_shut(over, still, DEFAULTS)
    assert door.opens_in(over, still, DEFAULTS) == DEFAULTS.longest_shut
    back = Terrain(signal=signal(over, wait=10))
    assert door.at(over, back, DEFAULTS).empty_since is None
