"""Workers come with the load and go with it, on the real system."""

import re
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.cli.api import Api
from services.contracts import JobStatus
from tests.chaos.world import World
from tests.waiting import eventually

pytestmark = pytest.mark.slow

MOST = 2
JOBS = 12


async def scale(world: World) -> dict[str, Any]:
    url = world.system.addresses.ready_url("render").replace("/ready", "/scale")
    async with httpx2.AsyncClient(trust_env=False) as http:
        found: dict[str, Any] = (await http.get(url)).json()["pools"].get("default", {})
    return found


async def test_workers_come_from_none_with_the_load_and_go_when_fewer_do(tmp_path: Path) -> None:
    environ = {
        "HEATSINK_RENDER_WORKERS": "0",
        "HEATSINK_RENDER_WORKERS_MAX": f"{MOST}",
        "HEATSINK_RENDER_SCALE_DRAIN_SECONDS": "2",
        "HEATSINK_RENDER_SCALE_CALM_SECONDS": "2",
    }
    async with World.running(tmp_path, **environ) as world:

        async def has(count: int) -> bool:
            found = await scale(world)
            return bool(found and found["wanted"] == found["workers"] == count)

        await eventually(lambda: has(0), every=0.2)
        _, key = await world.account("chaos")
        async with Api.connected(world.system.url, key) as api:
            for _ in range(JOBS):
                await api.post("/v1/jobs", {"prompt": "a red fox", "steps": 50})
            await eventually(lambda: has(MOST), within=90, every=0.2)
            await eventually(lambda: are_over(api), within=120, every=0.5)
        await eventually(lambda: has(1), within=90, every=0.5)
        told = decisions(world)
        assert told[-1].startswith("before=2")
        assert all("a second for each worker" in line for line in told)
        assert "worker_died" not in world.system.folder.log("render").read_text()


async def are_over(api: Api) -> bool:
    page = await api.get(f"/v1/jobs?limit={JOBS}")
    ends = [job["status"] for job in page["data"] if JobStatus(job["status"]).is_end]
    return ends == ["completed"] * JOBS


def decisions(world: World) -> list[str]:
    log = world.system.folder.log("render").read_text()
    return re.findall(r"workers_wanted\W+(.*)", log)
