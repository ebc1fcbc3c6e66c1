"""Sends what is due, again and again by the schedule, and keeps a log of every attempt."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import structlog

from services.contracts import EndpointId
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.pause import pause
from services.kit.telemetry import SpanKind, current_traceparent, metrics, span
from services.notify.core import Notice, webhook_disabled
from services.notify.core.delivery import (
    Attempt,
    Channel,
    Delivery,
    DeliveryStatus,
    Outcome,
    attempted,
    outcome_of,
)
from services.notify.core.endpoint import Endpoint, after_failure, after_success
from services.notify.deliveries.circuit import Circuits
from services.notify.deliveries.packing import Packer
from services.notify.deliveries.sender import Answer, Sender, SendFailed
from services.notify.deliveries.store import Deliveries, Endpoints

__all__ = ["Deliverer"]

log = structlog.get_logger(__name__)

Announce = Callable[[Notice], Awaitable[bool]]
"""Puts news into its account's feed."""

_LOOK_EVERY = 1.0
_OF_ONE = 4
_OF_ALL = 64


class Deliverer:
    """Looks each second and when told; on every replica, and who claims a delivery sends it.

    At most four attempts to one endpoint are under way, and an endpoint that fails is left alone
    for a while: the others' turn is not kept waiting. At least once: an attempt whose outcome was
    not written down is made again, under the same `webhook-id`.
    """

    name = "deliveries"

    def __init__(
        self,
        endpoints: Endpoints,
        deliveries: Deliveries,
        sender: Sender,
        packer: Packer,
        clock: Clock,
        *,
        claim: timedelta,
        announce: Announce,
        dice: random.Random | None = None,
    ) -> None:
        """`claim` is longer than an attempt may take: what has no end by then is anybody's."""
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._sender = sender
        self._packer = packer
        self._clock = clock
        self._claim = claim
        self._announce = announce
        self._dice = dice or random.SystemRandom()
        self._circuits = Circuits(clock)
        self._under_way: Counter[EndpointId] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._due = asyncio.Event()

    def wake(self) -> None:
        self._due.set()

    async def run(self, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self._due.set())
        while not stop.is_set():
            try:
                await self.look()
            except Unavailable as error:
                log.warning("deliveries_put_off", part=error.part)
            await pause(self._clock, _LOOK_EVERY, self._due)
            self._due.clear()
        await self.idle()
        await self._sender.close()

    async def look(self) -> None:
        """Begins what is due and has room. Raises Unavailable."""
        now = self._clock.now()
        # What an endpoint that hangs has due, be it thousands, must not fill this look.
        full = [endpoint for endpoint, count in self._under_way.items() if count >= _OF_ONE]
        for delivery in await self._deliveries.due(now, without=full):
            if self._under_way.total() >= _OF_ALL:
                return
            if self._under_way[delivery.endpoint] < _OF_ONE:
                await self._begin(delivery, now)

    async def idle(self) -> None:
        """Returns when nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _begin(self, delivery: Delivery, now: datetime) -> None:
        if (wait := self._circuits.open_until(delivery.endpoint)) is not None:
            await self._put_off(delivery, now + wait)
            return
        claimed = await self._put_off(delivery, now + self._claim)
        if claimed is None:
            return
        self._under_way[delivery.endpoint] += 1
        task = asyncio.create_task(self._run(claimed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _put_off(self, delivery: Delivery, until: datetime) -> Delivery | None:
        """None where another replica was quicker."""
        won = False

        def decide(known: Delivery) -> Delivery:
            nonlocal won
            won = known.next_at == delivery.next_at
            return replace(known, next_at=until) if won else known

        changed = await self._deliveries.change(delivery.id, decide)
        return changed if won else None

    async def _run(self, delivery: Delivery) -> None:
        try:
            await self._deliver(delivery)
        except Unavailable as error:
            log.warning("delivery_unwritten", delivery=str(delivery.id), part=error.part)
        finally:
            self._under_way[delivery.endpoint] -= 1
            self._under_way += Counter()  # forgets those that have none
            self.wake()

    async def _deliver(self, delivery: Delivery) -> None:
        endpoint = await self._endpoints.get(delivery.endpoint)
        if endpoint is None or endpoint.disabled_at is not None:
            await self._deliveries.change(delivery.id, _given_up)
            return
        attempt, asked = await self._attempt(endpoint, delivery)
        good = attempt.outcome is Outcome.DELIVERED
        self._circuits.tell(endpoint.id, good=good)
        dice = self._dice.random()
        await self._deliveries.change(
            delivery.id, lambda known: attempted(known, attempt, dice=dice, asked=asked)
        )
        changed = await self._endpoints.change(
            endpoint.id,
            lambda known: after_success(known) if good else after_failure(known, attempt),
        )
        if changed and changed.disabled_at and not endpoint.disabled_at:
            await self._lost(changed)

    async def _lost(self, endpoint: Endpoint) -> None:
        """A webhook's owner may mend it; a browser's subscription that is dead stays dead."""
        log.warning(
            "endpoint_disabled",
            endpoint=str(endpoint.id),
            channel=endpoint.channel.value,
            reason=endpoint.disabled_because,
        )
        if endpoint.channel is Channel.WEB_PUSH:
            await self._endpoints.delete(endpoint.id)
            await self._deliveries.drop(("endpoint", "==", endpoint.id))
        elif news := webhook_disabled(endpoint):
            await self._announce(news)

    async def _attempt(
        self, endpoint: Endpoint, delivery: Delivery
    ) -> tuple[Attempt, timedelta | None]:
        """What came of it, and when the receiver would be asked again."""
        now, began = self._clock.now(), self._clock.monotonic()
        outcome, answer = await self._post(endpoint, delivery, now)
        seconds = round(self._clock.monotonic() - began, 3)
        channel = endpoint.channel
        metrics.PUSHES.add(1, channel=channel.value, outcome=outcome.value)
        if outcome is Outcome.DELIVERED:
            delay = (self._clock.now() - delivery.created_at).total_seconds()
            metrics.PUSH_SECONDS.record(max(0.0, delay), channel=channel.value)
        status = answer.status if answer else None
        return Attempt(now, outcome, status, seconds), _asked(answer, now)

    async def _post(
        self, endpoint: Endpoint, delivery: Delivery, now: datetime
    ) -> tuple[Outcome, Answer | None]:
        """The last span of the trace of the request; the receiver's goes on from it."""
        parent, kind = delivery.traceparent, SpanKind.PRODUCER
        with span(f"notify.{endpoint.channel}", parent=parent, kind=kind, event=delivery.type):
            parcel = self._packer.pack(endpoint, delivery, now, current_traceparent() or parent)
            try:
                answer = await self._sender.send(endpoint.url, parcel.headers, parcel.body)
            except SendFailed as failed:
                return failed.outcome, None
            return outcome_of(answer.status, endpoint.channel), answer


def _given_up(delivery: Delivery) -> Delivery:
    return replace(delivery, status=DeliveryStatus.FAILED, next_at=None)


def _asked(answer: Answer | None, now: datetime) -> timedelta | None:
    """`Retry-After`, in seconds or as a date (RFC 9110, 10.2.3)."""
    text = answer.retry_after if answer else None
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), 10**6))
    try:
        return parsedate_to_datetime(text) - now
    except (ValueError, TypeError):
        return None
