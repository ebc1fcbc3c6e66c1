"""`heatsink doctor` on a running system, well and broken: that is when it is asked."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.cli.up import System
from services.cli.up.addresses import SERVICES
from services.contracts.streams import SUBMISSIONS_GROUP
from tests.e2e.commands import Result, heatsink
from tests.e2e.conftest import NewCustomer
from tests.waiting import eventually

Run = Callable[..., Awaitable[Result]]

BOUND = 60.0
"""Seconds: it takes about 13 at worst, on a machine that does nothing else."""


@pytest.fixture
def doctor(system: System, tmp_path: Path) -> Run:
    async def run(*arguments: str) -> Result:
        began = time.monotonic()
        result = await heatsink(
            "doctor", *arguments, "--data", str(system.folder.root), cwd=tmp_path
        )
        assert time.monotonic() - began < BOUND
        return result

    return run


@asynccontextmanager
async def without(system: System, name: str) -> AsyncIterator[None]:
    await system.stop(name)
    try:
        yield
    finally:
        await system.start(name)
        for service in SERVICES:
            await system.until_ready(service)


def of(result: Result, section: str) -> list[dict[str, Any]]:
    return [one for one in result.json["findings"] if one["section"] == section]


async def test_a_system_that_works_is_well(
    system: System, customer: NewCustomer, doctor: Run
) -> None:
    someone = await customer("plus")
    job = await someone.api.post("/v1/jobs", {"prompt": "a key", "steps": 1})

    async def is_over() -> bool:
        return bool((await someone.api.get(f"/v1/jobs/{job['id']}"))["status"] == "completed")

    await eventually(is_over, within=60)

    async def is_well() -> bool:
        looked = await doctor("--json")
        print(looked.out)
        return looked.code == 0 and looked.json["verdict"] != "bad"

    await eventually(is_well, within=120, every=1)
    looked = await doctor("--json")
    assert set(looked.json["reached"]) == {"kafka", "database", *SERVICES}
    indexes = {one["source"] for one in of(looked, "database") if one["what"] == "indexes"}
    assert indexes == set(SERVICES)
    assert {one["source"] for one in of(looked, "outbox")} == set(SERVICES)
    assert {one["what"] for one in of(looked, "lag")} == {*SERVICES, SUBMISSIONS_GROUP}
    assert {one["what"] for one in of(looked, "leases")} >= {"controller", "leak-sweep"}
    idle = {one["what"] for one in of(looked, "lag") if "nothing yet" in one["figure"]}
    assert idle <= {SUBMISSIONS_GROUP}, "nobody has submitted anything, perhaps"


async def test_people_get_one_screen_and_no_secrets(
    system: System, customer: NewCustomer, doctor: Run
) -> None:
    await customer("free")
    looked = await doctor()
    lines = looked.out.splitlines()
    assert {"kafka", "database", "services", "outbox", "lag", "leases", "render"} <= set(lines)
    assert len(lines) < 60
    secrets = (system.folder.pepper(), system.keys.operator, system.keys.free)
    assert [secret for secret in secrets if secret in looked.out + looked.err] == []
    assert "Traceback" not in looked.err


async def test_without_kafka_it_says_so_and_what_still_works(system: System, doctor: Run) -> None:
    async with without(system, "kafka"):
        looked = await doctor("--json")
        assert looked.code == 1
        assert looked.err == ""
        (brokers, *_) = of(looked, "kafka")
        assert (brokers["what"], brokers["mark"]) == ("brokers", "bad")
        assert "heatsink up" in brokers["advice"]
        assert [one["mark"] for one in of(looked, "database")].count("bad") == 0
        assert set(looked.json["reached"]) == {"database", *SERVICES}


async def test_without_the_database_it_says_so_and_what_still_works(
    system: System, doctor: Run
) -> None:
    async with without(system, "database"):
        looked = await doctor("--json")
        assert looked.code == 1
        (server, *_) = of(looked, "database")
        assert (server["what"], server["mark"]) == ("server", "bad")
        assert "mongodb://" not in looked.out
        assert {one["mark"] for one in of(looked, "kafka")} == {"ok"}
        assert set(looked.json["reached"]) == {"kafka", *SERVICES}


async def test_a_service_that_is_down_hides_none_of_the_others(system: System, doctor: Run) -> None:
    async with without(system, "quota"):
        looked = await doctor("--json")
        assert looked.code == 1
        found = {one["what"]: one["mark"] for one in of(looked, "services")}
        assert found["quota"] == "bad"
        assert {found[name] for name in SERVICES if name != "quota"} <= {"ok", "warn"}


async def test_where_nothing_runs_the_exit_code_is_69(tmp_path: Path) -> None:
    looked = await heatsink("doctor", cwd=tmp_path)
    assert looked.code == 69
    assert "heatsink up" in looked.err
