"""What every replica of a service stands on: parts in memory, which outlive it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from services.contracts import Envelope, Event, Stream
from services.kit.bus import Handler
from services.kit.component import Readiness
from services.kit.documents import CollectionSpec, Rows, RowsSpec
from services.kit.documents.mongo import MongoDocuments
from services.kit.documents.mongo_rows import MongoRows
from services.kit.documents.outbox import Pace, Relay
from services.kit.erasures import ERASURES, Erasures
from services.quota.core import Plans
from tests.simulation.broker import Broker, Member, Publisher, Tailing
from tests.simulation.database import Database, HeldStore
from tests.simulation.process import Process

__all__ = ["Parts", "Replica"]

S = TypeVar("S")

_DATABASE_WITHIN = 1.0
_PACE = Pace(poll=8.0, grace=4.0)


@dataclass(frozen=True)
class Parts:
    """What outlives every process: the bus, a database for each service, the pictures."""

    broker: Broker
    databases: dict[str, Database]
    blobs: dict[str, bytes]
    plans: Plans


class Replica:
    """One life of one replica of a service. `slot` stays the same from life to life."""

    service = ""

    def __init__(self, process: Process, parts: Parts, slot: int) -> None:
        self.process = process
        self.parts = parts
        self.slot = slot
        self.member: Member | None = None
        self.followers: list[Tailing] = []
        self.readiness = Readiness()
        self._heard = -1
        self.bus = Publisher(parts.broker, process)
        database = parts.databases[self.service.removesuffix("-worker")]
        self._store = HeldStore(database, process, _DATABASE_WITHIN)
        self._relay: Relay | None = None
        self.build()

    def build(self) -> None:
        """Makes and starts all that runs in this process."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        return f"{self.service}-{self.slot}"

    def poll(self) -> bool:
        """Takes in what has come on the bus; whether anything had."""
        said = len(self.parts.broker.said)
        if said == self._heard and not (self.member and self.member.eager):
            return False
        self._heard = said
        heard = [follower.poll() for follower in self.followers]
        taken = self.member.poll() if self.member else False
        self.process.loop.settle()
        return taken or any(heard)

    def relay(self, *specs: CollectionSpec[Any]) -> None:
        self._relay = Relay(
            self._store,
            self.bus,
            self.process.clock,
            self.readiness,
            specs=specs,
            source=self.service,
            pace=_PACE,
        )
        self.process.spawn(self._relay.run(asyncio.Event()))

    def documents(self, spec: CollectionSpec[S]) -> MongoDocuments[S]:
        return MongoDocuments(self._store, spec, self.process.clock, self.service, self._relay)

    def rows(self, spec: RowsSpec[S]) -> Rows[S]:
        return MongoRows(self._store, spec)

    def erasures(self) -> Erasures:
        return Erasures(self.documents(ERASURES), self.process.clock)

    def tail(self, hear: Callable[[Envelope[Event]], None], *streams: Stream) -> None:
        begin = len(self.parts.broker.said)
        self.followers.append(Tailing(self.parts.broker, streams, hear, begin))

    def group(self, handler: Handler, *streams: Stream) -> None:
        self.member = Member(self.process, self.parts.broker, self.service, streams, handler)
