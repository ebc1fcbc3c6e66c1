"""What each service is made of, as its own wiring says, on parts in memory."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.contracts import Catalogue, Envelope, Event, Stream
from services.contracts.catalogue import ModelEntry, Range, Size
from services.contracts.events import LimitsChanged
from services.gateway import repository as gateway_repository
from services.gateway.core.acceptance import Outlook
from services.gateway.desk import Desk as GatewayDesk
from services.gateway.desk import DeskSettings
from services.gateway.handlers import Projection
from services.gateway.reminders import Reminders
from services.gateway.waiters import Waiters
from services.kit.documents import CollectionSpec, RowsSpec
from services.kit.erasures import ERASURES
from services.kit.errors import KitError
from services.kit.lease import LEASES, Lease
from services.kit.moderation import moderators
from services.notify import handlers as notify_handlers
from services.notify.announcer import Announcer
from services.notify.hub import Hub
from services.notify.keyring import KEYS, Keyring
from services.notify.lookout import Lookout
from services.notify.repository import HEADS, NOTIFICATIONS, RowFeeds
from services.quota import handlers as quota_handlers
from services.quota import repository as quota_repository
from services.quota.core import LEDGER
from services.quota.doors import Doors
from services.render.core import LINES, QUEUE, TURNS, WORKERS, RetryPolicy
from services.render.handlers import Intake
from services.render.images import Images
from services.render.repository import Lines, Queue, Workers
from services.render.sweep import Sweep
from services.render.worker import (
    Bell,
    Claimer,
    Desk,
    EngineHost,
    Meter,
    Neighbours,
    Scout,
    Tools,
    Worker,
)
from tests.simulation.broker import Tailing
from tests.simulation.engine import FateEngine
from tests.simulation.process import Process
from tests.simulation.replica import Replica

__all__ = [
    "CATALOGUE",
    "DATABASES",
    "RETRIES",
    "Gateway",
    "Notify",
    "Quota",
    "Render",
    "RenderWorker",
]

EMBER = ModelEntry(
    id="ember",
    title="Ember",
    path="ember",
    sizes=(Size(width=8, height=8),),
    steps=Range(minimum=1, maximum=4, default=2),
    guidance=Range(minimum=0, maximum=20, default=4),
    licence="Apache-2.0",
)
CATALOGUE = Catalogue(models=(EMBER,))
RETRIES = RetryPolicy(attempts=3, delays=(1.0, 2.0))

LEASE = 9.0
"""Seconds; all other times stand to it as they do in the services' settings."""

_STALL = 15.0
_REMIND_AFTER = 30.0
_LOOK_EVERY = 2.5
"""Well under a third of a lease: looks farther apart count as a gap."""

DATABASES: dict[str, tuple[CollectionSpec[Any] | RowsSpec[Any], ...]] = {
    "gateway": (gateway_repository.JOBS, gateway_repository.ACCOUNTS),
    "quota": (quota_repository.ACCOUNTS, quota_repository.LIMITS, LEDGER, ERASURES),
    "render": (QUEUE, LINES, TURNS, LEASES, ERASURES),
    "notify": (KEYS, HEADS, NOTIFICATIONS, ERASURES),
}


class HeardLimits:
    """Every limit that this process has heard of; it begins with none, and knows that."""

    def __init__(self) -> None:
        self.caught_up = False
        self._said: dict[str, LimitsChanged] = {}

    def hear(self, envelope: Envelope[Event]) -> None:
        if isinstance(said := envelope.data, LimitsChanged):
            known = self._said.get(said.key)
            if known is None or known.version < said.version:
                self._said[said.key] = said

    def values(self) -> list[LimitsChanged]:
        return list(self._said.values())


@dataclass(frozen=True)
class Blob:
    key: str


class Shelf:
    """The blob store, as a process reaches it."""

    def __init__(self, blobs: dict[str, bytes], process: Process) -> None:
        self._blobs = blobs
        self._process = process

    async def put(self, key: str, content: bytes, *, media_type: str) -> None:
        await self._process.call("blobs", lambda: self._blobs.__setitem__(key, content))

    async def get(self, key: str) -> bytes:
        return await self._process.call("blobs", lambda: self._blobs[key], writes=False)

    async def delete(self, key: str) -> None:
        await self._process.call("blobs", lambda: self._blobs.pop(key, None))

    async def list(self, prefix: str) -> list[Blob]:
        return await self._process.call(
            "blobs",
            lambda: [Blob(key) for key in sorted(self._blobs) if key.startswith(f"{prefix}/")],
            writes=False,
        )


