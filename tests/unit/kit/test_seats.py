from datetime import timedelta

import pytest

from services.kit.clock import ManualClock
from services.kit.errors import Unavailable
from services.kit.seats import Seats


def test_who_finds_all_seats_taken_is_refused_and_later_told_since_when() -> None:
    clock = ManualClock()
    seats = Seats("calls", 1, clock.monotonic)
    with seats.one():
        with pytest.raises(Unavailable, match="1 calls at a time"), seats.one():
            pass
        clock.move(timedelta(seconds=9))
        full = seats.refusal()
        assert full
        assert (full.part, full.lasting) == ("seats", 9)
    assert seats.refusal() is None


def test_a_seat_is_free_again_after_a_fault() -> None:
    seats = Seats("calls", 1, ManualClock().monotonic)
    with pytest.raises(ValueError, match="x"), seats.one():
        raise ValueError("x")
    assert seats.taken == 0
