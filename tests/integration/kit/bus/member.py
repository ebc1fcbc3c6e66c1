"""A group member in a process of its own, to be killed: says `ready`, then each event it handled.

Run by `python -m tests.integration.kit.bus.member BOOTSTRAP PREFIX [SLOT]`.
"""

import asyncio
import sys

from services.contracts import Envelope, Event
from tests.integration.kit.bus.bench import Bench, running


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def say(envelope: Envelope[Event]) -> None:
    tell(envelope.id)


async def main(bootstrap: str, prefix: str, slot: str = "0") -> None:
    bench = Bench(bootstrap, prefix)
    async with running(bench.producer, bench.group(say, replica=slot)):
        await bench.ready()
        tell("ready")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
