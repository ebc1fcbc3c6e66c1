"""A stream of images: OpenAI's events and no other, from the first early look to the last image."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from PIL import Image

from services.contracts import Event, JobId
from services.contracts.events import FailureCode, Rule
from tests.unit.gateway.house import PNG, House, Tenant
from tests.unit.gateway.stories import Story

PATH = "/v1/images/generations"
ADMIT: Callable[[Story], Event] = Story.admitted
DONE: Callable[[Story], Event] = Story.completed
BODY = {"prompt": "a red fox", "stream": True}


def events(text: str) -> list[dict[str, Any]]:
    """Every block is an event with its type in it, or a comment."""
    found = []
    for block in filter(None, text.split("\n\n")):
        if block.startswith(":"):
            continue
        name, data = block.split("\n")
        content = json.loads(data.removeprefix("data: "))
        assert name == f"event: {content.get('type', 'error')}" or "error" in content
        found.append(content)
    return found


def preview() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 30, 30)).save(buffer, "WEBP")
    return buffer.getvalue()


@asynccontextmanager
async def drawing(house: House, previews: int) -> AsyncIterator[None]:
    """Tells of each early look once the one before was heard, then of the end."""

    async def run() -> None:
        await house.until(lambda: bool(house.requested))
        asked = house.requested[0]
        story = Story(asked.job, asked.account)
        await house.blobs.put(story.completed().images[0].blob, PNG, media_type="image/png")
        house.hear(story.admitted(), story.started())
        for step in range(1, previews + 1):
            key = f"images/{asked.job}/1-preview-{step}.webp"
            await house.blobs.put(key, preview(), media_type="image/webp")
            house.hear(story.step(step, preview=key))
            await asyncio.sleep(0.05)
        house.hear(story.completed())

    task = asyncio.create_task(run())
    yield
    await task


@pytest.mark.parametrize("partials", [0, 1, 3])
async def test_early_looks_come_before_the_picture(
    house: House, ada: Tenant, partials: int
) -> None:
    async with drawing(house, 3):
        answer = await ada.post(PATH, {**BODY, "partial_images": partials})
    assert answer.headers["content-type"].startswith("text/event-stream")
    *looks, last = events(answer.text)
    assert [look["partial_image_index"] for look in looks] == list(range(partials))
    assert {look["type"] for look in looks} <= {"image_generation.partial_image"}
    for look in looks:
        image = Image.open(io.BytesIO(base64.b64decode(look["b64_json"])))
        assert (image.format, image.size) == ("PNG", (128, 128))
    assert last["type"] == "image_generation.completed"
    assert base64.b64decode(last["b64_json"]) == PNG
    assert last["usage"]["total_tokens"]
    assert last["heatsink"]["job"] == house.requested[0].job


async def test_nothing_in_it_breaks_the_readers_of_openais_clients(
    house: House, ada: Tenant
) -> None:
    async with drawing(house, 2):
        answer = await ada.post(PATH, {**BODY, "partial_images": 2})
    assert not any(line.startswith(("id:", "retry:")) for line in answer.text.splitlines())


async def test_each_of_several_images_is_an_event_with_its_index(house: House, ada: Tenant) -> None:
    def two(story: Story) -> Event:
        return story.completed(2)

    async with house.answering(ADMIT, two, images=2):
        answer = await ada.post(PATH, {**BODY, "n": 2})
    assert [event["image_index"] for event in events(answer.text)] == [0, 1]


async def test_a_refusal_is_a_status_not_an_event(house: House, ada: Tenant) -> None:
    def refuse(story: Story) -> Event:
        return story.rejected(rule=Rule.WINDOW)

    async with house.answering(refuse):
        answer = await ada.post(PATH, BODY)
    assert answer.status_code == 429
    assert answer.json()["error"]["rule"] == "window"


async def test_a_failure_in_mid_stream_is_an_error_that_clients_raise(
    house: House, ada: Tenant
) -> None:
    def fail(story: Story) -> Event:
        return story.failed(FailureCode.RENDER_ERROR)

    async with house.answering(ADMIT, fail):
        answer = await ada.post(PATH, BODY)
    (event,) = events(answer.text)
    assert (event["error"]["code"], event["error"]["job"]) == (
        "render_failed",
        house.requested[0].job,
    )


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"stream": False, "partial_images": 2}, "partial_images"),
        ({"partial_images": 4}, "partial_images"),
        ({"partial_images": -1}, "partial_images"),
        ({"response_format": "url"}, "response_format"),
        ({"heatsink": {"allow_deferred": True}}, "heatsink.allow_deferred"),
    ],
)
async def test_what_a_stream_cannot_do_is_refused(
    house: House, ada: Tenant, body: dict[str, Any], param: str
) -> None:
    answer = await ada.post(PATH, {**BODY, **body})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert house.requested == []


async def test_an_early_look_that_is_lost_costs_no_picture(house: House, ada: Tenant) -> None:
    def lost(story: Story) -> Event:
        return story.step(1, preview="images/gone.webp")

    async with house.answering(ADMIT, lost, DONE):
        answer = await ada.post(PATH, {**BODY, "partial_images": 1})
    assert [event["type"] for event in events(answer.text)] == ["image_generation.completed"]
    assert JobId(house.requested[0].job)


async def test_pictures_that_are_gone_at_the_end_are_told_as_without_a_stream(
    house: House, ada: Tenant
) -> None:
    async with house.answering(ADMIT, DONE, images=0):
        answer = await ada.post(PATH, BODY)
    (event,) = events(answer.text)
    assert event["error"]["code"] == "gone"
