"""A refusal under load, told four times: by body, headers, `/v1/limits` and `quota explain`."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime

import openai
import pytest
from openai import AsyncOpenAI

from services.cli.up import System
from services.contracts import AccountId, effective_limit, hash_offset
from tests.e2e.conftest import Customer, NewCustomer
from tests.waiting import eventually

M = 0.34
NOTE = "a drill of the tests"
"""m 0.34 of three images: one for some accounts, two for the others."""


async def heatsink(system: System, *arguments: str) -> str:
    command = [sys.executable, "-m", "services.cli", *arguments, "--data", str(system.folder.root)]
    environ = {name: value for name, value in os.environ.items() if "HEATSINK" not in name}
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, env=environ, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def used_up(someone: Customer, limit: int) -> None:
    for number in range(limit):
        job = await someone.api.post("/v1/jobs", {"prompt": "a key", "steps": 1})

        async def is_drawn(id: str = job["id"]) -> bool:
            return bool((await someone.api.get(f"/v1/jobs/{id}"))["status"] == "completed")

        await eventually(is_drawn, within=60)
        del number


async def test_a_refusal_by_load_is_one_story_wherever_it_is_told(
    system: System, customer: NewCustomer
) -> None:
    someone = await customer("free")

    async def in_force() -> bool:
        return bool((await someone.api.get("/v1/limits"))["m"] == M)

    told = await heatsink(system, "limits", "hold", "free", "--m", f"{M}", "--note", NOTE)
    assert NOTE in told
    try:
        await eventually(in_force, within=15)
        limit = effective_limit(3, M, hash_offset(AccountId(someone.account), datetime.now(UTC)))
        await used_up(someone, limit)
        async with AsyncOpenAI(
            base_url=f"{system.url}/v1", api_key=someone.key, max_retries=0
        ) as api:
            with pytest.raises(openai.RateLimitError) as caught:
                await api.images.generate(model="ember", prompt="a key")
        mine = await someone.api.get("/v1/limits")
        body, headers = caught.value.body, caught.value.response.headers
        assert isinstance(body, dict)
        story = await heatsink(system, "quota", "explain", body["job"])
    finally:
        await heatsink(system, "limits", "release", "free")

    assert (body["rule"], body["problem"]) == ("load", "load_shed")
    assert (body["used"], body["limit"], body["limit_normally"]) == (limit, limit, 3)
    assert NOTE in body["message"]

    assert headers["x-ratelimit-limit-images"] == str(limit)
    assert headers["x-ratelimit-remaining-images"] == "0"
    retry_at = datetime.fromisoformat(body["retry_at"])
    assert abs((retry_at - datetime.now(UTC)).total_seconds() - int(headers["retry-after"])) < 60

    assert (mine["used"], mine["limit"], mine["limit_normally"], mine["left"]) == (
        limit,
        limit,
        3,
        0,
    )
    assert (mine["m"], mine["rule"]) == (M, "held")
    assert NOTE in mine["cause"]

    assert f"Used before: {limit}. With this job: {limit + 1}, on a limit of {limit}." in story
    assert f"m = {M:.3f}" in story
    assert "Refused by the rule load." in story
    assert f"To come back at {retry_at:%Y-%m-%d %H:%M:%S} UTC. That moment is kept" in story

    async def is_over() -> bool:
        return bool((await someone.api.get("/v1/limits"))["m"] == 1)

    await eventually(is_over, within=15)
    await used_up(someone, 1)
