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


async def test_who_follows_a_job_sees_it_grow_to_its_end(
    system: System, customer: NewCustomer
) -> None:
    who = await customer("plus")
    await until_notify_knows(system, who.key)
    async with AsyncHeatsink(system.url, who.key, events_url=system.events_url) as heatsink:
        await heatsink.draw("a red fox", steps=1, size="128x128")
        job = await heatsink.create_job("a red fox", steps=4, size="128x128")
        async with asyncio.timeout(60):
            told = [event async for event in heatsink.follow(job.id)]
            again = [event async for event in heatsink.follow(job.id)]
    assert {event.data["job"] for event in told} == {job.id}
    kept = [event.type for event in told if event.sequence]
    assert kept == ["job.admitted", "job.queued", "job.started", "job.completed"]
    assert [event.type for event in again] == kept
