"""What is said of a picture."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.training.subjects import FEW
from training.captions import caption
from training.world import Subject

TEXT = st.text("abcdefghXYZ", min_size=1)


@given(st.sampled_from(("3d", "flat", "classic")), TEXT, st.lists(TEXT), st.integers())
def test_a_caption_names_the_thing_or_one_of_its_tags(
    style: str, label: str, tags: list[str], seed: int
) -> None:
    said = caption(Subject(style, label, tuple(tags), ""), random.Random(seed))
    assert said == said.lower()
    assert any(word.lower() in said for word in (label, *tags))


def test_captions_of_one_picture_differ() -> None:
    dice = random.Random(1)
    said = {caption(FEW[0], dice) for _ in range(200)}
    assert {"apple", "an apple", "an apple, 3d"} <= said
    assert len(said) > 20


def test_equal_dice_say_the_same() -> None:
    first, second = (caption(FEW[1], random.Random(5)) for _ in range(2))
    assert first == second
