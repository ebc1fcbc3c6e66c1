import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import Lane
from services.render.core import FREE_FLOOR, choose_lane


def test_nobody_waits_nobody_is_chosen() -> None:
    assert choose_lane({}, 3.0) is None


@pytest.mark.parametrize(
    ("waiting", "chosen"),
    [
        ({Lane.PAID, Lane.FREE, Lane.DEFERRED}, Lane.PAID),
        ({Lane.PAID}, Lane.PAID),
        ({Lane.FREE, Lane.DEFERRED}, Lane.FREE),
        ({Lane.DEFERRED}, Lane.DEFERRED),
    ],
)
def test_the_most_urgent_lane_goes_first(waiting: set[Lane], chosen: Lane) -> None:
    choice = choose_lane(dict.fromkeys(waiting, 1.0), 0.0)
    assert choice is not None
    assert choice.lane is chosen


def test_credit_is_not_saved_up_while_no_free_job_waits() -> None:
    choice = choose_lane({Lane.PAID: 100.0}, 4.0)
    assert choice is not None
    assert choice.credit == 0.0


@given(
    st.lists(st.floats(0.1, 20), min_size=50, max_size=300),
    st.lists(st.floats(0.1, 20), min_size=50, max_size=300),
)
def test_free_keeps_its_floor_and_no_more_while_both_wait(
    paid: list[float], free: list[float]
) -> None:
    credit, served = 0.0, {Lane.PAID: 0.0, Lane.FREE: 0.0}
    lines = {Lane.PAID: list(paid), Lane.FREE: list(free)}
    while all(lines.values()):
        choice = choose_lane({lane: line[0] for lane, line in lines.items()}, credit)
        assert choice is not None
        credit = choice.credit
        served[choice.lane] += lines[choice.lane].pop(0)
        due = FREE_FLOOR * sum(served.values())
        assert due - 21 <= served[Lane.FREE] <= due + 1e-6
