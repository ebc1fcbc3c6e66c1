"""`docs/producers.md` as a newcomer with Node.js would try it: its producer runs as it stands."""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from services.cli.up import System
from tests.e2e.conftest import NewCustomer
from tests.e2e.test_producers_page import PAGE

COUNT = 20
LOCKED = Path(__file__).parent / "node"


async def run(*command: str, cwd: Path, **told: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**os.environ, **told},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(180):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.fixture
async def project(tmp_path: Path) -> Path:
    """A folder with the page's script and what it needs."""
    if not shutil.which("npm") and "CI" not in os.environ:
        pytest.skip("there is no Node.js here (apt install nodejs npm)")
    folder = tmp_path / "shop"
    shutil.copytree(LOCKED, folder)
    (script,) = re.findall(r"^```js\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (folder / "producer.js").write_text(script)
    await run("npm", "ci", "--no-audit", "--no-fund", cwd=folder)
    return folder


async def test_the_pages_producer_for_node_learns_each_outcome_over_http(
    system: System, customer: NewCustomer, project: Path
) -> None:
    someone = await customer("operator")
    said = await run(
        "node",
        "producer.js",
        cwd=project,
        HEATSINK_URL=system.url,
        HEATSINK_KEY=someone.key,
        HEATSINK_KAFKA_BOOTSTRAP=system.addresses.kafka_bootstrap,
        COUNT=str(COUNT),
    )
    assert json.loads(said.splitlines()[-1]) == {"completed": COUNT}, said
    jobs = await someone.api.get("/v1/jobs", limit=100)
    assert len(jobs["data"]) == COUNT, "duplicates made no second job"
