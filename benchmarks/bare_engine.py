"""The render engine alone: reads `COUNT STEPS` lines, draws in turn, prints the rate."""

import asyncio
import sys
import time
from pathlib import Path

from services.render.engine import Draw, Drawn, EngineOptions, EngineProcess

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


async def main() -> None:
    engine = EngineProcess(EngineOptions(catalogue=CATALOGUE))
    await engine.start()
    events = engine.events()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while line := await asyncio.to_thread(sys.stdin.readline):
        count, steps = map(int, line.split())
        began = time.monotonic()
        for number in range(count):
            await engine.submit(order(number, steps))
            async for event in events:
                if isinstance(event, Drawn):
                    break
        sys.stdout.write(f"{count / (time.monotonic() - began)}\n")
        sys.stdout.flush()
    await engine.close()


if __name__ == "__main__":
    asyncio.run(main())
