"""What goes on while Kafka is away, and what happens when it is back."""

import httpx2

from services.cli.up import System
from tests.e2e.conftest import NewCustomer
from tests.waiting import eventually


async def test_jobs_are_accepted_while_kafka_is_away_and_end_when_it_is_back(
    system: System, customer: NewCustomer
) -> None:
    someone = await customer("pro")
    await system.stop("kafka")
    try:
        job = await someone.api.post("/v1/jobs", {"prompt": "a key", "steps": 2})
        assert (await someone.api.get(f"/v1/jobs/{job['id']}"))["status"] == "submitted"
        async with httpx2.AsyncClient() as client:
            answer = await client.get(system.addresses.ready_url("gateway"))
        assert answer.status_code == 200, "reads and the outbox need no Kafka"
    finally:
        await system.start("kafka")

    async def is_completed() -> bool:
        return bool((await someone.api.get(f"/v1/jobs/{job['id']}"))["status"] == "completed")

    await eventually(is_completed, within=90, every=0.25)
