from dataclasses import replace
from pathlib import Path

import pytest

from services.contracts.catalogue import TaskKind
from services.contracts.events.renders import FailureCode
from services.render.engine.catalogue import chosen, ensure_can_draw, read
from services.render.engine.messages import Draw
from services.render.engine.painter import RenderError, UnusableError
from tests.unit.render.engine.draws import APPLE, CATALOGUE

SHIPPED = read(CATALOGUE)


def test_the_shipped_catalogue_offers_ember_first() -> None:
    assert SHIPPED.default.id == "ember"
    assert str(SHIPPED.default.default_size) == "128x128"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("models: [", "is not YAML"),
        ("models: []", "models: Tuple should have at least 1 item"),
        ("models: [{id: ../etc}]", "models.0.id: String should match pattern"),
    ],
)
def test_a_bad_catalogue_says_what_is_wrong(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text(text)
    with pytest.raises(UnusableError) as error:
        read(path)
    assert str(path) in str(error.value)
    assert fault in str(error.value)


def test_a_missing_catalogue_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnusableError, match="No such file"):
        read(tmp_path / "catalogue.yaml")


FROM_TEXT = SHIPPED.default.model_copy(update={"tasks": (TaskKind.TEXT_TO_IMAGE,)})
PAINTER = SHIPPED.default.model_copy(update={"tasks": tuple(TaskKind)})
FROM_PHOTO = replace(APPLE, kind=TaskKind.IMAGE_TO_IMAGE, photo=b"photo")
INSIDE = replace(APPLE, kind=TaskKind.INPAINT, photo=b"photo", mask=b"mask")


@pytest.mark.parametrize("draw", [FROM_PHOTO, INSIDE, replace(INSIDE, strength=1.0)])
def test_a_render_from_a_photo_has_all_that_it_begins_with(draw: Draw) -> None:
    ensure_can_draw(PAINTER, draw)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (replace(FROM_PHOTO, photo=None), "image_to_image needs a photo"),
        (replace(INSIDE, mask=None), "inpaint needs a photo, and a mask"),
        (replace(FROM_PHOTO, strength=0.2), "a strength of 0.2 leaves no step of 4"),
        (replace(FROM_PHOTO, strength=1.5), "a strength of 1.5 leaves no step"),
    ],
)
def test_what_a_render_can_not_begin_with_fails_for_good(draw: Draw, message: str) -> None:
    with pytest.raises(RenderError, match=message) as error:
        ensure_can_draw(PAINTER, draw)
    assert error.value.permanent


def test_all_models_are_chosen_unless_some_are_named() -> None:
    assert chosen(SHIPPED, ()) == SHIPPED.models
    assert [entry.id for entry in chosen(SHIPPED, ("ember",))] == ["ember"]


def test_a_model_the_catalogue_lacks_cannot_be_chosen() -> None:
    with pytest.raises(UnusableError, match="no model flux"):
        chosen(SHIPPED, ("flux",))


def test_what_the_catalogue_allows_can_be_drawn() -> None:
    ensure_can_draw(SHIPPED.default, APPLE)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (replace(APPLE, kind=TaskKind.INPAINT), "ember has no task inpaint"),
        (replace(APPLE, width=1024), "ember draws no pictures of 1024x128"),
        (replace(APPLE, steps=51), "ember takes 1 to 50 steps"),
        (replace(APPLE, guidance=0.5), "ember takes a guidance of 1 to 10"),
        (replace(APPLE, seeds=()), "ember draws 1 to 10 pictures at once"),
    ],
)
def test_what_it_does_not_allow_fails_for_good(draw: Draw, message: str) -> None:
    with pytest.raises(RenderError) as error:
        ensure_can_draw(FROM_TEXT, draw)
    assert error.value.message == message
    assert error.value.code is FailureCode.INVALID_SPEC
    assert error.value.permanent
