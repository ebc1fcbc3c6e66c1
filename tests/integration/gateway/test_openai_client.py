"""The official client, with only `base_url` and `api_key` set."""

import asyncio
import base64
from collections.abc import AsyncIterator

import openai
import pytest
from httpx2 import Request
from openai import AsyncOpenAI

from tests.integration.gateway.conftest import Customer
from tests.integration.gateway.world import PNG, World
from tests.waiting import eventually


@pytest.fixture
async def client(customer: Customer) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{customer.here.base_url}/v1", api_key=customer.key) as made:
        yield made


async def test_it_draws_and_reads_images(client: AsyncOpenAI) -> None:
    made = await client.images.generate(model="ember", prompt="a fox", n=2, size="auto")
    assert made.data
    assert [base64.b64decode(image.b64_json or "") for image in made.data] == [PNG, PNG]
    assert made.usage
    assert made.usage.total_tokens == made.usage.input_tokens + made.usage.output_tokens
    facts = made.heatsink  # type: ignore[attr-defined] # an extension of ours
    assert (facts["model"], facts["quota"]["used"]) == ("ember", 2)


async def test_it_sees_quota_headers_on_success(client: AsyncOpenAI) -> None:
    raw = await client.images.with_raw_response.generate(prompt="a fox")
    assert raw.headers["x-ratelimit-remaining-images"] == "2"
    assert raw.headers["x-request-id"]


async def test_a_refusal_is_one_attempt_and_an_error_that_tells_all(
    world: World, client: AsyncOpenAI
) -> None:
    with pytest.raises(openai.RateLimitError) as refused:
        await client.images.generate(prompt="refuse the client")
    assert refused.value.code == "rate_limit_exceeded"
    assert refused.value.request_id
    body = refused.value.body
    assert isinstance(body, dict)
    assert (body["rule"], body["used"]) == ("window", 3)
    assert len(world.requests("refuse the client")) == 1


async def test_a_time_out_of_the_client_makes_one_job(world: World, client: AsyncOpenAI) -> None:
    impatient = client.with_options(timeout=1.0, max_retries=2)
    with pytest.raises(openai.APITimeoutError):
        await impatient.images.generate(prompt="wait for the impatient")
    await eventually(lambda: bool(world.requests("wait for the impatient")))
    assert len(world.requests("wait for the impatient")) == 1


async def test_its_own_retry_gets_the_picture_of_the_first_attempt(
    world: World, client: AsyncOpenAI
) -> None:
    prompt = "wait for the second attempt"
    patient = client.with_options(timeout=2.0, max_retries=2)
    attempts: list[str] = []

    async def draw_late() -> None:
        await eventually(lambda: bool(world.requests(prompt)))
        await eventually(lambda: len(attempts) > 1, within=20)
        await world.draw(world.requests(prompt)[0])

    async def count(request: Request) -> None:
        attempts.append(request.headers["x-stainless-retry-count"])

    patient._client.event_hooks["request"].append(count)
    made, _ = await asyncio.gather(patient.images.generate(prompt=prompt), draw_late())
    assert made.data
    assert attempts[:2] == ["0", "1"]
    assert len(world.requests(prompt)) == 1


@pytest.mark.parametrize(
    ("given", "error", "code", "param"),
    [
        ({"prompt": "fox", "size": "7x7"}, openai.BadRequestError, "invalid_value", "size"),
        ({"prompt": "fox", "model": "dall-e-99"}, openai.NotFoundError, "model_not_found", "model"),
        ({"prompt": " "}, openai.BadRequestError, "invalid_value", "prompt"),
        (
            {"prompt": "fox", "extra_body": {"x": 1}},
            openai.BadRequestError,
            "unknown_parameter",
            "x",
        ),
    ],
)
async def test_bad_input_is_an_error_of_its_class(
    client: AsyncOpenAI,
    given: dict[str, str],
    error: type[openai.APIStatusError],
    code: str,
    param: str,
) -> None:
    with pytest.raises(error) as refused:
        await client.images.generate(**given)  # type: ignore[call-overload] # wrong on purpose
    assert (refused.value.code, refused.value.param) == (code, param)


async def test_a_wrong_key_is_an_authentication_error(client: AsyncOpenAI) -> None:
    stranger = client.with_options(api_key="sk-none")
    with pytest.raises(openai.AuthenticationError) as refused:
        await stranger.models.list()
    assert refused.value.code == "invalid_api_key"


async def test_it_lists_models(client: AsyncOpenAI) -> None:
    page = await client.models.list()
    assert [model.id for model in page.data] == ["ember"]
    assert (await client.models.retrieve("ember")).owned_by == "heatsink"
