"""Whatever the OpenAPI document allows, and near it: a documented status, the right form, no 5xx.

schemathesis draws the requests from the document itself, valid ones and broken ones, and sends them
to a running gateway on the real parts. It runs as a process: hypothesis takes random numbers of the
drivers' threads here for its own.
"""

import asyncio
import json
import sys

from tests.integration.gateway.conftest import Replica
from tests.integration.gateway.world import World

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
EXAMPLES = 15
SEED = 20_361


async def test_every_operation_keeps_what_its_document_promises(
    world: World, replicas: tuple[Replica, Replica]
) -> None:
    key = json.loads(replicas[0].keys.read_text())["operator"]
    url = replicas[0].url
    trying = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/v1/openapi.json"),
        *("--url", url, "--header", f"Authorization: Bearer {key}"),
        *("--checks", ",".join(CHECKS), "--mode", "all", "--phases", "examples,fuzzing"),
        *("--max-examples", str(EXAMPLES), "--seed", str(SEED), "--request-timeout", "30"),
        *("--suppress-health-check", "all", "--no-color"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await trying.communicate()
    assert trying.returncode == 0, said.decode()
    assert b"Test cases:" in said, said.decode()
