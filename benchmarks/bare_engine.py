"""The render engine alone: reads `COUNT STEPS` lines, keeps its slots full, prints the rate."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

from services.render.engine import Draw, Drawn, Engine, EngineOptions, EngineProcess, Event

CATALOGUE = Path(__file__).parents[1] / "models" / "catalogue.yaml"


def order(number: int, steps: int) -> Draw:
    return Draw(
        job=f"bare-{number}",
        attempt=1,
        model="ember",
        prompt="a red fox",
        width=128,
        height=128,
        steps=steps,
        guidance=2.5,
        seeds=(number,),
    )


async def rate(engine: Engine, events: AsyncIterator[Event], count: int, steps: int) -> float:
    """Pictures per second, with as many renders in the engine as it has slots."""
    began, submitted, drawn = time.monotonic(), 0, 0
    while drawn < count:
        while submitted < min(count, drawn + engine.slots):
            await engine.submit(order(submitted, steps))
            submitted += 1
        if isinstance(await anext(events), Drawn):
            drawn += 1
    return count / (time.monotonic() - began)


async def main() -> None:
    engine = EngineProcess(EngineOptions(catalogue=CATALOGUE))
    await engine.start()
    events = engine.events()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while line := await asyncio.to_thread(sys.stdin.readline):
        count, steps = map(int, line.split())
        sys.stdout.write(f"{await rate(engine, events, count, steps)}\n")
        sys.stdout.flush()
    await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
