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
            await api.images.generate(model="dall-e-99", prompt="a house")
        with pytest.raises(openai.BadRequestError) as wrong:
            await api.images.generate(model="ember", prompt="a house", size="7x7")
    assert unknown.value.code == "model_not_found"
    assert wrong.value.param == "size"
    async with client(system, "hs_live_nobody") as api:
        with pytest.raises(openai.AuthenticationError) as refused:
            await api.models.list()
    assert refused.value.code == "invalid_api_key"


async def test_a_client_with_openais_names_and_sizes_in_its_code_is_drawn_for(
    system: System, customer: NewCustomer
) -> None:
    someone = await customer("plus")
    async with client(system, someone.key) as api:
        answer = await api.images.generate(
            model="gpt-image-1",
            prompt="a red apple, 3d",
            size="1024x1024",
            quality="low",
            output_format="jpeg",
            output_compression=80,
        )
    assert answer.data
    drawn = picture(base64.b64decode(answer.data[0].b64_json or ""))
    assert (drawn.format, drawn.size) == ("JPEG", (1024, 1024))
    assert (answer.size, answer.output_format) == ("1024x1024", "jpeg")
    facts = answer.heatsink  # type: ignore[attr-defined]  # an extension of ours
    assert (facts["model"], facts["drawn_size"]) == ("ember", "128x128")


@pytest.mark.parametrize("partials", [0, 2])
async def test_it_streams_early_looks_and_the_picture(
    system: System, customer: NewCustomer, partials: int
) -> None:
    someone = await customer("plus")
    async with client(system, someone.key) as api:
        stream = await api.images.generate(
            model="ember", prompt="a house", stream=True, partial_images=partials
        )
        events = [event async for event in stream]
    kinds = [event.type for event in events]
    assert kinds[-1] == "image_generation.completed"
    assert len(kinds) - 1 <= partials
    assert set(kinds[:-1]) <= {"image_generation.partial_image"}
    for event in events:
        assert picture(base64.b64decode(event.b64_json)).size == (128, 128)


async def test_it_edits_a_photo(system: System, customer: NewCustomer) -> None:
    """A green square stays a green thing where little is changed."""
    someone = await customer("plus")
    photo = Image.new("RGB", (256, 256), "white")
    photo.paste((30, 160, 60), (64, 64, 192, 192))
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG")
    async with client(system, someone.key) as api:
        answer = await api.images.edit(
            model="ember",
            image=buffer.getvalue(),
            prompt="a green apple, 3d",
            extra_body={"heatsink": {"strength": 0.3, "seed": 5}},
        )
    assert answer.data
    drawn = picture(base64.b64decode(answer.data[0].b64_json or "")).convert("RGB")
    middle = drawn.resize((1, 1), box=(48, 48, 80, 80)).getpixel((0, 0))
    corner = drawn.resize((1, 1), box=(0, 0, 16, 16)).getpixel((0, 0))
    assert isinstance(middle, tuple)
    assert isinstance(corner, tuple)
    assert middle[1] > max(middle[0], middle[2]), "still green in its middle"
    assert min(corner) > 150, "still white around it"
