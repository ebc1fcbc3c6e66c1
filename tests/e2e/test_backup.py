"""A machine is lost and made anew from its backup: jobs go on, and nothing happens twice."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2

from services.cli.api import Api, Told
from services.cli.up import System, UpOptions
from tests.e2e.commands import heatsink
from tests.e2e.ends import ends_of
from tests.waiting import eventually

QUEUED = 5
QUIET = 2.0


def options(data: Path, **environ: str) -> UpOptions:
    return UpOptions(environ={**os.environ, **environ}, data=data)


@asynccontextmanager
async def speaking(system: System) -> AsyncIterator[Api]:
    headers = {"Authorization": f"Bearer {system.keys.pro}"}
    async with httpx2.AsyncClient(base_url=system.url, headers=headers, timeout=60) as client:
        yield Api(client)


async def submit(api: Api, number: int) -> str:
    wish = {"prompt": "a key", "steps": 2, "seed": number}
    return str((await api.post("/v1/jobs", wish))["id"])


async def until_all(api: Api, jobs: list[str], status: str) -> None:
    async def are() -> bool:
        found = [(await api.get(f"/v1/jobs/{job}"))["status"] for job in jobs]
        return set(found) == {status}

    await eventually(are, within=180, every=0.5)


async def feed(system: System, api: Api, last: int) -> list[int]:
    """The sequence numbers after `last` that the feed replays."""
    seen: list[Told] = []
    async with api.events(f"{system.events_url}/v1/events", str(last)) as events:
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(QUIET):
                    seen.append(await anext(events))
    return [int(told.id) for told in seen if told.id]


async def picture(api: Api, job: str) -> bytes:
    body = await api.get(f"/v1/jobs/{job}")
    return await api.picture(body["images"][0]["url"])


async def test_a_lost_machine_goes_on_from_its_backup(tmp_path: Path) -> None:
    first, backup, second = (tmp_path / name for name in ("first", "backup", "second"))
    async with System.running(options(first)) as system, speaking(system) as api:
        drawn = await submit(api, 0)
        await until_all(api, [drawn], "completed")
        before = await picture(api, drawn)
        refused = await heatsink("backup", str(backup), "--data", str(first), cwd=tmp_path)
        assert refused.code == 1
        assert "stop `heatsink up` first" in refused.err

    # Without workers: what is asked for now stays in the queue.
    idle = options(first, HEATSINK_RENDER_WORKERS="0")
    async with System.running(idle) as system, speaking(system) as api:
        queued = [await submit(api, number) for number in range(1, QUEUED + 1)]
        await until_all(api, queued, "queued")
        told = await feed(system, api, 0)

    made = await heatsink("backup", str(backup), "--data", str(first), "--json", cwd=tmp_path)
    assert made.code == 0, made.err
    assert made.json["parts"] == ["kafka", "database", "blobs"]
    await asyncio.to_thread(shutil.rmtree, first)
    back = await heatsink("restore", str(backup), "--data", str(second), cwd=tmp_path)
    assert back.code == 0, back.err

    async with System.running(options(second)) as system, speaking(system) as api:
        await until_all(api, queued, "completed")
        assert await picture(api, drawn) == before
        assert all([await picture(api, job) for job in queued])
        ends = await ends_of(system.addresses.kafka_bootstrap, [drawn, *queued])
        assert {job: len(some) for job, some in ends.items()} == dict.fromkeys([drawn, *queued], 1)
        replayed = await feed(system, api, 0)
        assert replayed[: len(told)] == told
        assert replayed == list(range(1, len(replayed) + 1))
        assert len(replayed) > len(told)
        proof = await heatsink("quota", "check", "--json", "--data", str(second), cwd=tmp_path)
        assert (proof.code, json.loads(proof.out)["findings"]) == (0, [])
        assert (await api.get("/v1/limits"))["used"] == QUEUED + 1
