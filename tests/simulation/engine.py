"""An engine whose renders take some time, and fare as their seed says."""

import asyncio

from services.contracts.events import FailureCode
from services.kit.clock import Clock
from services.render.engine import Draw, Drawn, Picture
from services.render.engine.fake import FakeEngine

__all__ = ["FARES", "SLOTS", "FateEngine"]

SLOTS = 2

FARES = (
    ("good",),
    ("good",),
    ("slow",),
    ("fails", "good"),
    ("hopeless",),
    ("dies", "good"),
    ("fails", "fails", "fails"),
    ("hangs", "good"),
)
"""How each attempt at a job goes, by its seed; further attempts go as the last one."""

_SECONDS = {"slow": 12.0, "hangs": 600.0}


class FateEngine(FakeEngine):
    def __init__(self, clock: Clock) -> None:
        super().__init__(slots=SLOTS, clock=clock)
        self._time = clock

    async def submit(self, draw: Draw) -> None:
        await super().submit(draw)
        fares = FARES[draw.seeds[0] % len(FARES)]
        fare = fares[min(draw.attempt, len(fares)) - 1]
        asyncio.create_task(self._paint(draw, fare))  # noqa: RUF006 - its process holds it

    async def _paint(self, draw: Draw, fare: str) -> None:
        await self._time.sleep(_SECONDS.get(fare, 0.5))
        if draw not in self.open:
            return
        match fare:
            case "fails":
                self.fail(draw.job)
            case "hopeless":
                self.fail(draw.job, FailureCode.OUT_OF_MEMORY, permanent=True)
            case "dies":
                self.die()
            case _:
                self._yield(draw)

    def _yield(self, draw: Draw) -> None:
        self.step(draw.job, draw.steps)
        pictures = tuple(
            Picture(content=f"{draw.job} {seed}".encode(), seed=seed, width=8, height=8)
            for seed in draw.seeds
        )
        self._end(Drawn(job=draw.job, attempt=draw.attempt, pictures=pictures, seconds=1.0))
