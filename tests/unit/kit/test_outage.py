"""Retry-After is positive, bounded, and longer the longer a part has been away."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.kit.clock import ManualClock
from services.kit.outage import LONGEST_WAIT, SHORTEST_WAIT, Outage, wait_after

lengths = st.floats(min_value=0, max_value=1e9)
draws = st.floats(min_value=0, max_value=1)


@given(lengths, draws)
def test_every_wait_is_between_the_shortest_and_the_longest(lasting: float, draw: float) -> None:
    assert SHORTEST_WAIT <= wait_after(lasting, draw) <= LONGEST_WAIT


@given(lengths, lengths, draws)
def test_a_longer_outage_never_asks_for_a_shorter_wait(
    one: float, other: float, draw: float
) -> None:
    shorter, longer = sorted((one, other))
    assert wait_after(shorter, draw) <= wait_after(longer, draw)


@given(lengths)
def test_clients_that_are_refused_together_come_back_apart(lasting: float) -> None:
    first, last = wait_after(lasting, 0), wait_after(lasting, 1)
    assert last - first >= SHORTEST_WAIT / 2


def test_the_wait_grows_with_the_outage_until_a_minute() -> None:
    waits = [wait_after(lasting, 0) for lasting in (0, 10, 60, 600)]
    assert waits == [2, 7, 32, 40]


def test_a_clock_that_was_read_late_does_no_harm() -> None:
    assert wait_after(-5, 0) == SHORTEST_WAIT


def test_an_outage_begins_with_the_first_failure_and_ends_with_what_works() -> None:
    clock = ManualClock()
    outage = Outage(clock.monotonic)
    assert outage.failed() == 0
    clock.move(timedelta(seconds=7))
    assert outage.failed() == 7
    outage.worked()
    clock.move(timedelta(seconds=7))
    assert outage.failed() == 0
