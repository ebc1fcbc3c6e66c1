"""Each service and part is killed while jobs flow: one end for each job, and a sound ledger."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

import httpx2
import pytest

from services.cli.api import Api, Told
from services.cli.problems import Refusal
from services.cli.up import System
from tests.e2e.conftest import Customer, NewCustomer
from tests.e2e.ends import ends_of
from tests.waiting import eventually

JOBS = 12
OVER = {"completed", "rejected", "failed", "cancelled"}


async def submit(api: Api, number: int, seed: int) -> str:
    """Tries until it is accepted: with its key a second try is the same job."""
    wish = {"prompt": "a rocket", "steps": 6, "seed": seed}
    while True:
        try:
            return str((await api.post("/v1/jobs", wish, once=f"kill-{number}"))["id"])
        except (httpx2.HTTPError, Refusal):
            await asyncio.sleep(0.2)


async def under_load(someone: Customer, act: Callable[[], Awaitable[None]]) -> list[str]:
    """Submits jobs one after the other, and does `act` in their midst."""
    jobs = []
    for number in range(JOBS):
        jobs.append(await submit(someone.api, number, seed=number))
        if number == JOBS // 2:
            await act()
    return jobs


async def statuses(api: Api, jobs: list[str]) -> list[str]:
    try:
        return [(await api.get(f"/v1/jobs/{job}"))["status"] for job in jobs]
    except (httpx2.HTTPError, Refusal):
        return []


async def all_over(api: Api, jobs: list[str]) -> bool:
    found = await statuses(api, jobs)
    return len(found) == len(jobs) and set(found) <= OVER


async def ledger(system: System) -> dict[str, object]:
    """What the operator's own proof says."""
    command = [sys.executable, "-m", "services.cli", "quota", "check", "--json"]
    process = await asyncio.create_subprocess_exec(
        *command, "--data", str(system.folder.root), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    found: dict[str, object] = json.loads(out)
    return found


async def kill_worker(system: System) -> None:
    """The render worker itself, not the service that keeps it."""
    _, worker, *_ = system.pids()["render"]
    os.kill(worker, signal.SIGKILL)


@pytest.mark.parametrize(
    "victim", ["gateway", "quota", "render", "worker", "notify", "kafka", "database"]
)
async def test_what_is_killed_while_jobs_flow_loses_and_doubles_nothing(
    system: System, customer: NewCustomer, victim: str
) -> None:
    someone = await customer("pro")

    async def kill() -> None:
        await (kill_worker(system) if victim == "worker" else system.kill(victim))

    jobs = await under_load(someone, kill)
    assert len(set(jobs)) == JOBS
    await eventually(lambda: all_over(someone.api, jobs), within=120, every=0.5)

    assert set(await statuses(someone.api, jobs)) == {"completed"}
    ends = await ends_of(system.addresses.kafka_bootstrap, jobs)
    assert {job: len(ends[job]) for job in jobs} == dict.fromkeys(jobs, 1)
    proof = await ledger(system)
    assert proof["findings"] == []
    limits = await someone.api.get("/v1/limits")
    assert limits["used"] == JOBS


async def test_a_client_of_a_killed_notify_resumes_without_gap_or_double(
    system: System, customer: NewCustomer
) -> None:
    someone = await customer("pro")
    seen: list[Told] = []
    connections = 0

    def keep(told: Told) -> None:
        if told.id:
            seen.append(told)

    async def follow() -> None:
        """As a client does that comes back with the last id it saw."""
        nonlocal connections
        while True:
            with suppress(httpx2.HTTPError, Refusal):
                last = seen[-1].id if seen else "0"
                async with someone.api.events(f"{system.events_url}/v1/events", last) as events:
                    connections += 1
                    async for told in events:
                        keep(told)
            await asyncio.sleep(0.1)

    following = asyncio.create_task(follow())
    jobs = await under_load(someone, lambda: system.kill("notify"))
    await eventually(lambda: completed(seen) == set(jobs), within=120)
    following.cancel()
    assert connections > 1
    assert [told.id for told in seen] == [str(number + 1) for number in range(len(seen))]


def completed(seen: list[Told]) -> set[str]:
    return {told.data["job"] for told in seen if told.type == "job.completed"}
