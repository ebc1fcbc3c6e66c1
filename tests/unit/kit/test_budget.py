import time

from services.kit.budget import budget, left, spending


def test_outside_of_a_budget_a_call_has_its_own_time() -> None:
    with spending():
        assert left(7) == 7


def test_calls_share_a_budget_and_the_last_has_next_to_nothing() -> None:
    with budget(0.02):
        assert left(7) == 0.02
        with spending():
            time.sleep(0.01)
        assert left(7) < 0.011
        with spending():
            time.sleep(0.02)
        assert 0 < left(7) < 0.002
    assert left(7) == 7


def test_a_budget_within_another_is_its_own() -> None:
    with budget(1):
        with budget(5), spending():
            assert left(7) == 5
        assert left(7) == 1
