"""What every service stands on, made from its settings: bus, database, outbox relay."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from services.contracts import STREAMS
from services.kit.bus import Connection, Producer, Security, SecurityProtocol
from services.kit.component import Component
from services.kit.diagnosis.database import indexes_check, writes_check
from services.kit.diagnosis.outbox import outbox_check
from services.kit.documents import CollectionSpec, Documents, Rows, RowsSpec
from services.kit.documents.mongo import MongoDocuments
from services.kit.documents.mongo_rows import MongoRows
from services.kit.documents.outbox import Pace, Relay
from services.kit.documents.outbox_store import OutboxStore
from services.kit.errors import Unavailable
from services.kit.lifecycle import Context
from services.kit.settings import ServiceSettings
from services.kit.store import Store, StoreWatch

__all__ = ["Plumbing", "connection", "open_store", "plumb"]

_RETRY_SECONDS = 1.0

S = TypeVar("S")


def connection(settings: ServiceSettings, client: str) -> Connection:
    """How this service reaches Kafka; `client` is what the brokers' logs call it."""
    password = settings.kafka_password
    security = Security(
        protocol=SecurityProtocol(settings.kafka_security.value.upper()),
        mechanism=settings.kafka_mechanism,
        username=settings.kafka_username,
        password=password.get_secret_value() if password else None,
        ca_file=settings.kafka_ca_file,
    )
    return Connection(
        settings.kafka_bootstrap,
        settings.topic_prefix,
        client,
        security,
        settings.kafka_session_seconds,
    )


def open_store(settings: ServiceSettings, service: str) -> Store:
    """This service's own database: `<prefix>_<service>`."""
    url = settings.mongo_url.get_secret_value()
    return Store.connect(url, f"{settings.database_prefix}_{service}")


@dataclass(frozen=True)
class Plumbing:
    """Connected parts of one service; `components` are those that must run, in their order."""

    service: str
    context: Context[Any]
    connection: Connection
    store: Store
    producer: Producer
    relay: Relay

    @property
    def components(self) -> tuple[Component, ...]:
        watch = StoreWatch(self.store, self.context.clock, self.context.readiness)
        return (self.producer, watch, self.relay)

    async def ensure(self, *specs: CollectionSpec[Any] | RowsSpec[Any]) -> None:
        """Makes indexes; while the database is away readiness says so, and this waits."""
        self.context.diagnosis.add(indexes_check(self.store, specs))
        await self.patiently(lambda: self.store.ensure(*specs))

    async def patiently(self, ask: Callable[[], Awaitable[S]]) -> S:
        """What the database answers, be it after a while: readiness tells of the wait."""
        while True:
            try:
                return await ask()
            except Unavailable as error:
                self.context.readiness.block(error.part, str(error)[:200])
                await self.context.clock.sleep(_RETRY_SECONDS)

    def rows(self, spec: RowsSpec[S]) -> Rows[S]:
        return MongoRows(self.store, spec)

    def documents(self, spec: CollectionSpec[S]) -> Documents[S]:
        return MongoDocuments(self.store, spec, self.context.clock, self.service, self.relay)


def plumb(
    context: Context[Any],
    service: str,
    documents: Sequence[CollectionSpec[Any]],
    pace: Pace | None = None,
) -> Plumbing:
    """Producer, database and relay of a service whose documents are these."""
    reach = connection(context.settings, service)
    store = open_store(context.settings, service)
    context.resources.callback(store.close)
    context.diagnosis.add(
        writes_check(store, context.clock),
        outbox_check(OutboxStore(store), [spec.name for spec in documents], context.clock),
    )
    spoken = [stream for stream, spec in STREAMS.items() if service in spec.writers]
    producer = Producer(reach, context.clock, context.readiness, streams=spoken)
    relay = Relay(
        store,
        producer,
        context.clock,
        context.readiness,
        specs=documents,
        source=service,
        pace=pace,
    )
    return Plumbing(service, context, reach, store, producer, relay)
