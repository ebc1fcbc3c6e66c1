"""Tells the world how a render gets on."""

from services.contracts import Envelope, EventId
from services.contracts.events import JobProgressed
from services.kit.bus import LossyPublisher
from services.kit.clock import Clock
from services.kit.telemetry import current_traceparent
from services.render.core import Claim, Order, Pace
from services.render.engine import Stepped

__all__ = ["Herald"]


class Herald:
    """For one attempt: often enough to watch, never so often as to be a burden."""

    def __init__(
        self, claim: Claim, order: Order, publisher: LossyPublisher, clock: Clock, pace: Pace
    ) -> None:
        self._claim = claim
        self._order = order
        self._publisher = publisher
        self._clock = clock
        self._pace = pace

    def stepped(self, step: Stepped) -> None:
        now = self._clock.monotonic()
        if self._pace.allows(step.step, step.steps, now):
            self._pace = self._pace.spoken(now)
            self._publisher.send_lossy(self._news(step))

    def _news(self, step: Stepped) -> Envelope[JobProgressed]:
        now = self._clock.now()
        event = JobProgressed(
            at=now,
            account=self._order.account,
            job=self._claim.job,
            attempt=self._claim.attempt,
            step=step.step,
            steps=step.steps,
            seconds_left=step.seconds_left,
        )
        return Envelope(EventId.new(now), "render", event, current_traceparent())