class Gateway(Replica):
    service = "gateway"

    def build(self) -> None:
        clock = self.process.clock
        self.relay(gateway_repository.JOBS, gateway_repository.ACCOUNTS)
        self.jobs = gateway_repository.Jobs(self.documents(gateway_repository.JOBS))
        self.accounts = gateway_repository.Accounts(
            self.documents(gateway_repository.ACCOUNTS), clock
        )
        waiters = Waiters(clock)
        terms = DeskSettings(remind_after=timedelta(seconds=_REMIND_AFTER))
        self.desk = GatewayDesk(self.jobs, waiters, clock, self._outlook, terms)
        reminders = Reminders(
            self.jobs,
            lambda: self._outlook().oldest_seconds,
            lambda: 0,
            clock,
            every=_REMIND_AFTER / 2,
        )
        self.process.spawn(reminders.run(asyncio.Event()))
        self.tail(waiters.hear, Stream.DECISIONS, Stream.RENDERS, Stream.PROGRESS)
        self.group(Projection(self.jobs), Stream.DECISIONS, Stream.RENDERS)

    def _outlook(self) -> Outlook:
        assert self._relay is not None
        return Outlook(self._relay.backlog, self._relay.oldest_age, 0.0, 0, 0.0)


class Quota(Replica):
    service = "quota"

    def build(self) -> None:
        clock = self.process.clock
        self.relay(quota_repository.ACCOUNTS, quota_repository.LIMITS)
        self.limits = HeardLimits()
        self.followers.append(Tailing(self.parts.broker, [Stream.LIMITS], self.limits.hear, 0))
        self.accounts = quota_repository.Accounts(
            self.documents(quota_repository.ACCOUNTS), self.rows(LEDGER)
        )
        handlers = quota_handlers.Handlers(
            self.accounts,
            self.erasures(),
            self.parts.plans,
            self.limits,
            clock,
            doors=Doors({}, self.limits),
        )
        self.group(handlers.handle, Stream.REQUESTS, Stream.RENDERS, Stream.ACCOUNTS)

    def poll(self) -> bool:
        busy = super().poll()
        self.limits.caught_up = True
        return busy


class Render(Replica):
    """Intake and controller; the reports of load are left out."""

    service = "render"

    def build(self) -> None:
        clock = self.process.clock
        self.relay(QUEUE)
        queue = Queue(self.documents(QUEUE))
        lines = Lines(self.documents(LINES), self.documents(TURNS))
        self.sweep = Sweep(queue, clock, lease_seconds=LEASE, retries=RETRIES, jitter=lambda: 0.5)
        lease = Lease(self.documents(LEASES), "controller", str(self.slot), clock, 3 * _LOOK_EVERY)
        self.process.spawn(self._control(lease))
        intake = Intake(queue, lines, self.erasures(), CATALOGUE, clock)
        self.group(intake, Stream.DECISIONS, Stream.CANCELLATIONS)

    async def _control(self, lease: Lease) -> None:
        while True:
            try:
                if await lease.hold() is not None:
                    await self.sweep.leases()
                    await self.sweep.too_late()
            except KitError:
                pass
            await self.process.clock.sleep(_LOOK_EVERY)


class RenderWorker(Replica):
    service = "render-worker"

    def build(self) -> None:
        clock = self.process.clock
        self.relay(QUEUE)
        queue, name = Queue(self.documents(QUEUE)), self.process.name
        desk, bell, meter = Desk(), Bell(clock), Meter(clock)
        host = EngineHost(
            lambda: FateEngine(clock),
            desk,
            bell,
            clock=clock,
            readiness=self.readiness,
            stall_seconds=_STALL,
        )
        workers = Workers(self.documents(WORKERS))
        neighbours = Neighbours(name, "default", host, workers, clock)
        scout = Scout("default", queue, neighbours, clock, 4.0)
        lease = timedelta(seconds=LEASE)
        claimer = Claimer(
            name,
            queue=queue,
            lines=Lines(self.documents(LINES), self.documents(TURNS)),
            scout=scout,
            meter=meter,
            clock=clock,
            lease=lease,
        )
        tools = Tools(
            queue=queue,
            images=Images(Shelf(self.parts.blobs, self.process)),
            moderator=moderators(),
            host=host,
            desk=desk,
            meter=meter,
            publisher=self.bus,
            clock=clock,
            lease=lease,
            retries=RETRIES,
            progress_per_second=4.0,
            jitter=lambda: 0.5,
        )
        worker = Worker(
            claimer,
            scout,
            tools,
            bell,
            poll_seconds=4.0,
            finish_seconds=4.0,
            hand_back_seconds=1.0,
        )
        self.tail(worker.hear, Stream.RENDERS, Stream.CANCELLATIONS)
        self.stop = asyncio.Event()
        self.process.spawn(worker.run(self.stop))


class Notify(Replica):
    service = "notify"

    def build(self) -> None:
        feeds = RowFeeds(
            self.rows(NOTIFICATIONS),
            self.documents(HEADS),
            self.process.clock,
            timedelta(days=7),
        )
        keyring = Keyring(self.documents(KEYS))
        hub, erasures = Hub(), self.erasures()
        announcer = Announcer(feeds, hub, erasures)
        handlers = notify_handlers.Handlers(announcer, keyring, hub, erasures, Lookout(feeds, hub))
        self.group(handlers.store, Stream.ACCOUNTS, Stream.DECISIONS, Stream.RENDERS)
