"""`docs/producers.md` as a new user would try it: its producer is run as it stands."""

import ast
import asyncio
import os
import re
import sys
from pathlib import Path

from services.cli.up import System
from tests.e2e.conftest import NewCustomer

PAGE = Path(__file__).parents[2] / "docs" / "producers.md"
COUNT = int(os.environ.get("PRODUCER_SUBMISSIONS", "30"))


async def test_the_pages_producer_reads_one_outcome_for_each_submission(
    system: System, customer: NewCustomer
) -> None:
    (script,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    someone = await customer("operator")
    ran = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        env={
            **os.environ,
            "HEATSINK_URL": system.url,
            "HEATSINK_KEY": someone.key,
            "HEATSINK_KAFKA_BOOTSTRAP": system.addresses.kafka_bootstrap,
            "COUNT": str(COUNT),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60 + COUNT):
        said, _ = await ran.communicate()
    assert ran.returncode == 0, said.decode()
    told = ast.literal_eval(said.decode().splitlines()[-1])
    assert sum(told.values()) == COUNT, told
    assert told["JobCompleted"] >= min(COUNT, 30), told
    jobs = await someone.api.get("/v1/jobs", limit=100)
    assert len(jobs["data"]) == min(COUNT, 100), "duplicates made no second job"
