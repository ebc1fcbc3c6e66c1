"""The official client, with only base_url and api_key set."""

import base64
import io

import openai
import pytest
from openai import AsyncOpenAI
from PIL import Image

from services.cli.up import System
from tests.e2e.conftest import NewCustomer


def client(system: System, key: str) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{system.url}/v1", api_key=key)


def picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


async def test_the_official_client_draws_a_picture_and_reads_it(
    system: System, customer: NewCustomer
) -> None:
    someone = await customer("plus")
    async with client(system, someone.key) as api:
        answer = await api.images.generate(model="ember", prompt="a red apple, 3d")
    assert answer.data
    assert answer.data[0].b64_json
    drawn = picture(base64.b64decode(answer.data[0].b64_json))
    assert drawn.format == "PNG"
    assert drawn.size == (128, 128)
    red, green, blue = drawn.convert("RGB").resize((1, 1), box=(48, 56, 80, 88)).getpixel((0, 0))  # type: ignore[misc]  # three channels
    assert red > 150 > max(green, blue), "a red apple is red in its middle"


async def test_a_link_opens_without_a_key(system: System, customer: NewCustomer) -> None:
    someone = await customer("plus")
    async with client(system, someone.key) as api:
        answer = await api.images.generate(
            model="ember", prompt="a house", response_format="url", n=2
        )
    assert answer.data
    links = [image.url for image in answer.data]
    assert len(set(links)) == 2
    for link in links:
        assert link
        assert picture(await someone.api.picture(link)).size == (128, 128)


async def test_the_client_sees_the_models(system: System, customer: NewCustomer) -> None:
    someone = await customer("free")
    async with client(system, someone.key) as api:
        assert "ember" in [model.id async for model in api.models.list()]


async def test_the_clients_exceptions_carry_our_codes(
    system: System, customer: NewCustomer
) -> None:
    someone = await customer("free")
    async with client(system, someone.key) as api:
        with pytest.raises(openai.NotFoundError) as unknown:
            await api.images.generate(model="dall-e-9", prompt="a house")
        with pytest.raises(openai.BadRequestError) as wrong:
            await api.images.generate(model="ember", prompt="a house", size="7x7")
    assert unknown.value.code == "model_not_found"
    assert wrong.value.param == "size"
    async with client(system, "hs_live_nobody") as api:
        with pytest.raises(openai.AuthenticationError) as refused:
            await api.models.list()
    assert refused.value.code == "invalid_api_key"
