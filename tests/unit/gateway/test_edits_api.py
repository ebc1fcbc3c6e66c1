"""`POST /v1/images/edits`: a photo and a prompt, in all the shapes that clients send them."""

import io
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from PIL import Image

from services.contracts import Event, TaskKind, upload_key
from services.contracts.events import JobRequested
from services.kit.http import Code
from tests.unit.gateway.house import House, Tenant
from tests.unit.gateway.photographs import photo
from tests.unit.gateway.stories import Story

PATH = "/v1/images/edits"
ADMIT: Callable[[Story], Event] = Story.admitted
DONE: Callable[[Story], Event] = Story.completed
FIELDS = {"prompt": "as a stained glass window", "model": "brush"}


def file(content: bytes, name: str = "image") -> tuple[str, Any]:
    """As clients send bytes without a name."""
    return name, ("upload", content, "application/octet-stream")


async def edited(house: House, who: Tenant, *files: Any, **fields: str) -> httpx2.Response:
    async with house.answering(ADMIT, DONE):
        return await who.send(PATH, {**FIELDS, **fields}, files or [file(photo())])


async def upload(house: House, asked: JobRequested, index: int = 0) -> Image.Image:
    key = upload_key(asked.account, asked.spec.images[index])
    return Image.open(io.BytesIO(await house.blobs.get(key)))


async def test_a_photo_and_a_prompt_become_a_picture(house: House, ada: Tenant) -> None:
    response = await edited(house, ada)
    assert response.status_code == 200, response.text
    assert response.json()["data"][0]["b64_json"]
    asked = house.requested[-1]
    assert (asked.spec.task, asked.spec.strength) == (TaskKind.IMAGE_TO_IMAGE, 0.6)
    assert (await upload(house, asked)).size == (96, 64)


@pytest.mark.parametrize("name", ["image", "image[]"])
async def test_a_file_may_be_sent_by_either_name(house: House, ada: Tenant, name: str) -> None:
    response = await edited(house, ada, file(photo(), name))
    assert response.status_code == 200


async def test_figures_and_our_own_parameters_come_as_text(house: House, ada: Tenant) -> None:
    ours = {"heatsink[strength]": "0.3", "heatsink[seed]": "7", "n": "2", "size": "256x192"}
    response = await edited(house, ada, **ours)
    assert response.status_code == 200, response.text
    spec = house.requested[-1].spec
    assert (spec.strength, spec.seed, spec.n, str(spec.size)) == (0.3, 7, 2, "256x192")


async def test_a_high_fidelity_stays_closer_to_the_photo(house: House, ada: Tenant) -> None:
    await edited(house, ada, input_fidelity="high")
    assert house.requested[-1].spec.strength == 0.4


async def test_a_mask_says_where_to_paint(house: House, ada: Tenant) -> None:
    response = await edited(house, ada, file(photo()), file(photo(hole=True), "mask"))
    assert response.status_code == 200, response.text
    asked = house.requested[-1]
    assert asked.spec.task is TaskKind.INPAINT
    assert asked.spec.mask is not None
    mask = Image.open(io.BytesIO(await house.blobs.get(upload_key(asked.account, asked.spec.mask))))
    assert (mask.getpixel((10, 30)), mask.getpixel((80, 30))) == (0, 255)


async def test_a_photo_that_is_transparent_is_its_own_mask(house: House, ada: Tenant) -> None:
    await edited(house, ada, file(photo(hole=True)))
    assert house.requested[-1].spec.task is TaskKind.INPAINT


async def test_a_stream_of_edits_has_its_own_events(house: House, ada: Tenant) -> None:
    response = await edited(house, ada, stream="true")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "event: image_edit.completed\n" in response.text


BAD: list[tuple[list[Any], dict[str, str], tuple[int, str, str]]] = [
    ([file(b"no picture")], {}, (400, "image_unreadable", "image")),
    ([file(b"GIF89a....")], {}, (415, "image_type_not_allowed", "image")),
    ([file(photo()), file(photo())], {}, (400, "invalid_value", "image")),
    ([file(photo(), "photo")], {}, (400, "unknown_parameter", "photo")),
    ([file(photo()), file(photo(), "markup")], {}, (400, "invalid_value", "markup")),
    ([file(photo()), file(photo(), "mask")], {}, (400, "invalid_value", "mask")),
    (
        [file(photo()), file(photo((48, 48), hole=True), "mask")],
        {},
        (400, "invalid_value", "mask"),
    ),
    ([file(photo())], {"plan": "pro"}, (400, "unknown_parameter", "plan")),
    ([file(photo())], {"n": "many"}, (400, "invalid_type", "n")),
    ([file(photo())], {"prompt": " "}, (400, "invalid_value", "prompt")),
    ([file(photo())], {"heatsink[strength]": "2"}, (400, "invalid_value", "heatsink.strength")),
    ([file(photo())], {"model": "ember"}, (400, "invalid_value", "model")),
]


@pytest.mark.parametrize(("files", "fields", "answer"), BAD)
async def test_bad_forms_are_refused_by_name(
    house: House, files: list[Any], fields: dict[str, str], answer: tuple[int, str, str]
) -> None:
    ada = await house.open()
    response = await ada.send(PATH, {**FIELDS, **fields}, files)
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == answer
    assert house.requested == []


async def test_a_form_without_a_photo_says_what_is_missing(house: House, ada: Tenant) -> None:
    response = await ada.send(PATH, FIELDS, [file(photo(hole=True), "mask")])
    error = response.json()["error"]
    assert (error["code"], error["param"]) == ("missing_required_parameter", "image")


async def test_json_is_no_form(house: House, ada: Tenant) -> None:
    response = await ada.post(PATH, {"prompt": "a fox"})
    assert (response.status_code, response.json()["error"]["code"]) == (
        415,
        Code.UNSUPPORTED_MEDIA_TYPE,
    )


async def test_a_form_over_the_limit_is_cut_off(house: House, ada: Tenant) -> None:
    response = await ada.send(PATH, FIELDS, [file(b"\x89PNG" + b"\0" * 5_000_000)])
    assert response.status_code == 413


async def test_the_same_edit_again_makes_one_job_and_keeps_one_photo(
    house: House, ada: Tenant
) -> None:
    async with house.answering(ADMIT, DONE):
        given = {"authorization": f"Bearer {ada.plain}", "idempotency-key": "k"}
        for _ in range(2):
            response = await house.client.post(
                PATH, data=FIELDS, files=[file(photo())], headers=given
            )
            assert response.status_code == 200
    assert len(house.requested) == 1
    assert len(await house.blobs.list("uploads")) == 1
    other = await house.client.post(PATH, data=FIELDS, files=[file(photo((64, 64)))], headers=given)
    assert other.json()["error"]["code"] == Code.IDEMPOTENCY_KEY_REUSED
