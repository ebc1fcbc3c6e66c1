"""`docs/push.md` as a new user would try it: its receiver is told of a picture."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from services.cli.parts import free_port
from services.cli.up import System
from tests.e2e.conftest import NewCustomer, until_notify_knows

PAGE = Path(__file__).parents[2] / "docs" / "push.md"


def block(kind: str) -> str:
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


@asynccontextmanager
async def receiver(folder: Path, port: int) -> AsyncIterator[asyncio.StreamReader]:
    """Its output, as it writes it."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", block("python")),
        cwd=folder,
        env={**os.environ, "PORT": str(port)},
        stdout=pipe,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout
    try:
        await listening(port)
        yield process.stdout
    finally:
        process.kill()
        await process.wait()


async def listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return


async def test_the_pages_receiver_verifies_what_it_is_told_of_a_picture(
    system: System, customer: NewCustomer, tmp_path: Path
) -> None:
    who, port = await customer("plus"), free_port()
    await until_notify_knows(system, who.key)
    async with receiver(tmp_path, port) as said:
        given = {
            **os.environ,
            "HEATSINK_EVENTS": system.events_url,
            "HEATSINK_KEY": who.key,
            "HOOK_URL": f"http://127.0.0.1:{port}/",
        }
        ran = await asyncio.create_subprocess_exec(
            "bash", "-ec", block("sh"), cwd=tmp_path, env=given
        )
        assert await ran.wait() == 0
        assert (tmp_path / "secret.txt").read_text().startswith("whsec_")
        job = await who.api.post("/v1/jobs", {"prompt": "a red fox", "steps": 1})
        async with asyncio.timeout(60):
            while not (line := (await said.readline()).decode()).startswith("job."):
                assert "Error" not in line, line
    assert line.split() == ["job.completed", job["id"]]
    await seen_in_the_log(system, who.key)


async def seen_in_the_log(system: System, key: str) -> None:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=system.events_url, headers=headers) as client:
        (hook,) = (await client.get("/v1/webhooks")).json()["data"]
        async with asyncio.timeout(10):
            while True:
                log = await client.get(f"/v1/webhooks/{hook['id']}/deliveries")
                (delivery,) = log.json()["data"]
                if delivery["status"] == "delivered":
                    return
                await asyncio.sleep(0.2)
