"""Every command against a running system, by its exit code, its output and what it leaves."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from PIL import Image

from services.cli.up import System
from services.render.engine.png import read_recipe
from tests.e2e.commands import Result, heatsink, start
from tests.e2e.conftest import NewCustomer

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(system: System, tmp_path: Path) -> Run:
    async def run(*arguments: str) -> Result:
        return await heatsink(*arguments, "--data", str(system.folder.root), cwd=tmp_path)

    return run


async def test_draw_saves_the_picture_and_says_what_is_left(
    run: Run, customer: NewCustomer, tmp_path: Path
) -> None:
    someone = await customer("free")
    drawn = await run("draw", "a red fox", "--seed", "7", "--json", "--key", someone.key)
    assert drawn.code == 0, drawn.err
    assert drawn.json["seeds"] == [7]
    assert (drawn.json["left"], drawn.json["limit"]) == (2, 3)
    path = tmp_path / drawn.json["paths"][0]
    with Image.open(path) as picture:
        assert picture.size == (128, 128)
    recipe = read_recipe(path.read_bytes())
    assert (recipe.seed, recipe.prompt) == (7, "a red fox")


async def test_draw_tells_people_in_words(run: Run, customer: NewCustomer) -> None:
    someone = await customer("free")
    drawn = await run("draw", "a key", "--steps", "2", "--key", someone.key)
    assert drawn.code == 0, drawn.err
    assert "2 of 3 images left today (free plan)" in drawn.out


async def test_a_refused_draw_exits_with_3_and_says_when_to_come_back(
    run: Run, customer: NewCustomer
) -> None:
    someone = await customer("free")
    await run("draw", "a key", "--steps", "1", "-n", "3", "--key", someone.key)
    refused = await run("draw", "a key", "--steps", "1", "--key", someone.key)
    assert refused.code == 3
    assert "Come back at" in refused.err


async def test_submit_watch_and_list_tell_the_same_story(run: Run, customer: NewCustomer) -> None:
    someone = await customer("free")
    key = ("--key", someone.key)
    job = (await run("submit", "a key", "--steps", "2", *key)).out.strip()
    watched = await run("watch", job, "--json", *key)
    told = [json.loads(line) for line in watched.out.splitlines()]
    assert told[-1]["type"] == "job.completed"
    assert {line["job"] for line in told} == {job}
    page = await run("jobs", "list", "--json", *key)
    assert [found["id"] for found in page.json["data"]] == [job]
    shown = await run("jobs", "show", job, *key)
    assert shown.json["status"] == "completed"
    again = await run("jobs", "cancel", job, *key)
    assert again.code == 64


async def test_watch_follows_an_account_until_it_is_told_to_stop(
    system: System, customer: NewCustomer, tmp_path: Path
) -> None:
    someone = await customer("free")
    key, data = ("--key", someone.key), ("--data", str(system.folder.root))
    watch = await start("watch", "--after", "0", "--json", *key, *data, cwd=tmp_path)
    assert watch.stdout
    await someone.api.post("/v1/jobs", {"prompt": "a key", "steps": 1})
    async with asyncio.timeout(60):
        while json.loads(await watch.stdout.readline())["type"] != "job.completed":
            pass
    watch.terminate()
    await watch.communicate()


async def test_watch_shows_operators_the_fleet_while_it_draws(
    system: System, customer: NewCustomer, tmp_path: Path
) -> None:
    someone = await customer("free")
    data = ("--data", str(system.folder.root))
    watch = await start("watch", "--fleet", "--json", *data, cwd=tmp_path)
    assert watch.stdout
    assert json.loads(await watch.stdout.readline())["pool"] == "default", "it listens"
    job = (await someone.api.post("/v1/jobs", {"prompt": "a key", "steps": 50}))["id"]
    async with asyncio.timeout(60):
        while True:
            report = json.loads(await watch.stdout.readline())
            if job in [drawing["job"] for drawing in report["drawing"]]:
                break
    watch.terminate()
    await watch.communicate()
    assert report["pool"] == "default"
    assert [worker["phase"] for worker in report["workers"]] == ["ready"]


async def test_operators_open_accounts_and_revoke_keys(run: Run) -> None:
    opened = (await run("keys", "open", "Ada", "--plan", "plus", "--json")).json
    assert (await run("jobs", "list", "--json", "--key", opened["key"])).code == 0
    listed = await run("keys", "list", "--json")
    assert opened["account"] in [account["id"] for account in listed.json["data"]]
    assert (await run("keys", "plan", opened["account"], "pro")).code == 0
    assert (await run("keys", "revoke", opened["account"], opened["id"])).code == 0
    assert (await run("jobs", "list", "--key", opened["key"])).code == 77


async def test_the_topics_are_there_and_the_ledger_is_sound(run: Run) -> None:
    assert (await run("topics", "check")).code == 0
    assert (await run("topics", "apply", "--json")).json["changed"] == []
    proof = await run("quota", "check", "--json")
    assert proof.code == 0
    assert proof.json["findings"] == []


async def test_a_command_without_a_system_says_so(tmp_path: Path) -> None:
    lost = await heatsink("jobs", "list", cwd=tmp_path)
    assert lost.code == 69
    assert lost.err.count("\n") == 1
    assert "heatsink up" in lost.err
