"""Listens to the streams that tell of the fleet, until it is interrupted."""

import asyncio
import sys
import time
from contextlib import nullcontext

import structlog
from rich.live import Live

from services.cli.fleet.view import FleetView
from services.cli.output import console, print_json
from services.contracts import Envelope, Event, Stream
from services.contracts.events import LoadReported
from services.kit.bus import Tail
from services.kit.clock import SystemClock
from services.kit.component import Readiness
from services.kit.plumbing import connection
from services.kit.settings import ServiceSettings

__all__ = ["follow"]

_STREAMS = (Stream.LOAD, Stream.PROGRESS, Stream.RENDERS)
_LOOKS_PER_SECOND = 4


async def follow(settings: ServiceSettings, *, as_json: bool) -> None:
    """Shows the fleet live; `as_json`, one line for each report of a pool. Does not return."""
    # What the bus has to say, such as that Kafka is away, is not for programs that read stdout.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    view = FleetView(time.monotonic)
    tail = Tail(connection(settings, "watch"), _STREAMS, clock=SystemClock(), readiness=Readiness())

    def hear(envelope: Envelope[Event]) -> None:
        view.heard(envelope.data)
        if as_json and isinstance(envelope.data, LoadReported):
            print_json(view.report(envelope.data.pool))

    tail.listen(hear)
    shown = Live(view, console=console(), refresh_per_second=_LOOKS_PER_SECOND)
    with nullcontext() if as_json else shown:
        await tail.run(asyncio.Event())
