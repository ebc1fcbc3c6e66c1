"""Speaking: events and records to Kafka, acknowledged or, where it says so, lossy."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import NoReturn

from services.contracts import Envelope, Event, Stream, WireRecord, encode
from services.kit.bus.connection import Connection
from services.kit.bus.errors import TopicMissing
from services.kit.bus.kafka import AIOKafkaProducer, KafkaError
from services.kit.bus.lossy import LossyBuffer
from services.kit.bus.size import LETTER_BYTES, MAX_RECORD_BYTES, size_of
from services.kit.bus.supervision import Supervisor, discard, start
from services.kit.clock import Clock
from services.kit.component import Readiness
from services.kit.errors import Unavailable, Unprocessable
from services.kit.telemetry import metrics

__all__ = ["Producer"]

_LOOK_EVERY = 1.0
_LOOK_WITHIN = 8.0
_LOSSY_WITHIN = 0.5

_Outgoing = tuple[str, WireRecord]


class Producer:
    """A Publisher and a LossyPublisher that makes itself anew when Kafka fails it.

    Every call ends within `timeout` seconds. Readiness names a topic of `streams` that is missing
    before anything is said in it, and any other as soon as something should have been.

    Without idempotence: aiokafka's would stay broken after a partition was without leader, and
    duplicates are removed by event id anyway (law 8).
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        readiness: Readiness,
        *,
        streams: Iterable[Stream] = (),
        name: str = "producer",
        timeout: float = 10.0,
    ) -> None:
        self.name = name
        self._connection = connection
        self._clock = clock
        self._timeout = timeout
        self._supervisor = Supervisor(name, clock, readiness)
        self._lossy = LossyBuffer(clock)
        self._client: AIOKafkaProducer | None = None
        self._connected = asyncio.Event()
        self._failed = asyncio.Event()
        self._topics: set[str] = set()
        self._needed = {connection.topic(stream) for stream in streams}
        self._well_at = clock.monotonic()

    @property
    def away_for(self) -> float:
        """Seconds since Kafka last answered and had all our topics; below 2 while all is well."""
        return self._clock.monotonic() - self._well_at

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            pump = tasks.create_task(self._pump())
            await self._supervisor.run(self._session, stop)
            pump.cancel()

    async def publish(self, envelopes: Sequence[Envelope[Event]]) -> None:
        began = self._clock.monotonic()
        records = [self._outgoing(envelope) for envelope in envelopes]
        await self._deliver(records)
        took = self._clock.monotonic() - began
        for envelope in envelopes:
            labels = {"stream": envelope.stream.value, "type": type(envelope.data).__name__}
            metrics.EVENTS_PUBLISHED.add(1, **labels)
        for stream in {envelope.stream for envelope in envelopes}:
            metrics.PUBLISH_SECONDS.record(took, stream=stream)

    async def send(self, topic: str, wire: WireRecord) -> None:
        """A record as it is, for dead letters and replays; otherwise like `publish`."""
        await self._deliver([(topic, _checked(wire, LETTER_BYTES))])

    async def erase(self, stream: Stream, key: str) -> None:
        """A tombstone: tables of a compacted stream forget the key. Raises Unavailable."""
        await self.send(self._connection.topic(stream), WireRecord(key.encode(), None, ()))

    def send_lossy(self, envelope: Envelope[Event]) -> None:
        if dropped := self._lossy.put(envelope):
            metrics.LOSSY_DROPS.add(1, stream=dropped.stream)

    def _outgoing(self, envelope: Envelope[Event]) -> _Outgoing:
        return self._connection.topic(envelope.stream), _checked(encode(envelope), MAX_RECORD_BYTES)

    async def _deliver(self, records: Sequence[_Outgoing]) -> None:
        if not records:
            return
        try:
            async with asyncio.timeout(self._timeout):
                client = await self._ready_client()
                for topic in {topic for topic, _ in records}:
                    await self._require(client, topic)
                await _acknowledged([await _hand_over(client, *record) for record in records])
        except (KafkaError, OSError, TimeoutError) as error:
            self._give_up(error)
        except TopicMissing as error:
            self._needed.add(error.topic)
            self._supervisor.blocked(str(error))
            raise Unavailable("bus", str(error)) from error

    async def _ready_client(self) -> AIOKafkaProducer:
        await self._connected.wait()
        assert self._client is not None
        return self._client

    async def _require(self, client: AIOKafkaProducer, topic: str) -> None:
        # Sending to a topic that doesn't exist would wait for it until the deadline (A14).
        if topic not in self._topics:
            await self._look(client)
        if topic not in self._topics:
            raise TopicMissing(topic)

    async def _look(self, client: AIOKafkaProducer) -> None:
        """Learns which topics there are. Raises when the brokers don't answer."""
        async with asyncio.timeout(_LOOK_WITHIN):
            self._topics = (await client.client.fetch_all_metadata()).topics()
        if missing := self._needed - self._topics:
            self._supervisor.blocked(str(TopicMissing(min(missing))))
        else:
            self._well_at = self._clock.monotonic()
            self._supervisor.settled()

    def _give_up(self, error: Exception) -> NoReturn:
        if self._client is not None:
            self._failed.set()
        raise Unavailable("bus", repr(error)) from error

    async def _session(self, stop: asyncio.Event) -> None:
        client = AIOKafkaProducer(
            **self._connection.options(),
            acks="all",
            request_timeout_ms=int(self._timeout * 800),
            max_request_size=LETTER_BYTES + 10_000,
            metadata_max_age_ms=10_000,
        )
        try:
            await start(client, stop)
            while not stop.is_set():
                await self._look(client)
                self._serve(client)
                await _first_of(stop, self._failed, within=_LOOK_EVERY)
                if self._failed.is_set():
                    raise Unavailable("bus", "a publish failed")
        finally:
            self._connected.clear()
            self._client = None
            await discard(client)

    def _serve(self, client: AIOKafkaProducer) -> None:
        if self._client is not client:
            self._client = client
            self._failed.clear()
            self._connected.set()

    async def _pump(self) -> None:
        while True:
            fresh, stale = await self._lossy.take()
            dropped = stale + [envelope for envelope in fresh if not await self._try(envelope)]
            for envelope in dropped:
                metrics.LOSSY_DROPS.add(1, stream=envelope.stream)

    async def _try(self, envelope: Envelope[Event]) -> bool:
        """Whether the event is on its way; nobody waits for its acknowledgement."""
        client = self._client
        try:
            topic, wire = self._outgoing(envelope)
            if client is None or topic not in self._topics:
                return False
            async with asyncio.timeout(_LOSSY_WITHIN):
                future = await _hand_over(client, topic, wire)
        except (KafkaError, OSError, TimeoutError, Unprocessable):
            return False
        future.add_done_callback(_look_away)
        return True


async def _hand_over(
    client: AIOKafkaProducer, topic: str, wire: WireRecord
) -> "asyncio.Future[object]":
    return await client.send(topic, wire.value, wire.key, headers=list(wire.headers))


async def _acknowledged(futures: "Sequence[asyncio.Future[object]]") -> None:
    # Not cancelled when we are: what Kafka has taken may still arrive, and is then no error.
    for future in futures:
        future.add_done_callback(_look_away)
    if futures:
        await asyncio.wait(futures)
    for future in futures:
        future.result()


def _look_away(future: "asyncio.Future[object]") -> None:
    if not future.cancelled():
        future.exception()


def _checked(wire: WireRecord, most: int) -> WireRecord:
    if (size := size_of(wire)) > most:
        raise Unprocessable("too_large", f"{size} bytes")
    return wire


async def _first_of(*events: asyncio.Event, within: float) -> None:
    waits = {asyncio.ensure_future(event.wait()) for event in events}
    try:
        await asyncio.wait(waits, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
