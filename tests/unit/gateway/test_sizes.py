"""What is asked for in pixels, and what the model draws for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import Size
from services.gateway.core.flaws import Flaw, SpecError
from services.gateway.core.sizes import sizes_of
from tests.unit.gateway.catalogue import CATALOGUE

STRICT, RESIZING = CATALOGUE.models[0], CATALOGUE.models[3]


@pytest.mark.parametrize(
    ("wanted", "drawn", "output"),
    [
        (None, "128x128", None),
        ("auto", "128x128", None),
        ("160x128", "160x128", None),
        ("1024x1024", "128x128", "1024x1024"),
        ("1536x1024", "160x128", "1536x1024"),
        ("64x64", "128x128", "64x64"),
        ("1024x1536", "128x128", "1024x1536"),
    ],
)
def test_the_nearest_shape_is_drawn_and_brought_to_size(
    wanted: str | None, drawn: str, output: str | None
) -> None:
    found = sizes_of(wanted, RESIZING)
    assert (str(found[0]), found[1] and str(found[1])) == (drawn, output)


@pytest.mark.parametrize(
    "wanted",
    ["", "big", "0x0", "15x64", "2049x64", "128", "128x128x3", "-1x5", "1\uff12\uff18x128"],
)
def test_a_size_that_makes_no_sense_is_refused_with_those_that_do(wanted: str) -> None:
    with pytest.raises(SpecError) as refused:
        sizes_of(wanted, RESIZING)
    assert refused.value.flaw is Flaw.INVALID_SIZE
    assert "128x128" in refused.value.detail


def test_a_model_that_does_not_resize_refuses_other_sizes() -> None:
    with pytest.raises(SpecError):
        sizes_of("1024x1024", STRICT)


@given(st.integers(16, 2048), st.integers(16, 2048))
def test_any_size_within_bounds_is_drawn_at_one_of_the_models(width: int, height: int) -> None:
    drawn, output = sizes_of(f"{width}x{height}", RESIZING)
    assert drawn in RESIZING.sizes
    assert (output or drawn) == Size(width=width, height=height)
