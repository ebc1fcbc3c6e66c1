"""Which job a worker takes that would have to fetch some of the models."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.render.core import Affinity, Memory, Place
from tests.unit.render.samples import job_id

MEMORY = Memory(here={"warm"}, seconds={"cold": 10.0, "far": 10.0}, all_here=False)
BESIDE = replace(MEMORY, elsewhere={"far"})


def line(*models: str | None) -> list[Place]:
    return [Place(float(at), job_id(at + 1), model) for at, model in enumerate(models)]


def test_where_all_models_are_in_memory_the_line_is_kept() -> None:
    places = line("cold", "warm")
    assert Affinity().chosen(places, Memory(), 0) == places[0]


def test_one_whose_model_is_here_goes_before_one_whose_model_is_not() -> None:
    places = line("cold", "warm", "warm")
    assert Affinity().chosen(places, MEMORY, 0) == places[1]


def test_one_nobody_has_looked_at_keeps_its_place() -> None:
    places = line(None, "warm")
    assert Affinity().chosen(places, MEMORY, 0) == places[0]


def test_a_model_is_fetched_where_nothing_else_is_to_do() -> None:
    places = line("cold", "cold")
    assert Affinity().chosen(places, MEMORY, 0) == places[0]


def test_a_job_is_left_to_a_worker_that_has_its_model_and_room() -> None:
    places = line("far", "cold")
    assert Affinity().chosen(places, BESIDE, 0) == places[1]
    assert Affinity().chosen(places[:1], BESIDE, 0) is None


def test_nobody_waits_longer_than_fetching_takes() -> None:
    places = line("cold", "far", "warm")
    passed = Affinity().passing(places, places[2], 100.0)
    assert passed.chosen(places, BESIDE, 109.9) == places[2]
    assert passed.chosen(places, BESIDE, 110.0) == places[0]
    assert passed.chosen(places[1:], BESIDE, 110.0) == places[1]


def test_a_model_that_was_never_fetched_is_not_waited_with() -> None:
    places = line("new", "warm")
    passed = Affinity().passing(places, places[1], 5.0)
    assert passed.chosen(places, MEMORY, 5.0) == places[0]


def test_an_empty_line_has_nobody_to_choose() -> None:
    assert Affinity().chosen([], MEMORY, 0) is None


@given(st.lists(st.sampled_from(["warm", "cold", "far"]), min_size=1, max_size=12))
def test_the_first_of_a_line_is_taken_within_the_time_that_fetching_takes(
    models: list[str],
) -> None:
    """However many with warm models come behind it."""
    places, affinity = line(*models), Affinity()
    for second in range(12):
        chosen = affinity.chosen(places, BESIDE, float(second))
        if chosen == places[0]:
            break
        affinity = affinity.passing(places, chosen, float(second))
        newcomer = Place(99.0 + second, job_id(500 + second), "warm")
        places = [place for place in places if place != chosen] + [newcomer]
    else:
        raise AssertionError("it was never taken")
    assert second <= 10


@given(st.lists(st.sampled_from(["warm", "cold", "far", None]), max_size=12))
def test_only_those_before_the_chosen_one_were_passed_over(models: list[str | None]) -> None:
    places = line(*models)
    chosen = Affinity().chosen(places, BESIDE, 1.0)
    before = places[: places.index(chosen)] if chosen else places
    assert set(Affinity().passing(places, chosen, 1.0).passed) == {one.job for one in before}
