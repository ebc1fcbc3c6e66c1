from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.render.core import FRONT_SIZE, Front, Place
from tests.unit.render.samples import job_id

PLACES = [Place(float(number // 3), job_id(number + 1)) for number in range(300)]


def test_places_stand_by_ticket_and_then_by_age() -> None:
    front = Front.read([PLACES[4], PLACES[0], PLACES[1]])
    assert front.places == (PLACES[0], PLACES[1], PLACES[4])


def test_a_newcomer_takes_its_place() -> None:
    front = Front.read([PLACES[0], PLACES[9]]).joined(PLACES[5])
    assert front.places == (PLACES[0], PLACES[5], PLACES[9])
    assert front.joined(PLACES[5]) == front


def test_a_newcomer_beyond_what_is_known_is_left_to_the_next_look() -> None:
    front = Front.read(PLACES[:FRONT_SIZE])
    assert front.joined(PLACES[200]) == front
    assert front.joined(PLACES[10]) == front


def test_what_is_learnt_of_a_place_does_not_move_it() -> None:
    front = Front.read(PLACES[:3]).learnt(replace(PLACES[1], model="ember"))
    assert front.places == tuple(PLACES[:3])
    assert [place.model for place in front.places] == [None, "ember", None]


def test_a_front_that_is_used_up_says_whether_there_may_be_more() -> None:
    whole = Front.read(PLACES[:2]).without(PLACES[0]).without(PLACES[1])
    assert not whole.places
    assert not whole.exhausted
    part = Front.read(PLACES[:FRONT_SIZE])
    for place in PLACES[:FRONT_SIZE]:
        part = part.without(place)
    assert part.exhausted


@given(st.permutations(PLACES))
def test_a_front_stays_small_and_true_whatever_joins(arrivals: list[Place]) -> None:
    front = Front()
    for place in arrivals:
        front = front.joined(place)
    assert len(front.places) <= 4 * FRONT_SIZE
    assert front.places == tuple(PLACES[: len(front.places)])
    assert front.horizon == front.places[-1]
