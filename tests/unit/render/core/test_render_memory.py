"""Who leaves memory so that another model fits."""

from hypothesis import given
from hypothesis import strategies as st

from services.render.core import Resident, room_for


def resident(size: int, asked: int, users: int = 0) -> Resident:
    return Resident(size=size, users=users, asked=asked)


def test_nobody_leaves_where_there_is_room() -> None:
    assert room_for(4, {"a": resident(6, 1)}, 10) == ()


def test_the_least_recently_used_leaves_first_and_no_more_than_needed() -> None:
    there = {"a": resident(3, 5), "b": resident(3, 2), "c": resident(3, 9)}
    assert room_for(3, there, 9) == ("b",)
    assert room_for(4, there, 9) == ("b", "a")


def test_whoever_is_drawn_with_stays() -> None:
    there = {"a": resident(6, 1, users=1), "b": resident(4, 2)}
    assert room_for(4, there, 10) == ("b",)
    assert room_for(5, there, 10) is None


residents = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=1),
    st.builds(Resident, st.integers(1, 9), st.integers(0, 2), st.integers(0, 99)),
)


@given(st.integers(1, 20), residents, st.integers(1, 40))
def test_what_is_left_fits_and_no_one_in_use_was_asked_to_leave(
    size: int, there: dict[str, Resident], budget: int
) -> None:
    leaving = room_for(size, there, budget)
    staying = {model: one for model, one in there.items() if one.users or leaving is None}
    if leaving is None:
        assert size + sum(one.size for one in there.values() if one.users) > budget
        return
    staying = {model: one for model, one in there.items() if model not in leaving}
    assert size + sum(one.size for one in staying.values()) <= budget
    assert not any(there[model].users for model in leaving)
    if leaving:
        last = there[leaving[-1]].size
        assert size + sum(one.size for one in staying.values()) + last > budget
