"""Planted canaries: no prompt and no key gets into a log or a span."""

import httpx2

from services.cli.up import System
from tests.e2e.collector import Collector
from tests.e2e.conftest import NewCustomer
from tests.waiting import eventually

PROMPT = "canary-7f3a in a coal mine"
NEGATIVE = "canary-91c2 in a cage"


async def test_prompts_and_keys_stay_out_of_logs_and_spans(
    system: System, customer: NewCustomer, collector: Collector
) -> None:
    someone = await customer("plus")
    job = await someone.api.post(
        "/v1/jobs", {"prompt": PROMPT, "negative_prompt": NEGATIVE, "steps": 2}
    )
    async with httpx2.AsyncClient(base_url=system.url) as client:
        await client.get("/v1/jobs", params={"api_key": someone.key})
        await client.post("/v1/jobs", content=f'{{"prompt": "{PROMPT}"', headers={"x": PROMPT})

    async def is_over() -> bool:
        body = await someone.api.get(f"/v1/jobs/{job['id']}")
        return bool(body["status"] == "completed")

    await eventually(is_over, within=60)
    await eventually(lambda: collector.trace_of(job["id"]) is not None)
    logs = {path.name: path.read_text() for path in system.folder.logs.glob("*.log")}
    assert job["id"] in logs["render.log"], "this is where a leak would be seen"
    told = [*logs.values(), str(collector.spans)]
    secrets = (PROMPT, NEGATIVE, someone.key, system.keys.operator, system.folder.pepper())
    assert [secret for secret in secrets for text in told if secret in text] == []
