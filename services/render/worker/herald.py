"""Tells the world how a render gets on."""

import asyncio
from contextlib import suppress

from services.contracts import Envelope, EventId
from services.contracts.events import JobProgressed
from services.kit.bus import LossyPublisher
from services.kit.clock import Clock
from services.kit.errors import Unavailable
from services.kit.telemetry import current_traceparent
from services.render.core import Claim, Order, Pace
from services.render.engine import Stepped
from services.render.images import Images

__all__ = ["Herald"]

#: A preview is worth no longer wait: the next step is on its way.
_PREVIEW_SECONDS = 1.0


class Herald:
    """For one attempt: often enough to watch, never so often as to be a burden."""

    def __init__(
        self,
        claim: Claim,
        order: Order,
        *,
        images: Images,
        publisher: LossyPublisher,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._claim = claim
        self._order = order
        self._images = images
        self._publisher = publisher
        self._clock = clock
        self._pace = pace

    async def stepped(self, step: Stepped) -> None:
        now = self._clock.monotonic()
        if step.preview is not None or self._pace.allows(step.step, step.steps, now):
            self._pace = self._pace.spoken(now)
            self._publisher.send_lossy(self._news(step, await self._stored(step)))

    async def _stored(self, step: Stepped) -> str | None:
        """The preview's key; a store that is away costs the preview, not the render."""
        if step.preview is None:
            return None
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(_PREVIEW_SECONDS):
                return await self._images.store_preview(self._claim, step.step, step.preview)
        return None

    def _news(self, step: Stepped, preview: str | None) -> Envelope[JobProgressed]:
        now = self._clock.now()
        event = JobProgressed(
            at=now,
            account=self._order.account,
            job=self._claim.job,
            attempt=self._claim.attempt,
            step=step.step,
            steps=step.steps,
            seconds_left=step.seconds_left,
            preview=preview,
        )
        return Envelope(EventId.new(now), "render", event, current_traceparent())
