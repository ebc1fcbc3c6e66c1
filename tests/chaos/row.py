"""One row of the matrix: accounts, clients and diary of its own, and the checker at its end."""

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.diary import Diary
from tests.chaos.faults import Faults
from tests.chaos.figures import record
from tests.chaos.follower import Follower
from tests.chaos.knobs import KNOBS
from tests.chaos.load import Account, Client, Wish, connected, ended
from tests.chaos.sink import Sink, listening
from tests.chaos.world import World
from tests.waiting import eventually

__all__ = ["Row", "Verdict"]

_LATER = 0.5
_OVER_WITHIN = 120.0
_TOLD_WITHIN = 60.0
_REST_WITHIN = 30.0 * max(1.0, KNOBS.scale / 4)
"""What was killed again and again has as many times as much to catch up with."""


@dataclass(frozen=True)
class Verdict:
    """What the checker said."""

    findings: list[dict[str, str]]
    figures: dict[str, Any]

    def __getitem__(self, figure: str) -> Any:
        return self.figures[figure]

    @property
    def slowest_recovery(self) -> float | None:
        seconds = [one["seconds"] for one in self.figures["recovery"] if one["seconds"] is not None]
        return max(seconds, default=None)


@dataclass
class Row:
    """`id` is the catalogue's, `test` what makes it another of that id. `dice` are its own."""

    id: str
    test: str
    world: World
    diary: Diary
    dice: random.Random
    clients: list[Client] = field(default_factory=list)
    followers: list[Follower] = field(default_factory=list)
    sinks: list[Sink] = field(default_factory=list)
    _leaving: AsyncExitStack = field(default_factory=AsyncExitStack)

    @classmethod
    @asynccontextmanager
    async def of(cls, id: str, test: str, world: World, folder: Path) -> AsyncIterator["Row"]:
        print(f"{id} {test}: HEATSINK_CHAOS_SEED={KNOBS.seed}")
        with Diary(folder / "diary.jsonl") as diary:
            row = cls(id, test, world, diary, random.Random(f"{KNOBS.seed} {test}"))
            async with row._leaving:
                yield row

    @property
    def faults(self) -> Faults:
        return Faults(self.world.system, self._note_fault)

    async def client(self, plan: str = "chaos", wish: Wish | None = None) -> Client:
        """A client with an account of its own."""
        account = Account(*await self.world.account(plan), self.world.system.url)
        http = await self._leaving.enter_async_context(connected(account))
        name = f"{self.id}-{KNOBS.seed}-{len(self.clients)}"
        dice = random.Random(self.dice.random())
        made = Client(account, self.diary, http, name, dice, wish or Wish())
        self._leaving.push_async_callback(made.leave)
        self.clients.append(made)
        return made

    async def sink(self, client: Client) -> Sink:
        """A receiver of webhooks of a client's account."""
        sink = Sink(f"{client.name}/hook", client.account, self.diary)
        self.sinks.append(sink)
        url = self.world.system.events_url
        return await self._leaving.enter_async_context(listening(sink, url))

    def follow(
        self,
        client: Client,
        count: int = 1,
        patience: tuple[float, float] | None = None,
        *,
        events_url: str | None = None,
    ) -> list[Follower]:
        """So many listeners to the news of a client's account; impatient ones hang up.

        At the system's own notify, or at another one.
        """
        first = len(self.followers)
        made = [
            Follower(
                f"{client.name}/{first + number}",
                client.account,
                events_url or self.world.system.events_url,
                self.diary,
                random.Random(self.dice.random()),
                patience=patience,
            )
            for number in range(count)
        ]
        self.followers += made
        for follower in made:
            self._leaving.push_async_callback(ended, asyncio.create_task(follower.follow()))
        return made

    async def until_following(self) -> None:
        """Every follower has been connected once."""
        await eventually(
            lambda: self.diary.counts["connected"] >= len(self.followers), within=_TOLD_WITHIN
        )

    @asynccontextmanager
    async def load(
        self, *clients: Client, rate: float = KNOBS.rate, most: int = 60
    ) -> AsyncIterator[None]:
        """They ask at `rate` a second, all together, until the end of the block.

        After `most` jobs they slow down: where processes take long to start, less has to be drawn.
        """
        share, later = len(clients), min(rate, _LATER)
        tasks = [
            asyncio.create_task(
                client.keep_asking(rate / share, KNOBS.times(most / share), later / share)
            )
            for client in clients
        ]
        try:
            yield
        finally:
            await ended(*tasks)

    async def settle(self) -> Verdict:
        """Waits for everybody's end, has all checked, and records the figures."""
        # What does not come in time is the checker's to name.
        with suppress(TimeoutError):
            for client in self.clients:
                await client.until_over(_OVER_WITHIN)
            await eventually(self._all_are_told, within=_TOLD_WITHIN)
        await self.world.until_ready()
        verdict = await self._checked()
        self._record(verdict)
        return verdict

    async def passes(self) -> Verdict:
        """`settle`, and what holds of every row: the laws, and nobody is left without an answer."""
        verdict = await self.settle()
        assert verdict.findings == [], verdict.findings
        assert verdict["gave_up"] == 0, "clients gave up"
        assert (verdict["lost"], verdict["doubled"], verdict["over_admitted"]) == (0, 0, 0)
        assert verdict["jobs"] > 0
        return verdict

    def _all_are_told(self) -> bool:
        """Every follower and every webhook has told the end of every job of its account."""
        jobs = {client.account.id: set(client.jobs.values()) for client in self.clients}
        told: list[Follower | Sink] = [*self.followers, *self.sinks]
        return all(jobs[one.account.id] <= one.over for one in told)

    async def _checked(self) -> Verdict:
        addresses, folder = self.world.system.addresses, self.world.system.folder
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.checker"),
            *("--mongo", addresses.mongo_url, "--kafka", addresses.kafka_bootstrap),
            *("--log", str(self.diary.path), "--blobs", str(folder.blobs)),
            *("--within", str(_REST_WITHIN)),
            *("--topic-prefix", addresses.topic_prefix),
            *("--database-prefix", addresses.database_prefix),
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        assert process.returncode in {0, 1}, "the checker failed"
        found = json.loads(out)
        return Verdict(found["findings"], found["figures"])

    def _record(self, verdict: Verdict) -> None:
        for figure, value in verdict.figures.items():
            if figure != "by_account":
                record(self.id, self.test, figure, value)
        record(self.id, self.test, "findings", len(verdict.findings))
        record(self.id, self.test, "faults", self.diary.counts["fault"])
        record(self.id, self.test, "slowest_recovery", verdict.slowest_recovery, "s")

    def _note_fault(self, act: str, victim: str, begin: float, end: float) -> None:
        self.diary.note("fault", act=act, victim=victim, begin=begin, end=end)
