"""From a standing start, and back to nothing: the README's own commands."""

import asyncio
import json
import signal
from pathlib import Path

import httpx2
import psutil
from PIL import Image

from tests.e2e.commands import environment, heatsink
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


async def test_up_tells_scripts_where_everything_is_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(ROOT / "task", "up", "--", "--json", "--data", tmp_path / "data"),
        env=environment(),
        stdout=pipe,
        stderr=pipe,
    )
    assert process.stdout
    assert process.stderr
    logs = asyncio.create_task(process.stderr.read())
    async with asyncio.timeout(180):
        ready = json.loads(await process.stdout.readline())
    pids = [pid for found in ready["pids"].values() for pid in found]
    assert set(ready["pids"]) == {"gateway", "quota", "render", "notify", "kafka", "database"}
    assert set(ready["keys"]) == {"free", "plus", "pro", "operator"}
    assert all(psutil.pid_exists(pid) for pid in pids)
    async with httpx2.AsyncClient() as client:
        answer = await client.post(
            f"{ready['url']}/v1/images/generations",
            headers={"Authorization": f"Bearer {ready['keys']['free']}"},
            json={"model": "ember", "prompt": "a red fox", "response_format": "url"},
            timeout=60,
        )
    assert answer.status_code == 200
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(60):
        assert await process.wait() == 0
    await eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids), within=5)
    assert b"Traceback" not in await logs


async def test_draw_from_a_standing_start_writes_a_picture_and_stops_everything(
    tmp_path: Path,
) -> None:
    before = set(psutil.pids())
    drawn = await heatsink("draw", "a red fox", "--json", cwd=tmp_path, within=240)
    assert drawn.code == 0, drawn.err
    with Image.open(tmp_path / drawn.json["paths"][0]) as picture:
        assert picture.size == (128, 128)
    assert drawn.json["left"] == 2
    left = [
        process
        for process in psutil.process_iter(["cwd", "pid"])
        if process.info["pid"] not in before and process.info["cwd"] == str(tmp_path)
    ]
    assert left == []
