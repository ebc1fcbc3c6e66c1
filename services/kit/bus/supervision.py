"""A Kafka client's life: made, used, thrown away when it fails, made again (law 8)."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, TypeVar

import structlog

from services.kit.bus.backoff import Backoff
from services.kit.bus.errors import TopicMissing
from services.kit.bus.pulse import Pulse
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.telemetry import metrics

__all__ = ["Client", "Supervisor", "discard", "start", "until"]

log = structlog.get_logger(__name__)

_START_WITHIN = 30.0
_STOP_WITHIN = 5.0
_UNAVAILABLE = "bus_unavailable"

T = TypeVar("T")


class Client(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class Supervisor:
    """Runs a session again and again until told to stop; no failure of Kafka's ends the process.

    Readiness says meanwhile, under `name`, what is wrong. `topic_missing:<topic>` blocks it;
    `bus_unavailable` does so only until the first session has served: later a service goes on with
    what needs no Kafka. A session calls `settled` once it serves.
    """

    def __init__(self, name: str, clock: Clock, readiness: Readiness) -> None:
        self._name = name
        self._clock = clock
        self._readiness = readiness
        self._backoff = Backoff(longest=5.0)
        self._has_served = False
        self.pulse = Pulse(clock)
        readiness.block(name, "starting")

    def settled(self) -> None:
        self._has_served = True
        self._readiness.clear(self._name)
        self._backoff.reset()

    def blocked(self, reason: str) -> None:
        self._readiness.block(self._name, reason)

    async def run(
        self, session: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event
    ) -> None:
        while not stop.is_set():
            self.pulse.beat()
            try:
                await session(stop)
            except Exception as error:  # noqa: BLE001 - aiokafka fails with whatever it meets
                if stop.is_set():
                    return
                self._failed(error)
                await until(stop, self._clock.sleep(self._backoff.next()))

    def _failed(self, error: Exception) -> None:
        cause = _first(error)
        if isinstance(cause, TopicMissing):
            self.blocked(str(cause))
        elif self._has_served:
            self._readiness.degrade(self._name, _UNAVAILABLE)
        else:
            self.blocked(_UNAVAILABLE)
        metrics.BUS_REBUILDS.add(1, end=self._name)
        log.warning("bus_client_failed", client=self._name, error=repr(cause))


async def until(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` answers; none when `stop` came first, which cancels it."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.wait({working, stopping})


async def start(client: Client, stop: asyncio.Event) -> None:
    """Starts a client in bounded time; `stop` cuts it short."""
    async with asyncio.timeout(_START_WITHIN):
        await until(stop, client.start())


_leftovers: set[asyncio.Task[None]] = set()


async def discard(client: Client) -> None:
    """Stops a client. One that takes long goes on stopping behind us.

    It isn't cancelled: a consumer whose `stop` is cancelled fetches on for ever (aiokafka 0.14).
    """
    stopping = asyncio.create_task(_stop(client))
    _leftovers.add(stopping)
    stopping.add_done_callback(_forget)
    await asyncio.wait({stopping}, timeout=_STOP_WITHIN)


async def _stop(client: Client) -> None:
    try:
        await client.stop()
    except BaseException:
        # A consumer without its broker fails here before it has closed its connections, and asks
        # for the brokers for ever (aiokafka 0.14: a fetch that it cancels ends as its own cancel).
        if inner := getattr(client, "_client", None):
            await inner.close()
        raise


def _forget(stopping: asyncio.Task[None]) -> None:
    _leftovers.discard(stopping)
    if not stopping.cancelled() and (error := stopping.exception()):
        log.info("bus_client_stopped_badly", error=repr(error))


def _first(error: BaseException) -> BaseException:
    """The first cause inside groups of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
