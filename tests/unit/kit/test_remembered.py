from hypothesis import given
from hypothesis import strategies as st

from services.kit.remembered import Remembered


def test_the_value_that_was_not_used_for_longest_is_forgotten_first() -> None:
    memory: Remembered[str, int] = Remembered(2)
    memory["a"], memory["b"] = 1, 2
    assert memory.get("a") == 1
    memory["c"] = 3
    assert [memory.get(key) for key in "abc"] == [1, None, 3]


def test_a_value_is_made_once() -> None:
    memory: Remembered[str, list[int]] = Remembered(2)
    memory.setdefault("a", list).append(1)
    assert memory.setdefault("a", list) == [1]


def test_what_is_forgotten_is_gone() -> None:
    memory: Remembered[str, int] = Remembered()
    memory["a"], memory["b"], memory["c"] = 1, 2, 3
    memory.forget("a")
    memory.forget("a")
    memory.forget_where(lambda value: value == 2)
    assert [memory.get(key) for key in "abc"] == [None, None, 3]


@given(st.integers(1, 5), st.lists(st.tuples(st.sampled_from("sgd"), st.integers(0, 9))))
def test_it_never_holds_more_than_its_capacity(capacity: int, acts: list[tuple[str, int]]) -> None:
    memory: Remembered[int, int] = Remembered(capacity)
    for act, key in acts:
        match act:
            case "s":
                memory[key] = key
            case "g":
                memory.get(key)
            case _:
                memory.setdefault(key, int)
        assert len(memory) <= capacity
