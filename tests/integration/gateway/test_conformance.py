"""OpenAI's official client, unmodified, sync and async: what it calls and what it gets."""

import asyncio
import base64
import inspect
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from PIL import Image

from services.contracts import TaskKind
from tests.integration.gateway.conftest import Customer
from tests.integration.gateway.world import PNG, World
from tests.unit.gateway.photographs import photo
from tests.waiting import eventually

Call = Callable[[Any], Any]
KINDS = ("sync", "async")


class Client:
    """Either of the two, behind one face."""

    def __init__(self, kind: str, url: str, key: str, **given: Any) -> None:
        made: Any = AsyncOpenAI if kind == "async" else OpenAI
        self.api = made(base_url=f"{url}/v1", api_key=key, **given)

    async def __call__(self, call: Call) -> Any:
        """What the call returns; of a stream, its events."""
        if isinstance(self.api, AsyncOpenAI):
            found = await call(self.api)
            return [event async for event in found] if hasattr(found, "__aiter__") else found
        return await asyncio.to_thread(self._sync, call)

    async def close(self) -> None:
        closing = self.api.close()
        if inspect.isawaitable(closing):
            await closing

    def _sync(self, call: Call) -> Any:
        found = call(self.api)
        return list(found) if isinstance(found, openai.Stream) else found


@pytest.fixture(params=KINDS)
async def client(request: pytest.FixtureRequest, customer: Customer) -> AsyncIterator[Client]:
    made = Client(request.param, str(customer.here.base_url).rstrip("/"), customer.key)
    yield made
    await made.close()


async def test_it_draws_with_every_word_that_it_knows(client: Client, world: World) -> None:
    made = await client(
        lambda api: api.images.generate(
            prompt="a fox of every word",
            model="gpt-image-1",
            n=2,
            size="1024x1024",
            quality="high",
            background="opaque",
            output_format="png",
            output_compression=100,
            moderation="low",
            user="someone",
            extra_body={"heatsink": {"seed": 7}},
            extra_headers={"Idempotency-Key": "every-word"},
        )
    )
    assert [base64.b64decode(image.b64_json) for image in made.data] == [PNG, PNG]
    assert (made.size, made.quality, made.background) == ("1024x1024", "high", "opaque")
    assert made.heatsink["seeds"] == [7, 8]
    asked = world.requests("a fox of every word")[-1].spec
    assert (asked.model, asked.steps, str(asked.size)) == ("ember", 30, "1024x1024")


async def test_links_open(client: Client, customer: Customer) -> None:
    made = await client(
        lambda api: api.images.generate(prompt="a linked fox", response_format="url")
    )
    path = made.data[0].url.removeprefix("http://pictures.test")
    answer = await customer.there.get(path, headers={"authorization": ""})
    assert (answer.status_code, answer.content) == (200, PNG)


SHAPES: dict[str, Any] = {
    "bytes": photo(),
    "file": ("photo.png", photo(), "image/png"),
    "list": [photo()],
    "jpeg": ("misnamed.png", photo(format="JPEG")),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_it_sends_a_photo_in_any_shape(client: Client, world: World, shape: str) -> None:
    made = await client(
        lambda api: api.images.edit(prompt=f"an edit of {shape}", image=SHAPES[shape])
    )
    assert made.data[0].b64_json
    assert world.requests(f"an edit of {shape}")[-1].spec.task is TaskKind.IMAGE_TO_IMAGE


async def test_it_sends_a_mask_and_parameters_of_ours(client: Client, world: World) -> None:
    await client(
        lambda api: api.images.edit(
            prompt="an edit within",
            image=photo(),
            mask=photo(hole=True),
            n=2,
            extra_body={"heatsink": {"strength": 0.5}},
        )
    )
    spec = world.requests("an edit within")[-1].spec
    assert (spec.task, spec.strength, spec.n) == (TaskKind.INPAINT, 0.5, 2)


@pytest.mark.parametrize("partials", [0, 1, 2, 3])
async def test_a_stream_has_as_many_early_looks_as_were_asked_for(
    client: Client, partials: int
) -> None:
    *looks, last = await client(
        lambda api: api.images.generate(
            prompt="a streamed fox", stream=True, partial_images=partials
        )
    )
    assert [look.partial_image_index for look in looks] == list(range(partials))
    assert {look.type for look in looks} <= {"image_generation.partial_image"}
    for look in looks:
        assert Image.open(io.BytesIO(base64.b64decode(look.b64_json))).format == "PNG"
    assert (last.type, base64.b64decode(last.b64_json)) == ("image_generation.completed", PNG)
    assert last.usage.total_tokens > 0


async def test_a_stream_of_edits(client: Client) -> None:
    events = await client(
        lambda api: api.images.edit(
            prompt="a streamed edit", image=photo(), stream=True, partial_images=1
        )
    )
    assert [event.type for event in events] == ["image_edit.partial_image", "image_edit.completed"]


async def test_a_failure_in_mid_stream_is_raised_with_its_code(client: Client) -> None:
    with pytest.raises(openai.APIError) as failed:
        await client(lambda api: api.images.generate(prompt="fail in mid stream", stream=True))
    assert failed.value.code == "render_failed"


@pytest.mark.parametrize("given", [{}, {"stream": True}])
async def test_a_refusal_is_raised_before_a_stream_begins(
    client: Client, given: dict[str, Any]
) -> None:
    with pytest.raises(openai.RateLimitError) as refused:
        await client(lambda api: api.images.generate(prompt="refuse it", **given))
    assert refused.value.code == "rate_limit_exceeded"
    assert refused.value.response.headers["x-request-id"]


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda api: api.images.generate(prompt="fox", size="7x7"), openai.BadRequestError),
        (lambda api: api.images.edit(prompt="fox", image=b"no"), openai.BadRequestError),
        (lambda api: api.images.generate(prompt="fox", model="x"), openai.NotFoundError),
        (lambda api: api.images.create_variation(image=photo()), openai.NotFoundError),
        (lambda api: api.models.retrieve("nobody"), openai.NotFoundError),
        (
            lambda api: api.with_options(api_key="hs_live_no").models.list(),
            openai.AuthenticationError,
        ),
    ],
)
async def test_each_refusal_is_an_error_of_its_class(
    client: Client, call: Call, error: type[openai.APIStatusError]
) -> None:
    with pytest.raises(error) as refused:
        await client(call)
    assert refused.value.code
    assert refused.value.request_id


async def test_quota_headers_are_there_on_success_and_on_refusal(client: Client) -> None:
    raw = await client(
        lambda api: api.images.with_raw_response.generate(prompt="a fox with headers")
    )
    assert raw.headers["x-ratelimit-limit-images"] == "3"
    with pytest.raises(openai.RateLimitError) as refused:
        await client(lambda api: api.images.generate(prompt="refuse with headers"))
    assert refused.value.response.headers["x-ratelimit-remaining-images"] == "0"


async def test_a_stream_that_is_hung_up_cancels_its_job_where_that_was_wished(
    world: World, customer: Customer
) -> None:
    body = {"prompt": "wait in a stream", "stream": True}
    wish = {"prefer": "cancel-on-disconnect"}
    path = "/v1/images/generations"
    async with customer.here.stream("POST", path, json=body, headers=wish) as answer:
        assert answer.status_code == 200
        async for chunk in answer.aiter_bytes():
            assert chunk.startswith(b":"), "a comment keeps it open"
            break
    [asked] = world.requests("wait in a stream")
    await eventually(lambda: asked.job in world.cancelled)
