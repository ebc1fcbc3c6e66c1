"""Row K-03: members of a group come and go faster than it comes to rest."""

import asyncio
import random
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.contracts import topics
from services.kit.bus import apply
from tests.chaos.figures import record
from tests.chaos.knobs import KNOBS
from tests.chaos.wired import WiredParts
from tests.integration.kit.bus.bench import Bench, running
from tests.unit.kit.bus.samples import account, cancel
from tests.waiting import eventually

PREFIX = "storm"
MEMBERS = 4
RECORDS = KNOBS.times(3000)
BATCH = 100
STORM_SECONDS = 10.0


class Member:
    """One slot of the group: whatever ends its process, another one takes its place."""

    def __init__(self, bootstrap: str, slot: int, heard: dict[str, list[float]]) -> None:
        self.ends = 0
        self._command = ("-m", "tests.integration.kit.bus.member", bootstrap, PREFIX, str(slot))
        self._heard = heard
        self._process: asyncio.subprocess.Process | None = None

    async def live(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._live_once()
                self.ends += 1
        finally:
            self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def _live_once(self) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, *self._command, stdout=PIPE, stderr=DEVNULL
        )
        assert process.stdout is not None
        while line := await process.stdout.readline():
            self._heard[line.decode().strip()].append(time.monotonic())
        await process.wait()


@asynccontextmanager
async def group(bootstrap: str, heard: dict[str, list[float]]) -> AsyncIterator[list[Member]]:
    members = [Member(bootstrap, slot, heard) for slot in range(MEMBERS)]
    living = [asyncio.create_task(member.live()) for member in members]
    try:
        await eventually(lambda: len(heard["ready"]) >= MEMBERS, within=120)
        yield members
    finally:
        for task in living:
            task.cancel()
        await asyncio.wait(living)


async def storm(members: list[Member], dice: random.Random) -> None:
    """Somebody goes about once a second, in good order or without a word."""
    while True:
        await asyncio.sleep(dice.uniform(0.5, 1.5))
        dice.choice(members).end(dice.choice([signal.SIGINT, signal.SIGKILL]))


@pytest.mark.whole
@pytest.mark.row("K-03")
async def test_a_storm_of_rebalances_loses_no_record_and_starves_none(parts: WiredParts) -> None:
    print(f"K-03: HEATSINK_CHAOS_SEED={KNOBS.seed}")
    dice = random.Random(f"{KNOBS.seed} storm")
    bench = Bench(parts.broker.bootstrap, PREFIX)
    await apply(bench.connection, topics(PREFIX))
    accounts = [account() for _ in range(50)]
    sent: dict[str, float] = {}
    heard: dict[str, list[float]] = defaultdict(list)
    async with running(bench.producer), group(parts.broker.bootstrap, heard) as members:
        raging = asyncio.create_task(storm(members, dice))
        for _ in range(RECORDS // BATCH):
            batch = [cancel(dice.choice(accounts)) for _ in range(BATCH)]
            await bench.producer.publish(batch)
            sent |= {envelope.id: time.monotonic() for envelope in batch}
            await asyncio.sleep(STORM_SECONDS * BATCH / RECORDS)
        raging.cancel()
        await eventually(lambda: sent.keys() <= heard.keys(), within=90)
        ends = sum(member.ends for member in members)
    waits = sorted(max(0.0, heard[name][0] - at) for name, at in sent.items())
    figures = {
        "records": len(sent),
        "rebalances": ends,
        "handled_again": sum(len(heard[name]) - 1 for name in sent),
        "wait_p50": round(waits[len(waits) // 2], 3),
        "wait_p99": round(waits[len(waits) * 99 // 100], 3),
    }
    for figure, value in figures.items():
        record("K-03", "storm", figure, value)
    assert ends > 0
