"""The one place that knows which classes quota is made of."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from services.contracts import Stream
from services.contracts.events import LimitsChanged
from services.kit.bus import Connection, Group, Producer, Security, SecurityProtocol, Table, lag
from services.kit.clock import Clock
from services.kit.component import Component
from services.kit.documents.mongo import MongoDocuments
from services.kit.documents.mongo_rows import MongoRows
from services.kit.documents.outbox import Relay
from services.kit.errors import Unavailable
from services.kit.lease import LEASES, Lease
from services.kit.lifecycle import Context
from services.kit.settings import ServiceSettings
from services.kit.store import Store, StoreWatch
from services.kit.telemetry import metrics
from services.quota.announcer import Announcer
from services.quota.core import LEDGER, Plans
from services.quota.handlers import Handlers
from services.quota.repository import ACCOUNTS, LIMITS, Accounts
from services.quota.settings import QuotaSettings
from services.quota.sweep import LeakSweep, Place

__all__ = ["NAME", "accounts_of", "build", "store_of"]

log = structlog.get_logger(__name__)

NAME = "quota"
_STREAMS = (Stream.REQUESTS, Stream.RENDERS, Stream.ACCOUNTS)
_LOOKS_PER_LEASE = 3


async def build(context: Context[QuotaSettings], plans: Plans) -> Sequence[Component]:
    """Quota's components, those that others need first."""
    settings, clock, readiness = context.settings, context.clock, context.readiness
    store = store_of(settings)
    context.resources.callback(store.close)
    await _prepare(store, clock)

    connection = _connection(settings)
    producer = Producer(connection, clock, readiness)
    specs = (ACCOUNTS, LIMITS)
    relay = Relay(store, producer, clock, readiness, specs=specs, source=NAME)
    limits = Table(connection, Stream.LIMITS, LimitsChanged, clock=clock, readiness=readiness)
    limits.on_change(_measure)

    announcements = MongoDocuments(store, LIMITS, clock, NAME, relay)
    accounts = _accounts(store, clock, relay)
    handlers = Handlers(accounts, plans, limits, clock)
    group = Group(
        connection,
        NAME,
        _STREAMS,
        handlers.handle,
        clock=clock,
        readiness=readiness,
        replica=settings.replica,
        producer=producer,
    )
    return (
        StoreWatch(store, clock, readiness),
        producer,
        relay,
        limits,
        Announcer(plans, announcements, limits, clock, readiness),
        group,
        _sweep(settings, accounts, connection, store, clock),
    )


def store_of(settings: ServiceSettings) -> Store:
    """Quota's own database; nobody else reads it."""
    url = settings.mongo_url.get_secret_value()
    return Store.connect(url, f"{settings.database_prefix}_{NAME}")


def accounts_of(store: Store, clock: Clock) -> Accounts:
    """The accounts without a relay: to read."""
    return _accounts(store, clock, None)


def _accounts(store: Store, clock: Clock, relay: Relay | None) -> Accounts:
    documents = MongoDocuments(store, ACCOUNTS, clock, NAME, relay)
    return Accounts(documents, MongoRows(store, LEDGER))


def _sweep(
    settings: QuotaSettings, accounts: Accounts, connection: Connection, store: Store, clock: Clock
) -> LeakSweep:
    async def places() -> Mapping[int, Place]:
        topic = connection.topic(Stream.RENDERS)
        found = await lag(connection, NAME)
        return {one.partition: Place(one.committed, one.end) for one in found if one.topic == topic}

    every = settings.sweep_seconds
    leases = MongoDocuments(store, LEASES, clock, NAME)
    leader = Lease(leases, LeakSweep.name, settings.replica, clock, every * _LOOKS_PER_LEASE)
    leak_after = timedelta(hours=settings.leak_hours)
    return LeakSweep(accounts, places, leader, clock, leak_after=leak_after, every=every)


async def _prepare(store: Store, clock: Clock) -> None:
    """Makes collections and indexes, as soon as there is a database."""
    while True:
        try:
            await store.ensure(ACCOUNTS, LIMITS, LEASES, LEDGER)
        except Unavailable as error:
            log.warning("waiting_for_database", reason=str(error)[:200])
            await clock.sleep(1)
        else:
            return


def _connection(settings: ServiceSettings) -> Connection:
    password = settings.kafka_password
    security = Security(
        protocol=SecurityProtocol(settings.kafka_security.upper()),
        mechanism=settings.kafka_mechanism,
        username=settings.kafka_username,
        password=password.get_secret_value() if password else None,
        ca_file=settings.kafka_ca_file,
    )
    return Connection(
        settings.kafka_bootstrap, settings.topic_prefix, f"{NAME}-{settings.replica}", security
    )


def _measure(_: str, said: LimitsChanged | None) -> None:
    if said:
        metrics.LIMIT_FACTOR.set(said.m, plan=said.plan, pool=said.pool)
