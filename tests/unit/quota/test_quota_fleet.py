"""Load reports that come twice, late, in the wrong order, or from a deposed controller."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.contracts.events import LoadReported
from services.quota.fleet import Fleet
from tests.unit.quota.cases import NOON
from tests.unit.quota.fleet import report

SECOND = timedelta(seconds=1)
SILENCE = timedelta(seconds=60)


def told(second: float, fence: int = 1) -> LoadReported:
    return report(NOON + second * SECOND).model_copy(update={"fence": fence})


def heard(*reports: LoadReported) -> Fleet:
    fleet = Fleet(SILENCE)
    for one in reports:
        fleet.hear(one.pool, one)
    return fleet


def test_an_older_report_replaces_no_newer_one() -> None:
    assert heard(told(2), told(1), told(2))["default"] == told(2)


def test_a_deposed_controller_is_not_heard_though_its_clock_is_ahead() -> None:
    fleet = heard(told(1, fence=7), told(31, fence=6), told(40, fence=6))
    assert fleet["default"] == told(1, fence=7)


def test_a_new_controller_is_heard_though_its_clock_is_behind() -> None:
    assert heard(told(31, fence=6), told(1, fence=7))["default"] == told(1, fence=7)


def test_after_a_minute_of_silence_anybody_is_heard() -> None:
    """Render's database was restored: fences begin anew."""
    assert heard(told(1, fence=7), told(62, fence=1))["default"] == told(62, fence=1)


def test_a_report_that_is_erased_leaves_the_last_one() -> None:
    fleet = heard(told(1))
    fleet.hear("default", None)
    assert fleet["default"] == told(1)


@given(st.permutations([told(second, fence) for fence in (1, 2, 3) for second in (0, 5, 10)]))
def test_in_whatever_order_they_come_the_highest_fence_has_the_last_word(
    reports: list[LoadReported],
) -> None:
    assert heard(*reports)["default"] == told(10, fence=3)
