import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.integration.kit.bus.bench import Bench, running
from tests.unit.kit.bus.samples import cancel


@asynccontextmanager
async def member(bench: Bench) -> AsyncIterator[asyncio.StreamReader]:
    """What a member in a process of its own says; killed at the end, without a goodbye."""
    where = (bench.connection.bootstrap, bench.connection.topic_prefix)
    module = "tests.integration.kit.bus.member"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *where, stdout=PIPE
    )
    try:
        assert process.stdout is not None
        yield process.stdout
    finally:
        process.kill()
        await process.communicate()


async def says(lines: asyncio.StreamReader, wanted: str) -> None:
    async with asyncio.timeout(30):
        while (line := await lines.readline()).decode().strip() != wanted:
            assert line, "the member ended"


async def test_a_killed_member_that_comes_back_has_its_partitions_at_once(bench: Bench) -> None:
    """A nameless one would wait for its former self's session to end: 30 seconds."""
    first, second = cancel(), cancel()
    async with running(bench.producer):
        async with member(bench) as lines:
            await says(lines, "ready")
            await bench.producer.publish([first])
            await says(lines, first.id)

        began = time.monotonic()
        async with member(bench) as lines:
            await bench.producer.publish([second])
            await says(lines, second.id)
            assert time.monotonic() - began < 10
