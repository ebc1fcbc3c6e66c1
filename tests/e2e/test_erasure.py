"""An account is erased while jobs flow, and while each service is killed: nothing of it is left."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.cli.api import Api
from services.cli.problems import Refusal
from services.cli.up import System
from services.kit.blobs import Blobs
from services.kit.store import Store
from tests.e2e.commands import heatsink
from tests.e2e.conftest import Customer, NewCustomer
from tests.waiting import eventually

PROMPT = "canary-e5a1 under a bridge"
SERVICES = ("gateway", "quota", "render", "notify")


async def submit(api: Api, prompt: str, *, steps: int, once: str) -> str:
    """Tries until it is accepted: with its key a second try is the same job."""
    while True:
        try:
            wish = {"prompt": prompt, "steps": steps, "seed": 1}
            return str((await api.post("/v1/jobs", wish, once=once))["id"])
        except httpx2.HTTPError:
            await asyncio.sleep(0.2)


async def stored(system: System) -> dict[str, str]:
    """Every document of every collection of every service, as text."""
    found = {}
    for service in SERVICES:
        store = Store.connect(
            system.addresses.mongo_url, f"{system.addresses.database_prefix}_{service}"
        )
        for name in await store._database.list_collection_names():
            documents = await store.collection(name).find().to_list(None)
            found[f"{service}.{name}"] = repr(documents)
        store.close()
    return found


async def where(system: System, words: list[str]) -> list[tuple[str, str]]:
    """Which of these words are stored, and where; pictures by their jobs' names."""
    places = await stored(system)
    places["pictures"] = repr([info.key for info in await Blobs.open(system.folder.blobs).list()])
    return [(place, word) for place, text in places.items() for word in words if word in text]


async def nothing_is_left(system: System, words: list[str]) -> None:
    """Soon: the news that it is done names the account until the topic has it."""

    async def nowhere() -> bool:
        return not await where(system, words)

    try:
        await eventually(nowhere, within=20)
    except TimeoutError:
        assert await where(system, words) == []


async def stream_of(system: System, someone: Customer) -> str:
    """Follows the account's news until the stream ends."""
    async with someone.api.events(f"{system.events_url}/v1/events") as events:
        async for _ in events:
            pass
    return "ended"


async def erase(system: System, account: str, cwd: Path) -> dict[str, Any]:
    data = str(system.folder.root)
    done = await heatsink("keys", "erase", account, "--yes", "--json", "--data", data, cwd=cwd)
    assert done.code == 0, done.err
    return done.json


async def ask_to_erase(system: System, account: str) -> dict[str, Any]:
    async with Api.connected(system.url, system.keys.operator) as operator:
        return await operator.delete(f"/v1/operator/accounts/{account}")


def records(system: System, account: str) -> list[str]:
    lines = system.folder.log("gateway").read_text().splitlines()
    return [line for line in lines if account in line and "account_erasure_requested" in line]


async def test_an_erased_account_leaves_nothing_and_takes_nothing_of_others(
    system: System, customer: NewCustomer, tmp_path: Path
) -> None:
    ada, eve = await customer("pro"), await customer("pro")
    finished = await submit(ada.api, PROMPT, steps=2, once="first")
    hers = await submit(eve.api, "a rocket", steps=2, once="hers")
    for someone, job in ((ada, finished), (eve, hers)):
        await completed(someone.api, job)
    following = asyncio.create_task(stream_of(system, ada))
    running = [await submit(ada.api, PROMPT, steps=50, once=f"run-{n}") for n in range(4)]
    more = [await submit(eve.api, "a house", steps=4, once=f"more-{n}") for n in range(3)]
    mine = [ada.account, finished, *running, PROMPT, ada.key.split("_")[2]]
    assert {word for _, word in await where(system, mine)} >= {ada.account, finished, PROMPT}

    asked = await ask_to_erase(system, ada.account)
    assert (asked["status"], asked["jobs_left"]) == ("erasing", 5)
    done = await erase(system, ada.account, tmp_path)
    assert (done["status"], done["jobs_left"], done["waiting_for"]) == ("done", 0, [])
    await nothing_is_left(system, mine)
    assert await asyncio.wait_for(following, 10) == "ended"
    with pytest.raises(Refusal) as refused:
        await ada.api.get("/v1/jobs")
    assert refused.value.status == 401
    with pytest.raises(Refusal) as refused:
        await stream_of(system, ada)
    assert refused.value.status == 401
    assert len(records(system, ada.account)) == 1

    for job in (hers, *more):
        await completed(eve.api, job)
    assert (await eve.api.get("/v1/limits"))["used"] == 4
    picture = (await eve.api.get(f"/v1/jobs/{hers}"))["images"][0]["url"]
    assert (await eve.api.picture(picture)).startswith(b"\x89PNG")
    proof = await heatsink(
        "quota", "check", "--json", "--data", str(system.folder.root), cwd=tmp_path
    )
    assert proof.json["findings"] == []
    logs = [path.read_text() for path in system.folder.logs.glob("*.log")]
    assert [text for text in logs if PROMPT in text] == []


async def test_every_service_is_killed_while_an_account_is_erased(
    system: System, customer: NewCustomer, tmp_path: Path
) -> None:
    ada = await customer("pro")
    jobs = [await submit(ada.api, PROMPT, steps=20, once=f"kill-{n}") for n in range(4)]
    erasing = asyncio.create_task(erase_through_kills(system, ada.account))
    for victim in SERVICES:
        await asyncio.sleep(1)
        await system.kill(victim)
    await asyncio.wait_for(erasing, 120)
    await nothing_is_left(system, [ada.account, *jobs, PROMPT])
    proof = await heatsink(
        "quota", "check", "--json", "--data", str(system.folder.root), cwd=tmp_path
    )
    assert proof.json["findings"] == []


async def erase_through_kills(system: System, account: str) -> None:
    path = f"/v1/operator/accounts/{account}"
    async with Api.connected(system.url, system.keys.operator) as operator:
        while True:
            try:
                if (await operator.delete(path))["status"] == "done":
                    return
            except (httpx2.HTTPError, Refusal):
                pass
            await asyncio.sleep(0.5)


async def completed(api: Api, job: str) -> None:
    async def is_over() -> bool:
        try:
            return bool((await api.get(f"/v1/jobs/{job}"))["status"] == "completed")
        except (httpx2.HTTPError, Refusal):
            return False

    await eventually(is_over, within=60, every=0.2)
