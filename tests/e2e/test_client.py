"""Our own client on the running system: a picture, and the news of it."""

import asyncio
import io

from heatsink.client import AsyncHeatsink, Heatsink
from PIL import Image

from services.cli.up import System
from tests.e2e.conftest import NewCustomer, until_notify_knows


async def test_the_client_draws_a_picture_and_hears_of_it(
    system: System, customer: NewCustomer
) -> None:
    who = await customer("plus")
    await until_notify_knows(system, who.key)
    with Heatsink(system.url, who.key) as heatsink:
        job = await asyncio.to_thread(heatsink.draw, "a red fox", steps=2, size="128x128")
        content = await asyncio.to_thread(heatsink.picture, job.images[0])
        assert Image.open(io.BytesIO(content)).size == (128, 128)
        assert heatsink.limits().used == 1
    async with AsyncHeatsink(system.url, who.key, events_url=system.events_url) as news:
        async with asyncio.timeout(30):
            async for event in news.events(after=0):
                if event.type == "job.completed":
                    break
    assert event.data["job"] == job.id
