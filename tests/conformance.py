"""Whatever an OpenAPI document allows, and near it: a documented status, the right form, no 5xx."""

import asyncio
import sys

__all__ = ["conforms"]

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)
_EXAMPLES = 15
_SEED = 20_361


async def conforms(url: str, key: str, *but: str) -> None:
    """schemathesis draws requests from the document, valid ones and broken ones, and sends them.

    `but` are operations by their ids: streams have no end. It runs as a process: hypothesis takes
    random numbers of the drivers' threads here for its own.
    """
    left_out = [word for name in but for word in ("--exclude-operation-id", name)]
    trying = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/v1/openapi.json"),
        *("--url", url, "--header", f"Authorization: Bearer {key}", *left_out),
        *("--checks", ",".join(_CHECKS), "--mode", "all", "--phases", "examples,fuzzing"),
        *("--max-examples", str(_EXAMPLES), "--seed", str(_SEED), "--request-timeout", "30"),
        *("--suppress-health-check", "all", "--no-color"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await trying.communicate()
    assert trying.returncode == 0, said.decode()
    assert b"Test cases:" in said, said.decode()
