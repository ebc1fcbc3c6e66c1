"""A wish becomes a spec of a model of ours, or is refused with what would do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.contracts import JobSpec, PictureFormat, TaskKind, UploadId
from services.gateway.core.flaws import Flaw, SpecError
from services.gateway.core.spec import MAX_PROMPT, Quality, Wish, job_spec, lighter_render, steps_of
from tests.unit.gateway.catalogue import CATALOGUE

SEED = 2**40 + 5


def drawn(**wish: object) -> JobSpec:
    given: dict[str, object] = {"prompt": "a red fox"}
    return job_spec(Wish(**(given | wish)), CATALOGUE, SEED)[0]  # type: ignore[arg-type]


def refused(**wish: object) -> SpecError:
    with pytest.raises(SpecError) as error:
        drawn(**wish)
    return error.value


def test_a_bare_prompt_gets_the_default_models_defaults() -> None:
    spec = drawn()
    assert (spec.model, spec.n, spec.steps, spec.guidance) == ("ember", 1, 20, 2.5)
    assert (spec.width, spec.height, spec.seed) == (128, 128, 5)
    assert spec.negative_prompt is None


def test_every_wish_is_granted_within_the_models_ranges() -> None:
    spec = drawn(
        model="ember",
        negative_prompt="rain",
        n=4,
        size="160x128",
        steps=50,
        guidance=10.0,
        seed=2**32 - 1,
    )
    assert (spec.n, spec.width, spec.steps, spec.guidance) == (4, 160, 50, 10.0)
    assert (spec.seed, spec.negative_prompt) == (2**32 - 1, "rain")


def test_auto_size_is_the_models_own() -> None:
    assert (drawn(size="auto").width, drawn(size="auto").height) == (128, 128)


@pytest.mark.parametrize(
    ("quality", "steps"),
    [("low", 10), ("medium", 20), ("standard", 20), ("high", 30), ("hd", 30), ("xhigh", 40)],
)
def test_quality_buys_steps(quality: str, steps: int) -> None:
    assert drawn(quality=Quality(quality)).steps == steps


def test_the_highest_quality_is_the_most_steps_there_are() -> None:
    assert drawn(quality=Quality.MAX).steps == 50


def test_explicit_steps_win_over_quality() -> None:
    assert drawn(quality=Quality.LOW, steps=7).steps == 7


@given(st.sampled_from(Quality), st.integers(1, 50), st.integers(0, 50), st.integers(0, 50))
def test_quality_stays_within_what_the_model_can(
    quality: Quality, low: int, more: int, most: int
) -> None:
    steps = {"minimum": low, "default": low + more, "maximum": low + more + most}
    model = CATALOGUE.default.model_copy(
        update={"steps": CATALOGUE.default.steps.model_copy(update=steps)}
    )
    assert low <= steps_of(quality, model) <= low + more + most


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("n", 0, {"minimum": 1, "maximum": 4}),
        ("n", 1000, {"minimum": 1, "maximum": 4}),
        ("steps", 0, {"minimum": 1, "maximum": 50}),
        ("steps", 10**9, {"minimum": 1, "maximum": 50}),
        ("guidance", 0.5, {"minimum": 1.0, "maximum": 10.0}),
        ("guidance", float("nan"), {"minimum": 1.0, "maximum": 10.0}),
        ("seed", -1, {"minimum": 0, "maximum": 2**32 - 1}),
        ("seed", 2**32, {"minimum": 0, "maximum": 2**32 - 1}),
    ],
)
def test_a_number_out_of_range_is_refused_with_the_range(
    field: str, value: float, allowed: object
) -> None:
    error = refused(**{field: value})
    assert (error.flaw, error.field, error.allowed) == (Flaw.OUT_OF_RANGE, field, allowed)


@pytest.mark.parametrize("size", ["1024x1024", "0x0", "128", "128X128", "", "\u0661x\u0661"])
def test_a_size_the_model_does_not_draw_is_refused_with_those_it_does(size: str) -> None:
    error = refused(size=size)
    assert error.flaw is Flaw.INVALID_SIZE
    assert error.allowed == ["auto", "128x128", "160x128"]


@pytest.mark.parametrize("model", ["gpt-image-1", "x"])
def test_an_unknown_model_is_refused_with_those_served(model: str) -> None:
    error = refused(model=model)
    assert error.flaw is Flaw.MODEL_NOT_FOUND
    assert "coal" in error.detail


@pytest.mark.parametrize("model", ["../x", "a/b", "https://x", "", "Ember", "a" * 65, "ember\n"])
def test_what_is_no_models_id_is_refused(model: str) -> None:
    assert refused(model=model).flaw is Flaw.INVALID_MODEL_ID


def test_a_model_that_only_edits_does_not_draw_from_a_prompt() -> None:
    assert refused(model="ash").flaw is Flaw.INVALID_VALUE


@pytest.mark.parametrize("prompt", ["", " ", "\t\n", "\u200b\u200d\ufeff", "\u3164\u2800", "\x07"])
def test_a_prompt_without_a_visible_character_is_empty(prompt: str) -> None:
    assert refused(prompt=prompt).flaw is Flaw.PROMPT_EMPTY


def test_a_prompt_may_have_so_many_characters_and_no_more() -> None:
    assert drawn(prompt="ü" * MAX_PROMPT).prompt
    error = refused(prompt="x" * (MAX_PROMPT + 1))
    assert (error.flaw, error.allowed) == (Flaw.PROMPT_TOO_LONG, {"maximum": MAX_PROMPT})
    assert refused(negative_prompt="x" * (MAX_PROMPT + 1)).field == "negative_prompt"


def test_nul_is_refused_in_both_prompts() -> None:
    assert refused(prompt="a\0b").flaw is Flaw.INVALID_CHARACTER
    assert refused(negative_prompt="a\0b").field == "negative_prompt"


def test_a_refusal_does_not_repeat_the_prompt() -> None:
    assert "secret" not in refused(prompt="secret" * 10_000).detail


def test_an_alias_is_drawn_by_its_model() -> None:
    assert drawn(model="gpt-image-1.5").model == "brush"
    assert refused(model="gpt-image-9.5").flaw is Flaw.INVALID_MODEL_ID


def test_a_photo_makes_it_a_render_from_a_photo_and_a_mask_one_within_it() -> None:
    photo, mask = UploadId("upl_" + "1" * 32), UploadId("upl_" + "2" * 32)
    plain = drawn(model="brush", photo=photo)
    assert (plain.task, plain.images, plain.strength) == (TaskKind.IMAGE_TO_IMAGE, (photo,), 0.6)
    within = drawn(model="brush", photo=photo, mask=mask, strength=0.3)
    assert (within.task, within.mask, within.strength) == (TaskKind.INPAINT, mask, 0.3)
    assert refused(model="ember", photo=photo).field == "model"
    assert refused(model="brush", photo=photo, strength=0.0).flaw is Flaw.OUT_OF_RANGE


def test_a_format_that_loses_may_be_compressed_and_png_may_not() -> None:
    spec = drawn(output_format=PictureFormat.JPEG, output_compression=70)
    assert (spec.format, spec.compression) == (PictureFormat.JPEG, 70)
    assert drawn(output_compression=100).compression == 100
    assert refused(output_compression=70).field == "output_compression"
    assert (
        refused(output_format=PictureFormat.WEBP, output_compression=101).flaw is Flaw.OUT_OF_RANGE
    )


def test_a_strength_that_leaves_no_step_is_refused_and_never_offered() -> None:
    photo = UploadId("upl_" + "1" * 32)
    assert refused(model="brush", photo=photo, steps=4, strength=0.2).field == "strength"
    spec = drawn(model="brush", photo=photo, steps=5, strength=0.2)
    assert lighter_render(spec, CATALOGUE.models[3]) is None
    assert lighter_render(drawn(steps=5), CATALOGUE.models[0]) is not None
